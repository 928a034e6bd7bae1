"""What holds for every kind alike, on the kernel and without Pulumi: another instance, state of earlier versions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from emulated import Emulated
from example_files import example_files
from lives import Life

from wallaroo_pulumi.core.fields import STATE_ONLY, fields_with
from wallaroo_pulumi.core.record import FOUND_KEY, RECORD_KEYS
from wallaroo_pulumi.emulator import EmulatorServer
from wallaroo_pulumi.errors import ApiError, GoneError, InconsistentError, RefusedError
from wallaroo_pulumi.provider.adoption import DELETE_ADOPTED
from wallaroo_pulumi.provider.identity import InstanceMismatch
from wallaroo_pulumi.resources import RESOURCES

CHANGED_BY_HAND: dict[str, tuple[str, dict[str, Any]]] = {
    "User": ("user", {"enabled": 0, "last_name": "King", "realm_roles": '["admin"]'}),
    "WorkspaceMember": ("member", {"user_type": "OWNER"}),
    "Assay": ("assay", {"active": 0}),
    "Task": ("task", {"status": "paused"}),
}
"""Kinds that restore what adopting changed: what the control plane calls them, and other values than those of
their examples."""
ADOPTING = [kind for kind, of in RESOURCES.items() if "delete_adopted" in of.inputs.model_fields]


@pytest.fixture(scope="module")
def _other_url() -> Iterator[str]:
    with EmulatorServer() as server:
        yield server.url


@pytest.fixture
def other(_other_url: str) -> Iterator[Emulated]:
    """A second instance, as it is when new."""
    emulated = Emulated(_other_url)
    with emulated.http:
        emulated.control("reset")
        yield emulated


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    return example_files(tmp_path)


def made(emulator: Emulated, kind: str, files: dict[str, str]) -> Life:
    """The kind's example on an instance, with what it needs."""
    life = Life(emulator, kind, files)
    life.make_needs()
    life.create()
    life.new_process()
    return life


def is_state_only(kind: str) -> bool:
    """Whether the kind's example of an edit in place changes the state alone."""
    local = {name for name, _ in fields_with(RESOURCES[kind].inputs, STATE_ONLY)}
    return {*RESOURCES[kind].examples.update} <= local


def test_every_kind_has_an_identity_in_the_docs() -> None:
    page = (Path(__file__).parents[3] / "docs/identity.md").read_text()
    table = page.partition("## The object\n")[2].partition("\n## ")[0]
    missing = [kind for kind in RESOURCES if not re.search(rf"\b{kind}\b", table)]
    assert missing == [], "add the kind to the table in docs/identity.md"


@pytest.mark.parametrize("kind", RESOURCES)
def test_nothing_is_refreshed_changed_or_deleted_on_another_instance(
    kind: str, emulator: Emulated, other: Emulated, files: dict[str, str]
) -> None:
    state = made(emulator, kind, files).state
    twin = made(other, kind, files)  # the same program made it: same names, same integer ids
    twin.state = state
    before = other.contents()
    with pytest.raises(InstanceMismatch, match=rf"{other.url} is instance"):
        twin.refresh()
    if not is_state_only(kind):
        with pytest.raises(InstanceMismatch):
            twin.update()
    with pytest.raises(InstanceMismatch):
        twin.delete()
    assert other.contents() == before


def test_an_instance_that_hides_its_accounts_replaces_no_recorded_identity(
    emulator: Emulated, files: dict[str, str]
) -> None:
    life = made(emulator, "User", files)
    recorded = life.state[1]["__instance"]
    emulator.control("seed", users=[{"email": "ops2@example.com"}])
    for kind in ("WorkspaceMember", "Connection"):
        life = made(emulator, kind, files)
        emulator.control(
            "faults", path="/v1/api/users/query", count=1, status=403, body={"msg": "no", "code": 403}
        )
        life.refresh()
        assert life.state[1]["__instance"] == recorded


@pytest.mark.parametrize("kind", RESOURCES)
def test_state_that_does_not_record_the_instance_gains_it_and_loses_nothing(
    kind: str, emulator: Emulated, files: dict[str, str]
) -> None:
    life = made(emulator, kind, files)
    id, recorded = life.state
    life.state = id, {key: value for key, value in recorded.items() if key not in RECORD_KEYS}
    before = emulator.contents()
    life.update(edited=False)
    assert life.state[1]["__instance"] == recorded["__instance"]
    assert public(life.state[1]) == public(recorded)
    assert emulator.contents() == before


