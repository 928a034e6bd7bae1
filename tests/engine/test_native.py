"""The native plugin on a real engine: its resources, previews, imports, secrets and providers."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from emulated import Emulated
from example_files import model_file
from native_program import PROGRAM, natives, use_plugin
from pulumi_project import Project

THREE = (
    PROGRAM
    + """
    ws = Native("Workspace", "fraud", {"name": "fraud-prod"}, ["workspaceId", "createdAt"])
    Native("WorkspaceMember", "lead", {"workspaceId": ws.workspaceId, "email": "mary.jane@example.com",
                                       "role": "COLLABORATOR"}, ["userId"])
    lake = Native("Connection", "lake", {"name": "lake", "type": "s3", "details": {"key": "hunter2"}})
    pulumi.export("id", ws.workspaceId)
    """
)


@pytest.fixture
def native(project: Callable[[str], Project], emulator: Emulated) -> Callable[[str], Project]:
    """Return a function that creates a project from the text of its program, configured for the emulator."""

    def native(program: str) -> Project:
        made = use_plugin(project(program))
        made.configure(emulator.settings)
        return made

    return native


def steps(plan: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What changes: resource name → step of the preview."""
    return {s["urn"].rsplit("::", 1)[1]: s for s in plan["steps"] if s["op"] != "same"}


@pytest.mark.sdk_range
@pytest.mark.promise
def test_the_life_of_a_stack(native: Callable[[str], Project], emulator: Emulated) -> None:
    project = native(THREE)
    created = steps(project.preview())
    assert {name: step["op"] for name, step in created.items()}["lead"] == "create"
    assert emulator.requests() == []
    up = project.up().ok()
    assert "warning" not in up.text
    assert project.outputs() == {"id": emulator.workspaces()["fraud-prod"]}
    assert emulator.members(project.outputs()["id"])["mary.jane@example.com"] == "COLLABORATOR"

    # Nothing changes, and nothing is asked.
    emulator.forget_requests()
    project.up().ok()
    assert set(project.changes()) == {"same"}
    assert emulator.requests() == []
    assert emulator.tokens() == []

    # A preview shows what changes in which property.
    project.write(THREE.replace("COLLABORATOR", "OWNER"))
    [(name, step)] = steps(project.preview()).items()
    assert (name, step["op"]) == ("lead", "update")
    assert step["detailedDiff"] == {"role": {"kind": "update", "inputDiff": False}}
    project.up().ok()
    assert emulator.members(project.outputs()["id"])["mary.jane@example.com"] == "OWNER"

    # A replacement.
    project.write(THREE.replace("OWNER", "COLLABORATOR").replace("mary.jane", "john.hancock"))
    [(_, step), *_] = steps(project.preview()).items()
    assert step["detailedDiff"]["email"]["kind"].endswith("replace")
    project.up().ok()
    assert "mary.jane@example.com" not in emulator.members(project.outputs()["id"])

    # Drift.
    emulator.control("delete", workspace_id=project.outputs()["id"], email="john.hancock@example.com")
    project.refresh().ok()
    assert project.changes()["delete"] == 1
    project.up().ok()
    assert "john.hancock@example.com" in emulator.members(project.outputs()["id"])

    # No secret in the state.
    state = project.export()
    for clear in ("hunter2", "ops-password", "api-client-secret"):
        assert clear not in state
    lake = natives(project)["lake"]
    assert "ciphertext" in json.dumps(lake["inputs"])
    assert "ciphertext" in json.dumps(lake["outputs"])

    destroyed = project.destroy().ok()
    assert "Workspace 'fraud' (id" in destroyed.text or "workspace 'fraud-prod'" in destroyed.text
    assert natives(project) == {}
    assert [c["name"] for c in emulator.api("connections/list")["connections"]] == []


def test_import_by_id_alone_is_without_a_change(native: Callable[[str], Project], emulator: Emulated) -> None:
    id = emulator.api("workspaces/create", workspace_name="existing")["workspace_id"]
    emulator.api("workspaces/add_user", workspace_id=id, email="mary.jane@example.com")
    user = emulator.user_id("mary.jane@example.com")
    project = native(
        PROGRAM
        + f"""
    ws = Native("Workspace", "existing", {{"name": "existing"}}, opts=pulumi.ResourceOptions(import_="{id}"))
    Native("WorkspaceMember", "mary", {{"workspaceId": {id}, "email": "mary.jane@example.com"}},
           opts=pulumi.ResourceOptions(import_="{id}/{user}"))
    """
    )
    project.up().ok()
    assert project.changes()["import"] == 2
    emulator.forget_requests()
    project.up().ok()
    assert set(project.changes()) == {"same"}
    assert emulator.requests() == []

    # They existed before their resources, so deleting these leaves them.
    assert natives(project)["mary"]["outputs"]["adopted"] is True
    project.destroy().ok()
    assert emulator.members(id)["mary.jane@example.com"] == "COLLABORATOR"


