"""Workspaces, members and users: whom and what their handlers leave alone, on the emulator."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest
from emulated import Emulated
from workbench import Workbench

from wallaroo_pulumi.core.ownership import Ownership
from wallaroo_pulumi.core.record import StackEntry
from wallaroo_pulumi.errors import HiddenError, ObjectError

OPS, MARY = "ops@example.com", "mary.jane@example.com"


@pytest.fixture
def bench(emulator: Emulated) -> Iterator[Workbench]:
    with Workbench(emulator) as bench:
        yield bench


def account(bench: Workbench, email: str) -> dict[str, Any]:
    users = bench.emulator.api("users/query")["users"].values()
    return next(user for user in users if user["email"] == email)


def test_a_workspace_of_another_instance_is_left_alone(bench: Workbench) -> None:
    """State names workspaces by ids, which other instances have too."""
    id, outputs = bench.create("Workspace", name="fraud-prod", force_destroy=True)
    bench.emulator.control("reset")
    bench.new_process()
    theirs = bench.workspace("payments")
    bench.pipeline_version(theirs)
    assert str(theirs) == id
    with pytest.raises(ObjectError, match="this stack's objects are on Wallaroo instance"):
        bench.delete("Workspace", (id, outputs))
    without_instance = {key: value for key, value in outputs.items() if key != "__instance"}
    with pytest.raises(
        ObjectError, match="is 'payments' on this instance, but this stack recorded 'fraud-prod'"
    ):
        bench.delete("Workspace", (id, without_instance))
    assert len(bench.client.pipelines.list(theirs, fresh=True)) == 1


def test_a_hidden_workspace_of_the_stack_is_not_made_again(bench: Workbench) -> None:
    """An instance that lets a name be taken twice would make another one of its name."""
    id, outputs = bench.create("Workspace", name="fraud-prod")
    bench.emulator.control("delete", workspace_id=int(id), email=OPS)
    bench.new_process()
    state = Ownership(lambda: [StackEntry("urn", "Workspace", id, outputs)])
    bench.ctx = dataclasses.replace(bench.ctx, ownership=state)
    bench.emulator.forget_requests()
    with pytest.raises(HiddenError, match="workspace 'fraud-prod'"):
        bench.create("Workspace", name="fraud-prod")
    assert "workspaces/create" not in bench.emulator.endpoints()


def test_a_pipeline_that_is_not_ours_any_more_is_left_alone(bench: Workbench) -> None:
    workspace_id = bench.workspace()
    given = {"workspace_id": workspace_id, "name": "houses", "steps": []}
    id, outputs = bench.create("Pipeline", **given)
    bench.client.pipelines.delete(workspace_id, "houses")
    bench.pipeline_version(workspace_id)
    bench.delete("Pipeline", (id, outputs))
    assert "is not the one that this stack made" in bench.said[-1]
    assert len(bench.client.pipelines.list(workspace_id, fresh=True)) == 1


@pytest.mark.parametrize("declared", [{}, {"is_admin": True, "enabled": False}])
def test_the_caller_takes_no_rights_from_himself(bench: Workbench, declared: dict[str, Any]) -> None:
    with pytest.raises(ObjectError, match="is the user who runs Pulumi, and would lose the right to go on"):
        bench.create("User", email=OPS, **declared)
    assert account(bench, OPS)["enabled"]
    assert "admin" in account(bench, OPS)["realmRoles"]
    bench.create("User", email=OPS, is_admin=True)


def test_an_administrator_who_is_taken_over_as_none_is_told(bench: Workbench) -> None:
    bench.create("User", email=MARY, is_admin=True)
    bench.new_process()
    bench.create("User", email=MARY)
    assert "was an administrator: is_admin is not declared" in bench.said[-1]
    assert "realmRoles" not in account(bench, MARY)


def test_the_caller_stays_an_owner(bench: Workbench) -> None:
    workspace_id = bench.workspace()
    bench.create("WorkspaceMember", workspace_id=workspace_id, email=MARY, role="OWNER")
    me = bench.create("WorkspaceMember", workspace_id=workspace_id, email=OPS, role="OWNER")
    with pytest.raises(ObjectError, match="declare the role OWNER, or leave this member out"):
        bench.update("WorkspaceMember", me, workspace_id=workspace_id, email=OPS, role="COLLABORATOR")


def test_a_role_in_a_workspace_that_is_gone_is_told_as_that(bench: Workbench) -> None:
    workspace_id = bench.workspace()
    given = {"workspace_id": workspace_id, "email": MARY}
    mary = bench.create("WorkspaceMember", **given)
    bench.emulator.control("delete", workspace_id=workspace_id)
    bench.new_process()
    with pytest.raises(ObjectError, match=f"workspace {workspace_id} does not exist"):
        bench.update("WorkspaceMember", mary, **given, role="OWNER")
