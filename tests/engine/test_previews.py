"""Previews: the plan of each stack and, with `wallaroo:validate`, what the instance would reject."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from emulated import Emulated
from example_files import model_file, orchestration_file
from native_program import use_plugin
from pulumi_project import TYPE, Project, Run
from validation_seeds import ASSAY, seed

from wallaroo_pulumi.adapters.pulumi_values import UNKNOWN_TEXT
from wallaroo_pulumi.estate import load

STACKS = Path(__file__).parents[2] / "stacks"

LEAD = {
    "workspaceId": UNKNOWN_TEXT,
    "email": "mary.jane@example.com",
    "role": "OWNER",
    "deleteAdopted": False,
}

Make = Callable[[str], Project]

# --- the stacks ---------------------------------------------------------------------------------------------


@pytest.fixture
def stack(engine_env: dict[str, str], tmp_path: Path, emulator: Emulated) -> Callable[[str], Project]:
    """A copy of a folder of ``stacks/``, on the emulator."""

    def copy(name: str) -> Project:
        project = Project.copy(STACKS / name, tmp_path / name, engine_env)
        project.configure(emulator.settings)
        return project

    return copy


def planned(project: Project) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return the planned operations on our resources: ``<kind> <name>`` → operation and inputs."""
    plan = {}
    for step in project.preview()["steps"]:
        _, kind, name = step["urn"].rsplit("::", 2)
        kind = kind.rpartition("$")[2]
        if kind.startswith(TYPE) and step["op"] != "same":
            inputs = {k: v for k, v in step["newState"]["inputs"].items() if k != "__provider"}
            plan[f"{kind.removeprefix(TYPE)} {name}"] = (step["op"], inputs)
    return plan


def shown(project: Project) -> list[str]:
    """Return the lines of ``pulumi preview --diff`` without alignment."""
    lines = project.pulumi("preview", "--diff").ok().out.splitlines()
    return [" ".join(line.split()).replace(" :", ":") for line in lines]


@pytest.mark.sdk_range
def test_quickstart_before_and_after(stack: Callable[[str], Project]) -> None:
    quickstart = stack("quickstart")
    assert planned(quickstart) == {
        "Workspace fraud": (
            "create",
            {"name": "fraud-prod", "adopt": "if_empty", "forceDestroy": False},
        ),
        "WorkspaceMember fraud-lead": ("create", LEAD),
        "WorkspaceMember fraud-analyst": (
            "create",
            LEAD | {"email": "john.hancock@example.com", "role": "COLLABORATOR"},
        ),
    }
    lines = shown(quickstart)
    assert f"+ {TYPE}Workspace: (create)" in lines
    assert 'name: "fraud-prod"' in lines
    quickstart.up().ok()
    assert planned(quickstart) == {}
    program = quickstart.folder / "__main__.py"
    program.write_text(program.read_text().replace('"OWNER"', '"COLLABORATOR"'))
    assert '~ role: "OWNER" => "COLLABORATOR"' in shown(quickstart)
    program.write_text(program.read_text().replace("fraud-prod", "fraud-live"))
    replaced = next(s for s in quickstart.preview()["steps"] if s["op"] == "replace")
    assert replaced["replaceReasons"] == ["name"]
    assert '~ name: "fraud-prod" => "fraud-live"' in shown(quickstart)


