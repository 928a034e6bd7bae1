"""Objects that two resources of one run declare, found in check, before anything is written."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import Any

from .diff import contains_unknown
from .fields import FORCES_REPLACEMENT, fields_with
from .names import wire_name
from .record import resource_name
from .resource import InvalidInput, Resource


class Declarations:
    """What the resources of one run declare. Safe for threads."""

    def __init__(self) -> None:
        self._urns: dict[str, str] = {}
        self._keys: dict[str, str] = {}
        self._lock = threading.Lock()

    def duplicates(
        self, resource: Resource[Any, Any], urn: str, inputs: Mapping[str, Any], sources: Mapping[str, Any]
    ) -> list[InvalidInput]:
        """Return what is wrong if another resource declares the same object.

        ``inputs`` are checked. ``sources`` tells what unknown values come from (wire name → any value): two inputs of
        one source are equal. A resource that is checked again, as for a replacement, declares what it declared last.
        """
        names = identifying(resource)
        key = _key(resource, names, inputs, sources)
        with self._lock:
            if (last := self._keys.pop(urn, None)) is not None:
                self._urns.pop(last, None)
            if key is None:
                return []
            other = self._urns.setdefault(key, urn)
            if other == urn:
                self._keys[urn] = key
                return []
        same = " and ".join(names) if names == resource.natural_key else "inputs"
        property = names[-1] if names == resource.natural_key else ""
        reason = f"resource {resource_name(other)!r} declares a {resource.kind} with the same {same}"
        return [InvalidInput(property, f"{reason}; declare it once and refer to it")]


def identifying(resource: Resource[Any, Any]) -> tuple[str, ...]:
    """The inputs (Python names) by which two resources declare the same object."""
    return resource.natural_key or tuple(name for name, _ in fields_with(resource.inputs, FORCES_REPLACEMENT))


def _key(
    resource: Resource[Any, Any],
    names: tuple[str, ...],
    inputs: Mapping[str, Any],
    sources: Mapping[str, Any],
) -> str | None:
    """The object's identity as text; None while it is not known."""
    parts: list[Any] = [resource.kind]
    for wire in map(wire_name, names):
        value = inputs.get(wire)
        if contains_unknown(value):
            if wire not in sources:
                return None
            value = {"source": sources[wire]}
        parts.append(value)
    return json.dumps(parts, sort_keys=True)
