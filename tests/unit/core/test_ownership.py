"""Which resource holds an object: by what the run has done, and by the state from before it."""

from __future__ import annotations

from typing import Any

import pytest

from wallaroo_pulumi.core.context import Call, Context
from wallaroo_pulumi.core.ownership import Ownership
from wallaroo_pulumi.core.record import StackEntry
from wallaroo_pulumi.errors import ConflictError

OBJECT = ("Connection", "lake")


def urn(name: str) -> str:
    return f"urn:pulumi:test::estate::pulumi-python:dynamic/wallaroo:Connection::{name}"


OLD, NEW = urn("old"), urn("new")


def entry(resource: str, id: str = "lake", *, pending_delete: bool = False, **outputs: Any) -> StackEntry:
    return StackEntry(urn(resource), "Connection", id, outputs, pending_delete)


def run(*state: StackEntry, declares: tuple[str, ...] = ()) -> Ownership:
    ownership = Ownership(lambda: state)
    for each in declares:
        ownership.declare(each, "Connection", {})
    return ownership


def claim(ownership: Ownership, urn: str | None, *, existed: bool = True) -> bool:
    """Whether the object counts as adopted."""
    return ownership.claim(*OBJECT, "lake", urn, existed=existed).adopted


def delete(ownership: Ownership, urn: str | None, id: str = "lake") -> str | None:
    """The keeper, or None when the object is deleted with the resource."""
    keeper = ownership.keeper("Connection", id, urn)
    ownership.removed("Connection", id, urn)
    return keeper


# --- claim -----------------------------------------------------------------------------------------------


def test_an_object_of_the_instance_is_adopted_and_a_new_one_is_not() -> None:
    assert claim(run(), NEW)
    assert not claim(run(), NEW, existed=False)


def test_the_state_is_read_only_when_an_object_existed() -> None:
    def unread() -> list[StackEntry]:
        raise AssertionError("the state was read")

    assert not claim(Ownership(unread), NEW, existed=False)


@pytest.mark.parametrize("adopted", [False, True])
def test_an_object_taken_over_from_the_stack_stays_as_created_or_adopted_as_it_was(adopted: bool) -> None:
    ownership = run(entry("old", adopted=adopted))
    origin = ownership.claim(*OBJECT, "lake", NEW, existed=True)
    assert origin.adopted is adopted
    assert origin.entry is not None
    assert origin.entry.urn == OLD


def test_the_creator_counts_more_than_a_resource_that_adopted_the_object() -> None:
    assert not claim(run(entry("old", adopted=True), entry("older", pending_delete=True)), NEW)


def test_an_entry_about_an_earlier_object_of_the_same_id_does_not_count() -> None:
    ownership = run(entry("old", connectionId="gone"))
    origin = ownership.claim(*OBJECT, "lake", NEW, existed=True, recognises=lambda entry: False)
    assert (origin.adopted, origin.entry) == (True, None)


def test_two_declared_resources_cannot_hold_one_object() -> None:
    ownership = run(declares=(OLD, NEW))
    claim(ownership, OLD, existed=False)
    with pytest.raises(ConflictError, match="already declared by resource 'old'"):
        claim(ownership, NEW)
    with pytest.raises(ConflictError, match="already declared by resource 'old'"):
        ownership.keep(*OBJECT, NEW, {})


def test_an_unchanged_resource_holds_its_object() -> None:
    ownership = run(entry("old"), declares=(OLD, NEW))
    ownership.keep(*OBJECT, OLD, {})
    with pytest.raises(ConflictError, match="already declared by resource 'old'"):
        claim(ownership, NEW)


def test_a_resource_that_is_diffed_and_not_declared_holds_nothing() -> None:
    """As after a refresh, which diffs whatever is in the state."""
    ownership = run(entry("old"), declares=(NEW,))
    ownership.keep(*OBJECT, OLD, {})
    assert not claim(ownership, NEW)
    assert delete(ownership, OLD) == NEW


