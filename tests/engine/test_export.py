"""Export on a real engine: `pulumi up` on the exported file adopts every object and writes nothing."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow
import pytest
import yaml
from emulated import Emulated
from example_files import orchestration_file
from native_program import NATIVE, use_plugin
from pulumi_project import SAVED_AT_THE_END, TYPE, Project, Run

from wallaroo_pulumi.estate.export import _EXPORTED

ROOT = Path(__file__).parents[2]
STACK = ROOT / "stacks/adoption"

READS = {
    "/v2/api/assays/get",
    "admin/get_pipeline_external_url",
    "connections/list",
    "models/get_registry",
    "models/get_version_by_id",
    "models/list",
    "models/list_registries",
    "orchestration/get_by_id",
    "orchestration/list",
    "pipelines/get_publish_status",
    "pipelines/get_version",
    "pipelines/list_pipelines",
    "pipelines/list_publishes_for_pipeline",
    "status/get_deployment",
    "task/get_by_id",
    "task/list",
    "users/query",
    "workspaces/list",
    "workspaces/list_users",
}
"""The calls of an adoption; any other call would be a write."""


@pytest.fixture
def adoption(engine_env: dict[str, str], tmp_path: Path, emulator: Emulated) -> Project:
    project = Project.copy(STACK, tmp_path / "adoption", engine_env)
    project.configure(emulator.settings)
    return project


def export(project: Project, *options: str) -> Run:
    """Export to an estate file in the stack's folder, with the stack's configuration, and return its text."""
    ran = command(project, "export", "--output", "estate.yaml", *options)
    assert ran.out == ""
    text = (project.folder / "estate.yaml").read_text() if ran.code == 0 else ""
    return Run(ran.code, text, ran.err)


def command(project: Project, *args: str) -> Run:
    """Run a command of the package in the stack's folder."""
    ran = subprocess.run(
        [sys.executable, "-m", "wallaroo_pulumi", *args],
        cwd=project.folder,
        env=project.env,
        capture_output=True,
        text=True,
        check=False,
    )
    return Run(ran.returncode, ran.stdout, ran.stderr)


def taken_over(project: Project, emulator: Emulated) -> None:
    """Assert that `up` on the exported file only reads, and that a second `up` has no changes."""
    before = emulator.http.get("/__emulator__/objects").json()
    emulator.forget_requests()
    project.up().ok()
    assert {path.removeprefix("/v1/api/") for path in api_calls(emulator)} <= READS
    assert {**emulator.http.get("/__emulator__/objects").json(), "sessions": 0} == {**before, "sessions": 0}
    emulator.forget_requests()
    project.up("--expect-no-changes").ok()
    assert emulator.requests("/") == []
    project.refresh("--expect-no-changes").ok()


def api_calls(emulator: Emulated) -> set[str]:
    """The paths of all logged requests, except those for tokens and for GraphQL, which only reads."""
    return {
        path
        for request in emulator.requests("/")
        if not (path := request["path"]).startswith(("/auth/", "/v1/graphql"))
    }


NO_FIELDS = base64.b64encode(pyarrow.schema([]).serialize()).decode()
EVERY_KIND = """
users:
  ada@example.com: {first_name: Ada}
registries:
  databricks: {url: https://registry.example.com, secret_token: databricksToken}
connections:
  sales: {type: s3, details: {bucket: sales}}
workspaces:
  fraud:
    members: {ada@example.com: OWNER}
    connections: [sales]
    registries: [databricks]
    models:
      risk: {path: files/risk.onnx, framework: onnx}
      scorer: {image_path: registry.example.com/models/scorer:1.2, framework: mlflow}
    pipelines:
      risk:
        steps: [risk]
        deploy: {cpus: 0.5}
        publishes:
          stores: {cpus: 1, memory: 512Mi, edges: {store-17: {tags: [north]}}}
          large: {cpus: 2, memory: 1Gi}
    orchestrations:
      scoring: {path: files/scoring.zip}
    tasks:
      nightly: {orchestration: scoring, schedule: 0 4 * * *, arguments: {day: 1}}
      always: {orchestration: scoring, paused: true}
    assays:
      risk drift:
        pipeline_name: risk
        fields: [{name: out.price, indexes: [0], alert: 0.25}]
        baseline: {static: ["2026-01-01T00:00:00Z", "2026-01-08T00:00:00Z"]}
        window_seconds: 86400
        first_run: "2026-01-09T06:00:00Z"
        every: {unit: Day, quantity: 1}
"""


