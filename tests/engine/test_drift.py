"""The drift report on a stack of a real engine: it finds each kind of manual change, and nothing else."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from applied import Applied
from emulated import Emulated
from example_files import orchestration_file
from pulumi_project import Project, Run

ROOT = Path(__file__).parents[2]
PROGRAM = """
    import wallaroo_pulumi as wallaroo

    fraud = wallaroo.Workspace("fraud", name="fraud-prod")
    churn = wallaroo.Workspace("churn", name="churn")
    here = {"workspace_id": fraud.workspace_id}
    wallaroo.WorkspaceMember("lead", **here, email="mary.jane@example.com", role="OWNER")
    wallaroo.WorkspaceMember("dev", **here, email="john.hancock@example.com")
    wallaroo.User("ada", email="ada@example.com", first_name="Ada", initial_password="start-here")
    sales = wallaroo.Connection("sales", name="sales", type="s3", details={"bucket": "b", "key": "hush-hush"})
    wallaroo.WorkspaceConnection("use", **here, connection_name=sales.name)
    wallaroo.Pipeline("empty", **here, name="empty", steps=[])
"""
SECRETS = ("hush-hush", "hush-again", "start-here", "ops-password", "api-client-secret")


@pytest.fixture(scope="module")
def applied(apply_once: Callable[[str], Applied]) -> Applied:
    return apply_once(PROGRAM)


@pytest.fixture
def stack(applied: Applied, emulator: Emulated, tmp_path: Path) -> Project:
    """A stack after `up`. It contains all accounts of the instance except the three initial ones."""
    return applied.again(tmp_path / "project")


def drift(stack: Project, *options: str) -> Run:
    ran = subprocess.run(
        [sys.executable, "-m", "wallaroo_pulumi", "drift", *options],
        cwd=stack.folder,
        env=stack.env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not [secret for secret in SECRETS if secret in ran.stdout + ran.stderr]
    return Run(ran.returncode, ran.stdout, ran.stderr)


def found(stack: Project, what: str, *options: str) -> dict[str, dict[str, Any]]:
    """Return the reported objects of one category: kind and name → report."""
    ran = drift(stack, "--json", *options)
    assert ran.code == 2, ran.text
    return {f"{one['kind']} {one['name']}": one for one in json.loads(ran.out)[what]}


@pytest.mark.promise
def test_no_drift(stack: Project, emulator: Emulated) -> None:
    ran = drift(stack, "--no-unmanaged")
    assert (ran.code, ran.out) == (0, "no drift\n")
    report = json.loads(drift(stack, "--json", "--no-unmanaged").out)
    assert report.pop("unsupported") == {}
    assert report == {what: [] for what in ("missing", "changed", "hidden", "unmanaged", "not_checked")}
    reads = {"workspaces/list", "workspaces/list_users", "users/query", "connections/list"}
    assert set(emulator.endpoints()) <= reads | {"pipelines/list_pipelines", "pipelines/get_version"}


@pytest.mark.promise
def test_what_is_missing(stack: Project, emulator: Emulated) -> None:
    fraud, churn = emulator.workspaces()["fraud-prod"], emulator.workspaces()["churn"]
    emulator.control("delete", workspace_id=churn)
    emulator.control("delete", workspace_id=fraud, email="john.hancock@example.com")
    emulator.api("pipelines/delete_pipeline", workspace_id=fraud, pipeline_id="empty")
    emulator.api("connections/delete", name="sales")
    assert found(stack, "missing", "--no-unmanaged") == {
        "Workspace churn": told("Workspace", "churn", str(churn)),
        "WorkspaceMember dev": told(
            "WorkspaceMember", "dev", f"{fraud}/{emulator.user_id('john.hancock@example.com')}"
        ),
        "Pipeline empty": told("Pipeline", "empty", f"{fraud}/empty"),
        "Connection sales": told("Connection", "sales", "sales"),
        "WorkspaceConnection use": told("WorkspaceConnection", "use", f"{fraud}/sales"),
    }
    table = drift(stack, "--no-unmanaged").out.splitlines()
    assert table.pop() == "5 missing (8 resources checked)"
    assert len(table) == 5
    assert all(line.startswith("missing  ") for line in table)


def told(kind: str, name: str, id: str) -> dict[str, Any]:
    return {"kind": kind, "name": name, "id": id, "changes": []}


def test_what_was_changed(stack: Project, emulator: Emulated) -> None:
    fraud = emulator.workspaces()["fraud-prod"]
    emulator.api(
        "workspaces/add_user", workspace_id=fraud, email="john.hancock@example.com", user_type="OWNER"
    )
    emulator.api("users/deactivate", email="ada@example.com")
    (sales,) = emulator.api("connections/list")["connections"]
    emulator.api("connections/delete", name="sales")
    emulator.control("seed", connections=[{**same(sales), "details": {"bucket": "b", "key": "hush-again"}}])
    emulator.api("connections/add_to_workspace", workspace_id=fraud, connection_id=sales["id"])
    changed = {name: one["changes"] for name, one in found(stack, "changed", "--no-unmanaged").items()}
    assert changed == {
        "WorkspaceMember dev": [{"property": "role", "recorded": "COLLABORATOR", "found": "OWNER"}],
        "User ada": [{"property": "enabled", "recorded": True, "found": False}],
        "Connection sales": [{"property": "details", "recorded": "[secret]", "found": "[secret]"}],
    }
    table = drift(stack, "--no-unmanaged").out.splitlines()
    assert '    role: "COLLABORATOR" → "OWNER"' in table
    assert "    details: [secret] → [secret]" in table
    stack.up("--refresh").ok()
    assert drift(stack, "--no-unmanaged").code == 0


def same(connection: dict[str, Any]) -> dict[str, Any]:
    """Return the properties that identify the connection."""
    return {key: connection[key] for key in ("id", "name", "type")}


def test_what_is_not_in_the_stack(stack: Project, emulator: Emulated) -> None:
    fraud = emulator.workspaces()["fraud-prod"]
    emulator.control(
        "seed",
        workspaces=[
            {"name": "by-hand", "owner": "ops@example.com"},
            {"name": "ops@example.com - Default Workspace", "owner": "ops@example.com"},
        ],
        connections=[{"name": "other", "type": "s3"}],
        users=[{"email": "eve@example.com"}],
    )
    emulator.api("workspaces/add_user", workspace_id=fraud, email="eve@example.com", user_type="OWNER")
    emulator.api("pipelines/create", workspace_id=fraud, pipeline_id="rogue", definition={"steps": []})
    emulator.control("seed", model_versions=[model(fraud, "rogue", "a"), model(fraud, "rogue", "b")])
    (other,) = [c for c in emulator.api("connections/list")["connections"] if c["name"] == "other"]
    emulator.api("connections/add_to_workspace", workspace_id=fraud, connection_id=other["id"])
    assert set(found(stack, "unmanaged")) == {
        "User ops@example.com",
        "User mary.jane@example.com",
        "User john.hancock@example.com",
        "User eve@example.com",
        "Connection other",
        "Workspace by-hand",
        "WorkspaceMember fraud-prod/eve@example.com",
        "WorkspaceConnection fraud-prod/other",
        "ModelVersion fraud-prod/rogue",
        "Pipeline fraud-prod/rogue",
    }


def model(workspace: int, name: str, sha: str) -> dict[str, Any]:
    return {
        "name": name,
        "workspace_id": workspace,
        "visibility": "private",
        "conversion": {"framework": "onnx", "requirements": []},
        "sha": sha * 64,
    }


EVERYTHING = """
    import wallaroo_pulumi as wallaroo

    fraud = wallaroo.Workspace("fraud", name="fraud-prod")
    here = {"workspace_id": fraud.workspace_id}
    model = wallaroo.ModelVersion("risk", **here, name="risk", path="risk.onnx", framework="onnx")
    pipeline = wallaroo.Pipeline("scores", **here, name="scores", steps=[wallaroo.model_step(model)])
    wallaroo.Deployment("scores", **here, pipeline_name=pipeline.name, pipeline_version_id=pipeline.version_id,
        models=[wallaroo.model_ref(model)])
    code = wallaroo.Orchestration("code", **here, name="code", path="code.zip")
    wallaroo.Task("nightly", **here, orchestration_id=code.orchestration_id, name="nightly", schedule="0 4 * * *")
    wallaroo.Assay("watch", **here, name="watch", pipeline_name=pipeline.name, fields=[{"name": "out.price"}],
        baseline={"Vector": [1.0]}, window_seconds=60, first_run="2026-01-09T06:00:00Z", cron="0 4 * * *")
    registry = wallaroo.ModelRegistry("hub", name="hub", url="https://hub.example.com", token="hush-hush")
    wallaroo.ModelRegistryAttachment("hub", **here, registry_id=registry.registry_id)
