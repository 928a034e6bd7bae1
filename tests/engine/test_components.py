"""Components and estate files on a real engine: with dynamic providers, then with the native plugin."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from emulated import Emulated
from native_program import natives, use_plugin
from pulumi_project import Project

ROOT = Path(__file__).parents[2]
PROGRAM = """
    import pulumi
    import wallaroo_pulumi as wallaroo

    team = wallaroo.Team(
        "houses",
        members={"mary.jane@example.com": "OWNER", "john.hancock@example.com": "COLLABORATOR"},
        connections=[wallaroo.Connection("lake", name="lake", type="s3", details={"key": "hunter2"})],
    )
    served = wallaroo.ServedModel(
        "price",
        workspace_id=team.workspace_id,
        name="house-price",
        path="house_price.onnx",
        framework="onnx",
        engine_config=wallaroo.engine_config(cpus=0.5, memory="512Mi", replicas=1),
    )
    pulumi.export("workspace", team.name)
    pulumi.export("id", team.workspace_id)
    pulumi.export("url", served.inference_url)
    """


@pytest.mark.promise
def test_components_work_with_both_adapters(project: Callable[[str], Project], emulator: Emulated) -> None:
    made = use_plugin(project(PROGRAM))
    made.configure(emulator.settings)
    shutil.copy(ROOT / "stacks/serving/house_price.onnx", made.folder)
    made.up().ok()
    outputs = made.outputs()
    assert outputs["workspace"].startswith("houses-")
    assert emulator.members(outputs["id"])["mary.jane@example.com"] == "OWNER"
    assert "/infer/" in outputs["url"]
    parents = {r["urn"].rpartition("::")[2]: r["parent"] for r in made.all_resources() if "parent" in r}
    assert parents["houses-lake"].endswith("::wallaroo:index:Team::houses")
    emulator.forget_requests()
    made.up("--expect-no-changes").ok()
    assert emulator.requests() == []

    made.write(PROGRAM.replace("import wallaroo_pulumi as", "import wallaroo_pulumi.native as"))
    made.up("--expect-no-changes").ok()
    assert emulator.requests() == []
    types = {r["type"] for r in made.all_resources()}
    assert {"wallaroo:index:Team", "wallaroo:index:ServedModel", "wallaroo:index:Deployment"} <= types
    assert not [each for each in types if each.startswith("pulumi-python:dynamic")]
    assert made.outputs() == outputs
    made.destroy().ok()
    assert made.all_resources() == []


def test_a_setting_declares_an_estate_with_the_plugin(
    engine_env: dict[str, str], tmp_path: Path, emulator: Emulated
) -> None:
    estate = use_plugin(Project.copy(ROOT / "stacks/estate", tmp_path / "estate", engine_env))
    estate.configure(emulator.settings)
    estate.up().ok()
    emulator.forget_requests()
    estate.configure({"native": "true"}, namespace="wallaroo-estate")
    estate.up("--expect-no-changes").ok()
    assert emulator.requests() == []
    assert "Workspace" in {r["type"].rpartition(":")[2] for r in natives(estate).values()}
    assert not [r for r in estate.all_resources() if r["type"].startswith("pulumi-python:dynamic")]
