"""Private data of a resource in the state, with keys that Pulumi does not display."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from .fields import UNKNOWN
from .names import wire_name

INSTANCE_KEY: Final = "__instance"
MARK_KEY: Final = "__mark"
FOUND_KEY: Final = "__found"
UNFINISHED_KEY: Final = "__unfinished"
RECORD_KEYS: Final = (INSTANCE_KEY, MARK_KEY, FOUND_KEY, UNFINISHED_KEY)


@dataclass(frozen=True)
class Record:
    """The private part of a resource's outputs."""

    instance: str | None = None
    """The identity of the instance that the object is on; None in state of version 0.1 and before."""
    mark: str | None = None
    """What distinguishes the object from a later one with the same id, if the outputs do not: usually a UUID."""
    found: Mapping[str, Any] = field(default_factory=dict)
    """The original values of an adopted object that the stack may have changed, which leaving it restores."""
    unfinished: bool = False
    """Whether the create ended before the object's background work did."""

    @classmethod
    def of(cls, outputs: Mapping[str, Any]) -> Record:
        """Read the record from the outputs in the state."""
        return cls(
            outputs.get(INSTANCE_KEY),
            outputs.get(MARK_KEY),
            outputs.get(FOUND_KEY) or {},
            bool(outputs.get(UNFINISHED_KEY)),
        )

    def noting(
        self, outputs: Mapping[str, Any], now: Mapping[str, Any], desired: Mapping[str, Any] | None = None
    ) -> Record:
        """The record in view of the object's present values: those that others have given it since count as found.

        ``outputs`` are the state's. A value that differs from them was not set by this stack, so leaving the object
        must not take it back. ``desired`` values may come from an update of this stack that failed half-way.
        """
        ours = desired or {}
        theirs = {
            name: value
            for name, value in now.items()
            if name in self.found
            and outputs.get(wire_name(name)) not in (value, UNKNOWN)
            and not (wire_name(name) in ours and ours[wire_name(name)] == value)
        }
        return dataclasses.replace(self, found={**self.found, **theirs})

    def to_wire(self) -> dict[str, Any]:
        """Return the private keys that have a value."""
        values = {
            INSTANCE_KEY: self.instance,
            MARK_KEY: self.mark,
            FOUND_KEY: dict(self.found),
            UNFINISHED_KEY: self.unfinished,
        }
        return {key: value for key, value in values.items() if value}


@dataclass(frozen=True)
class StackEntry:
    """A resource of this package in the stack's state."""

    urn: str
    kind: str
    id: str
    outputs: Mapping[str, Any] = field(repr=False)
    """UNKNOWN in place of secrets."""
    pending_delete: bool = False
    """Whether it was replaced and its object is not deleted yet."""
    needed: bool = False
    """Whether another resource of the stack depends on it."""

    @property
    def adopted(self) -> bool:
        return bool(self.outputs.get("adopted"))


def resource_name(urn: str) -> str:
    """Return the logical name at the end of a URN."""
    return urn.rpartition("::")[2]