@pytest.mark.promise
def test_every_kind_is_created_from_an_estate_and_goes_round_without_a_write(
    adoption: Project, engine_env: dict[str, str], tmp_path: Path, emulator: Emulated
) -> None:
    made = use_plugin(Project.copy(ROOT / "stacks/estate", tmp_path / "made", engine_env))
    made.configure(emulator.settings)
    made.configure({"native": "true"}, namespace="wallaroo-estate")
    for project in (made, adoption):
        (project.folder / "files").mkdir()
        (project.folder / "files/risk.onnx").write_bytes(b"a model")
        project.pulumi("config", "set", "--secret", "wallaroo-estate:databricksToken", "dapi-hush").ok()
    code = orchestration_file(made.folder / "files", name="scoring.zip")
    (adoption.folder / "files/scoring.zip").write_bytes(code.read_bytes())
    (made.folder / "estate.yaml").write_text(EVERY_KIND)
    made.up().ok()
    objects = {(r["type"].removeprefix(NATIVE), r["id"]) for r in made.all_resources() if "id" in r}
    assert {kind for kind, _ in objects} >= {*_EXPORTED}
    assert made.outputs()["edge_bundles"] == "[secret]"
    assert "dapi-hush" not in made.export()

    ran = export(adoption, "--models", "files").ok()
    skipped = [line for line in ran.err.splitlines() if line.startswith("skipped: ")]
    assert len(skipped) == 1
    assert "1 edge of workspace 'fraud': 'store-17'; a join token cannot be read again" in skipped[0]
    assert "dapi-hush" not in ran.text
    taken_over(adoption, emulator)
    adopted = {(r["type"].removeprefix(TYPE), r["id"]) for r in adoption.all_resources() if "id" in r}
    assert adopted >= {(kind, id) for kind, id in objects if kind in _EXPORTED and kind != "Edge"}

    use_plugin(adoption).configure({"native": "true"}, namespace="wallaroo-estate")
    emulator.forget_requests()
    adoption.up("--expect-no-changes").ok()
    assert emulator.requests("/") == []
    assert command(adoption, "drift").ok().out == "no drift\n"

    # A model of a registry is made after the workspace uses the registry.
    of_registry = f"""
      booster:
        registry: databricks
        registry_path: dbfs:/models/1/model.pkl
        framework: sklearn
        input_schema: {NO_FIELDS}
        output_schema: {NO_FIELDS}
"""
    (made.folder / "estate.yaml").write_text(EVERY_KIND.replace("    models:\n", f"    models:{of_registry}"))
    made.up().ok()
    assert {row["name"] for row in emulator.contents()["models"]} == {"risk", "scorer", "booster"}


@pytest.mark.timeout(600)  # 800 resources through four runs of the engine
def test_two_hundred_workspaces_with_members_go_round_without_a_write(
    adoption: Project, emulator: Emulated
) -> None:
    people = [f"user{n}@example.com" for n in range(20)]
    emulator.control("seed", users=[{"email": email, "first_name": "User"} for email in people])
    emulator.control(
        "seed",
        workspaces=[
            {
                "name": f"team-{n}",
                "owner": "ops@example.com",
                "members": {people[n % 20]: "OWNER", people[(n + 7) % 20]: "COLLABORATOR"},
                "models": n % 3,
                "pipelines": n % 2,
            }
            for n in range(200)
        ],
    )
    adoption.env |= SAVED_AT_THE_END
    ran = export(adoption).ok()
    estate = yaml.safe_load(ran.out)
    assert len(estate["workspaces"]) == 200
    assert estate["workspaces"]["team-8"] == {
        "adopt": "always",
        "protect": True,
        "members": {
            "ops@example.com": "OWNER",
            "user8@example.com": "OWNER",
            "user15@example.com": "COLLABORATOR",
        },
    }
    assert "200 workspaces" in ran.err
    taken_over(adoption, emulator)
    assert len(adoption.resources("Workspace")) == 200
    assert len(adoption.resources("WorkspaceMember")) == 600
    assert len(adoption.resources("User")) == 23


