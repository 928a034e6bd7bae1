"""Components that the plugin constructs for programs in any language; here for one that declares them as remote."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from emulated import Emulated
from native_program import PROGRAM, natives, use_plugin
from pulumi_project import Project

ROOT = Path(__file__).parents[2]
MISSING = (
    "the instance has no user with the e-mail address missing@example.com; "
    "check the spelling, or declare a User with it"
)
TEAMS = 40
"""More than the plugin serves calls at once."""
REMOTE = (
    PROGRAM
    + f"""
    class Remote(pulumi.ComponentResource):
        def __init__(self, kind, name, inputs, outputs, opts=None):
            props = {{**dict.fromkeys(outputs), **inputs}}
            super().__init__(f"wallaroo:index:{{kind}}", name, props, opts, remote=True)

    lake = Native("Connection", "lake", {{"name": "lake", "type": "s3", "details": {{"key": "hunter2"}}}})
    role = pulumi.Output.secret("OWNER")
    team = Remote("Team", "houses", {{
        "name": "houses", "members": {{"mary.jane@example.com": role, "john.hancock@example.com": "COLLABORATOR"}},
        "connections": [lake.name],
    }}, ["workspaceId"], pulumi.ResourceOptions(protect=True))
    served = Remote("ServedModel", "price", {{
        "workspaceId": team.workspaceId, "name": "house-price", "path": "house_price.onnx", "framework": "onnx",
        "engineConfig": {{"engine": {{"resources": {{"limits": {{"cpu": 0.5, "memory": "512Mi"}}}}}}}},
        "modelOptions": {{"arch": "x86"}},
    }}, ["inferenceUrl"])
    for number in range({TEAMS}):
        Remote("Team", f"team-{{number}}", {{"name": f"team-{{number}}"}}, [])
    pulumi.export("id", team.workspaceId)
    pulumi.export("url", served.inferenceUrl)
    """
)


@pytest.mark.sdk_range
def test_a_remote_program_declares_the_components(
    project: Callable[[str], Project], emulator: Emulated
) -> None:
    made = use_plugin(project(REMOTE))
    made.configure(emulator.settings)
    shutil.copy(ROOT / "stacks/serving/house_price.onnx", made.folder)
    made.preview()
    assert emulator.requests() == []
    made.up("--parallel", "128").ok()
    outputs = made.outputs()
    assert len(emulator.workspaces()) == TEAMS + 1
    assert emulator.members(outputs["id"])["mary.jane@example.com"] == "OWNER"
    assert "/infer/" in outputs["url"]
    own = natives(made)
    assert own["houses-lake"]["parent"].endswith("::wallaroo:index:Team::houses")
    assert any(urn.endswith("::lake") for urn in own["houses-lake"]["dependencies"])
    assert own["houses-mary.jane@example.com"]["protect"] is True
    assert "ciphertext" in str(own["houses-mary.jane@example.com"]["inputs"]["role"])

    # Nothing changes, and nothing is asked.
    emulator.forget_requests()
    made.up("--expect-no-changes").ok()
    assert emulator.requests() == []


def test_a_failure_in_a_component_is_one_line(project: Callable[[str], Project], emulator: Emulated) -> None:
    made = use_plugin(project(REMOTE.replace('"mary.jane@example.com": role', '"missing@example.com": role')))
    made.configure(emulator.settings)
    shutil.copy(ROOT / "stacks/serving/house_price.onnx", made.folder)
    failed = made.up()
    assert failed.code != 0
    # While Pulumi's engine ends, the program may print that its own calls were cut off: that is not ours to decide.
    assert f"    error: {MISSING}\n" in failed.text
    assert str(ROOT / "wallaroo_pulumi") not in failed.text
    assert "houses-missing@example.com" not in natives(made)
