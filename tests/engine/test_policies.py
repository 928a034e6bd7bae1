"""The policy pack on a real engine: each rule works in preview, up and analyze; remediations reach the state."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from emulated import Emulated
from pulumi_project import Project, Run

from wallaroo_pulumi.policies import folder
from wallaroo_pulumi.policies.rules import RULES

ROOT = Path(__file__).parent.parent.parent

HEADER = """\
import pulumi
import wallaroo_pulumi as wallaroo
from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class Provider(ResourceProvider):
    serialize_as_secret_always = False

    def create(self, props):
        outputs = {key: value for key, value in props.items() if key != "__provider"}
        return CreateResult("made", {**outputs, "__instance": "unknown"})


def careless(kind, name, /, **properties):
    '''Declare a resource with one of our types that exists only in the state and marks no secrets.'''

    class Careless(Resource, module="wallaroo", name=kind):
        pass

    return Careless(Provider(), name, properties)


protected = pulumi.ResourceOptions(protect=True)
enough = wallaroo.engine_config(cpus=0.5, memory="512Mi", replicas=2)
"""

IN_THIS_STACK = {"stacks": "^test$"}
CONFIG: dict[str, Any] = {
    # A pattern that Python supports, but Go, the engine's language, does not.
    "workspace-name": {"pattern": "(?!tmp-)[a-z][a-z0-9]*(-[a-z0-9]+)*", "except": ["Old_One"]},
    "owner-domains": {"domains": ["example.com"]},
    "owner-group": {"enforcementLevel": "mandatory", "members": ["ops@example.com"]},
    "no-destroy-unmanaged": {"disposable": "^sandbox-"},
    "model-frameworks": {"allowed": ["onnx"]},
    "model-size": {"maximum": 1000},
    "secrets-marked": "mandatory",
    "connection-credentials": "mandatory",
    "production-protect": IN_THIS_STACK,
    "production-no-force-destroy": IN_THIS_STACK,
    "production-no-adopt-always": IN_THIS_STACK,
    "production-replicas": IN_THIS_STACK,
    "production-assays": {"enforcementLevel": "mandatory", **IN_THIS_STACK},
    "production-protect-adopted": {"enforcementLevel": "mandatory", **IN_THIS_STACK},
    "no-credential-in-clear": {"allowed": ["BROKER_TOKEN"], "names": ["pat"]},
}

GOOD = """\
fraud = wallaroo.Workspace("fraud", name="fraud-prod", opts=protected)
here = {"workspace_id": fraud.workspace_id}
wallaroo.WorkspaceMember("lead", **here, email="mary.jane@example.com", role="OWNER")
model = wallaroo.ModelVersion("model", **here, name="price", path="house_price.onnx", framework="onnx")
steps = [wallaroo.model_step(model)]
pipeline = wallaroo.Pipeline("pipeline", **here, name="price", steps=steps, opts=protected)
at_work = {"pipeline_version_id": pipeline.version_id, "models": [wallaroo.model_ref(model)]}
wallaroo.Deployment("work", **here, **at_work, pipeline_name=pipeline.name, engine_config=enough, opts=protected)
wallaroo.Assay("drift", **here, name="drift", pipeline_name=pipeline.name, fields=[{"name": "out.price"}],
    baseline={"Vector": [1.0]}, window_seconds=60, first_run="2026-01-09T06:00:00Z", cron="0 4 * * *")
wallaroo.Connection("warehouse", name="sales", type="s3", details={"bucket": "sales"}, adopt="never")
careless("Connection", "secret", name="c", adopt="never", details=pulumi.Output.secret({"host": "h"}))
careless("Task", "tokens", config={"tokenizer": "mistral-7b", "max_tokens": "512",
    "env": [{"name": "TOKENIZERS_PARALLELISM", "value": "false"}, {"name": "BROKER_TOKEN", "value": "none"}]})
