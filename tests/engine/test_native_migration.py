"""A stack of every kind moves from dynamic to native and back, without a request and without a change of an object."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from emulated import Emulated
from every_kind import PROGRAM, declared, write
from native_program import use_plugin
from pulumi_project import Project

FURTHER = """
    class Team(pulumi.ComponentResource):
        def __init__(self, name):
            super().__init__("estate:index:Team", name)
            own = pulumi.ResourceOptions(parent=self)
            self.workspace = wallaroo_pulumi.Workspace(f"{name}-space", opts=own)
            wallaroo_pulumi.WorkspaceMember(
                f"{name}-lead", workspace_id=self.workspace.workspace_id, email="mary.jane@example.com",
                opts=pulumi.ResourceOptions(parent=self.workspace),
            )
            self.register_outputs({})

    team = Team("team")
    kept = wallaroo_pulumi.Workspace("kept", opts=pulumi.ResourceOptions(protect=True))
    wallaroo_pulumi.Connection(
        "secret", name="secret", type="s3", details=pulumi.Output.secret({"key": "hunter2"}),
    )
    pulumi.export("name", team.workspace.name)
    """
"""A component with an autonamed workspace and its child, a protected resource and a secret of the program."""
DYNAMIC_PROGRAM = PROGRAM + FURTHER
NATIVE_PROGRAM = DYNAMIC_PROGRAM.replace(
    "import pulumi, wallaroo_pulumi", "import pulumi\n    import wallaroo_pulumi.native as wallaroo_pulumi"
)


def of_wallaroo(project: Project) -> dict[str, dict[str, Any]]:
    found = (r for r in project.all_resources() if "wallaroo:" in r["type"] and "providers" not in r["type"])
    return {r["urn"].rsplit("::", 1)[1]: r for r in found}


def objects(project: Project) -> dict[str, tuple[Any, ...]]:
    """What must not change: the ids, the visible outputs without secrets, and the protection."""
    return {
        name: (
            r["id"],
            r.get("protect"),
            {k: v for k, v in r["outputs"].items() if not k.startswith("__") and "ciphertext" not in str(v)},
        )
        for name, r in of_wallaroo(project).items()
    }


@pytest.mark.sdk_range
@pytest.mark.promise
def test_a_stack_moves_to_native_and_back_without_a_request(
    project: Callable[[str], Project], emulator: Emulated
) -> None:
    made = use_plugin(project(DYNAMIC_PROGRAM))
    made.configure(emulator.settings)
    write(made, declared(made.folder))
    made.up().ok()
    before = objects(made)
    emulator.forget_requests()

    made.write(NATIVE_PROGRAM)
    assert made.planned() == {}
    made.up().ok()
    assert set(made.changes()) == {"same"}
    assert emulator.requests("/") == []
    assert {r["type"].rpartition(":")[0] for r in of_wallaroo(made).values()} == {"wallaroo:index"}
    assert objects(made) == before

    # A refresh by the plugin drops the reference that only the dynamic host needs.
    made.refresh().ok()
    assert set(made.changes()) == {"same"}
    assert not any("__provider" in r["outputs"] for r in of_wallaroo(made).values())
    emulator.forget_requests()

    made.write(DYNAMIC_PROGRAM)
    made.up().ok()
    assert set(made.changes()) == {"same", "update"}
    assert emulator.requests("/") == []
    assert {r["type"].rpartition(":")[0] for r in of_wallaroo(made).values()} == {
        "pulumi-python:dynamic/wallaroo"
    }
    assert objects(made) == before

    made.up().ok()
    assert set(made.changes()) == {"same"}
    made.refresh().ok()
    assert set(made.changes()) == {"same"}
    assert "hunter2" not in made.export()