def test_an_id_of_another_kind_is_not_imported(native: Callable[[str], Project], emulator: Emulated) -> None:
    id = emulator.api("workspaces/create", workspace_name="existing")["workspace_id"]
    project = native(PROGRAM)
    project.up().ok()
    refused = project.pulumi(
        "import", "wallaroo:index:Workspace", "house", f"{id}/house", "--yes", "--generate-code=false"
    )
    assert refused.code != 0
    assert f"'{id}/house' is no id of a Workspace: give the workspace's id, such as `12`" in refused.text
    assert natives(project) == {}

    project.pulumi("import", "wallaroo:index:Workspace", "house", str(id), "--yes").ok()
    assert natives(project)["house"]["id"] == str(id)


def test_a_nested_change_has_its_path_which_replace_on_changes_may_name(
    native: Callable[[str], Project], emulator: Emulated, tmp_path: Path
) -> None:
    program = f"""
    import pulumi
    import wallaroo_pulumi.native as wallaroo

    ws = wallaroo.Workspace("fraud", name="fraud-prod")
    model = wallaroo.ModelVersion("model", workspace_id=ws.workspace_id, name="ccfraud", framework="onnx",
                                  path={str(model_file(tmp_path))!r})
    pipeline = wallaroo.Pipeline("fraud", workspace_id=ws.workspace_id, name="fraud", steps=[model])
    wallaroo.Deployment(
        "fraud", workspace_id=ws.workspace_id, pipeline_name=pipeline.name, pipeline_version_id=pipeline.version_id,
        models=[model], engine_config={{"engine": {{"cpu": 1, "replicas": 1}}}})
    """
    project = native(program)
    project.up().ok()
    changed = program.replace('"cpu": 1', '"cpu": 2')
    project.write(changed)
    [(_, step)] = steps(project.preview()).items()
    assert (step["op"], [*step["detailedDiff"]]) == ("update", ["engineConfig.engine.cpu"])
    always = 'opts=pulumi.ResourceOptions(replace_on_changes=["engine_config.engine.cpu"]))'
    project.write(changed.replace('"replicas": 1}})', f'"replicas": 1}}}}, {always}'))
    assert "replace" in {step["op"] for step in project.preview()["steps"]}


