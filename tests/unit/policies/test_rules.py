"""Each rule passes good examples and refuses bad ones, naming the resource and the remedy. No engine, no Pulumi."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from wallaroo_pulumi.policies.rule import UNKNOWN, Declared, Rule, Secret, kind_of
from wallaroo_pulumi.policies.rules import RULES
from wallaroo_pulumi.policies.settings import KINDS
from wallaroo_pulumi.resources import RESOURCES

BY_NAME = {rule.name: rule for rule in RULES}


def declared(
    kind: str,
    properties: Mapping[str, Any] | None = None,
    *,
    stack: str = "shop",
    name: str = "it",
    **more: Any,
) -> Declared:
    type_token = f"pulumi-python:dynamic/wallaroo:{kind}"
    urn = f"urn:pulumi:{stack}::estate::{type_token}::{name}"
    if "secret" in more:
        more["secrets"] = frozenset({(more.pop("secret"),)})
    return Declared(type=type_token, urn=urn, properties=properties or {}, **more)


def engine(**settings: Any) -> dict[str, Any]:
    return {"engineConfig": {"engine": {"resources": {"limits": {"cpu": 1, "memory": "1Gi"}}, **settings}}}


class Case:
    """A rule, a resource, the configuration, and parts of the message: none for a resource that is good."""

    def __init__(self, rule: str, resource: Declared, *said: str, **config: Any) -> None:
        self.rule, self.resource, self.said, self.config = BY_NAME[rule], resource, said, config

    def __repr__(self) -> str:
        return f"{self.rule.name}-{'refused' if self.said else 'good'}"


BAD_CPU = {"engineConfig": {"engine": {"cpu": "two"}}}
PRIVATE_KEY = "-----BEGIN PRIVATE KEY-----"
HOUSE = {"domains": ["example.com", "*.example.org"]}
GROUP = {"members": ["Ada@example.com"]}

CASES = [
    Case("workspace-name", declared("Workspace", {"name": "fraud-prod"})),
    Case("workspace-name", declared("Workspace", {"name": UNKNOWN})),
    Case("workspace-name", declared("Pipeline", {"name": "Fraud"})),
    Case("workspace-name", declared("Workspace", {"name": "Fraud"}), "'Fraud' does not match", "name it 'fraud'"),
    Case("workspace-name", declared("Workspace", {"name": "Fraud--a"}), "give it another name"),
    Case("workspace-name", declared("Workspace", {"name": "fraud"}), "team-[a-z]+", pattern="team-[a-z]+"),
    Case("workspace-name", declared("Workspace", {"name": "Fraud"}), **{"except": ["Fraud"]}),
    Case(
        "workspace-name",
        declared("Workspace", {"name": "Fraud", "adopt": "always"}),
        "another name would abandon the workspace it takes over; list this one in the setting except",
    ),
    Case("owner-domains", declared("WorkspaceMember", {"email": "eve@evil.example", "role": "OWNER"})),
    Case("owner-domains", declared("WorkspaceMember", {"email": "a@EXAMPLE.com", "role": "OWNER"}), **HOUSE),
    Case("owner-domains", declared("WorkspaceMember", {"email": "a@it.example.org", "role": "OWNER"}), **HOUSE),
    Case("owner-domains", declared("WorkspaceMember", {"email": "e@e.example", "role": "COLLABORATOR"}), **HOUSE),
    Case("owner-domains", declared("WorkspaceMember", {"email": UNKNOWN, "role": "OWNER"}), **HOUSE),
    Case(
        "owner-domains",
        declared("WorkspaceMember", {"email": "eve@example.com.evil.example", "role": "OWNER"}),
        "eve@example.com.evil.example is not of example.com, *.example.org",
        "choose another owner",
        **HOUSE,
    ),
    Case(
        "owner-domains",
        declared("WorkspaceMember", {"userId": "4711", "role": "OWNER"}),
        "declare it by email",
        **HOUSE,
    ),
    Case("owner-group", declared("WorkspaceMember", {"email": "ada@example.com", "role": "COLLABORATOR"})),
    Case("owner-group", declared("WorkspaceMember", {"email": "ada@example.com", "role": "OWNER"}), **GROUP),
    Case("owner-group", declared("WorkspaceMember", {"email": UNKNOWN, "role": "COLLABORATOR"}), **GROUP),
    Case("owner-group", declared("WorkspaceMember", {"email": "ada@example.com", "role": UNKNOWN}), **GROUP),
    Case(
        "owner-group",
        declared("WorkspaceMember", {"email": "ada@example.com", "role": "COLLABORATOR"}),
        "declare role='OWNER'",
        **GROUP,
    ),
    Case("production-protect", declared("Workspace")),
    Case("production-protect", declared("Workspace", stack="reproduction")),
    Case("production-protect", declared("Workspace", stack="prod", protect=True)),
    Case("production-protect", declared("WorkspaceMember", stack="prod")),
    Case("production-protect", declared("Workspace", stack="shop-prod"), "protect=True"),
    Case("production-protect", declared("Pipeline", stack="production"), "protect=True"),
    Case("production-protect", declared("User", stack="live"), "protect=True", stacks="live", kinds=["User"]),
    Case("production-no-force-destroy", declared("Workspace", {"forceDestroy": True})),
    Case("production-no-force-destroy", declared("Workspace", {"forceDestroy": False}, stack="prod")),
    Case("production-no-force-destroy", declared("Pipeline", {"forceDestroy": True}, stack="prod"), "leave it out"),
    Case("production-no-adopt-always", declared("Workspace", {"adopt": "always"})),
    Case("production-no-adopt-always", declared("Workspace", {"adopt": "if_empty"}, stack="prod")),
    Case("production-no-adopt-always", declared("Workspace", {"adopt": "always"}, stack="prod"), "adopt='if_empty'"),
    Case("unmanaged-kept", declared("Workspace", {"adopt": "always", "forceDestroy": False})),
    Case("unmanaged-kept", declared("Workspace", {"name": "a", "forceDestroy": True}, stack="fraud-dev")),
    Case("unmanaged-kept", declared("Workspace", {"name": "sandbox-ada", "forceDestroy": True})),
    Case("unmanaged-kept", declared("Workspace", {"name": "a", "forceDestroy": True}), "leave force_destroy out"),
    Case("unmanaged-kept", declared("Pipeline", {"name": UNKNOWN, "forceDestroy": True}), "leave force_destroy out"),
    Case(
        "unmanaged-kept",
        declared("Workspace", {"adopt": "always", "forceDestroy": True}, stack="dev"),
        "what was there before this stack",
        "leave one of them out",
    ),
    Case("production-taken-over", declared("User", {"email": "a"})),
    Case("production-taken-over", declared("Pipeline", {"name": "a"}, stack="prod")),
    Case("production-taken-over", declared("Connection", {"adopt": "never"}, stack="prod")),
    Case("production-taken-over", declared("Connection", {"adopt": "if_same"}, stack="prod", protect=True)),
    Case("production-taken-over", declared("Connection", {"adopt": "if_same"}, stack="prod"), "adopt='never', or"),
    Case("production-taken-over", declared("User", {"email": "a"}, stack="prod"), "give it opts=pulumi"),
    Case("model-private", declared("ModelVersion", {"name": "m", "visibility": "public"}), **{"except": ["m"]}),
    Case("model-private", declared("ModelVersion", {"visibility": "private"})),
    Case("model-private", declared("ModelVersion")),
    Case("model-private", declared("ModelVersion", {"visibility": "public"}), "'public'", "set it to 'private'"),
    Case("model-frameworks", declared("ModelVersion", {"framework": "custom"})),
    Case("model-frameworks", declared("ModelVersion", {"framework": "onnx"}), allowed=["onnx"]),
    Case("model-frameworks", declared("ModelVersion", {"framework": "onnx"}), allowed=["on*"]),
    Case("model-frameworks", declared("ModelVersion", {"framework": UNKNOWN}), allowed=["onnx"]),
    Case("model-frameworks", declared("ModelVersion", {"framework": "custom"}), "to one of onnx", allowed=["onnx"]),
    Case("model-size", declared("ModelVersion", {"size": 5.0}), maximum=5),
    Case("model-size", declared("ModelVersion", {"size": UNKNOWN}), maximum=5),
    Case("model-size", declared("ModelVersion", {"size": 6.0}), "6 bytes and 5 are", maximum=5.0),
    Case("deployment-limits", declared("Deployment", engine(replicas=10))),
    Case("deployment-limits", declared("Deployment", {"engineConfig": UNKNOWN})),
    Case("deployment-limits", declared("Deployment", engine(replicas=UNKNOWN))),
    Case("deployment-limits", declared("Deployment"), "it has no limits; set engine_config"),
    Case(
        "deployment-limits",
        declared("Deployment", {"engineConfig": {"engine": {"cpu": 1}}}),
        "the engine has no limit of memory; set memory=… in engine_config",
    ),
    Case(
        "deployment-limits",
        declared("Deployment", {"engineConfig": {**engine()["engineConfig"], "engineAux": {"images": {"m_1": {}}}}}),
        "m_1 has no limit of cpus",
        "m_1 has no limit of memory",
    ),
    Case("deployment-limits", declared("Deployment", engine(replicas=11)), "11 replicas where 10", "set lower ones"),
    Case(
        "deployment-limits",
        declared("Deployment", engine(replicas=3, gpu=True)),
        "3 replicas where 2 are allowed, 3 CPUs where 2 are",
        "3221225472 bytes of memory where 2147483648",
        "3 GPUs where 2",
        replicas=2,
        cpus=2,
        memory="2Gi",
        gpus=2,
    ),
    Case("deployment-limits", declared("Deployment", BAD_CPU), "engine_config: 'two' is not a quantity"),
    Case("production-replicas", declared("Deployment", engine(replicas=1))),
    Case("production-replicas", declared("Deployment", engine(replicas=2), stack="prod")),
    Case("production-replicas", declared("Deployment", engine(replicas=UNKNOWN), stack="prod")),
    Case("production-replicas", declared("Deployment", engine(), stack="prod"), "with 1 replica;", "=2 or more"),
    Case(
        "production-replicas",
        declared("Deployment", engine(replicas=9, autoscale={"replica_min": 0, "replica_max": 9}), stack="prod"),
        "with 0 replicas;",
        "or an Autoscale with that minimum",
    ),
    Case("secrets-marked", declared("Connection", {"details": {"a": 1}}, secret="details")),
    Case("secrets-marked", declared("Connection", {"details": UNKNOWN})),
    Case("secrets-marked", declared("Connection", {"details": {"a": 1}}), "details is not marked", "Output.secret"),
    Case("secrets-marked", declared("ModelRegistry", {"token": "hush"}), "token is not marked as a secret"),
    Case("no-credential-in-clear", declared("Connection", {"name": "sales", "details": {"password": "hush"}})),
    Case("no-credential-in-clear", declared("User", {"initialPassword": "a"}, secret="initialPassword")),
    Case("no-credential-in-clear", declared("User", {"initialPassword": "hush"}), "initialPassword is named like"),
    Case(
        "no-credential-in-clear",
        declared(
            "Deployment",
            {"engineConfig": {"env": [{"name": "A_TOKEN", "value": "a"}, {"name": "B", "value": "b"}]}},
            secrets=frozenset({("engineConfig", "env", 0, "value")}),
        ),
    ),
    Case(
        "no-credential-in-clear",
        declared("ModelRegistry", {"url": "https://ada:hush@registry.example.com", "token": "hush"}),
        "url looks like an address with a password in it",
        "take it out",
    ),
    Case(
        "no-credential-in-clear",
        declared("Deployment", {"engineConfig": {"env": [{"name": "DB_PASSWORD", "value": "hush"}]}}),
        "engineConfig.env[0].DB_PASSWORD is named like a credential",
    ),
    Case("no-credential-in-clear", declared("Deployment", {"engineConfig": {"a_token": "hush"}}), allowed=["a_*"]),
    Case("no-credential-in-clear", declared("Deployment", {"engineConfig": {"pat": "hush"}}), "pat is", names=["pat"]),
    Case("connection-credentials", declared("Connection", {"details": {"password": "a"}}), allowed=["password"]),
    Case("connection-credentials", declared("Connection", {"details": {"pat": "hush"}}), "details.pat", names=["pat"]),
    Case("connection-credentials", declared("Connection", {"details": {"host": "db", "secret_name": "db-login"}})),
    Case("connection-credentials", declared("Connection", {"details": UNKNOWN})),
    Case("connection-credentials", declared("Connection", {"details": {"password": UNKNOWN}})),
    Case("connection-credentials", declared("Connection", {"details": {"key": PRIVATE_KEY}}), "looks like a private"),
    Case("connection-credentials", declared("Connection", {"details": {"apiKey": "hush"}}), "details.apiKey is named"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_a_rule_about_one_resource(case: Case) -> None:
    messages = case.rule.violations(case.resource, case.config)
    assert bool(messages) == bool(case.said), messages
    text = "\n".join(messages)
    for said in case.said:
        assert said in text
    for message in messages:
        assert message.startswith(f"{case.resource.kind} 'it': ")
        assert "hush" not in message
        assert "BEGIN" not in message


STACK_RULES = {rule.name for rule in RULES if rule.check_stack}


def test_every_rule_has_good_and_refused_examples() -> None:
    judged = {(case.rule.name, bool(case.said)) for case in CASES}
    assert judged == {(name, refused) for name in BY_NAME.keys() - STACK_RULES for refused in (True, False)}


# --- rules about the stack ----------------------------------------------------------------------------------


def in_place(
    kind: str, name: str, workspace: Declared | int, properties: Mapping[str, Any] | None = None
) -> Declared:
    """A resource whose workspace_id is a number, or still unknown and made of an output of a resource."""
    if isinstance(workspace, int):
        return declared(kind, {"workspaceId": workspace, **(properties or {})}, name=name, stack="prod")
    refers = {"workspaceId": frozenset({workspace.urn})}
    return declared(
        kind, {"workspaceId": UNKNOWN, **(properties or {})}, name=name, stack="prod", refers=refers
    )


def refused(rule: str, *resources: Declared, **config: Any) -> list[str]:
    found = BY_NAME[rule].stack_violations(resources, config)
    for urn, message in found:
        assert message.startswith(next(f"{r.kind} {r.name!r}: " for r in resources if r.urn == urn))
    return [message for _, message in found]


NEW = declared("Workspace", {"name": "new", "workspaceId": None}, name="new", stack="prod")
OTHER = declared("Workspace", {"name": "other", "workspaceId": None}, name="other", stack="prod")
OLD = declared("Workspace", {"name": "old", "workspaceId": 7.0}, name="old", stack="prod")


@pytest.mark.parametrize("workspace", [NEW, OLD], ids=["id-unknown", "id-known"])
def test_owners_of_a_workspace_are_counted(workspace: Declared) -> None:
    where = workspace if workspace is NEW else 7
    owners = [in_place("WorkspaceMember", f"owner-{n}", where, {"role": "OWNER"}) for n in range(3)]
    helper = in_place("WorkspaceMember", "helper", where, {"role": "COLLABORATOR"})
    stranger = in_place("WorkspaceMember", "stranger", OTHER if workspace is NEW else 8, {"role": "OWNER"})
    assert refused("workspace-owners", workspace, helper, owners[0]) == []
    place_of_stranger = [OTHER] if workspace is NEW else []
    (message,) = refused("workspace-owners", workspace, helper, stranger, *place_of_stranger)
    assert "no OWNER of it is declared; declare a WorkspaceMember" in message
    (message,) = refused("workspace-owners", workspace, *owners, maximum=2.0)
    assert "3 owners of it are declared and 2 are allowed; make some" in message


def test_a_role_or_workspace_that_is_unknown_refuses_nothing() -> None:
    assert refused("workspace-owners", NEW, in_place("WorkspaceMember", "m", NEW, {"role": UNKNOWN})) == []
    nowhere = declared("WorkspaceMember", {"workspaceId": UNKNOWN, "role": "OWNER"}, name="m")
    assert refused("workspace-owners", NEW, nowhere) == []


def test_what_is_only_read_is_not_judged() -> None:
    read = declared("Workspace", {"workspaceId": 7}, only_read=True)
    assert refused("workspace-owners", read) == []
    assert len(refused("workspace-owners", OLD)) == 1


def test_an_assay_watches_a_deployment_by_the_name_of_its_pipeline() -> None:
    deployment = in_place("Deployment", "d", NEW, {"pipelineName": "fraud"})
    assay = in_place("Assay", "a", NEW, {"pipelineName": "fraud", "active": True})
    assert refused("production-assays", NEW, deployment, assay) == []
    assert refused("production-assays", declared("Deployment", {"pipelineName": "fraud"}, stack="dev")) == []
    for wrong in (
        in_place("Assay", "a", NEW, {"pipelineName": "churn"}),
        in_place("Assay", "a", NEW, {"pipelineName": "fraud", "active": False}),
        in_place("Assay", "a", OTHER, {"pipelineName": "fraud"}),
    ):
        (message,) = refused("production-assays", NEW, OTHER, deployment, wrong)
        assert "no active assay watches its pipeline; declare an Assay" in message


def test_a_pipeline_whose_name_is_unknown_is_known_by_where_the_name_comes_from() -> None:
    pipeline = declared("Pipeline", name="p", stack="prod")

    def by_reference(kind: str, source: Declared) -> Declared:
        refers = {"pipelineName": frozenset({source.urn})}
        return declared(kind, {"pipelineName": UNKNOWN}, name=kind, stack="prod", refers=refers)

    deployment = by_reference("Deployment", pipeline)
    assert refused("production-assays", pipeline, deployment, by_reference("Assay", pipeline)) == []
    assert refused("production-assays", pipeline, deployment, by_reference("Assay", OTHER)) != []


@pytest.mark.parametrize("by_version", [False, True], ids=["by-reference", "by-version"])
def test_models_of_a_pipeline_belong_to_its_workspace(by_version: bool) -> None:
    def stack(model_in: Declared | int, pipeline_in: Declared | int) -> list[Declared]:
        model = in_place("ModelVersion", "m", model_in, {"version": "6f0e" if by_version else UNKNOWN})
        steps = [{"ModelInference": {"models": [{"version": "6f0e"}]}}] if by_version else UNKNOWN
        pipeline = in_place("Pipeline", "p", pipeline_in, {"steps": steps})
        if not by_version:
            refers = {**pipeline.refers, "steps": frozenset({model.urn})}
            pipeline = Declared(
                type=pipeline.type, urn=pipeline.urn, properties=pipeline.properties, refers=refers
            )
        return [NEW, OTHER, model, pipeline]

    assert refused("pipeline-models", *stack(NEW, NEW)) == []
    assert refused("pipeline-models", *stack(3, 3)) == []
    for apart in (stack(NEW, OTHER), stack(3, 4)):
        (message,) = refused("pipeline-models", *apart)
        assert (
            "its steps use ModelVersion 'm', which belongs to another workspace; upload the model" in message
        )


def test_a_workspace_is_found_through_another_resource() -> None:
    model = in_place("ModelVersion", "m", NEW, {"version": UNKNOWN})
    refers = {"workspaceId": frozenset({model.urn}), "steps": frozenset({model.urn})}
    pipeline = declared("Pipeline", {"workspaceId": UNKNOWN, "steps": UNKNOWN}, stack="prod", refers=refers)
    assert refused("pipeline-models", NEW, model, pipeline) == []


def whole_stack(workspaces: int) -> list[Declared]:
    """As a preview sees it before anything is made: no id is known, and all names are the same."""
    found = []
    for n in range(workspaces):
        workspace = declared("Workspace", name=f"w{n}", stack="prod")
        model = in_place("ModelVersion", f"m{n}", workspace, {"version": UNKNOWN})
        pipeline = in_place("Pipeline", f"p{n}", workspace, {"steps": UNKNOWN})
        found += [
            workspace,
            model,
            replace(pipeline, refers={**pipeline.refers, "steps": frozenset({model.urn})}),
            in_place("WorkspaceMember", f"o{n}", workspace, {"role": "OWNER"}),
            in_place("Deployment", f"d{n}", workspace, {"pipelineName": "fraud"}),
            in_place("Assay", f"a{n}", workspace, {"pipelineName": "fraud"}),
        ]
    return found


@pytest.mark.parametrize("rule", sorted(STACK_RULES))
def test_a_stack_of_twice_the_size_is_twice_the_work(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0
    look = Declared.__getitem__

    def counted(resource: Declared, name: str) -> Any:
        nonlocal looks
        looks += 1
        return look(resource, name)

    monkeypatch.setattr(Declared, "__getitem__", counted)
    work = []
    for size in (20, 40):
        looks = 0
        assert refused(rule, *whole_stack(size)) == []
        work.append(looks)
    assert work[1] < 2.2 * work[0]


def test_of_workspaces_with_one_id_both_have_the_owner() -> None:
    """One that is declared may be read, too."""
    owner = in_place("WorkspaceMember", "o", 7, {"role": "OWNER"})
    assert refused("workspace-owners", OLD, replace(OLD, urn=OLD.urn + "-read"), owner) == []


# --- remediations -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "resource", "config", "changes"),
    [
        ("workspace-name", declared("Workspace", {"name": "Fraud-Prod"}), {}, {"name": "fraud-prod"}),
        ("workspace-name", declared("Workspace", {"name": "fraud"}), {}, {}),
        ("workspace-name", declared("Workspace", {"name": "Fraud--a"}), {}, {}),
        ("workspace-name", declared("Workspace", {"name": "Fraud"}), {"pattern": "[A-Z][a-z]+"}, {}),
        ("workspace-name", declared("Workspace", {"name": "Fraud"}), {"except": ["Fraud"]}, {}),
        ("workspace-name", declared("Workspace", {"name": "Fraud", "adopt": "always"}), {}, {}),
        ("workspace-name", declared("Workspace", {"name": UNKNOWN}), {}, {}),
        ("workspace-name", declared("Pipeline", {"name": "Fraud"}), {}, {}),
        (
            "owner-group",
            declared("WorkspaceMember", {"email": "ada@example.com", "role": "COLLABORATOR"}),
            GROUP,
            {"role": "OWNER"},
        ),
        (
            "owner-group",
            declared("WorkspaceMember", {"email": "ada@example.com", "role": "OWNER"}),
            GROUP,
            {},
        ),
        ("owner-group", declared("WorkspaceMember", {"email": "bob@example.com", "role": "x"}), GROUP, {}),
        ("secrets-marked", declared("ModelRegistry", {"token": "t"}), {}, {"token": Secret("t")}),
        (
            "secrets-marked",
            declared("ModelRegistry", {"token": "t"}, secret="token"),
            {},
            {},
        ),
        ("model-private", declared("ModelVersion", {"visibility": "public"}), {}, {}),
    ],
)
def test_remediations(rule: str, resource: Declared, config: dict[str, Any], changes: dict[str, Any]) -> None:
    assert BY_NAME[rule].remediated(resource, config) == changes


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.remedy], ids=lambda rule: rule.name)
def test_what_is_remediated_is_refused_no_more(rule: Rule) -> None:
    config = {"owner-group": GROUP}.get(rule.name, {})
    bad = next(
        case.resource
        for case in CASES
        if case.rule is rule and case.said and rule.remediated(case.resource, config)
    )
    changes = rule.remediated(bad, config)
    secrets = frozenset((name,) for name, value in changes.items() if isinstance(value, Secret))
    good = Declared(bad.type, bad.urn, {**bad.properties, **changes}, secrets=secrets)
    assert rule.violations(bad, config)
    assert rule.violations(good, config) == []


# --- configurations ---

LOTS = "'lots' is not a quantity of Kubernetes, such as 500m, 2, 512Mi or 3Gi"


@pytest.mark.parametrize(
    ("rule", "config", "problems"),
    [
        ("deployment-limits", {"memory": "2Gi", "cpus": 5.0}, []),
        ("deployment-limits", {"memory": "lots"}, [f"rule deployment-limits, setting memory: {LOTS}"]),
        (
            "workspace-name",
            {"pattern": "("},
            ["rule workspace-name, setting pattern: '(' is not a regular expression of Python: missing ), "
             "unterminated subpattern at position 0"],
        ),
        ("workspace-name", {"pattern": "(?!tmp-).*"}, []),
        ("model-size", {"maxmum": 5}, ["rule model-size has no setting maxmum; it has maximum"]),
        ("pipeline-models", {"a": 1}, ["rule pipeline-models has no setting a; it has none"]),
    ],
)  # fmt: skip
def test_wrong_configurations_are_one_line_each(
    rule: str, config: dict[str, Any], problems: list[str]
) -> None:
    assert list(BY_NAME[rule].problems(config)) == problems


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_defaults_are_right_and_schemas_are_json(rule: Rule) -> None:
    defaults = {name: setting["default"] for name, setting in rule.settings.items()}
    assert list(rule.problems(defaults)) == []
    assert json.loads(json.dumps(rule.schema)) == rule.schema


def test_settings_know_the_classes_of_this_package() -> None:
    assert set(KINDS) == set(RESOURCES)


# --- what all rules share -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        ("pulumi-python:dynamic/wallaroo:Workspace", "Workspace"),
        ("wallaroo:index:Workspace", "Workspace"),
        ("wallaroo:index/modelVersion:ModelVersion", "ModelVersion"),
        ("pulumi-python:dynamic:Resource", None),
        ("pulumi-python:dynamic/other:Workspace", None),
        ("aws:s3/bucket:Bucket", None),
        ("pulumi:pulumi:Stack", None),
    ],
)
def test_type_tokens(token: str, kind: str | None) -> None:
    assert kind_of(token) == kind


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_other_resources_and_resources_of_which_nothing_is_known_pass(rule: Rule) -> None:
    bucket = Declared(type="aws:s3/bucket:Bucket", urn="urn:pulumi:prod::p::aws:s3/bucket:Bucket::b")
    assert rule.violations(bucket) == []
    assert rule.stack_violations([bucket]) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rules_describe_themselves(rule: Rule) -> None:
    assert rule.description.endswith(".")
    assert bool(rule.remedy) == bool(rule.remedy_text)
    assert rule.level != "remediate" or rule.remedy
    for setting in rule.settings.values():
        assert {"type", "default", "description"} <= set(setting)