@pytest.mark.parametrize("kind", ADOPTING)
def test_a_change_of_the_state_alone_keeps_all_that_is_recorded(
    kind: str, emulator: Emulated, files: dict[str, str]
) -> None:
    life = made(emulator, kind, files)
    _, recorded = life.state
    emulator.forget_requests()
    life.update(edited=False, delete_adopted=True)
    assert life.state[1] == recorded | {DELETE_ADOPTED: True}
    assert emulator.endpoints() == []


@pytest.mark.parametrize("kind", RESOURCES)
def test_a_create_claims_the_object_under_its_id(
    kind: str, emulator: Emulated, files: dict[str, str]
) -> None:
    life = Life(emulator, kind, files)
    life.make_needs()
    life.create()
    assert life.is_claimed


@pytest.mark.parametrize("kind", ADOPTING)
def test_an_adopted_object_is_left_as_it_was_found(
    kind: str, emulator: Emulated, files: dict[str, str]
) -> None:
    ours = made(emulator, kind, files).of_another_stack()
    before = emulator.contents()
    ours.create()
    assert ours.state[1]["adopted"]
    ours.new_process()
    ours.delete()
    assert emulator.contents() == before
    adopted, left = ours.said[-2:]
    assert "already exists and is adopted" in adopted
    assert "stays as it is: this stack adopted it and did not create it" in left


def change_by_hand(emulator: Emulated, life: Life, kind: str) -> dict[str, Any]:
    """Give the object of ``life`` other values; returns the instance's contents after that."""
    of, values = CHANGED_BY_HAND[kind]
    id, outputs = life.state
    where = {"user_id": outputs["userId"]} if kind == "WorkspaceMember" else {"id": id}
    emulator.control("change", kind=of, where=where, set=values)
    life.new_process()
    return without_times(emulator)


def without_times(emulator: Emulated) -> dict[str, Any]:
    """The instance's contents without when they were last changed."""
    contents = emulator.contents()
    for row in contents["assays"] + contents["tasks"]:
        del row["updated_at"]
    return contents


@pytest.mark.parametrize("kind", CHANGED_BY_HAND)
@pytest.mark.parametrize("refreshed", [False, True])
def test_what_others_changed_of_an_adopted_object_is_not_taken_back(
    kind: str, refreshed: bool, emulator: Emulated, files: dict[str, str]
) -> None:
    ours = made(emulator, kind, files).of_another_stack()
    ours.create()
    theirs = change_by_hand(emulator, ours, kind)
    if refreshed:
        ours.refresh()
        ours.new_process()
    ours.delete()
    assert without_times(emulator) == theirs


@pytest.mark.parametrize("kind", CHANGED_BY_HAND)
def test_an_adopted_object_is_left_as_others_had_it_before_the_last_change_by_the_stack(
    kind: str, emulator: Emulated, files: dict[str, str]
) -> None:
    ours = made(emulator, kind, files).of_another_stack()
    ours.create()
    theirs = change_by_hand(emulator, ours, kind)
    ours.refresh()
    ours.new_process()
    ours.update(edited=False)  # back to what is declared
    assert without_times(emulator) != theirs
    ours.new_process()
    ours.delete()
    assert without_times(emulator) == theirs


@pytest.mark.parametrize("kind", CHANGED_BY_HAND)
def test_an_imported_object_is_left_as_others_have_it(
    kind: str, emulator: Emulated, files: dict[str, str]
) -> None:
    """An import records nothing to restore."""
    ours = made(emulator, kind, files).of_another_stack()
    ours.create()
    id, outputs = ours.state
    ours.state = id, {name: value for name, value in outputs.items() if name != FOUND_KEY}
    theirs = change_by_hand(emulator, ours, kind)
    ours.delete()
    assert without_times(emulator) == theirs


def test_an_adopted_task_that_failed_is_replaced_and_left(emulator: Emulated, files: dict[str, str]) -> None:
    ours = made(emulator, "Task", files).of_another_stack()
    ours.create()
    emulator.control("change", kind="task", where={"id": ours.state[0]}, set={"status": "crash_loop"})
    ours.new_process()
    ours.refresh()
    assert ours.diff().replacing == ("orchestrationId",)
    before = without_times(emulator)
    ours.delete()
    assert without_times(emulator) == before