def test_connections_go_round_and_their_secrets_are_named_only(adoption: Project, emulator: Emulated) -> None:
    details = {
        "host": "db.example.com",
        "port": 5432,
        "tls": True,
        "sid": "odd-but-secret",
        "password": "hush-hush",
        "pin": 4711,
        "nested": {"keys": [{"token": "hush-nested"}, 1]},
    }
    emulator.control("seed", connections=[{"name": "sales db", "type": "POSTGRES", "details": details}])
    emulator.control("seed", connections=[{"name": "bare", "type": "s3"}])
    emulator.control("seed", workspaces=[{"name": "fraud", "owner": "ops@example.com"}])
    (sales,) = [c for c in emulator.api("connections/list")["connections"] if c["name"] == "sales db"]
    emulator.api(
        "connections/add_to_workspace",
        workspace_id=emulator.workspaces()["fraud"],
        connection_id=sales["id"],
    )
    ran = export(adoption).ok()
    for secret in ("odd-but-secret", "hush-hush", "4711", "hush-nested"):
        assert secret not in ran.text
    estate = yaml.safe_load(ran.out)
    assert estate["connections"] == {
        "bare": {"type": "s3", "protect": True},
        "sales db": {
            "type": "POSTGRES",
            "details": {"host": "db.example.com", "port": 5432, "tls": True},
            "secret_details": {"password": "salesDbPassword", "sid": "salesDbSid"},
            "secret_json": {"nested": "salesDbNested", "pin": "salesDbPin"},
            "protect": True,
        },
    }
    assert estate["workspaces"]["fraud"]["connections"] == ["sales db"]
    assert "pulumi config set --secret wallaroo-estate:salesDbPassword" in ran.out
    told = adoption.pulumi("preview")
    assert told.code != 0
    assert "wallaroo-estate:salesDb" in told.text, "the missing secret is named"
    for key, value in {
        "salesDbPassword": "hush-hush",
        "salesDbSid": "odd-but-secret",
        "salesDbPin": "4711",
        "salesDbNested": '{"keys": [{"token": "hush-nested"}, 1]}',
    }.items():
        adoption.pulumi("config", "set", "--secret", f"wallaroo-estate:{key}", value).ok()
    taken_over(adoption, emulator)
    assert adoption.resources("Connection")["sales db"]["protect"] is True
    assert "hush" not in adoption.export()