read = wallaroo.Workspace.get("read", "1")
"""


@dataclass(frozen=True)
class Bad:
    """Lines of a program that declare the resource ``name``, and its violations: rule → part of the message."""

    name: str
    lines: str
    said: Mapping[str, str]


REFUSED = [
    Bad(
        "risky",
        'wallaroo.Workspace("risky", name="Fraud", adopt="always", force_destroy=True)',
        {
            "workspace-name": "another name would abandon the workspace that it adopts; add this name to",
            "production-protect": "it is not protected; set opts=pulumi.ResourceOptions(protect=True)",
            "production-no-force-destroy": "it sets force_destroy; remove the setting",
            "production-no-adopt-always": "it sets adopt='always'; use 'if_empty'",
            "no-destroy-unmanaged": "force_destroy would destroy contents that existed before this stack; remove one",
        },
    ),
    Bad(
        "stranger",
        'wallaroo.WorkspaceMember("stranger", workspace_id=1, email="eve@evil.example", role="OWNER")',
        {
            "owner-domains": "the domain of OWNER eve@evil.example is not allowed (example.com); choose another owner"
        },
    ),
    Bad(
        "ops",
        'wallaroo.WorkspaceMember("ops", workspace_id=1, email="ops@example.com")',
        {"owner-group": "ops@example.com is in the owner group; set role='OWNER'"},
    ),
    Bad(
        "heavy",
        'wallaroo.ModelVersion("heavy", workspace_id=1, name="heavy", path="large.onnx", framework="python",\n'
        '    visibility="public")',
        {
            "model-private": "its visibility is 'public'; remove the setting",
            "model-frameworks": "its framework 'python' is not allowed; convert the model to one of onnx",
            "model-size": "its file has 1001 bytes, 1000 are allowed; reduce the model",
        },
    ),
    Bad(
        "greedy",
        'wallaroo.Deployment("greedy", workspace_id=1, pipeline_name="p", pipeline_version_id=1, models=[1],\n'
        '    engine_config=wallaroo.engine_config(cpus=99, memory="1Gi"), opts=protected)',
        {
            "deployment-limits": "it requests up to 99 CPUs, 64 are allowed; lower it in engine_config",
            "production-replicas": "it may run with 1 replica; set replicas=2 or more",
        },
    ),
    Bad(
        "open",
        'careless("Connection", "open", url="https://ada:hush@db.example.com", details={"password": "hush"},\n'
        "    deleteAdopted=True)",
        {
            "secrets-marked": "details is not secret, so the state would contain it in plain text",
            "no-credential-in-clear": "url looks like an address with a password in it and would be stored in",
            "connection-credentials": "details.password is named like a credential; store the name of a secret",
            "production-protect-adopted": "removing it from the stack deletes an object that existed before",
        },
    ),
    Bad(
        "misnamed",
        'wallaroo.Workspace("misnamed", name="Churn", opts=protected)',
        {
            "workspace-name": "its name 'Churn' does not match (?!tmp-)[a-z][a-z0-9]*(-[a-z0-9]+)*; use 'churn'"
        },
    ),
    *(
        Bad(
            name,
            f"careless('Task', {name!r}, config={{{key!r}: {value!r}}})",
            {"no-credential-in-clear": said},
        )
        for name, key, value, said in [
            (
                "dsn",
                "dsn",
                "Server=db;Password=hush",
                "config.dsn looks like a connection string with a password",
            ),
            ("header", "auth", "Bearer hush-hush", "config.auth looks like the header of a login"),
            (
                "signed",
                "blob",
                "https://example.com/a?sig=hushhush",
                "config.blob looks like an address with a token or",
            ),
            ("key", "API_KEY", "hush", "config.API_KEY is named like a credential"),
            ("pat", "pat", "hush", "config.pat is named like a credential"),
        ]
    ),
]

REFUSED_AT_THE_END = [
    Bad(
        "lonely",
        'wallaroo.Workspace("lonely", name="lonely", opts=protected)',
        {"workspace-owners": "the stack declares no OWNER of it; add a WorkspaceMember"},
    ),
    Bad(
        "unwatched",
        'churn = wallaroo.Pipeline("churn", **here, name="churn", steps=steps, opts=protected)\n'
        'wallaroo.Deployment("unwatched", **here, **{**at_work, "pipeline_version_id": churn.version_id},\n'
        "    pipeline_name=churn.name, engine_config=enough, opts=protected)",
        {"production-assays": "no active assay monitors its pipeline; declare an Assay"},
    ),
    Bad(
        "borrowing",
        'other = wallaroo.Workspace("other", name="other", opts=protected)\n'
        'wallaroo.WorkspaceMember("o", workspace_id=other.workspace_id, email="mary.jane@example.com", role="OWNER")\n'
        'wallaroo.Pipeline("borrowing", workspace_id=other.workspace_id, name="price", steps=steps, opts=protected)',
        {"pipeline-models": "its steps use ModelVersion 'model' of another workspace; upload the model"},
    ),
]


class Judged(Project):
    """A project that runs a policy pack in previews and updates, configured by ``policy.json``."""

    policies: Path = folder()

    def policy(self, config: Mapping[str, Any]) -> None:
        (self.folder / "policy.json").write_text(json.dumps(config))

    def pulumi(self, *args: str, **kwargs: Any) -> Run:
        if args[0] not in ("preview", "up", "policy"):
            return super().pulumi(*args, **kwargs)
        pack = ("--policy-pack", str(self.policies), "--policy-pack-config", str(self.folder / "policy.json"))
        return super().pulumi(*args, *pack, **kwargs)


def prepared(folder: Path, env: Mapping[str, str], emulator: Emulated) -> Judged:
    made = Judged(folder / "project", env, "")
    made.configure(emulator.settings)
    made.policy(CONFIG)
    shutil.copy(ROOT / "stacks/serving/house_price.onnx", made.folder)
    (made.folder / "large.onnx").write_bytes(bytes(1001))
    return made


@pytest.fixture(scope="module")
def judged(
    engine_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory, _emulator_url: str
) -> Judged:
    """One stack for all tests that leave it empty."""
    return prepared(tmp_path_factory.mktemp("policies"), engine_env, Emulated(_emulator_url))


@pytest.fixture
def fresh(engine_env: dict[str, str], tmp_path: Path, emulator: Emulated) -> Judged:
    emulator.control("seed", workspaces=[{"name": "by-hand", "owner": "ops@example.com"}])
    return prepared(tmp_path, engine_env, emulator)


def refusals(run: Run) -> dict[str, str]:
    """Return the mandatory violations in a run's output: rule → message on one line."""
    assert "Traceback" not in run.text, run.text
    told = " ".join(re.split("Resources:|Diagnostics:", run.out.partition("Policies:")[2])[0].split())
    _, *parts = re.split(r"- \[(\w+)\] ([\w-]+)", told)
    found: dict[str, str] = {}
    for level, rule, text in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        if level == "mandatory":
            found[rule] = found.get(rule, "") + text
    return found