def test_serving_before_and_after(stack: Callable[[str], Project]) -> None:
    serving = stack("serving")
    plan = planned(serving)
    assert {name: op for name, (op, _) in plan.items()} == {
        "Workspace houses": "create",
        "WorkspaceMember house-lead": "create",
        "ModelVersion house-price": "create",
        "Pipeline house-price": "create",
        "Deployment house-price": "create",
    }
    model = plan["ModelVersion house-price"][1]
    assert (model["path"], len(model["sha256"])) == ("house_price.onnx", 64)
    ref = {"name": "house-price", "version": UNKNOWN_TEXT, "sha": model["sha256"]}
    assert plan["Pipeline house-price"][1]["steps"] == [{"modelInference": {"models": [ref]}}]
    assert plan["Deployment house-price"][1]["engineConfig"]["engine"]["replicas"] == 1
    lines = shown(serving)
    for kind in ("Workspace", "ModelVersion", "Pipeline", "Deployment"):
        assert f"+ {TYPE}{kind}: (create)" in lines
    assert 'framework: "onnx"' in lines
    assert f'sha256: "{model["sha256"]}"' in lines
    serving.up().ok()
    assert planned(serving) == {}
    program = serving.folder / "__main__.py"
    program.write_text(program.read_text().replace("replicas=1", "replicas=2"))
    assert {name: op for name, (op, _) in planned(serving).items()} == {"Deployment house-price": "update"}
    assert "~ replicas: 1 => 2" in shown(serving)
    file = serving.folder / "house_price.onnx"
    file.write_bytes(file.read_bytes() + b"\0")
    replaced = next(s for s in serving.preview()["steps"] if s["op"] == "replace")
    assert replaced["replaceReasons"] == ["sha256"]
    assert [line for line in shown(serving) if line.startswith(f'~ sha256: "{model["sha256"]}" => "')]


@pytest.mark.parametrize("name", ["estate", "adoption"])
def test_what_an_estate_file_declares(stack: Callable[[str], Project], name: str) -> None:
    estate = stack(name)
    (estate.folder / "estate.yaml").write_text(
        """
        users:
          ada@example.com: {first_name: Ada}
        workspaces:
          fraud:
            members: {ada@example.com: OWNER}
            connections: [sales]
        connections:
          sales: {type: s3, details: {bucket: b}, secret_details: {key: salesKey}}
        """
    )
    estate.pulumi("config", "set", "--secret", "wallaroo-estate:salesKey", "hush-hush").ok()
    plan = planned(estate)
    assert {name: op for name, (op, _) in plan.items()} == {
        "User ada@example.com": "create",
        "Workspace fraud": "create",
        "WorkspaceMember fraud/ada@example.com": "create",
        "WorkspaceConnection fraud/sales": "create",
        "Connection sales": "create",
    }
    assert plan["Connection sales"][1]["details"] == "[secret]"
    lines = shown(estate)
    assert f"+ {TYPE}Connection: (create)" in lines
    assert not [line for line in lines if "hush" in line]


def test_the_estate_that_is_shipped(stack: Callable[[str], Project]) -> None:
    estate = stack("estate")
    declared = load(STACKS / "estate/estate.yaml").workspaces
    plan = planned(estate)
    members = {
        f"{name}/{user}": role
        for name, part in declared.items()
        if part
        for user, role in part.members.items()
    }
    assert {name: op for name, (op, _) in plan.items()} == {
        **{f"Workspace {name}": "create" for name in declared},
        **{f"WorkspaceMember {name}": "create" for name in members},
    }
    assert {name: plan[f"WorkspaceMember {name}"][1]["role"] for name in members} == members
    lines = shown(estate)
    assert lines.count(f"+ {TYPE}Workspace: (create)") == len(declared) == 3
    assert lines.count(f"+ {TYPE}WorkspaceMember: (create)") == len(members) == 5
    assert 'name: "fraud-prod"' in lines
    estate.up().ok()
    assert planned(estate) == {}
    file = estate.folder / "estate.yaml"
    file.write_text(
        file.read_text().replace("john.hancock@example.com: COLLABORATOR", "john.hancock@example.com: OWNER")
    )
    changed = "WorkspaceMember fraud-prod/john.hancock@example.com"
    assert {name: op for name, (op, _) in planned(estate).items()} == {changed: "update"}
    assert '~ role: "COLLABORATOR" => "OWNER"' in shown(estate)


CLOUDS = {
    "pulumi_kubernetes": "core = Some(v1=Some(Namespace=lambda _, **inputs: Some(**inputs)))",
    "pulumi_aws": "route53 = Some(get_zone_output=lambda name: Some(zone_id=name), "
    "Record=lambda _, **inputs: Some(fqdn=inputs['name']))",
}
"""The cloud resources of the platform stack, whose plugins a preview would download."""