def test_models_whose_files_are_at_hand_go_round_with_their_pipelines(
    adoption: Project, emulator: Emulated
) -> None:
    emulator.control("seed", workspaces=[{"name": "fraud", "owner": "ops@example.com"}])
    workspace = emulator.workspaces()["fraud"]
    files = {"champion": b"the champion", "challenger": b"the challenger", "lost": b"no file has this"}
    emulator.control("seed", model_versions=[seeded(workspace, name, f) for name, f in files.items()])
    refs = {
        v["model_version"]["name"]: {
            "name": v["model_version"]["name"],
            "version": v["model_version"]["file_info"]["version"],
            "sha": v["model_version"]["file_info"]["sha"],
        }
        for model in emulator.api("models/list", workspace_id=workspace)["models"]
        for v in model["model_versions"]
    }
    weights = [
        {"model": refs["champion"], "weight": 0.9},
        {"model": refs["challenger"], "weight": 0.1},
    ]
    pipelines = {
        "one": [{"ModelInference": {"models": [refs["champion"]]}}],
        "two": [{"ModelInference": {"models": [refs["champion"], refs["challenger"]]}}],
        "split": [{"RandomSplit": {"hash_key": None, "weights": weights}}],
        "gone": [{"ModelInference": {"models": [refs["lost"]]}}],
        "keyed": [{"RandomSplit": {"hash_key": "customer", "weights": weights}}],
        "twice": [{"RandomSplit": {"hash_key": None, "weights": [weights[0], weights[0]]}}],
        "shadow-of-the-sdk": [
            {"ModelInference": {"models": [refs["champion"], refs["challenger"]]}},
            {"AuditResults": {"from": 1, "to": None}},
            {"MultiOut": {}},
        ],
        "routed": [
            {
                "MetaValueSplit": {
                    "split_key": "country",
                    "control": refs["champion"],
                    "routes": {"model": refs["challenger"]},
                }
            }
        ],
        "checked": [{"Check": {"tree": ['{"Column":"out.price"}']}}],
        "hushed": [{"Check": {"tree": ["https://u:hush@example.com"]}}],
        "unknown": [{"Telepathy": {}}],
        "empty": [],
    }
    for name, steps in pipelines.items():
        emulator.api(
            "pipelines/create", workspace_id=workspace, pipeline_id=name, definition={"steps": steps}
        )
    sdk = {"engine": {"cpu": 2, "arch": "x86", "resources": {"limits": {"cpu": 2}, "requests": {"cpu": 2}}}}
    for name, config in {
        "one": sdk,
        "two": {"engine": {}, "enginelb": {}, "workspace_id": workspace},
    }.items():
        (version,) = emulator.api(
            "pipelines/list_pipeline_versions", workspace_id=workspace, pipeline_id=name
        )["pipeline_versions"]
        emulator.api(
            "pipelines/deploy",
            deploy_id=name,
            pipeline_version=version["pipeline_version"]["version"],
            engine_config=config,
        )
    folder = adoption.folder / "models"
    (folder / "deep").mkdir(parents=True)
    (folder / "best.onnx").write_bytes(files["champion"])
    (folder / "deep/next.onnx").write_bytes(files["challenger"])
    ran = export(adoption, "--models", "models").ok()
    found = yaml.safe_load(ran.out)["workspaces"]["fraud"]
    assert {name: model["path"] for name, model in found["models"].items()} == {
        "champion": "models/best.onnx",
        "challenger": "models/deep/next.onnx",
    }
    assert {name: pipeline["steps"] for name, pipeline in found["pipelines"].items()} == {
        "one": [{"model": "champion"}],
        "two": [{"shadow": ["champion", "challenger"]}],
        "split": [{"split": {"champion": 0.9, "challenger": 0.1}}],
        "keyed": [{"split": {"champion": 0.9, "challenger": 0.1}, "hash_key": "customer"}],
        "twice": [
            {"api": {"RandomSplit": {"weights": [{"model": {"model": "champion"}, "weight": 0.9}] * 2}}}
        ],
        "shadow-of-the-sdk": [
            {"shadow": ["champion", "challenger"]},
            {"api": {"AuditResults": {"from": 1}}},
            {"api": {"MultiOut": {}}},
        ],
        "routed": [
            {
                "api": {
                    "MetaValueSplit": {
                        "split_key": "country",
                        "control": {"model": "champion"},
                        "routes": {"model": {"model": "challenger"}},
                    }
                }
            }
        ],
        "checked": [{"api": {"Check": {"tree": ['{"Column":"out.price"}']}}}],
        "empty": [],
    }
    deployed = {n: p["deploy"] for n, p in found["pipelines"].items() if "deploy" in p}
    assert deployed == {"one": {"engine_config": sdk, "protect": True}, "two": {"protect": True}}
    skipped = [line for line in ran.err.splitlines() if line.startswith("skipped")]
    assert any("model 'lost'" in line and "--models" in line for line in skipped)
    assert any("pipeline 'gone'" in line and "model 'lost' that is skipped" in line for line in skipped)
    assert any("pipeline 'unknown'" in line and "steps[0]" in line for line in skipped)
    assert any("pipeline 'hushed'" in line and "may be a secret" in line for line in skipped)
    assert "hush@" not in ran.text
    taken_over(adoption, emulator)
    assert len(adoption.resources("Pipeline")) == 9
    assert len(adoption.resources("Deployment")) == 2


def test_versions_that_pipelines_use_go_round_beside_the_newest(
    adoption: Project, emulator: Emulated
) -> None:
    emulator.control("seed", workspaces=[{"name": "fraud", "owner": "ops@example.com"}])
    workspace = emulator.workspaces()["fraud"]
    contents = [b"one", b"two", b"three", b"four", b"four", b"no file has this"]
    for content in contents:
        emulator.control("seed", model_versions=[seeded(workspace, "risk", content)])
    (model,) = emulator.api("models/list", workspace_id=workspace)["models"]
    found = sorted((v["model_version"] for v in model["model_versions"]), key=lambda v: v["id"])
    for name, version in {"older": 1, "repeated": 3}.items():
        ref = {"name": "risk", **{key: found[version]["file_info"][key] for key in ("version", "sha")}}
        emulator.api(
            "pipelines/create",
            workspace_id=workspace,
            pipeline_id=name,
            definition={"steps": [{"ModelInference": {"models": [ref]}}]},
        )
    for content in contents[:-1]:
        (adoption.folder / f"{content.decode()}.onnx").write_bytes(content)
    ran = export(adoption, "--models", ".").ok()
    part = yaml.safe_load(ran.out)["workspaces"]["fraud"]
    key = f"risk-{found[1]['id']}"
    assert {name: (model.get("name"), model["path"]) for name, model in part["models"].items()} == {
        "risk": (None, "four.onnx"),
        key: ("risk", "two.onnx"),
    }
    assert part["pipelines"] == {"older": {"steps": [{"model": key}], "protect": True}}
    skipped = [line for line in ran.err.splitlines() if line.startswith("skipped: ")]
    newest, fifth, fourth = (found[n]["id"] for n in (5, 4, 3))
    assert any(f"version {newest} of model 'risk'" in line and "--models" in line for line in skipped)
    assert any(
        f"version {fourth} of model 'risk'" in line and f"version {fifth} is newer and has the same" in line
        for line in skipped
    )
    assert any("pipeline 'repeated'" in line and "skipped" in line for line in skipped)
    taken_over(adoption, emulator)
    versions = {name: r["outputs"]["version"] for name, r in adoption.resources("ModelVersion").items()}
    assert versions == {
        "fraud/risk": found[4]["file_info"]["version"],
        f"fraud/{key}": found[1]["file_info"]["version"],
    }