"""


def test_what_was_added_by_hand_in_a_workspace_of_the_stack(
    project: Callable[[str], Project], emulator: Emulated
) -> None:
    made = project(EVERYTHING)
    made.configure(emulator.settings)
    (made.folder / "risk.onnx").write_bytes(b"risk")
    orchestration_file(made.folder, name="code.zip")
    made.up().ok()
    emulator.forget_requests()
    assert drift(made).out == "no drift\n"
    assert not [call for call in emulator.endpoints() if not call.startswith("/v2/") and call not in READS]

    fraud = emulator.workspaces()["fraud-prod"]
    versions = [model(fraud, "risk", "a"), {**model(fraud, "risk", "b"), "status": "error"}]
    emulator.control("seed", model_versions=versions, pipeline_versions=[deployed_by_hand(fraud)])
    newest = emulator.api("models/list", workspace_id=fraud)["models"][0]["model_versions"]
    newer = max(v["model_version"]["id"] for v in newest if v["model_version"]["status"] == "ready")
    (code,) = emulator.api("orchestration/list", workspace_id=fraud)
    emulator.control("seed", orchestrations=[{"workspace_id": fraud, "name": "other code"}])
    for name, status in {"rogue": "started", "done": "success", "broken": "failed"}.items():
        task = {"workspace_id": fraud, "orch_id": code["id"], "name": name, "status": status}
        emulator.control("seed", tasks=[task])
    (watch,) = emulator.http.post(
        "/v2/api/assays/get", json={"active": "All"}, headers=emulator.bearer()
    ).json()
    for name, active in {"by-hand": True, "ended": False}.items():
        emulator.control("seed", assays=[{**watch, "id": name, "name": name, "active": active}])
    hub = emulator.api("models/create_registry", name="other", url="https://other.example.com", token="x")
    emulator.api("models/attach_registry_to_workspace", registry_id=hub["id"], workspace_id=fraud)

    # Neither this nor its edges are found, because their list does not contain workspaces.
    scores = int(made.resources("Pipeline")["scores"]["outputs"]["versionId"])
    emulator.api("pipelines/publish", pipeline_version_id=scores, model_config_ids=[])

    unmanaged = found(made, "unmanaged")
    assert set(unmanaged) == {
        "ModelVersion fraud-prod/risk",
        "Pipeline fraud-prod/rogue",
        "Deployment fraud-prod/rogue",
        "Orchestration fraud-prod/other code",
        "Task fraud-prod/rogue",
        "Assay fraud-prod/by-hand",
        "ModelRegistryAttachment fraud-prod/other",
        "ModelRegistry other",
    }
    assert unmanaged["ModelVersion fraud-prod/risk"]["id"] == str(newer)
    assert unmanaged["Deployment fraud-prod/rogue"]["id"] == f"{fraud}/rogue/77"
    known = ["Task fraud-prod/*", "* fraud-prod/rogue", "Orchestration *", "ModelVersion fraud-prod/ris?"]
    options = [part for pattern in known for part in ("--ignore", pattern)]
    assert set(found(made, "unmanaged", *options)) == {
        "Assay fraud-prod/by-hand",
        "ModelRegistryAttachment fraud-prod/other",
        "ModelRegistry other",
    }
    assert drift(made, "--ignore", "* fraud-prod/*", "--ignore", "ModelRegistry *").code == 0


READS = {
    "admin/get_pipeline_external_url",
    "connections/list",
    "models/get_version_by_id",
    "models/list",
    "models/list_registries",
    "models/get_registry",
    "orchestration/get_by_id",
    "orchestration/list",
    "pipelines/get_version",
    "pipelines/list_pipelines",
    "status/get_deployment",
    "task/get_by_id",
    "task/list",
    "users/query",
    "workspaces/list",
    "workspaces/list_users",
}


def deployed_by_hand(workspace: int) -> dict[str, Any]:
    return {"workspace_id": workspace, "name": "rogue", "definition": {"steps": []}, "deployment_id": 77}


def test_accounts_and_connections_of_others_are_no_drift_of_a_stack_without_any(
    stack: Project, emulator: Emulated
) -> None:
    stack.write("import wallaroo_pulumi as wallaroo\nwallaroo.Workspace('fraud', name='fraud-prod')\n")
    stack.up().ok()
    emulator.control("seed", connections=[{"name": "other", "type": "s3"}])
    emulator.control("delete", workspace_id=emulator.workspaces()["churn"])
    assert drift(stack).code == 0


def test_what_is_read_only_is_neither_drift_nor_unmanaged(stack: Project, emulator: Emulated) -> None:
    emulator.control("seed", workspaces=[{"name": "shared", "owner": "ops@example.com"}])
    shared = emulator.workspaces()["shared"]
    emulator.api("workspaces/add_user", workspace_id=shared, email="john.hancock@example.com")
    emulator.api("pipelines/create", workspace_id=shared, pipeline_id="theirs", definition={"steps": []})
    stack.write(f"import wallaroo_pulumi as wallaroo\nwallaroo.Workspace.get('shared', '{shared}')\n")
    stack.up().ok()
    for name in ("fraud-prod", "churn"):
        emulator.control("delete", workspace_id=emulator.workspaces()[name])
    assert drift(stack).code == 0
    emulator.control("delete", workspace_id=shared)
    assert drift(stack).code == 0


@pytest.mark.promise
def test_what_cannot_be_found_out_is_exit_code_1_and_one_line(stack: Project, emulator: Emulated) -> None:
    stack.configure({"apiUrl": "http://127.0.0.1:9", "maxRetries": "0"})
    ran = drift(stack)
    assert (ran.code, ran.out) == (1, "")
    assert "cannot be reached" in ran.err.splitlines()[-1]
    stack.env = {**stack.env, "PULUMI_CONFIG_PASSPHRASE": "wrong"}
    ran = drift(stack)
    assert (ran.code, ran.out) == (1, "")
    assert "no stack to compare with" in ran.err
    assert "passphrase" in ran.err


IGNORED = """
    import pulumi
    import wallaroo_pulumi as wallaroo

    wallaroo.User("ada", email="ada@example.com", first_name="Ada", last_name="Lovelace",
        opts=pulumi.ResourceOptions(ignore_changes=["first_name"]))
    details = {"bucket": "b", "options": {"port": 1, "key": "hush-hush"}}
    wallaroo.Connection("sales", name="sales", type="s3", details=details,
        opts=pulumi.ResourceOptions(ignore_changes=["details.options.port"]))
    wallaroo.Workspace("fraud", name="fraud-prod")