def assert_told(run: Run, *expected: Bad) -> None:
    assert run.code != 0
    told = refusals(run)
    assert set(told) == {rule for bad in expected for rule in bad.said}
    for bad in expected:
        for rule, message in bad.said.items():
            assert f"{bad.name!r}: " in told[rule]
            assert message in told[rule]
    assert "hush" not in run.text


def test_every_rule_is_tried_here() -> None:
    assert {rule for bad in REFUSED + REFUSED_AT_THE_END for rule in bad.said} == {
        rule.name for rule in RULES
    }


@pytest.mark.sdk_range
def test_what_obeys_all_rules_passes(fresh: Judged) -> None:
    """A workspace that is only read needs no declared owner, because the stack does not manage it."""
    fresh.write(HEADER + GOOD)
    assert refusals(fresh.pulumi("preview").ok()) == {}
    assert refusals(fresh.up().ok()) == {}
    assert refusals(fresh.up("--expect-no-changes").ok()) == {}


def test_analyze_has_the_verdict_of_a_preview(fresh: Judged) -> None:
    """`policy analyze` sends the state to the pack, including workspaces that are only read."""
    fresh.write(HEADER + GOOD)
    fresh.up().ok()
    assert fresh.resources()["read"]["external"]
    assert refusals(fresh.pulumi("policy", "analyze").ok()) == {}
    fresh.refresh().ok()
    assert refusals(fresh.pulumi("policy", "analyze").ok()) == {}

    fresh.write(HEADER + GOOD + "\n".join(bad.lines for bad in REFUSED_AT_THE_END))
    fresh.up()
    fresh.policy(CONFIG | {"model-size": {"maximum": 10}})
    preview, analysis = fresh.pulumi("preview"), fresh.pulumi("policy", "analyze")
    assert "model-size" in refusals(preview)
    assert refusals(analysis) == refusals(preview)
    assert analysis.code != 0


@pytest.mark.promise
@pytest.mark.sdk_range
def test_a_preview_tells_all_that_is_refused(judged: Judged) -> None:
    judged.write(HEADER + "\n".join(bad.lines for bad in REFUSED))
    unwatched = Bad("greedy", "", {"production-assays": "no active assay monitors its pipeline"})
    assert_told(judged.pulumi("preview"), *REFUSED, unwatched)


# An update ends with the first rejected resource. The pack is that of the preview, which reports all rules.
@pytest.mark.parametrize(
    "bad", [bad for bad in REFUSED if bad.name in ("risky", "greedy", "open")], ids=lambda bad: bad.name
)
def test_an_update_refuses_before_anything_is_made(judged: Judged, bad: Bad) -> None:
    judged.write(HEADER + bad.lines)
    assert_told(judged.up(), bad)
    assert judged.resources() == {}