def test_an_exported_import_file_is_imported_as_a_whole(
    native: Callable[[str], Project], emulator: Emulated
) -> None:
    fraud = emulator.api("workspaces/create", workspace_name="fraud")["workspace_id"]
    emulator.api("workspaces/add_user", workspace_id=fraud, email="mary.jane@example.com")
    emulator.api("connections/create", name="lake", type="s3", details={"key": "hunter2"})
    project = native("")
    export = ["-m", "wallaroo_pulumi", "export", "--format", "pulumi-import", "--output", "import.json"]
    done = subprocess.run(
        [sys.executable, *export],
        cwd=project.folder,
        env=project.env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Connection 'lake'" in done.stderr
    emulator.forget_requests()
    project.pulumi("import", "--file", "import.json", "--yes", "--out", "generated.py").ok()
    objects = {(r["type"], r["id"]) for r in natives(project).values()}
    rows = json.loads((project.folder / "import.json").read_text())["resources"]
    assert objects == {(row["type"], row["id"]) for row in rows}
    assert ("wallaroo:index:Workspace", str(fraud)) in objects
    assert all(r["protect"] for r in natives(project).values())
    assert "hunter2" not in project.export()

    # The program that Pulumi wrote is complete.
    project.write((project.folder / "generated.py").read_text())
    emulator.forget_requests()
    project.pulumi("preview", "--expect-no-changes").ok()
    assert emulator.requests() == []


def test_two_providers_serve_two_instances(
    native: Callable[[str], Project], emulator: Emulated, other_instance: Emulated
) -> None:
    def program(password: str = "ops-password", us: str = "fraud") -> str:
        settings = {**emulator.settings}, {**other_instance.settings, "password": password}
        return (
            PROGRAM
            + f"""
    eu = Provider("eu", {settings[0]!r})
    us = Provider("us", {settings[1]!r})
    for name, provider in (("eu", eu), ("us", us)):
        ws = Native("Workspace", f"ws-{{name}}", {{"name": "{us}"}}, ["workspaceId"],
                    pulumi.ResourceOptions(provider=provider))
        Native("WorkspaceMember", f"member-{{name}}", {{"workspaceId": ws.workspaceId,
               "email": "mary.jane@example.com"}}, opts=pulumi.ResourceOptions(provider=provider))
    """
        )

    project = native(program())
    project.up().ok()
    assert "fraud" in emulator.workspaces()
    assert "fraud" in other_instance.workspaces()
    assert "ops-password" not in project.export()

    # A rotated password changes the provider only.
    project.write(program("rotated"))
    emulator.forget_requests()
    other_instance.forget_requests()
    assert {n: s["op"] for n, s in steps(project.preview()).items()} == {"us": "update"}
    project.up().ok()
    assert project.changes()["update"] == 1
    assert emulator.requests() == other_instance.requests() == []

    project.write(program())
    project.up().ok()

    # Objects of the same id on the two instances do not count as one.
    project.destroy().ok()
    assert "mary.jane@example.com" not in emulator.members(emulator.workspaces()["fraud"])
    assert "mary.jane@example.com" not in other_instance.members(other_instance.workspaces()["fraud"])
    assert natives(project) == {}


def test_a_conversion_that_goes_on_is_kept_and_the_next_up_finishes_it(
    native: Callable[[str], Project], emulator: Emulated, tmp_path: Path
) -> None:
    emulator.control("readiness", kind="model", mode="never")
    project = native(
        PROGRAM
        + f"""
    ws = Native("Workspace", "fraud", {{"name": "fraud"}}, ["workspaceId"])
    model = Native("ModelVersion", "model", {{"workspaceId": ws.workspaceId, "name": "ccfraud", "framework": "onnx",
                   "path": {str(model_file(tmp_path))!r}}}, ["modelVersionId", "status"],
                   pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create="2s")))
    pulumi.export("status", model.status)
    """
    )
    failed = project.up()
    assert failed.code != 0
    assert "model 'ccfraud' of workspace" in failed.text
    model = natives(project)["model"]
    assert "is still" in model["initErrors"][0]
    assert model["outputs"]["adopted"] is False

    emulator.control("readiness", kind="model")
    project.up().ok()
    assert project.changes()["update"] == 1
    model = natives(project)["model"]
    assert "initErrors" not in model
    assert model["outputs"]["status"] == "ready"
    emulator.forget_requests()
    project.up().ok()
    assert set(project.changes()) == {"same"}
    assert emulator.requests() == []


def test_a_running_plugin_is_attached_and_serves_run_after_run(
    native: Callable[[str], Project], emulator: Emulated
) -> None:
    project = native(THREE)
    command = [sys.executable, "-m", "wallaroo_pulumi.adapters.plugin"]
    with subprocess.Popen(command, env=project.env, stdout=subprocess.PIPE, text=True) as plugin:
        try:
            assert plugin.stdout is not None
            attach = {"PULUMI_DEBUG_PROVIDERS": f"wallaroo:{int(plugin.stdout.readline())}"}
            (project.folder / "Pulumi.yaml").write_text("name: estate\nruntime: python\n")  # finds no other
            project.pulumi("up", "--yes", "--skip-preview", env=attach).ok()
            emulator.forget_requests()
            project.pulumi("up", "--yes", "--expect-no-changes", env=attach).ok()
            assert emulator.requests() == []
            emulator.control("delete", workspace_id=1, email="mary.jane@example.com")
            project.pulumi("refresh", "--yes", "--skip-preview", env=attach).ok()
            assert project.changes()["delete"] == 1
            assert plugin.poll() is None
        finally:
            plugin.kill()


def test_a_resource_that_is_only_read_has_no_inputs_and_stays(
    native: Callable[[str], Project], emulator: Emulated
) -> None:
    id = emulator.api("workspaces/create", workspace_name="shared")["workspace_id"]
    project = native(
        PROGRAM
        + f"""
    ws = Native("Workspace", "shared", {{}}, ["workspaceId", "name"], pulumi.ResourceOptions(id="{id}"))
    pulumi.export("name", ws.name)
    """
    )
    project.up().ok()
    assert project.outputs() == {"name": "shared"}
    project.refresh().ok()
    shared = natives(project)["shared"]
    assert shared["external"] is True
    assert shared.get("inputs", {}) == {}
    project.destroy().ok()
    assert "shared" in emulator.workspaces()


def test_a_provider_whose_address_is_not_known_yet_is_shown_as_declared(
    native: Callable[[str], Project], emulator: Emulated, other_instance: Emulated
) -> None:
    settings = {**other_instance.settings}
    url = settings.pop("apiUrl")
    project = native(
        PROGRAM
        + f"""
    first = Native("Workspace", "first", {{"name": "first"}}, ["createdAt"])
    later = Provider("later", {{**{settings!r}, "apiUrl": first.createdAt.apply(lambda _: {url!r})}})
    ws = Native("Workspace", "second", {{"name": "second"}}, ["workspaceId"], pulumi.ResourceOptions(provider=later))
    Native("WorkspaceMember", "mary", {{"workspaceId": ws.workspaceId, "email": "Mary.Jane@Example.com",
           "role": "owner"}}, opts=pulumi.ResourceOptions(provider=later))
    """
    )
    shown = steps(project.preview())["mary"]["newState"]["inputs"]
    assert (shown["email"], shown["role"]) == ("Mary.Jane@Example.com", "owner")
    project.up().ok()
    made = natives(project)["mary"]["inputs"]
    assert isinstance(made, dict)
    assert (made["email"], made["role"]) == ("mary.jane@example.com", "OWNER")
    assert "second" in other_instance.workspaces()
    assert "second" not in emulator.workspaces()
