"""The life of a resource's example through a host: the dynamic one, or the native plugin."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from dynamic_host import Diff
from example_files import example_files

from wallaroo_pulumi.core.names import wire_name
from wallaroo_pulumi.core.resource import Examples
from wallaroo_pulumi.resources import RESOURCES


class Host(Protocol):
    """The calls of the engine, as `DynamicHost` and `PluginHost` make them."""

    def check(
        self, kind: str, news: Mapping[str, Any], olds: Mapping[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, str]]: ...

    def diff(self, kind: str, id: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Diff: ...

    def create(self, kind: str, inputs: Mapping[str, Any]) -> tuple[str, dict[str, Any]]: ...

    def read(
        self, kind: str, id: str, state: Mapping[str, Any] | None = None
    ) -> tuple[str, dict[str, Any], dict[str, Any]]: ...

    def update(
        self, kind: str, id: str, olds: Mapping[str, Any], news: Mapping[str, Any]
    ) -> dict[str, Any]: ...

    def delete(self, kind: str, id: str, state: Mapping[str, Any]) -> None: ...


class Life:
    """Create the objects that a resource's example needs, and return its inputs with references filled in."""

    def __init__(self, host: Host, kind: str, folder: Path) -> None:
        self.host = host
        self.kind = kind
        self.values: dict[str, Any] = dict(example_files(folder))
        self.examples = RESOURCES[kind].examples
        for needed, inputs in self.examples.needs.items():
            for name, value in self.make(needed, self.wire(inputs))[1].items():
                self.values.setdefault(name, value)
                self.values[f"{needed}.{name}"] = value

    def wire(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        return {wire_name(name): self.fill(value) for name, value in inputs.items()}

    def fill(self, value: Any) -> Any:
        return Examples.resolved(value, lambda name: self.values[wire_name(name)])

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


def absent_id(kind: str) -> str:
    """An id that no object has."""
    return "/".join("999" for _ in RESOURCES[kind].id_parts or ["id"])


def without_mark(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the outputs without the private mark, which some kinds only find when they read."""
    return {key: value for key, value in outputs.items() if key != "__mark"}


def live(host: Host, later: Host, kind: str, folder: Path) -> None:
    """Create, read, update, replace and delete the example of a kind. ``later`` is the host of a later run."""
    life = Life(host, kind, folder)
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