@pytest.mark.parametrize("kind", ADOPTING)
def test_an_adopted_object_is_deleted_like_a_created_one_where_that_is_declared(
    kind: str, emulator: Emulated, files: dict[str, str]
) -> None:
    created = made(emulator, kind, files)
    emulator.forget_requests()
    created.delete()
    calls = emulator.endpoints()
    emulator.control("reset")
    ours = made(emulator, kind, files).of_another_stack()
    ours.create(delete_adopted=True)
    ours.new_process()
    emulator.forget_requests()
    ours.delete()
    assert emulator.endpoints() == calls


@pytest.mark.parametrize("kind", [kind for kind in ADOPTING if RESOURCES[kind].delete_before_replace])
def test_an_adopted_object_is_not_replaced_if_that_would_delete_it(
    kind: str, emulator: Emulated, files: dict[str, str]
) -> None:
    created = made(emulator, kind, files)
    change = RESOURCES[kind].examples.replace
    assert not {*change} & {*RESOURCES[kind].natural_key}, (
        "examples.replace changes the name, so the old and the new object can exist at the same time: change another "
        "input, or leave out delete_before_replace"
    )
    assert created.diff(**change).replacing
    ours = created.of_another_stack()
    ours.create()
    with pytest.raises(
        RefusedError, match="this stack adopted it and did not create it; set delete_adopted=True"
    ):
        ours.diff(**change)
    ours.update(edited=False, delete_adopted=True)
    assert ours.diff(**change, delete_adopted=True).replacing


def test_an_adopted_workspace_is_emptied_if_force_destroy_is_set(
    emulator: Emulated, files: dict[str, str]
) -> None:
    made(emulator, "Pipeline", files)
    ours = Life(emulator, "Workspace", files)
    ours.create(adopt="always", force_destroy=True)
    assert ours.state[1]["adopted"]
    ours.new_process()
    ours.delete()
    assert (emulator.contents()["pipelines"], emulator.contents()["models"]) == ([], [])


def public(outputs: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in outputs.items() if key not in RECORD_KEYS}


# --- a listing that lost everything ------------------------------------------------------------------------

LISTINGS: dict[str, tuple[str, object]] = {
    "Workspace": ("workspaces/list", {"workspaces": []}),
    "WorkspaceMember": ("workspaces/list_users", {"users": []}),
    "ModelVersion": ("models/list", {"models": []}),
    "Pipeline": ("pipelines/list_pipelines", {"pipelines": []}),
    "Deployment": ("pipelines/list_pipelines", {"pipelines": []}),
    "PipelinePublish": ("pipelines/list_publishes_for_pipeline", {"publishes": [], "edges": []}),
    "Edge": ("pipelines/list_publishes_for_pipeline", {"publishes": [], "edges": []}),
    "Connection": ("connections/list", {"connections": []}),
    "WorkspaceConnection": ("connections/list", {"connections": []}),
    "ModelRegistry": ("models/list_registries", []),
    "ModelRegistryAttachment": ("models/list_registries", []),
    "Orchestration": ("orchestration/list", []),
    "Task": ("task/list", []),
    "Assay": ("/v2/api/assays/get", []),
}
"""The listing of each kind but User: without accounts, an instance is not recognised and every call fails."""
LISTED_ONLY = ("WorkspaceMember",)
"""Kinds that no other call of the API is about."""
READ_FROM_LISTING = ("Workspace", "Pipeline", "Edge", "WorkspaceConnection", "ModelRegistryAttachment")
"""Kinds whose own call shows that they exist and not all of their properties: a lasting contradiction is an error."""


def lose(emulator: Emulated, kind: str, count: int) -> None:
    path, body = LISTINGS[kind]
    path = path if path.startswith("/") else f"/v1/api/{path}"
    emulator.control("faults", path=path, status=200, body=body, count=count)


def test_every_kind_has_a_listing() -> None:
    assert {*LISTINGS, "User"} == {*RESOURCES}, (
        "add the kind to LISTINGS with its listing call and an empty response; its read and delete must not take an "
        "object for gone because one listing lacks it: confirm it with _lookups.read_visible. Without a call about one "
        "object, use core.read.find_listed, and add the kind to LISTED_ONLY"
    )


