"""Each rule accepts good examples and reports bad ones with the resource and the correction. No engine, no Pulumi."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from wallaroo_pulumi.adapters.pulumi_values import UNKNOWN, Secret, kind_of
from wallaroo_pulumi.core.fields import SECRET, fields_with
from wallaroo_pulumi.core.names import wire_name
from wallaroo_pulumi.policies.definitions import KINDS, SECRETS
from wallaroo_pulumi.policies.rule import ResourceView, Rule
from wallaroo_pulumi.policies.rules import RULES
from wallaroo_pulumi.resources import RESOURCES

BY_NAME = {rule.name: rule for rule in RULES}


def declared(
    kind: str,
    properties: Mapping[str, Any] | None = None,
    *,
    stack: str = "shop",
    name: str = "it",
    **more: Any,
) -> ResourceView:
    type_token = f"pulumi-python:dynamic/wallaroo:{kind}"
    urn = f"urn:pulumi:{stack}::estate::{type_token}::{name}"
    if "secret" in more:
        more["secrets"] = frozenset({(more.pop("secret"),)})
    return ResourceView(type=type_token, urn=urn, properties=properties or {}, **more)


def engine(**settings: Any) -> dict[str, Any]:
    return {"engineConfig": {"engine": {"resources": {"limits": {"cpu": 1, "memory": "1Gi"}}, **settings}}}


class Case:
    """A rule, a resource, the configuration, and parts of the message: none for a resource that is good."""

    def __init__(self, rule: str, resource: ResourceView, *said: str, **config: Any) -> None:
        self.rule, self.resource, self.said, self.config = BY_NAME[rule], resource, said, config

    def __repr__(self) -> str:
        return f"{self.rule.name}-{'violation' if self.said else 'good'}"


BAD_CPU = {"engineConfig": {"engine": {"cpu": "two"}}}
PRIVATE_KEY = "-----BEGIN PRIVATE KEY-----"
HOUSE = {"domains": ["example.com", "*.example.org"]}
GROUP = {"members": ["Ada@example.com"]}

CASES = [
    Case("workspace-name", declared("Workspace", {"name": "fraud-prod"})),
    Case("workspace-name", declared("Workspace", {"name": UNKNOWN})),
    Case("workspace-name", declared("Pipeline", {"name": "Fraud"})),
    Case("workspace-name", declared("Workspace", {"name": "Fraud"}), "'Fraud' does not match", "use 'fraud'"),
    Case("workspace-name", declared("Workspace", {"name": "Fraud--a"}), "choose another name"),
    Case("workspace-name", declared("Workspace", {"name": "fraud"}), "team-[a-z]+", pattern="team-[a-z]+"),
    Case("workspace-name", declared("Workspace", {"name": "Fraud"}), **{"except": ["Fraud"]}),
    Case(
        "workspace-name",
        declared("Workspace", {"name": "Fraud", "adopt": "always"}),
        "another name would abandon the workspace that it adopts; add this name to the setting except",
    ),
    Case("owner-domains", declared("WorkspaceMember", {"email": "eve@evil.example", "role": "OWNER"})),
    Case("owner-domains", declared("WorkspaceMember", {"email": "a@EXAMPLE.com", "role": "OWNER"}), **HOUSE),
    Case("owner-domains", declared("WorkspaceMember", {"email": "a@it.example.org", "role": "OWNER"}), **HOUSE),
    Case("owner-domains", declared("WorkspaceMember", {"email": "e@e.example", "role": "COLLABORATOR"}), **HOUSE),
    Case("owner-domains", declared("WorkspaceMember", {"email": UNKNOWN, "role": "OWNER"}), **HOUSE),
    Case(
        "owner-domains",
        declared("WorkspaceMember", {"email": "eve@example.com.evil.example", "role": "OWNER"}),
        "the domain of OWNER eve@example.com.evil.example is not allowed (example.com, *.example.org)",
        "choose another owner",
        **HOUSE,
    ),
    Case(
        "owner-domains",
        declared("WorkspaceMember", {"userId": "4711", "role": "OWNER"}),
        "use email instead",
        **HOUSE,
    ),
    Case("owner-group", declared("WorkspaceMember", {"email": "ada@example.com", "role": "COLLABORATOR"})),
    Case("owner-group", declared("WorkspaceMember", {"email": "ada@example.com", "role": "OWNER"}), **GROUP),
    Case("owner-group", declared("WorkspaceMember", {"email": UNKNOWN, "role": "COLLABORATOR"}), **GROUP),
    Case("owner-group", declared("WorkspaceMember", {"email": "ada@example.com", "role": UNKNOWN}), **GROUP),
    Case(
        "owner-group",
        declared("WorkspaceMember", {"email": "ada@example.com", "role": "COLLABORATOR"}),
        "set role='OWNER'",
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
    Case("production-no-force-destroy", declared("Pipeline", {"forceDestroy": True}, stack="prod"), "remove the"),
    Case("production-no-adopt-always", declared("Workspace", {"adopt": "always"})),
    Case("production-no-adopt-always", declared("Workspace", {"adopt": "if_empty"}, stack="prod")),
    Case("production-no-adopt-always", declared("Workspace", {"adopt": "always"}, stack="prod"), "use 'if_empty'"),
    Case("no-destroy-unmanaged", declared("Workspace", {"adopt": "always", "forceDestroy": False})),
    Case("no-destroy-unmanaged", declared("Workspace", {"name": "a", "forceDestroy": True}, stack="fraud-dev")),
    Case("no-destroy-unmanaged", declared("Workspace", {"name": "sandbox-ada", "forceDestroy": True})),
    Case("no-destroy-unmanaged", declared("Workspace", {"name": "a", "forceDestroy": True}), "would destroy"),
    Case("no-destroy-unmanaged", declared("Pipeline", {"name": UNKNOWN, "forceDestroy": True}), "would destroy"),
    Case(
        "no-destroy-unmanaged",
        declared("Workspace", {"adopt": "always", "forceDestroy": True}, stack="dev"),
        "contents that existed before this stack",
        "remove one of the two settings",
    ),
    Case("production-protect-adopted", declared("User", {"deleteAdopted": True})),
    Case("production-protect-adopted", declared("User", {"deleteAdopted": False}, stack="prod")),
    Case("production-protect-adopted", declared("Connection", {"name": "a"}, stack="prod")),
    Case("production-protect-adopted", declared("User", {"deleteAdopted": True}, stack="prod", protect=True)),
    Case("production-protect-adopted", declared("User", {"deleteAdopted": True}, stack="prod"), "remove the setting"),
    Case("model-private", declared("ModelVersion", {"name": "m", "visibility": "public"}), **{"except": ["m"]}),
    Case("model-private", declared("ModelVersion", {"visibility": "private"})),
    Case("model-private", declared("ModelVersion")),
    Case("model-private", declared("ModelVersion", {"visibility": "public"}), "'public'", "or set 'private'"),
    Case("model-frameworks", declared("ModelVersion", {"framework": "custom"})),
    Case("model-frameworks", declared("ModelVersion", {"framework": "onnx"}), allowed=["onnx"]),
    Case("model-frameworks", declared("ModelVersion", {"framework": "onnx"}), allowed=["on*"]),
    Case("model-frameworks", declared("ModelVersion", {"framework": UNKNOWN}), allowed=["onnx"]),
    Case("model-frameworks", declared("ModelVersion", {"framework": "custom"}), "to one of onnx", allowed=["onnx"]),
    Case("model-size", declared("ModelVersion", {"path": "m.onnx", "size": 5.0}), maximum=5.0),
    Case("model-size", declared("ModelVersion", {"path": "m.onnx", "size": UNKNOWN}), maximum=5.0),
    Case("model-size", declared("ModelVersion", {"path": "m.onnx"}), maximum=5.0),
    Case("model-size", declared("ModelVersion", {"size": 6.0}), "6 bytes, 5 are allowed; reduce", maximum=5.0),
    Case("deployment-limits", declared("Deployment", engine(replicas=10))),
    Case("deployment-limits", declared("Deployment", {"engineConfig": UNKNOWN})),
    Case("deployment-limits", declared("Deployment", engine(replicas=UNKNOWN))),
    Case("deployment-limits", declared("Deployment"), "it has no limits; set engine_config"),
    Case(
        "deployment-limits",
        declared("Deployment", {"engineConfig": {"engine": {"cpu": 1}}}),
        "the engine has no limit for memory; set memory=… in engine_config",
    ),
    Case(
        "deployment-limits",
        declared("Deployment", {"engineConfig": {**engine()["engineConfig"], "engineAux": {"images": {"m_1": {}}}}}),
        "m_1 has no limit for cpus",
        "m_1 has no limit for memory",
    ),
    Case("deployment-limits", declared("Deployment", engine(replicas=11)), "11 replicas, 10 are", "lower it"),
    Case(
        "deployment-limits",
        declared("Deployment", engine(replicas=3, gpu=True)),
        "up to 3 replicas, 2 are allowed",
        "up to 3 CPUs, 2 are allowed",
        "up to 3Gi memory, 2Gi are allowed",
        "up to 3 GPUs, 2 are allowed",
        replicas=2,
        cpus=2,
        memory="2Gi",
        gpus=2,
    ),
    Case("deployment-limits", declared("Deployment", BAD_CPU), "engine_config: 'two' is not a Kubernetes quantity"),
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
    Case("secrets-marked", declared("Connection", {"details": {"a": 1}}), "details is not secret", "Output.secret"),
    Case("secrets-marked", declared("ModelRegistry", {"token": "hush"}), "token is not secret"),
    Case("secrets-marked", declared("User", {"initialPassword": "hush"}), "initialPassword is not secret"),
    Case("no-credential-in-clear", declared("Connection", {"name": "sales", "details": {"password": "hush"}})),
    Case("no-credential-in-clear", declared("User", {"initialPassword": "a"}, secret="initialPassword")),
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
        "remove it, store it as a secret",
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


def test_every_rule_has_good_and_bad_examples() -> None:
    judged = {(case.rule.name, bool(case.said)) for case in CASES}
    assert judged == {(name, bad) for name in BY_NAME.keys() - STACK_RULES for bad in (True, False)}


# --- rules about the stack ----------------------------------------------------------------------------------


def in_place(
    kind: str, name: str, workspace: ResourceView | int, properties: Mapping[str, Any] | None = None
) -> ResourceView:
    """A resource whose workspace_id is a number, or still unknown and made of an output of a resource."""
    if isinstance(workspace, int):
        return declared(kind, {"workspaceId": workspace, **(properties or {})}, name=name, stack="prod")
    property_dependencies = {"workspaceId": frozenset({workspace.urn})}
    return declared(
        kind,
        {"workspaceId": UNKNOWN, **(properties or {})},
        name=name,
        stack="prod",
        property_dependencies=property_dependencies,
    )


def violations(rule: str, *resources: ResourceView, **config: Any) -> list[str]:
    found = BY_NAME[rule].stack_violations(resources, config)
    for urn, message in found:
        assert message.startswith(next(f"{r.kind} {r.name!r}: " for r in resources if r.urn == urn))
    return [message for _, message in found]


NEW = declared("Workspace", {"name": "new", "workspaceId": None}, name="new", stack="prod")
OTHER = declared("Workspace", {"name": "other", "workspaceId": None}, name="other", stack="prod")
OLD = declared("Workspace", {"name": "old", "workspaceId": 7.0}, name="old", stack="prod")


@pytest.mark.parametrize("workspace", [NEW, OLD], ids=["id-unknown", "id-known"])
def test_owners_of_a_workspace_are_counted(workspace: ResourceView) -> None:
    where = workspace if workspace is NEW else 7
    owners = [in_place("WorkspaceMember", f"owner-{n}", where, {"role": "OWNER"}) for n in range(3)]
    helper = in_place("WorkspaceMember", "helper", where, {"role": "COLLABORATOR"})
    stranger = in_place("WorkspaceMember", "stranger", OTHER if workspace is NEW else 8, {"role": "OWNER"})
    assert violations("workspace-owners", workspace, helper, owners[0]) == []
    place_of_stranger = [OTHER] if workspace is NEW else []
    (message,) = violations("workspace-owners", workspace, helper, stranger, *place_of_stranger)
    assert "the stack declares no OWNER of it; add a WorkspaceMember" in message
    (message,) = violations("workspace-owners", workspace, *owners, maximum=2.0)
    assert "the stack declares 3 owners of it, 2 are allowed; set role" in message


def test_an_unknown_role_or_workspace_is_no_violation() -> None:
    assert violations("workspace-owners", NEW, in_place("WorkspaceMember", "m", NEW, {"role": UNKNOWN})) == []
    nowhere = declared("WorkspaceMember", {"workspaceId": UNKNOWN, "role": "OWNER"}, name="m")
    assert violations("workspace-owners", NEW, nowhere) == []


def test_external_resources_are_not_checked() -> None:
    read = declared("Workspace", {"workspaceId": 7}, external=True)
    assert violations("workspace-owners", read) == []
    assert len(violations("workspace-owners", OLD)) == 1


def test_an_assay_watches_a_deployment_by_the_name_of_its_pipeline() -> None:
    deployment = in_place("Deployment", "d", NEW, {"pipelineName": "fraud"})
    assay = in_place("Assay", "a", NEW, {"pipelineName": "fraud", "active": True})
    assert violations("production-assays", NEW, deployment, assay) == []
    assert (
        violations("production-assays", declared("Deployment", {"pipelineName": "fraud"}, stack="dev")) == []
    )
    for wrong in (
        in_place("Assay", "a", NEW, {"pipelineName": "churn"}),
        in_place("Assay", "a", NEW, {"pipelineName": "fraud", "active": False}),
        in_place("Assay", "a", OTHER, {"pipelineName": "fraud"}),
    ):
        (message,) = violations("production-assays", NEW, OTHER, deployment, wrong)
        assert "no active assay monitors its pipeline; declare an Assay" in message


def test_a_pipeline_whose_name_is_unknown_is_known_by_where_the_name_comes_from() -> None:
    pipeline = declared("Pipeline", name="p", stack="prod")

    def by_reference(kind: str, source: ResourceView) -> ResourceView:
        property_dependencies = {"pipelineName": frozenset({source.urn})}
        return declared(
            kind,
            {"pipelineName": UNKNOWN},
            name=kind,
            stack="prod",
            property_dependencies=property_dependencies,
        )

    deployment = by_reference("Deployment", pipeline)
    assert violations("production-assays", pipeline, deployment, by_reference("Assay", pipeline)) == []
    assert violations("production-assays", pipeline, deployment, by_reference("Assay", OTHER)) != []


@pytest.mark.parametrize("by_version", [False, True], ids=["by-reference", "by-version"])
def test_models_of_a_pipeline_belong_to_its_workspace(by_version: bool) -> None:
    def stack(model_in: ResourceView | int, pipeline_in: ResourceView | int) -> list[ResourceView]:
        model = in_place("ModelVersion", "m", model_in, {"version": "6f0e" if by_version else UNKNOWN})
        steps = [{"ModelInference": {"models": [{"version": "6f0e"}]}}] if by_version else UNKNOWN
        pipeline = in_place("Pipeline", "p", pipeline_in, {"steps": steps})
        if not by_version:
            property_dependencies = {**pipeline.property_dependencies, "steps": frozenset({model.urn})}
            pipeline = ResourceView(
                type=pipeline.type,
                urn=pipeline.urn,
                properties=pipeline.properties,
                property_dependencies=property_dependencies,
            )
        return [NEW, OTHER, model, pipeline]

    assert violations("pipeline-models", *stack(NEW, NEW)) == []
    assert violations("pipeline-models", *stack(3, 3)) == []
    for apart in (stack(NEW, OTHER), stack(3, 4)):
        (message,) = violations("pipeline-models", *apart)
        assert "its steps use ModelVersion 'm' of another workspace; upload the model" in message


def test_a_workspace_is_found_through_another_resource() -> None:
    model = in_place("ModelVersion", "m", NEW, {"version": UNKNOWN})
    property_dependencies = {"workspaceId": frozenset({model.urn}), "steps": frozenset({model.urn})}
    pipeline = declared(
        "Pipeline",
        {"workspaceId": UNKNOWN, "steps": UNKNOWN},
        stack="prod",
        property_dependencies=property_dependencies,
    )
    assert violations("pipeline-models", NEW, model, pipeline) == []


def whole_stack(workspaces: int) -> list[ResourceView]:
    """As a preview sees it before anything is made: no id is known, and all names are the same."""
    found = []
    for n in range(workspaces):
        workspace = declared("Workspace", name=f"w{n}", stack="prod")
        model = in_place("ModelVersion", f"m{n}", workspace, {"version": UNKNOWN})
        pipeline = in_place("Pipeline", f"p{n}", workspace, {"steps": UNKNOWN})
        found += [
            workspace,
            model,
            replace(
                pipeline,
                property_dependencies={**pipeline.property_dependencies, "steps": frozenset({model.urn})},
            ),
            in_place("WorkspaceMember", f"o{n}", workspace, {"role": "OWNER"}),
            in_place("Deployment", f"d{n}", workspace, {"pipelineName": "fraud"}),
            in_place("Assay", f"a{n}", workspace, {"pipelineName": "fraud"}),
        ]
    return found


@pytest.mark.parametrize("rule", sorted(STACK_RULES))
def test_a_stack_of_twice_the_size_is_twice_the_work(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0
    look = ResourceView.__getitem__

    def counted(resource: ResourceView, name: str) -> Any:
        nonlocal looks
        looks += 1
        return look(resource, name)

    monkeypatch.setattr(ResourceView, "__getitem__", counted)
    work = []
    for size in (20, 40):
        looks = 0
        assert violations(rule, *whole_stack(size)) == []
        work.append(looks)
    assert work[1] < 2.2 * work[0]


def test_of_workspaces_with_one_id_both_have_the_owner() -> None:
    """One that is declared may be read, too."""
    owner = in_place("WorkspaceMember", "o", 7, {"role": "OWNER"})
    assert violations("workspace-owners", OLD, replace(OLD, urn=OLD.urn + "-read"), owner) == []


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
def test_remediations(
    rule: str, resource: ResourceView, config: dict[str, Any], changes: dict[str, Any]
) -> None:
    assert BY_NAME[rule].remediated(resource, config) == changes


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.remediation], ids=lambda rule: rule.name)
def test_a_remediated_resource_complies(rule: Rule) -> None:
    config = {"owner-group": GROUP}.get(rule.name, {})
    bad = next(
        case.resource
        for case in CASES
        if case.rule is rule and case.said and rule.remediated(case.resource, config)
    )
    changes = rule.remediated(bad, config)
    secrets = frozenset((name,) for name, value in changes.items() if isinstance(value, Secret))
    good = ResourceView(bad.type, bad.urn, {**bad.properties, **changes}, secrets=secrets)
    assert rule.violations(bad, config)
    assert rule.violations(good, config) == []


# --- configurations ---

LOTS = "'lots' is not a Kubernetes quantity such as 500m, 2, 512Mi or 3Gi"


@pytest.mark.parametrize(
    ("rule", "config", "errors"),
    [
        ("deployment-limits", {"memory": "2Gi", "cpus": 5.0}, []),
        ("deployment-limits", {"memory": "lots"}, [f"rule deployment-limits, setting memory: {LOTS}"]),
        (
            "workspace-name",
            {"pattern": "("},
            ["rule workspace-name, setting pattern: '(' is not a Python regular expression: missing ), "
             "unterminated subpattern at position 0"],
        ),
        ("workspace-name", {"pattern": "(?!tmp-).*"}, []),
        ("model-size", {"maxmum": 5}, ["rule model-size has no setting maxmum; its settings are maximum"]),
        ("pipeline-models", {"a": 1}, ["rule pipeline-models has no setting a; it has no settings"]),
    ],
)  # fmt: skip
def test_wrong_configurations_are_one_line_each(rule: str, config: dict[str, Any], errors: list[str]) -> None:
    assert list(BY_NAME[rule].config_errors(config)) == errors


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_defaults_are_right_and_schemas_are_json(rule: Rule) -> None:
    defaults = {name: setting["default"] for name, setting in rule.settings.items()}
    assert list(rule.config_errors(defaults)) == []
    assert json.loads(json.dumps(rule.schema)) == rule.schema


def test_the_rules_have_all_kinds_and_their_secrets() -> None:
    secret = {
        kind: tuple(wire_name(name) for name, _ in fields_with(resource.inputs, SECRET))
        for kind, resource in RESOURCES.items()
    }
    assert set(KINDS) == set(RESOURCES), "run `make generate`"
    assert dict(SECRETS) == {kind: names for kind, names in secret.items() if names}, "run `make generate`"


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
    bucket = ResourceView(type="aws:s3/bucket:Bucket", urn="urn:pulumi:prod::p::aws:s3/bucket:Bucket::b")
    assert rule.violations(bucket) == []
    assert rule.stack_violations([bucket]) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rules_describe_themselves(rule: Rule) -> None:
    assert rule.description.endswith(".")
    assert bool(rule.remediation) == bool(rule.remediation_text)
    assert rule.level != "remediate" or rule.remediation
    for setting in rule.settings.values():
        assert {"type", "default", "description"} <= set(setting)