def objects(emulator: Emulated) -> dict[str, Any]:
    """Return the number of objects of each kind on the instance, and the contents of the stack's workspace."""
    counted = emulator.http.get("/__emulator__/objects").json()
    fraud = emulator.workspaces()["fraud"]
    return {
        **counted,
        "sessions": 0,
        "members": emulator.members(fraud),
        "connections": emulator.api("connections/list", workspace_id=fraud)["connections"],
        "enabled": {id: user["enabled"] for id, user in emulator.api("users/query")["users"].items()},
    }


def shared(emulator: Emulated) -> int:
    """A workspace that was set up by hand, with members, a connection, a model and a pipeline."""
    emulator.control(
        "seed",
        workspaces=[
            {
                "name": "fraud",
                "owner": "ops@example.com",
                "members": {"mary.jane@example.com": "OWNER", "john.hancock@example.com": "COLLABORATOR"},
            }
        ],
        connections=[{"name": "sales", "type": "s3", "details": {"bucket": "sales"}}],
    )
    fraud = emulator.workspaces()["fraud"]
    (sales,) = emulator.api("connections/list")["connections"]
    emulator.api("connections/add_to_workspace", workspace_id=fraud, connection_id=sales["id"])
    emulator.control("seed", model_versions=[seeded(fraud, "champion", b"the champion")])
    return fraud


def test_destroying_what_was_taken_over_is_refused_and_changes_nothing(
    adoption: Project, emulator: Emulated
) -> None:
    fraud = shared(emulator)
    (adoption.folder / "champion.onnx").write_bytes(b"the champion")
    (model,) = emulator.api("models/list", workspace_id=fraud)["models"]
    info = model["model_versions"][0]["model_version"]["file_info"]
    ref = {"name": "champion", "version": info["version"], "sha": info["sha"]}
    emulator.api(
        "pipelines/create",
        workspace_id=fraud,
        pipeline_id="one",
        definition={"steps": [{"ModelInference": {"models": [ref]}}]},
    )
    export(adoption, "--models", ".").ok()
    taken_over(adoption, emulator)
    state = adoption.resources()
    assert Counter(resource["type"].removeprefix(TYPE) for resource in state.values()) == {
        "User": 3,
        "Workspace": 1,
        "WorkspaceMember": 3,
        "Connection": 1,
        "WorkspaceConnection": 1,
        "ModelVersion": 1,
        "Pipeline": 1,
    }
    assert [name for name, resource in state.items() if not resource.get("protect")] == []

    before = objects(emulator)
    refused = adoption.destroy()
    assert refused.code != 0
    assert "protected" in refused.text
    assert objects(emulator) == before
    edit(adoption, lambda fraud: fraud["members"].pop("john.hancock@example.com"))
    refused = adoption.up()
    assert refused.code != 0
    assert "pulumi state unprotect" in refused.text, "Pulumi says how to release one"
    assert objects(emulator) == before