def test_the_wallaroo_part_of_the_platform(stack: Callable[[str], Project]) -> None:
    """With replacements for its clouds. The stack's own tests (tests/stacks) check how the parts are connected."""
    platform = stack("platform")
    for module, text in CLOUDS.items():
        (platform.folder / f"{module}.py").write_text(f"from types import SimpleNamespace as Some\n{text}\n")
    own = {"team": "fraud", "lead": "mary.jane@example.com", "zone": "example.com"}
    platform.configure(own, namespace="wallaroo-platform")
    platform.configure({"domain": "wallaroo.example.com"})
    plan = planned(platform)
    assert {name: op for name, (op, _) in plan.items()} == {
        "Workspace staging": "create",
        "Workspace prod": "create",
        "WorkspaceMember staging-lead": "create",
        "WorkspaceMember prod-lead": "create",
    }
    assert plan["Workspace prod"][1]["name"] == "fraud-prod"
    assert plan["WorkspaceMember prod-lead"][1] == LEAD
    lines = shown(platform)
    made = [line for line in lines if line.startswith(f"+ {TYPE}Workspace: (create)")]
    assert sorted(line.endswith("🔒") for line in made) == [False, True], "production is protected"
    assert {'name: "fraud-prod"', 'name: "fraud-staging"'} <= set(lines)


# --- wallaroo:validate --------------------------------------------------------------------------------------

REFUSED = [
    ('Workspace("x", name="full")', "name", "contains 1 model and 0 pipelines; set adopt to 'always'"),
    (
        'WorkspaceMember("x", workspace_id=4711, email="mary.jane@example.com")',
        "workspace_id",
        "workspace 4711 does not exist",
    ),
]
"""One with an input, and one with an id. tests/host/test_validate_setting.py checks every kind."""


@pytest.fixture
def instance(emulator: Emulated) -> Emulated:
    seed(emulator)
    return emulator


def declaring(project: Project, *declarations: str) -> None:
    lines = [
        "import wallaroo_pulumi as wallaroo",
        *(f"wallaroo.{declaration}" for declaration in declarations),
    ]
    project.write("\n".join(lines))


def failures(run: Run) -> set[str]:
    """Return the failed checks, each of which Pulumi shows twice."""
    return {line.partition("error: ")[2] for line in run.text.splitlines() if "has a problem: " in line}


@pytest.mark.sdk_range
def test_what_the_instance_would_refuse_is_found_in_preview_at_the_property(
    project: Make, instance: Emulated
) -> None:
    made = project("")
    made.configure(instance.settings)
    objects = instance.http.get("/__emulator__/objects").json()
    for declaration, property, reason in REFUSED:
        declaring(made, declaration)
        run = made.pulumi("preview", env={"WALLAROO_VALIDATE": "true"})
        assert run.code != 0, declaration
        (failure,) = failures(run)
        assert f": {property}: " in failure
        assert reason in failure
        assert "Traceback" not in run.text
    made.pulumi("preview").ok()  # without the setting, it is left to `up`
    counted = instance.http.get("/__emulator__/objects").json()
    assert {**counted, "sessions": 0} == {**objects, "sessions": 0}


def test_up_finds_it_before_anything_is_made_of_it(project: Make, instance: Emulated) -> None:
    made = project("")
    made.configure({**instance.settings, "validate": "true"})
    declaring(made, 'Workspace("x", name="full")')
    run = made.up()
    assert run.code != 0
    assert len(failures(run)) == 1
    assert made.resources() == {}


GOOD = (
    f"ASSAY = {ASSAY}"
    + """
import pulumi
import wallaroo_pulumi as wallaroo

fraud = wallaroo.Workspace("fraud", name="fraud-prod")
ada = wallaroo.User("ada", email="ada@example.com")
wallaroo.WorkspaceMember("ada", workspace_id=fraud.workspace_id, email=ada.email)
wallaroo.WorkspaceMember("lead", workspace_id=fraud.workspace_id, email="mary.jane@example.com")
lake = wallaroo.Connection("lake", name="lake", type="s3", details={"bucket": "lake"})
wallaroo.WorkspaceConnection("use", workspace_id=fraud.workspace_id, connection_name=lake.name)
here = {"workspace_id": fraud.workspace_id}
model = wallaroo.ModelVersion("model", **here, name="ccfraud", path="ccfraud.onnx", framework="onnx")
empty = wallaroo.Pipeline("empty", **here, name="empty", steps=[])
publish = wallaroo.PipelinePublish(
    "publish", pipeline_version_id=empty.version_id, models=[model.model_version_id]
)
wallaroo.Edge("shop", name="shop", publish_id=publish.publish_id)
wallaroo.Assay("drift", **here, pipeline_name=empty.name, **ASSAY)
registry = wallaroo.ModelRegistry("r", name="r", url="https://r.example.com", token="dapi")
wallaroo.ModelRegistryAttachment("r", **here, registry_id=registry.registry_id)
code = wallaroo.Orchestration("code", **here, name="code", path="nightly-scores.zip")
wallaroo.Task("scores", **here, orchestration_id=code.orchestration_id, name="scores")
"""
)


