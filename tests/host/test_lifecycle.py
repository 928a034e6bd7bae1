"""The whole life cycle of every registered resource with its own examples, through a real dynamic host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from dynamic_host import UNKNOWN, DynamicHost, HostError
from emulated import Emulated
from example_files import example_files

from wallaroo_pulumi.core.names import wire_name
from wallaroo_pulumi.resources import RESOURCES

ABSENT = {"WorkspaceMember": "999/unknown"}
"""Ids of missing objects, for kinds whose id is not a number."""


@pytest.fixture
def later(emulator: Emulated) -> Iterator[DynamicHost]:
    """Start the host of a later run."""
    with DynamicHost(emulator.settings) as host:
        yield host


@pytest.fixture
def host(emulator: Emulated) -> Iterator[DynamicHost]:
    with DynamicHost(emulator.settings) as host:
        yield host


class Life:
    """Create the objects that a resource's example needs, and return its inputs with references filled in."""

    def __init__(self, host: DynamicHost, kind: str, folder: Path) -> None:
        self.host = host
        self.kind = kind
        self.values: dict[str, Any] = dict(example_files(folder))
        self.examples = RESOURCES[kind].examples
        for needed, inputs in self.examples.needs.items():
            for name, value in self.make(needed, self.wire(inputs))[1].items():
                self.values.setdefault(name, value)

    def wire(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        return {wire_name(name): self.fill(value) for name, value in inputs.items()}

    def fill(self, value: Any) -> Any:
        if isinstance(value, str) and value.startswith("$"):
            return self.values[wire_name(value[1:])]
        if isinstance(value, Mapping):
            return {k: self.fill(v) for k, v in value.items()}
        return [self.fill(v) for v in value] if isinstance(value, list | tuple) else value

    def checked(self, inputs: Mapping[str, Any], olds: Mapping[str, Any] | None = None) -> dict[str, Any]:
        found, failures = self.host.check(self.kind, inputs, olds)
        assert failures == {}
        return found

    def make(self, kind: str, inputs: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        checked, failures = self.host.check(kind, inputs)
        assert failures == {}
        return self.host.create(kind, checked)

    def with_changes(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        return self.wire({**self.examples.inputs, **changes})


def without_mark(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the outputs without the private mark, which some kinds only find when they read."""
    return {key: value for key, value in outputs.items() if key != "__mark"}


@pytest.mark.sdk_range
@pytest.mark.parametrize("kind", RESOURCES)
def test_create_read_update_replace_delete(
    host: DynamicHost, later: DynamicHost, kind: str, tmp_path: Path
) -> None:
    life = Life(host, kind, tmp_path)
    inputs = life.checked(life.wire(life.examples.inputs))
    id, outputs = host.create(kind, inputs)
    assert id

    # Outputs contain the inputs in canonical form, so that a second `up` has no changes.
    assert life.checked(life.wire(life.examples.inputs), inputs) == inputs
    assert not host.diff(kind, id, outputs, inputs).changed

    # The id alone is enough to read the object; with the state, nothing has drifted.
    assert host.read(kind, id)[0] == id
    read_id, read_outputs, read_inputs = host.read(kind, id, outputs)
    assert (read_id, without_mark(read_outputs)) == (id, without_mark(outputs))
    assert not host.diff(kind, id, read_outputs, inputs).changed
    assert not host.diff(kind, id, outputs, read_inputs).changed

    if life.examples.update:
        edited = life.checked(life.with_changes(life.examples.update), inputs)
        difference = host.diff(kind, id, outputs, edited)
        assert difference.changed
        assert difference.replaces == []
        outputs = host.update(kind, id, outputs, edited)
        assert not host.diff(kind, id, outputs, edited).changed
        assert without_mark(host.read(kind, id, outputs)[1]) == without_mark(outputs)

    if life.examples.replace:
        replacing = life.checked(life.with_changes(life.examples.replace), inputs)
        assert host.diff(kind, id, outputs, replacing).replaces

    later.delete(kind, id, outputs)
    later.delete(kind, id, outputs)  # again, as after a lost reply
    assert later.create(kind, inputs)[0]


@pytest.mark.parametrize("kind", RESOURCES)
def test_a_preview_in_which_everything_is_unknown_passes_check_and_diff(host: DynamicHost, kind: str) -> None:
    unknown = {wire_name(name): UNKNOWN for name in RESOURCES[kind].examples.inputs}
    inputs, failures = host.check(kind, unknown)
    assert failures == {}
    assert {name: inputs[name] for name in unknown} == unknown
    assert host.diff(kind, "1", {}, inputs).changed


@pytest.mark.parametrize("kind", RESOURCES)
def test_an_object_that_is_gone_reads_as_gone(host: DynamicHost, kind: str) -> None:
    absent = ABSENT.get(kind, "999")
    assert host.read(kind, absent, {"somethingOfTheState": True}) == ("", {}, {})
    with pytest.raises(HostError, match="does not exist or this user cannot see it"):
        host.read(kind, absent)  # as `.get` does, which has no state


def test_one_token_serves_all_resources_and_threads(
    host: DynamicHost, emulator: Emulated, tmp_path: Path
) -> None:
    for kind in ("Workspace", "WorkspaceMember", "User"):
        life = Life(host, kind, tmp_path)
        life.make(kind, life.wire({**life.examples.inputs, **life.examples.replace}))
    assert len(emulator.tokens()) == 1


def test_a_failure_of_the_host_is_one_line_of_ours(host: DynamicHost, emulator: Emulated) -> None:
    emulator.control(
        "faults", path="/v1/api/workspaces/*", count=20, status=500, body={"msg": "out of memory"}
    )
    inputs, _ = host.check("Workspace", {"name": "fraud"})
    with pytest.raises(HostError, match="workspaces/list answered 500: out of memory") as caught:
        host.create("Workspace", inputs)
    assert "\n" not in str(caught.value)
    assert host.lines == []