def edit(project: Project, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change the workspace ``fraud`` in the estate file."""
    file = project.folder / "estate.yaml"
    estate = yaml.safe_load(file.read_text())
    change(estate["workspaces"]["fraud"])
    file.write_text(yaml.safe_dump(estate))


def test_what_was_taken_over_is_released_as_the_docs_say(adoption: Project, emulator: Emulated) -> None:
    fraud = shared(emulator)
    (adoption.folder / "champion.onnx").write_bytes(b"the champion")
    export(adoption, "--models", ".").ok()
    adoption.up().ok()
    mary, john = "mary.jane@example.com", "john.hancock@example.com"
    members = adoption.resources("WorkspaceMember")

    # One member, by its URN: it leaves the stack and stays on the instance.
    adoption.pulumi("state", "unprotect", members[f"fraud/{john}"]["urn"], "--yes").ok()
    edit(adoption, lambda part: part["members"].pop(john))
    adoption.up().ok()
    assert f"fraud/{john}" not in adoption.resources()
    assert set(emulator.members(fraud)) == {"ops@example.com", mary, john}
    # One model of a protected workspace, by removing its line.
    edit(adoption, lambda part: part["models"]["champion"].update(protect=False, delete_adopted=True))
    adoption.up().ok()
    edit(adoption, lambda part: part.pop("models"))
    adoption.up().ok()
    assert emulator.api("models/list", workspace_id=fraud)["models"] == []
    # The contents of a workspace, by removing its line.
    edit(adoption, lambda part: part.update(protect=False, delete_adopted=True))
    emulator.forget_requests()
    adoption.up().ok()
    assert emulator.endpoints() == []
    edit(adoption, lambda part: part["members"].pop(mary))
    adoption.up().ok()
    assert set(emulator.members(fraud)) == {"ops@example.com", john}
    # The whole stack.
    before = objects(emulator)
    adoption.pulumi("state", "delete", "--all", "--force", "--yes").ok()
    adoption.pulumi("stack", "rm", "test", "--yes").ok()
    assert objects(emulator) == before


def seeded(workspace: int, name: str, content: bytes) -> dict[str, Any]:
    return {
        "name": name,
        "workspace_id": workspace,
        "visibility": "private",
        "conversion": {"framework": "onnx", "requirements": []},
        "sha": hashlib.sha256(content).hexdigest(),
        "content": base64.b64encode(content).decode(),
        "file_name": "model.onnx",
    }


def test_what_cannot_be_taken_over_is_skipped_and_said(adoption: Project, emulator: Emulated) -> None:
    emulator.control("seed", users=[{"username": "robot"}])
    emulator.control(
        "seed",
        workspaces=[
            {"name": "ops@example.com - Default Workspace", "owner": "ops@example.com"},
            {
                "name": "theirs",
                "owner": "mary.jane@example.com",
                "members": {"ops@example.com": "COLLABORATOR"},
            },
            {"name": "mine", "owner": "ops@example.com", "members": {"robot": "COLLABORATOR"}},
        ],
    )
    ran = export(adoption).ok()
    estate = yaml.safe_load(ran.out)
    assert list(estate["workspaces"]) == ["mine"]
    assert emulator_user(emulator, "robot") in estate["workspaces"]["mine"]["members"]
    skipped = "\n".join(line for line in ran.err.splitlines() if line.startswith("skipped: "))
    assert "'ops@example.com - Default Workspace'" in skipped
    assert "is not a DNS label" in skipped
    assert "workspace 'theirs' (id" in skipped
    assert "not one of its owners" in skipped
    assert "user 'robot'" in skipped
    taken_over(adoption, emulator)


def emulator_user(emulator: Emulated, username: str) -> str:
    users: dict[str, Any] = emulator.api("users/query")["users"]
    return next(id for id, user in users.items() if user["username"] == username)


def test_chosen_workspaces_only(adoption: Project, emulator: Emulated) -> None:
    emulator.control("seed", workspaces=[{"name": name, "owner": "ops@example.com"} for name in "abc"])
    emulator.control("seed", connections=[{"name": "c", "type": "s3"}])
    estate = yaml.safe_load(export(adoption, "--workspace", "a", "--workspace", "c").ok().out)
    assert list(estate) == ["workspaces"]
    assert list(estate["workspaces"]) == ["a", "c"]
    taken_over(adoption, emulator)
    file = adoption.folder / "estate.yaml"
    file.write_text(file.read_text().replace("    adopt: always\n", ""))
    emulator.forget_requests()
    adoption.up().ok()
    assert emulator.endpoints() == [], "`adopt` is known to the state only"
    refused = export(adoption, "--workspace", "none")
    assert (refused.code, refused.out) == (1, "")
    assert "workspace 'none' does not exist" in refused.err


def test_an_instance_that_cannot_be_asked_is_one_line(adoption: Project) -> None:
    adoption.configure({"apiUrl": "http://127.0.0.1:9", "maxRetries": "0"})
    refused = export(adoption)
    assert (refused.code, refused.out) == (1, "")
    assert "cannot be reached" in refused.err.splitlines()[-1]
    assert "Traceback" not in refused.err
