"""State of an earlier version does not record the instance: how it gains the record, and what is checked first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from dynamic_host import entry, urn_of
from emulated import Emulated
from workbench import Workbench

from wallaroo_pulumi.adapters import pulumi_values, session
from wallaroo_pulumi.adapters.stack_state import entries
from wallaroo_pulumi.core.ownership import Ownership
from wallaroo_pulumi.core.record import RECORD_KEYS
from wallaroo_pulumi.emulator import EmulatorServer
from wallaroo_pulumi.provider.identity import InstanceMismatch
from wallaroo_pulumi.provider.provider import Provider

WORKSPACE, MEMBER = urn_of("Workspace"), urn_of("WorkspaceMember")
SECRET = {pulumi_values.SIGNATURE: pulumi_values.SECRET, "ciphertext": "v1:cipher"}
"""How a state keeps a secret."""
INPUTS = {"name": "fraud-prod"}


class Stack:
    """A workspace and a member of it, as the state of an earlier version holds them."""

    def __init__(self, bench: Workbench) -> None:
        self.bench = bench
        self.workspace = _unrecorded(bench.create("Workspace", **INPUTS))
        of = {"workspace_id": self.workspace[1]["workspaceId"], "email": "mary.jane@example.com"}
        self.member_inputs = bench.checked("WorkspaceMember", **of)
        self.member = _unrecorded(bench.create("WorkspaceMember", **of))

    def provider(self, accept: str | None = None, before: Sequence[dict[str, Any]] = ()) -> Provider:
        """A new run of the stack on the bench's instance. Its state begins with the entries ``before``."""
        resources = [
            *before,
            entry("Workspace", *self.workspace),
            entry("WorkspaceMember", *self.member) | {"dependencies": [WORKSPACE]},
        ]
        self.bench.new_process()
        context = self.bench.ctx
        state = {"deployment": {"resources": resources}}
        return Provider(lambda: context, Ownership(lambda: entries(state)), accept_instance=accept)


def _unrecorded(state: tuple[str, dict[str, Any]]) -> tuple[str, dict[str, Any]]:
    id, outputs = state
    return id, {key: value for key, value in outputs.items() if key not in RECORD_KEYS}


@pytest.fixture
def stack(emulator: Emulated) -> Iterator[Stack]:
    with Workbench(emulator) as bench:
        stack = Stack(bench)
        emulator.forget_requests()
        yield stack


@pytest.fixture
def moved(stack: Stack) -> Iterator[Stack]:
    """The stack, applied to another, new instance."""
    with EmulatorServer() as server:
        other = Emulated(server.url)
        with other.http, Workbench(other) as bench:
            stack.bench = bench
            yield stack


def test_one_resource_that_no_other_needs_records_the_instance(stack: Stack, emulator: Emulated) -> None:
    provider = stack.provider()
    workspace = stack.bench.checked("Workspace", **INPUTS)
    assert not provider.diff("Workspace", WORKSPACE, *stack.workspace, workspace).records_instance
    assert provider.diff("WorkspaceMember", MEMBER, *stack.member, stack.member_inputs).records_instance
    assert emulator.endpoints() == []
    stack.member = (
        stack.member[0],
        provider.update("WorkspaceMember", MEMBER, *stack.member, stack.member_inputs),
    )
    assert stack.member[1]["__instance"]
    assert not [
        call
        for call in emulator.endpoints()
        if call not in ("users/query", "workspaces/list", "workspaces/list_users")
    ]
    later = stack.provider()
    assert not later.diff("Workspace", WORKSPACE, *stack.workspace, workspace).records_instance
    assert not later.diff("WorkspaceMember", MEMBER, *stack.member, stack.member_inputs).records_instance


def test_on_an_instance_without_any_of_its_objects_nothing_is_dropped_or_made(moved: Stack) -> None:
    before = moved.bench.emulator.contents()
    calls: list[Callable[[Provider], object]] = [
        lambda run: run.read("Workspace", WORKSPACE, *moved.workspace),
        lambda run: run.create("Connection", None, {"name": "lake", "type": "s3", "details": {}}),
        lambda run: run.delete("WorkspaceMember", MEMBER, *moved.member),
    ]
    for call in calls:
        with pytest.raises(InstanceMismatch, match="has none of its objects; nothing was changed"):
            call(moved.provider())
    assert moved.bench.emulator.contents() == before