def test_what_the_stack_itself_declares_passes_and_is_asked_for_once(
    project: Make, instance: Emulated
) -> None:
    made = project(GOOD)
    model_file(made.folder)
    orchestration_file(made.folder)
    made.configure({**instance.settings, "validate": "true"})
    assert set(made.planned().values()) == {"create"}
    made.up().ok()
    instance.forget_requests()
    made.up("--expect-no-changes").ok()
    assert instance.requests("/") == [], "unchanged resources cause no requests"
    # The connection keeps its name through its replacement, so its name does not count as in use.
    made.write(GOOD.replace('{"bucket": "lake"}', '{"bucket": "sea"}').replace('"fraud-prod"', '"free"'))
    assert made.planned()["lake"] == "replace"
    made.write(GOOD.replace('"fraud-prod"', '"full"'))
    run = made.pulumi("preview")
    assert run.code != 0
    assert len(failures(run)) == 1


HANDOVER = """
    import wallaroo_pulumi as wallaroo
    from pulumi import ResourceOptions

    ws = wallaroo.Workspace("ws", name="ws")
    here = {"workspace_id": ws.workspace_id}
    mary = wallaroo.WorkspaceMember("mary", **here, email="mary.jane@example.com")
    opts = ResourceOptions(depends_on=[mary])
    wallaroo.WorkspaceMember("ops", **here, email="ops@example.com", role="OWNER", opts=opts)
"""


def test_the_user_who_runs_pulumi_keeps_the_role_of_an_owner(project: Make, emulator: Emulated) -> None:
    made = project(HANDOVER)
    made.configure({**emulator.settings, "validate": "true"})
    made.up().ok()
    made.write(HANDOVER.replace(', role="OWNER"', ""))
    run = made.pulumi("preview")
    assert run.code != 0
    (failure,) = failures(run)
    assert ": role: this is the user who runs Pulumi, who could then neither manage the workspace" in failure
    made.configure({"validate": "false"})
    assert "this is the user who runs Pulumi" in made.up().text
    assert emulator.members(emulator.workspaces()["ws"])["ops@example.com"] == "OWNER"


def test_an_instance_that_does_not_answer_stops_only_a_preview_that_asks(
    project: Make, emulator: Emulated
) -> None:
    made = project(GOOD)
    model_file(made.folder)
    orchestration_file(made.folder)
    made.configure({**emulator.settings, "apiUrl": "http://127.0.0.1:9", "maxRetries": "0"})
    assert set(made.planned().values()) == {"create"}
    made.configure({"validate": "true"})
    run = made.pulumi("preview")
    assert run.code != 0
    assert "cannot be reached" in run.text


@pytest.mark.slow
@pytest.mark.parametrize("module", ["wallaroo_pulumi", "wallaroo_pulumi.native"])
def test_a_preview_prints_what_a_replacement_leaves_on_the_instance(
    project: Make, emulator: Emulated, module: str
) -> None:
    program = f'import {module} as wallaroo\nwallaroo.Workspace("w", name="fraud")'
    team = project(program)
    if module.endswith("native"):
        use_plugin(team)
    team.configure(emulator.settings)
    team.up().ok()
    team.write(program.replace('"fraud"', '"fraud-eu"'))
    line = f"Workspace 'w' (id {emulator.workspaces()['fraud']}) is replaced, and the old one stays on the instance"
    assert line in team.pulumi("preview").ok().text
    assert set(emulator.workspaces()) >= {"fraud"}
    assert "fraud-eu" not in emulator.workspaces()