@pytest.mark.parametrize("kind", LISTINGS)
def test_an_empty_listing_drops_nothing_from_the_state(
    kind: str, emulator: Emulated, files: dict[str, str]
) -> None:
    life = made(emulator, kind, files)
    recorded = life.state
    lose(emulator, kind, 1)
    life.refresh()
    assert public(life.state[1]).keys() == public(recorded[1]).keys()
    if kind in LISTED_ONLY:  # no call about one object contradicts the listing, which is then believed
        return
    life.new_process()
    lose(emulator, kind, 100)
    with pytest.raises(InconsistentError, match="try again") if kind in READ_FROM_LISTING else nullcontext():
        life.refresh()


@pytest.mark.parametrize("kind", LISTINGS)
def test_an_empty_listing_ends_no_deletion_early(
    kind: str, emulator: Emulated, files: dict[str, str]
) -> None:
    life = made(emulator, kind, files)
    life.delete()
    after = counts(emulator)
    emulator.control("reset")
    life = made(emulator, kind, files)
    lose(emulator, kind, 1)
    life.delete()
    assert counts(emulator) == after


def counts(emulator: Emulated) -> dict[str, int]:
    return {table: len(rows) for table, rows in emulator.contents().items()}


@pytest.mark.parametrize("kind", ["Pipeline", "Edge", "WorkspaceConnection", "ModelRegistryAttachment"])
def test_a_listing_that_is_not_empty_is_believed(
    kind: str, emulator: Emulated, files: dict[str, str]
) -> None:
    life = made(emulator, kind, files)
    life.refresh()
    emulator.forget_requests()
    life.new_process()
    life.refresh()
    assert len(emulator.endpoints()) == len(set(emulator.endpoints()))
    assert not {"pipelines/get_pipeline_by_name", "pipelines/list_edges_by_publish_id"} & {
        *emulator.endpoints()
    }


def test_the_last_object_of_a_listing_is_dropped_when_it_is_confirmed_to_be_gone(
    emulator: Emulated, files: dict[str, str]
) -> None:
    life = made(emulator, "Pipeline", files)
    emulator.control("delete", kind="pipeline", where={"name": "fraud"})
    with pytest.raises(LookupError, match="gone"):
        life.refresh()


# --- an update of an object that was deleted by hand -------------------------------------------------------

DELETED_BY_HAND = {
    "User": ("user", {"email": "ada@example.com"}),
    "WorkspaceMember": ("member", {"user_type": "COLLABORATOR"}),
    "ModelVersion": ("model_version", {}),
    "Pipeline": ("pipeline", {}),
    "Deployment": ("pipeline", {}),
    "Task": ("task", {}),
    "Assay": ("assay", {}),
}
"""Every kind that changes in place: what the control plane calls its object, or the one without which it cannot be."""
MADE_AGAIN = ("WorkspaceMember", "Pipeline")
"""Kinds whose update brings a missing object back: the call is the one that creates it."""


def test_every_kind_that_changes_in_place_is_covered() -> None:
    assert {*DELETED_BY_HAND} == {kind for kind in RESOURCES if not is_state_only(kind)}, (
        "add the kind to DELETED_BY_HAND with what emulator/control/objects.py calls its object"
    )


@pytest.mark.parametrize("kind", DELETED_BY_HAND)
def test_an_update_of_what_is_gone_says_what_to_do(
    kind: str, emulator: Emulated, files: dict[str, str]
) -> None:
    life = made(emulator, kind, files)
    of, where = DELETED_BY_HAND[kind]
    emulator.control("delete", kind=of, where=where)
    if kind in MADE_AGAIN:
        life.update()
        life.new_process()
        life.refresh()
        return
    with pytest.raises(GoneError, match=r"; run `pulumi refresh`, then `pulumi up`$") as gone:
        life.update()
    assert "\n" not in str(gone.value)


@pytest.mark.parametrize("kind", [kind for kind in DELETED_BY_HAND if kind != "User"])
def test_an_update_in_a_workspace_that_is_gone_says_what_to_do(
    kind: str, emulator: Emulated, files: dict[str, str]
) -> None:
    life = made(emulator, kind, files)
    emulator.control("delete", kind="workspace", where={"name": "fraud-prod"})
    with pytest.raises(GoneError, match=r"; run `pulumi refresh`, then `pulumi up`$"):
        life.update()


@pytest.mark.parametrize("status", [403, 429])
def test_an_update_that_fails_otherwise_keeps_its_reason(
    status: int, emulator: Emulated, files: dict[str, str]
) -> None:
    life = made(emulator, "Task", files)
    emulator.control("faults", path="/v1/api/task/pause", status=status, count=9)
    with pytest.raises(ApiError) as error:
        life.update()
    assert error.value.status == status