def test_an_instance_whose_objects_were_all_deleted_can_be_accepted(moved: Stack) -> None:
    with pytest.raises(InstanceMismatch) as refusal:
        moved.provider().read("Workspace", WORKSPACE, *moved.workspace)
    accepted = str(refusal.value).partition("(instance ")[2].partition(")")[0]
    assert moved.provider(accepted).read("Workspace", WORKSPACE, *moved.workspace) is None


def test_an_object_that_was_deleted_while_others_remain_is_gone(stack: Stack, emulator: Emulated) -> None:
    emulator.control("delete", workspace_id=1, email="mary.jane@example.com")
    assert stack.provider().read("WorkspaceMember", MEMBER, *stack.member) is None


def test_an_entry_that_names_its_workspace_in_secret_is_looked_for_by_its_id(stack: Stack) -> None:
    gone = entry("Orchestration", "0f6d0a4e-8a5b-4c1d-9a0f-2f4f4f0b6f10", {"workspaceId": SECRET})
    run = stack.provider(before=[gone])
    lake = stack.bench.checked("Connection", name="lake", type="s3", details={})
    assert run.create("Connection", None, lake)[0] == "lake", "the workspace is the stack's"


def test_an_entry_whose_instance_could_not_be_told_is_compared_with_the_others(
    moved: Stack, emulator: Emulated
) -> None:
    with Workbench(emulator) as bench:
        _, connection = bench.create("Connection", name="lake", type="s3", details={})
    other = entry("Connection", "lake", connection)
    id, outputs = moved.workspace
    unknown = outputs | {"__instance": "unknown"}
    calls: list[Callable[[], object]] = [
        lambda: moved.provider(before=[other]).read("Workspace", WORKSPACE, id, unknown),
        lambda: moved.provider(before=[other]).delete("Workspace", WORKSPACE, id, unknown),
    ]
    for call in calls:
        with pytest.raises(InstanceMismatch, match=connection["__instance"]):
            call()


def test_what_the_same_program_attached_to_another_workspace_is_no_object_of_the_stack(
    stack: Stack, moved: Stack
) -> None:
    other = moved.bench.emulator
    place, _ = moved.bench.create("Workspace", **INPUTS)
    assert place == stack.workspace[0]
    other.control(
        "change",
        kind="workspace",
        where={"name": "fraud-prod"},
        set={"created_at": "2020-01-01T00:00:00+00:00"},
    )
    moved.bench.create("Connection", name="lake", type="s3", details={})
    attached = moved.bench.create("WorkspaceConnection", workspace_id=int(place), connection_name="lake")
    run = moved.provider(before=[entry("WorkspaceConnection", *_unrecorded(attached))])
    with pytest.raises(InstanceMismatch, match="has none of its objects"):
        run.read("WorkspaceMember", MEMBER, *moved.member)


@pytest.mark.parametrize(
    ("replaces", "expected"),
    [
        (False, "the state does not record yet which Wallaroo instance"),
        (True, "names another instance than the state records"),
    ],
)
def test_why_unchanged_resources_are_updated_is_told_once(
    replaces: bool, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    session.explain_recording.cache_clear()
    for _ in range(2):
        session.explain_recording(replaces=replaces)
    [line] = capsys.readouterr().out.splitlines()
    assert expected in line


def test_a_diff_tells_the_first_record_of_an_instance_from_its_replacement(
    stack: Stack, emulator: Emulated
) -> None:
    first = stack.provider().diff("WorkspaceMember", MEMBER, *stack.member, stack.member_inputs)
    assert (first.records_instance, first.replaces_instance) == (True, False)
    id, outputs = stack.member
    run = stack.provider(accept="0000000000")
    other = run.diff(
        "WorkspaceMember", MEMBER, id, outputs | {"__instance": "1111111111"}, stack.member_inputs
    )
    assert (other.records_instance, other.replaces_instance) == (True, True)
