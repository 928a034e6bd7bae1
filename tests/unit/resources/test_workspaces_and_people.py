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
from wallaroo_pulumi.errors import ApiError, ConflictError, HiddenError, NotFoundError, RefusedError

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
    with pytest.raises(ConflictError, match="this stack's objects are on Wallaroo instance"):
        bench.delete("Workspace", (id, outputs))
    without_instance = {key: value for key, value in outputs.items() if key != "__instance"}
    with pytest.raises(
        ConflictError, match="is 'payments' on this instance, but this stack recorded 'fraud-prod'"
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
    assert "is not the one that this stack created" in bench.said[-1]
    assert len(bench.client.pipelines.list(workspace_id, fresh=True)) == 1


@pytest.mark.parametrize("declared", [{}, {"is_admin": True, "enabled": False}])
def test_the_caller_takes_no_rights_from_himself(bench: Workbench, declared: dict[str, Any]) -> None:
    with pytest.raises(
        RefusedError, match="is the user who runs Pulumi, who would lose the right to continue"
    ):
        bench.create("User", email=OPS, **declared)
    assert account(bench, OPS)["enabled"]
    assert "admin" in account(bench, OPS)["realmRoles"]
    bench.create("User", email=OPS, is_admin=True)


def test_an_administrator_who_is_taken_over_as_none_is_told(bench: Workbench) -> None:
    bench.create("User", email=MARY, is_admin=True)
    bench.new_process()
    bench.create("User", email=MARY)
    assert "is no longer an administrator, because is_admin is not declared" in bench.said[-1]
    assert "realmRoles" not in account(bench, MARY)


def test_the_caller_stays_an_owner(bench: Workbench) -> None:
    workspace_id = bench.workspace()
    bench.create("WorkspaceMember", workspace_id=workspace_id, email=MARY, role="OWNER")
    me = bench.create("WorkspaceMember", workspace_id=workspace_id, email=OPS, role="OWNER")
    with pytest.raises(RefusedError, match="declare the role OWNER, or remove this WorkspaceMember"):
        bench.update("WorkspaceMember", me, workspace_id=workspace_id, email=OPS, role="COLLABORATOR")


def test_a_role_in_a_workspace_that_is_gone_is_told_as_that(bench: Workbench) -> None:
    workspace_id = bench.workspace()
    given = {"workspace_id": workspace_id, "email": MARY}
    mary = bench.create("WorkspaceMember", **given)
    bench.emulator.control("delete", workspace_id=workspace_id)
    bench.new_process()
    with pytest.raises(NotFoundError, match=f"workspace {workspace_id} does not exist"):
        bench.update("WorkspaceMember", mary, **given, role="OWNER")


def test_what_an_update_did_before_it_failed_is_no_change_by_others(bench: Workbench) -> None:
    """An adopted account is left as it was found, even if its update needed two attempts."""
    bench.emulator.control("seed", users=[{"email": "ada@example.com"}])
    state = bench.create("User", email="ada@example.com")
    assert state[1]["adopted"]
    change = {"email": "ada@example.com", "is_admin": True, "enabled": False}
    bench.emulator.control("faults", path="/v1/api/users/deactivate", status=400)
    with pytest.raises(ApiError, match="400"):
        bench.update("User", state, **change)
    bench.new_process()
    state = bench.update("User", state, **change)
    bench.new_process()
    bench.delete("User", state)
    (ada,) = [row for row in bench.emulator.contents()["users"] if row["id"] == state[0]]
    assert (ada["enabled"], ada["realm_roles"]) == (1, "[]")


# --- an address that belongs to another person now -------------------------------------------------------

ADA, HER_NEW = "ada@example.com", "ada.king@example.com"
BOTH = rf"this stack recorded {HER_NEW} \(id .*\), and {ADA} is {ADA} \(id "


def give_address_away(bench: Workbench) -> tuple[str, str]:
    """Change Ada's address and give the old one to a second person. Returns the ids of both."""
    control = bench.emulator.control
    control("change", kind="user", where={"email": ADA}, set={"email": HER_NEW, "username": HER_NEW})
    control("seed", users=[{"email": ADA}])
    bench.new_process()
    return account(bench, HER_NEW)["id"], account(bench, ADA)["id"]


def made(bench: Workbench, kind: str) -> tuple[str, dict[str, Any]]:
    bench.emulator.control("seed", users=[{"email": ADA}])
    if kind == "User":
        return bench.create("User", email=ADA)
    return bench.create(kind, workspace_id=bench.workspace(), email=ADA)


def declared(state: tuple[str, dict[str, Any]], email: str = ADA, **more: Any) -> dict[str, Any]:
    place = {"workspace_id": state[1]["workspaceId"]} if "workspaceId" in state[1] else {}
    return {**place, "email": email, **more}


@pytest.mark.parametrize("kind", ["User", "WorkspaceMember"])
def test_a_refresh_does_not_mistake_one_person_for_another(bench: Workbench, kind: str) -> None:
    state = made(bench, kind)
    give_address_away(bench)
    with pytest.raises(ConflictError, match=BOTH):
        bench.read(kind, *state)


@pytest.mark.parametrize(
    ("kind", "change"),
    [("User", {"last_name": "King", "enabled": False}), ("WorkspaceMember", {"role": "OWNER"})],
)
def test_changing_and_deleting_touch_the_recorded_person_only(
    bench: Workbench, kind: str, change: dict[str, Any]
) -> None:
    state = made(bench, kind)
    recorded, _ = give_address_away(bench)
    before = bench.emulator.contents()

    def of_others(contents: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
        users = [row for row in contents["users"] if row["id"] != recorded]
        return users + [row for row in contents["workspace_members"] if row["user_id"] != recorded]

    state = bench.update(kind, state, **declared(state, **change))
    assert of_others(bench.emulator.contents()) == of_others(before)
    assert bench.emulator.contents() != before
    assert account(bench, HER_NEW)["id"] == recorded
    bench.new_process()
    state[1]["deleteAdopted"] = True
    bench.delete(kind, state)
    assert of_others(bench.emulator.contents()) == of_others(before)


@pytest.mark.parametrize("kind", ["User", "WorkspaceMember"])
def test_nobody_else_gets_what_is_declared_for_the_recorded_person(bench: Workbench, kind: str) -> None:
    """As when the resource is renamed or replaced."""
    state = made(bench, kind)
    _, other = give_address_away(bench)
    ownership = Ownership(lambda: [StackEntry("urn:old", kind, *state)])
    bench.ctx = dataclasses.replace(bench.ctx, ownership=ownership)
    before = bench.emulator.contents()
    with pytest.raises(ConflictError, match=BOTH):
        bench.create(kind, **declared(state))
    assert bench.emulator.contents() == before

    ownership.declare("urn:old", kind, bench.checked(kind, **declared(state, HER_NEW)))
    assert bench.create(kind, **declared(state))[1]["userId"] == other


# --- a member whom the program names by id ------------------------------------------------------------------


def member_by_id(bench: Workbench) -> tuple[tuple[str, dict[str, Any]], frozenset[str]]:
    """A member declared by the account's id, and the inputs that the state holds of it."""
    bench.emulator.control("seed", users=[{"email": ADA}])
    inputs = {"workspace_id": bench.workspace(), "user_id": account(bench, ADA)["id"]}
    given = {name for name, value in bench.checked("WorkspaceMember", **inputs).items() if value is not None}
    return bench.create("WorkspaceMember", **inputs), frozenset(given)


def test_a_member_named_by_id_is_followed_to_a_new_address(bench: Workbench) -> None:
    (id, outputs), given = member_by_id(bench)
    give_address_away(bench)
    for _ in range(2):  # the inputs of a refresh are what the next one gets
        read = bench.provider.read("WorkspaceMember", None, id, outputs, given)
        assert read is not None
        _, outputs, inputs = read
        assert outputs["email"] == HER_NEW
        given = frozenset(name for name, value in inputs.items() if value is not None)
        assert "userId" in given
        assert "email" not in given


@pytest.mark.parametrize("given", [{"email"}, {"email", "userId"}, None])
def test_a_member_named_by_address_or_by_what_is_unknown_is_not_followed(
    bench: Workbench, given: set[str] | None
) -> None:
    id, outputs = made(bench, "WorkspaceMember")
    give_address_away(bench)
    with pytest.raises(ConflictError, match=BOTH + ".*or their user_id"):
        bench.provider.read("WorkspaceMember", None, id, outputs, given)


def test_a_member_named_by_id_keeps_no_address_from_the_person_who_has_it_now(bench: Workbench) -> None:
    state, _ = member_by_id(bench)
    _, other = give_address_away(bench)
    ownership = Ownership(lambda: [StackEntry("urn:member", "WorkspaceMember", *state)])
    bench.ctx = dataclasses.replace(bench.ctx, ownership=ownership)
    named = {"workspace_id": state[1]["workspaceId"], "user_id": state[1]["userId"]}
    ownership.declare("urn:member", "WorkspaceMember", bench.checked("WorkspaceMember", **named))
    assert bench.create("User", email=ADA)[1]["userId"] == other


@pytest.mark.parametrize("given_away", [True, False], ids=["given-away", "free"])
@pytest.mark.parametrize("kind", ["User", "WorkspaceMember"])
def test_a_person_at_a_new_address_is_an_error_until_the_program_declares_it(
    bench: Workbench, kind: str, *, given_away: bool
) -> None:
    """A refresh that took the new address over would plan a replacement: an invitation at the abandoned address."""
    state = made(bench, kind)
    recorded = state[1]["userId"]
    control = bench.emulator.control
    control("change", kind="user", where={"email": ADA}, set={"email": HER_NEW, "username": HER_NEW})
    if given_away:
        control("seed", users=[{"email": ADA}])
    bench.new_process()
    before = bench.emulator.contents()
    with pytest.raises(ConflictError, match=rf"{ADA}.*{HER_NEW} \(id .*declare"):
        bench.read(kind, *state)
    assert bench.emulator.contents() == before

    ownership = Ownership(lambda: [StackEntry("urn:ada", kind, *state)])
    bench.ctx = dataclasses.replace(bench.ctx, ownership=ownership)
    id, outputs = bench.create(kind, **declared(state, HER_NEW))
    assert (outputs["userId"], outputs["email"]) == (recorded, HER_NEW)
    assert outputs["adopted"] == state[1]["adopted"]
    assert bench.read(kind, id, outputs) is not None
    assert bench.emulator.contents() == before