def test_rules_about_the_stack_refuse_at_the_end(fresh: Judged) -> None:
    """A preview reports violations before changes; an update without a preview after them, as does the next one."""
    fresh.write(HEADER + GOOD + "\n".join(bad.lines for bad in REFUSED_AT_THE_END))
    assert_told(fresh.pulumi("preview"), *REFUSED_AT_THE_END)
    assert fresh.resources() == {}
    assert_told(fresh.up(), *REFUSED_AT_THE_END)
    assert {bad.name for bad in REFUSED_AT_THE_END} <= set(fresh.resources())
    assert_told(fresh.pulumi("preview"), *REFUSED_AT_THE_END)


def test_remediations_reach_the_state_and_the_instance(fresh: Judged, emulator: Emulated) -> None:
    fresh.policy(
        {
            "workspace-name": {"enforcementLevel": "remediate", "except": ["Old_One"]},
            "workspace-owners": "advisory",
            "owner-group": {"members": ["mary.jane@example.com"]},
        }
    )
    fresh.write(
        HEADER
        + """
fraud = wallaroo.Workspace("fraud", name="Fraud-Prod")
wallaroo.WorkspaceMember("lead", workspace_id=fraud.workspace_id, email="mary.jane@example.com")
careless("Workspace", "old", name="Old_One", adopt="always")
careless("Connection", "plain", name="c", details={"host": "open-sesame"})
careless("Connection", "partly", name="c", details={"host": "open-sesame", "id": pulumi.Output.secret("s")})
careless("Connection", "whole", name="c", details=pulumi.Output.secret({"host": "open-sesame"}))
careless("Connection", "unknown", name="c", details={"host": "open-sesame", "id": fraud.workspace_id})
careless("ModelRegistry", "registry", name="r", token="open-sesame")
careless("Deployment", "env", engineConfig={
    "engine": {"resources": {"limits": {"cpu": 1, "memory": "1Gi"}}},
    "engineAux": {"images": {"m-1": {"env": [{"name": "TOKEN", "value": pulumi.Output.secret("open-sesame")}],
        "resources": {"limits": {"cpu": 1, "memory": "1Gi"}}}}},
})
"""
    )
    assert refusals(fresh.pulumi("preview").ok()) == {}
    assert refusals(fresh.up().ok()) == {}
    state = fresh.resources()
    assert state["fraud"]["inputs"]["name"] == state["fraud"]["outputs"]["name"] == "fraud-prod"
    assert state["old"]["inputs"]["name"] == "Old_One"
    assert state["lead"]["inputs"]["role"] == state["lead"]["outputs"]["role"] == "OWNER"
    assert "open-sesame" not in fresh.export()
    for name in ("plain", "partly", "whole", "unknown"):
        assert "ciphertext" in state[name]["inputs"]["details"]
        assert "ciphertext" in state[name]["outputs"]["details"]
    assert emulator.members(emulator.workspaces()["fraud-prod"])["mary.jane@example.com"] == "OWNER"
    assert refusals(fresh.up("--expect-no-changes").ok()) == {}


def test_what_is_taken_over_keeps_its_name(judged: Judged) -> None:
    judged.write(HEADER + 'careless("Workspace", "old", name="Old-One", adopt="always")')
    judged.policy({"workspace-name": "remediate", "workspace-owners": "disabled"})
    run = judged.pulumi("preview")
    judged.policy(CONFIG)
    assert "add this name to the setting except" in refusals(run)["workspace-name"]


@pytest.mark.parametrize(
    ("config", "lines"),
    [
        (
            {
                "workspace-name": {"pattern": "("},
                "deployment-limits": {"memory": "lots"},
                "model-size": {"maxmum": 5},
                "secrets-marked": {"a": 1},
            },
            [
                "rule workspace-name, setting pattern: '(' is not a Python regular expression: missing )",
                "rule deployment-limits, setting memory: 'lots' is not a Kubernetes quantity",
                "rule model-size has no setting maxmum; its settings are maximum",
                "rule secrets-marked has no setting a; it has no settings",
            ],
        ),
        (
            {"workspace-owners": {"maximum": "many"}, "production-protect": {"kinds": ["Worksapce"]}},
            [
                "workspace-owners: maximum: Invalid type. Expected: integer, given: string",
                "production-protect: kinds.0: kinds.0 must be one of the following: ",
            ],
        ),
        ({"model-sise": "advisory"}, ["there is no rule model-sise"]),
    ],
    ids=["by-the-pack", "by-the-schema", "no-rule"],
)
def test_a_wrong_configuration_is_told(judged: Judged, config: dict[str, Any], lines: list[str]) -> None:
    judged.write("")
    judged.policy(config)
    run = judged.pulumi("preview")
    judged.policy(CONFIG)
    assert run.code != 0
    assert "Traceback" not in run.text
    told = run.text.splitlines()
    assert [line for line in lines if not any(line in text for text in told)] == [], run.text