"""


def test_ignore_changes_and_hidden_objects_and_another_stack(
    project: Callable[[str], Project], emulator: Emulated
) -> None:
    made = project(IGNORED)
    made.configure(emulator.settings)
    made.up().ok()
    where = {"email": "ada@example.com"}
    emulator.control("change", kind="user", where=where, set={"first_name": "Eve"})
    details = {"bucket": "b", "options": {"port": 2, "key": "hush-hush"}}
    emulator.control(
        "change", kind="connection", where={"name": "sales"}, set={"details": json.dumps(details)}
    )
    assert drift(made, "--no-unmanaged").out == "no drift\n"
    emulator.control("change", kind="user", where=where, set={"last_name": "King"})
    details["options"] = {"port": 2, "key": "hush-again"}
    emulator.control(
        "change", kind="connection", where={"name": "sales"}, set={"details": json.dumps(details)}
    )
    changed = found(made, "changed", "--no-unmanaged")
    assert {name: [change["property"] for change in one["changes"]] for name, one in changed.items()} == {
        "User ada": ["lastName"],
        "Connection sales": ["details"],
    }

    fraud = emulator.workspaces()["fraud-prod"]
    emulator.control("delete", workspace_id=fraud, email="ops@example.com")
    assert set(found(made, "hidden", "--no-unmanaged")) == {"Workspace fraud"}
    table = drift(made, "--no-unmanaged").out.splitlines()
    assert table[-1] == "2 changed, 1 hidden (3 resources checked)"

    made.env["PULUMI_STACK"] = ""
    made.pulumi("stack", "init", "other").ok()
    made.pulumi("stack", "select", "other").ok()
    assert drift(made, "--no-unmanaged").code != 2
    assert drift(made, "--no-unmanaged", "--stack", "test").out.splitlines() == table
    assert drift(made, "--stack", "none").code == 1


def ci_page() -> tuple[dict[str, Any], dict[str, Any], str]:
    """Return the sample jobs of docs/ci.md: GitHub's, GitLab's, and GitLab's as text."""
    page = (ROOT / "docs/ci.md").read_text()
    github, gitlab = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    return yaml.safe_load(github), yaml.safe_load(gitlab), gitlab


