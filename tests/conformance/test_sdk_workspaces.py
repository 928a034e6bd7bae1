"""Workspaces, members and users: what one side writes, the other reads; and what the SDK made is taken over."""

from __future__ import annotations

import pytest
from emulated import Emulated
from vendor_sdk import Sdk, SdkError
from workbench import Workbench

OPS, MARY, JOHN = "ops@example.com", "mary.jane@example.com", "john.hancock@example.com"


def test_what_the_sdk_writes_we_read(sdk: Sdk, bench: Workbench, emulator: Emulated) -> None:
    id = sdk("workspaces", "create", name="fraud", collaborators=[MARY, JOHN], owners=[JOHN])
    workspace = bench.read("Workspace", str(id))
    assert workspace is not None
    assert workspace["name"] == "fraud"
    assert emulator.members(id) == {OPS: "OWNER", MARY: "COLLABORATOR", JOHN: "OWNER"}
    member = bench.read("WorkspaceMember", f"{id}/{emulator.user_id(MARY)}")
    assert member is not None
    assert (member["email"], member["role"]) == (MARY, "COLLABORATOR")

    sdk("workspaces", "remove_member", name="fraud", email=MARY)
    bench.new_process()
    assert bench.read("WorkspaceMember", f"{id}/{emulator.user_id(MARY)}") is None
    assert bench.read("WorkspaceMember", f"{id}/{emulator.user_id(JOHN)}") is not None


def test_what_we_write_the_sdk_reads(sdk: Sdk, bench: Workbench) -> None:
    id, workspace = bench.create("Workspace", name="fraud")
    member = bench.create("WorkspaceMember", workspace_id=int(id), email=MARY, role="COLLABORATOR")
    assert sdk("workspaces", "names") == ["fraud"]
    assert sdk("workspaces", "look", name="fraud") == {
        "id": int(id),
        "archived": False,
        "created_at": workspace["createdAt"],
        "users": sorted([MARY, OPS]),
        "roles": {OPS: "OWNER", MARY: "COLLABORATOR"},
        "models": [],
        "pipelines": [],
    }

    member = bench.update("WorkspaceMember", member, workspace_id=int(id), email=MARY, role="OWNER")
    assert sdk("workspaces", "look", name="fraud")["roles"] == {OPS: "OWNER", MARY: "OWNER"}

    bench.delete("WorkspaceMember", member)
    assert sdk("workspaces", "look", name="fraud")["users"] == [OPS]


def test_a_workspace_of_the_sdk_is_taken_over_with_its_members(
    sdk: Sdk, bench: Workbench, emulator: Emulated
) -> None:
    id = sdk("workspaces", "create", name="fraud", collaborators=[MARY])
    emulator.forget_requests()
    taken, _ = bench.create("Workspace", name="fraud")
    member, _ = bench.create("WorkspaceMember", workspace_id=id, email=MARY, role="OWNER")
    assert (taken, member) == (str(id), f"{id}/{emulator.user_id(MARY)}")
    assert "workspaces/create" not in emulator.endpoints()
    assert emulator.members(id) == {OPS: "OWNER", MARY: "OWNER"}
    assert emulator.workspaces() == {"fraud": id}


def test_a_name_that_we_took_is_refused_to_the_sdk(sdk: Sdk, bench: Workbench, emulator: Emulated) -> None:
    id, _ = bench.create("Workspace", name="fraud")
    with pytest.raises(SdkError, match="Failed to create workspace"):
        sdk("workspaces", "create", name="fraud")
    assert emulator.workspaces() == {"fraud": int(id)}


def test_the_default_workspace_is_made_once_and_seen_by_us(
    sdk: Sdk, bench: Workbench, emulator: Emulated
) -> None:
    made = sdk("workspaces", "current")
    assert made["name"] == f"{OPS} - Default Workspace"
    assert sdk("workspaces", "current") == made
    assert emulator.workspaces() == {made["name"]: made["id"]}
    found = bench.read("Workspace", str(made["id"]))
    assert found is not None
    assert found["name"] == made["name"]


def test_the_generated_client_lives_a_workspaces_life(sdk: Sdk, emulator: Emulated, bench: Workbench) -> None:
    lived = sdk("workspaces", "generated", name="fraud", email=MARY)
    ops, mary = emulator.user_id(OPS), emulator.user_id(MARY)
    assert lived == {
        "id": lived["id"],
        "listed": ["fraud"],
        "added": {ops: "OWNER", mary: "COLLABORATOR"},
        "raised": {ops: "OWNER", mary: "OWNER"},
        "removed": [1, 0],
        "left": {ops: "OWNER"},
    }
    assert [member.user_id for member in bench.client.workspaces.members(lived["id"])] == [ops]


def test_a_user_that_the_sdk_invites_and_deactivates_is_so_for_us(
    sdk: Sdk, bench: Workbench, emulator: Emulated
) -> None:
    email = "new.person@example.com"
    id = sdk("workspaces", "invite", email=email)
    user = bench.read("User", id)
    assert user is not None
    assert (user["email"], user["enabled"]) == (email, True)

    sdk("workspaces", "set_active", email=email, active=False)
    bench.new_process()
    user = bench.read("User", id)
    assert user is not None
    assert user["enabled"] is False

    emulator.forget_requests()
    taken, _ = bench.create("User", email=email)
    assert taken == id
    assert "users/invite" not in emulator.endpoints()
    assert sdk("workspaces", "user", email=email) == {"id": id, "enabled": True}


def test_a_user_of_ours_is_the_same_for_the_sdk(sdk: Sdk, bench: Workbench) -> None:
    email = "new.person@example.com"
    state = bench.create("User", email=email)
    assert email in sdk("workspaces", "users")
    assert sdk("workspaces", "user", email=email) == {"id": state[0], "enabled": True}
    bench.update("User", state, email=email, enabled=False)
    assert sdk("workspaces", "user", email=email)["enabled"] is False
    sdk("workspaces", "set_active", email=email, active=True)
    bench.new_process()
    user = bench.read("User", state[0])
    assert user is not None
    assert user["enabled"] is True