def test_resources_of_a_native_provider_are_judged(judged: Judged) -> None:
    """Components replace them: the engine passes every type that a program declares to the pack."""
    judged.write(
        HEADER
        + """
class Native(pulumi.ComponentResource):
    def __init__(self, kind, name, /, **properties):
        super().__init__(f"wallaroo:index:{kind}", name, properties)
        self.register_outputs(properties)


Native("Workspace", "bad", name="Bad_Name", forceDestroy=True)
Native("ModelVersion", "model", name="m", visibility="public", framework="onnx")
Native("ModelRegistry", "registry", name="r", token="hush")
Native("Connection", "connection", name="c", details=pulumi.Output.secret({"password": "hush"}))
Native("User", "good", email="ada@example.com")
"""
    )
    judged.policy(
        {"connection-credentials": "mandatory", "no-destroy-unmanaged": {"disposable": "^sandbox-"}}
    )
    preview, update = judged.pulumi("preview"), judged.up()
    judged.policy(CONFIG)
    told = refusals(preview)
    assert "Workspace 'bad': its name 'Bad_Name' does not match" in told["workspace-name"]
    assert "Workspace 'bad': force_destroy would destroy" in told["no-destroy-unmanaged"]
    assert "Workspace 'bad': the stack declares no OWNER" in told["workspace-owners"]
    assert "ModelVersion 'model': its visibility is 'public'" in told["model-private"]
    assert "Connection 'connection': details.password is named" in told["connection-credentials"]
    # An update ends with the first rejected resource. Which one that is, is open: components register in parallel.
    refused = refusals(update)
    assert refused
    assert set(refused) <= set(told)
    for run in (preview, update):
        assert run.code != 0
        assert "hush" not in run.text
        assert "'good'" not in run.text
    judged.destroy().ok()


@pytest.mark.parametrize("stack", ["quickstart", "serving"])
def test_the_stacks_of_this_project_obey(fresh: Judged, stack: str) -> None:
    fresh.policy({})
    fresh.write((ROOT / "stacks" / stack / "__main__.py").read_text())
    assert refusals(fresh.pulumi("preview").ok()) == {}
    assert refusals(fresh.up().ok()) == {}


def test_the_command_prints_the_folder() -> None:
    command = [sys.executable, "-m", "wallaroo_pulumi", "policy-pack"]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (told.stdout, told.stderr) == (f"{folder()}\n", "")


def test_the_command_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "pulumi_policy.py").write_text("raise ImportError('not installed')")
    command = [sys.executable, "-m", "wallaroo_pulumi", "policy-pack"]
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    told = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    assert (told.returncode, told.stdout) == (1, "")
    (line,) = told.stderr.splitlines()
    assert "pip install 'wallaroo_pulumi[policy]'" in line


# --- the guide ----------------------------------------------------------------------------------------------


def guide(title: str) -> str:
    """Return the first code block after ``title`` in docs/policies.md."""
    page = (ROOT / "docs/policies.md").read_text()
    found = re.search(rf"{re.escape(title)}.*?```\w+\n(.*?)```", page, re.DOTALL)
    assert found, title
    return found.group(1)


def test_a_rule_of_ones_own(fresh: Judged, tmp_path: Path) -> None:
    fresh.policies = tmp_path / "company-rules"
    fresh.policies.mkdir()
    for name in ("PulumiPolicy.yaml", "__main__.py"):
        (fresh.policies / name).write_text(guide(f"`company-rules/{name}`"))
    fresh.policy({})
    fresh.write(HEADER + 'wallaroo.Workspace("bad", name="tmp-a")\nwallaroo.Workspace("good", name="a")')
    run = fresh.pulumi("preview")
    assert run.code != 0
    told = refusals(run)
    assert "Workspace 'bad': its name is 'tmp-a'; choose one without tmp-" in told["no-temporary-names"]
    assert "'good'" not in told["no-temporary-names"]
    assert "'good': the stack declares no OWNER" in told["workspace-owners"], (
        "the rules of the pack come along"
    )


def test_the_configuration_of_the_guide(judged: Judged) -> None:
    judged.write(HEADER + REFUSED[1].lines)
    judged.policy(json.loads(guide("`policy.json`")))
    run = judged.pulumi("preview")
    judged.policy(CONFIG)
    assert_told(run, REFUSED[1])