def jobs() -> dict[str, list[tuple[str, dict[str, str]]]]:
    """Return the commands and variables of the sample jobs, by CI system and job."""
    github, gitlab, _ = ci_page()
    found = {}
    for name, job in github["jobs"].items():
        steps = [(step["run"], step.get("env", {})) for step in job["steps"] if "run" in step]
        found[f"github {name}"] = steps
    for name in ("preview", "drift"):
        commands = [*gitlab["before_script"], *gitlab[name]["script"]]
        found[f"gitlab {name}"] = [(command, gitlab[name].get("variables", {})) for command in commands]
    return found


def environment(system: str, settings: dict[str, str]) -> dict[str, str]:
    """Return the environment of the jobs' commands in a CI system with these ``settings``."""
    github, gitlab, text = ci_page()
    if system == "gitlab":  # which gives a project's variables to every job
        (names,) = re.findall(r"# The project's CI/CD variables: (.*)", text)
        return {**gitlab["variables"], **{name: settings[name] for name in names.split(", ")}}
    return {
        name: settings[secret[1]] if (secret := re.fullmatch(r"\$\{\{ \w+\.(\w+) \}\}", value)) else value
        for name, value in github["env"].items()
    }


def run_job(stack: Project, commands: list[tuple[str, dict[str, str]]], env: dict[str, str]) -> Run:
    """Run a job like a CI system, up to the first failing command. Return the result of the last command."""
    machine = {key: value for key, value in stack.env.items() if key in ("PATH", "HOME", "PULUMI_HOME")}
    ran = Run(0, "", "")
    for command, variables in commands:
        if command == "pip install -r requirements.txt":  # the tests' environment has what it installs
            assert (stack.folder / "requirements.txt").read_text().startswith("wallaroo_pulumi[policy] @ ")
            continue
        assert "pip install" not in command
        ended = subprocess.run(
            ["bash", "-ec", command],
            cwd=stack.folder,
            env={**machine, "PULUMI_SKIP_UPDATE_CHECK": "true", **env, **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        ran = Run(ended.returncode, ended.stdout, ended.stderr)
        if ran.code:
            break
    return ran


def stack_that_took_over(stack: Project, emulator: Emulated) -> Path:
    """The stack ``prod``, adopted from an instance as in docs/adoption.md. Return the estate file."""
    emulator.control(
        "seed",
        workspaces=[
            {"name": "fraud-prod", "owner": "ops@example.com", "members": {"mary.jane@example.com": "OWNER"}}
        ],
        connections=[{"name": "sales", "type": "s3", "details": {"bucket": "sales", "key": "hush-hush"}}],
    )
    fraud = emulator.workspaces()["fraud-prod"]
    (stack.folder / "models").mkdir()
    (stack.folder / "models/risk.onnx").write_bytes(b"risk")
    sha = hashlib.sha256(b"risk").hexdigest()
    emulator.control("seed", model_versions=[{**model(fraud, "risk", ""), "sha": sha, "version": "v"}])
    ref = {"name": "risk", "version": "v", "sha": sha}
    steps = [{"ModelInference": {"models": [ref]}}]
    emulator.api("pipelines/create", workspace_id=fraud, pipeline_id="scores", definition={"steps": steps})
    stack.env = {**stack.env, "PULUMI_STACK": "prod"}
    stack.pulumi("stack", "init", "prod").ok()
    stack.configure({key: emulator.settings[key] for key in ("apiUrl", "username")})
    stack.env |= {"WALLAROO_PASSWORD": "ops-password", "WALLAROO_CLIENT_SECRET": "api-client-secret"}
    stack.pulumi("config", "set", "--secret", "wallaroo-estate:salesKey", "hush-hush").ok()
    take_over = (
        "wallaroo-pulumi export --models models --output estate.yaml && pulumi up --yes --skip-preview"
    )
    subprocess.run(
        ["bash", "-ec", take_over], cwd=stack.folder, env=stack.env, check=True, capture_output=True
    )
    return stack.folder / "estate.yaml"


@pytest.mark.parametrize("system", ["github", "gitlab"])
def test_the_jobs_of_the_docs_on_a_production_stack_that_took_over(
    engine_env: dict[str, str], tmp_path: Path, emulator: Emulated, system: str
) -> None:
    stack = Project.copy(ROOT / "stacks/adoption", tmp_path / "adoption", engine_env)
    estate = stack_that_took_over(stack, emulator)
    settings = {name: stack.env[name] for name in stack.env if name.startswith(("WALLAROO_", "PULUMI_"))}
    env = environment(system, settings)
    assert env["PULUMI_STACK"] == "prod"
    preview, drift_job = jobs()[f"{system} preview"], jobs()[f"{system} drift"]
    assert any("--policy-pack" in command for command, _ in preview)

    refused = run_job(stack, preview, env)
    assert refused.code != 0
    assert "production-no-adopt-always" in refused.text
    (drop_adopt,) = re.findall(r"^sed -i .*", (ROOT / "docs/adoption.md").read_text(), re.MULTILINE)
    subprocess.run(["bash", "-ec", drop_adopt], cwd=stack.folder, check=True)
    stack.up().ok()
    run_job(stack, preview, env).ok()
    run_job(stack, drift_job, env).ok()

    assert set(stack.resources()) >= {"fraud-prod/risk", "fraud-prod/scores", "sales"}

    good = estate.read_text()
    estate.write_text(good.replace("      mary.jane", "      unknown"))
    assert "no user with the e-mail address unknown@example.com" in run_job(stack, preview, env).text
    estate.write_text(good.replace("connections:\n  sales:", "  Fraud: {}\nconnections:\n  sales:"))
    refused = run_job(stack, preview, env)
    assert refused.code != 0
    assert all(rule in refused.text for rule in ("workspace-name", "workspace-owners", "production-protect"))
    fraud = emulator.workspaces()["fraud-prod"]
    emulator.api("workspaces/add_user", workspace_id=fraud, email="john.hancock@example.com")
    assert run_job(stack, drift_job, env).code == 2
    if system == "gitlab":
        report = json.loads((stack.folder / "drift.json").read_text())
        assert [one["name"] for one in report["unmanaged"]] == ["fraud-prod/john.hancock@example.com"]