def test_a_failed_create_gives_its_claim_up() -> None:
    ctx = Context(client=None, report=print, sleep=lambda _: None, call=Call(OLD))
    with pytest.raises(ZeroDivisionError), ctx.claim(*OBJECT, "lake", existed=False):
        raise ZeroDivisionError
    assert not claim(ctx.ownership, NEW, existed=False)


def test_a_host_without_urns_still_refuses_two_claims() -> None:
    ownership = run()
    claim(ownership, None, existed=False)
    with pytest.raises(ConflictError, match="already declared by another resource"):
        claim(ownership, None)


# --- delete ----------------------------------------------------------------------------------------------


def test_the_last_resource_takes_the_object_with_it() -> None:
    assert delete(run(entry("old")), OLD) is None


def test_a_renamed_resource_leaves_the_object_to_its_new_name() -> None:
    ownership = run(entry("old"), declares=(NEW,))
    claim(ownership, NEW)
    assert delete(ownership, OLD) == NEW


def test_a_rename_whose_run_failed_leaves_the_object_to_its_new_name_in_the_next_run() -> None:
    ownership = run(entry("old"), entry("new"), declares=(NEW,))
    ownership.keep(*OBJECT, NEW, {})
    assert delete(ownership, OLD) == NEW


def test_a_resource_that_the_run_does_not_touch_keeps_its_object() -> None:
    """As with `--target`: the engine neither checks nor diffs the other one."""
    assert delete(run(entry("old"), entry("new")), OLD) == NEW
    assert delete(run(entry("old"), entry("new")), NEW) == OLD


@pytest.mark.parametrize("order", [(OLD, NEW), (NEW, OLD)])
def test_a_destroy_of_both_holders_removes_the_object_with_the_second(order: tuple[str, str]) -> None:
    ownership = run(entry("old"), entry("new"))
    first, second = order
    assert delete(ownership, first) == second
    assert delete(ownership, second) is None


def test_a_resource_replaced_by_itself_keeps_its_object() -> None:
    """As with `--replace`: the engine creates it anew and then deletes its old state."""
    ownership = run(entry("old"), declares=(OLD,))
    assert not claim(ownership, OLD)
    assert delete(ownership, OLD) == OLD


def test_its_old_state_is_deleted_without_the_object_in_a_later_run_too() -> None:
    ownership = run(entry("old"), entry("old", pending_delete=True), declares=(OLD,))
    ownership.keep(*OBJECT, OLD, {})
    assert delete(ownership, OLD) == OLD


def test_a_destroy_of_both_its_states_removes_the_object_with_the_second() -> None:
    ownership = run(entry("old"), entry("old", pending_delete=True))
    assert delete(ownership, OLD) == OLD
    assert delete(ownership, OLD) is None


def test_a_deleted_old_state_does_not_end_the_hold_of_the_live_one() -> None:
    state = (entry("new"), entry("new", pending_delete=True), entry("old"))
    ownership = run(*state, declares=(NEW,))
    ownership.keep(*OBJECT, NEW, {})
    assert delete(ownership, NEW) == NEW
    assert delete(ownership, OLD) == NEW

    destroyed = run(*state)
    assert [delete(destroyed, each) for each in (NEW, OLD, NEW)] == [NEW, NEW, None]


def test_a_roll_back_keeps_the_object_that_the_first_roll_out_replaced() -> None:
    """A -> B -> A, and each run failed before it deleted anything."""
    state = (entry("old"), entry("old", pending_delete=True), entry("old", "pond", pending_delete=True))
    ownership = run(*state, declares=(OLD,))
    ownership.keep(*OBJECT, OLD, {})
    assert delete(ownership, OLD, "pond") is None
    assert delete(ownership, OLD) == OLD


def test_a_replaced_resource_that_waits_for_its_deletion_keeps_no_object_of_another() -> None:
    assert delete(run(entry("old", pending_delete=True), entry("new")), NEW) is None


def test_a_resource_that_moved_on_to_another_object_keeps_none_of_the_first() -> None:
    ownership = run(entry("old"), entry("new"), declares=(NEW,))
    ownership.claim("Connection", "pond", "pond", NEW, existed=False)
    assert delete(ownership, OLD) is None


def test_a_deletion_before_a_replacement_removes_the_object() -> None:
    """Also when an interrupted rename left the old resource in the state: the new one is about to be made again."""
    assert delete(run(entry("old"), declares=(OLD,)), OLD) is None
    assert delete(run(entry("old"), entry("new"), declares=(NEW,)), NEW) is None


def test_without_urns_an_object_that_was_taken_over_stays() -> None:
    ownership = run()
    claim(ownership, None)
    assert delete(ownership, None) == ""
    ownership = run()
    claim(ownership, None, existed=False)
    assert delete(ownership, None) is None


# --- what the state records ------------------------------------------------------------------------------


def test_recorded_outputs_are_those_of_the_run_or_else_of_the_state() -> None:
    ownership = run(entry("old", type="s3"))
    assert ownership.recorded(*OBJECT) == {"type": "s3"}
    ownership.keep(*OBJECT, OLD, {"type": "HTTP"})
    assert ownership.recorded(*OBJECT) == {"type": "HTTP"}
    assert ownership.recorded("Connection", "pond") is None


def test_objects_are_found_by_the_name_that_the_state_records() -> None:
    state = (entry("old", "1", name="lake"), entry("new", "2", name="lake"), entry("third", "3"))
    assert run(*state).named("Connection", "lake") == ["1", "2"]
    assert run(*state).named("Connection", "pond") == ()


def test_instances_are_those_that_any_entry_names() -> None:
    state = (entry("old", __instance="a-b"), entry("new"), entry("third", "pond", __instance="c"))
    assert run(*state).instances == {"a-b", "c"}


# --- what the user is told -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ((), "Connection 'lake' (id lake) already exists and is adopted"),
        ((entry("new"),), "Connection 'lake' (id lake) is re-adopted: it is this resource's own object"),
        ((entry("old"),), "Connection 'lake' (id lake) is re-adopted from resource 'old' of this stack"),
    ],
)
def test_an_adoption_is_reported(state: tuple[StackEntry, ...], expected: str) -> None:
    lines: list[str] = []
    ctx = Context(
        client=None, report=lines.append, sleep=lambda _: None, ownership=run(*state), call=Call(NEW)
    )
    with ctx.claim(*OBJECT, "lake", existed=True, found={"active": True}):
        pass
    [line] = lines
    assert line.startswith(expected)
    assert ctx.call.found == ({} if state else {"active": True})


def test_how_an_adopted_object_was_found_goes_on_to_the_resource_that_takes_it_over() -> None:
    state = (entry("old", adopted=True, active=True, __found={"active": False}),)
    ctx = Context(client=None, report=print, sleep=lambda _: None, ownership=run(*state), call=Call(NEW))
    with ctx.claim(*OBJECT, "lake", existed=True, found={"active": True}):
        pass
    assert ctx.call.found == {"active": False}


def test_only_a_check_declares_a_resource() -> None:
    ownership = run(declares=(OLD,))
    assert [ownership.declares(urn) for urn in (OLD, NEW, None)] == [True, False, True]


def test_resources_are_found_by_an_output_in_any_case_unless_they_are_about_to_be_deleted() -> None:
    mary, moved = entry("mary", email="Mary@example.com"), entry("moved", email="mo@example.com")
    ownership = run(mary, moved, entry("old", email="mary@example.com", pending_delete=True), entry("plain"))
    assert ownership.recording("email", "mary@EXAMPLE.com") == [mary]
    assert ownership.recording("email", "plain") == ()
    assert ownership.recording("userId", "mary@example.com") == ()
