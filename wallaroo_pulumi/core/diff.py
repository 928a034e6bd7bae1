"""Diff: what a change of inputs would do, derived from the markers of the definition."""

from __future__ import annotations

import copy
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError, create_model

from .fields import (
    CREATE_ONLY,
    DERIVED,
    FORCES_REPLACEMENT,
    SERVER_DEFAULT,
    UNKNOWN,
    UNMANAGED_IF_NONE,
    UNORDERED,
    Properties,
)
from .names import wire_name
from .record import Record
from .resource import Resource


@dataclass(frozen=True)
class Difference:
    """Wire names of the properties that changed, and of those that force a replacement."""

    changed: tuple[str, ...]
    replacing: tuple[str, ...]
    delete_before_replace: bool = False
    records_instance: bool = False
    """Whether an update is due that records the identity of the instance."""
    replaces_instance: bool = False
    """Whether the state records another identity than the user accepts."""
    finishes: bool = False
    """Whether an update is due that waits for work which an earlier run left unfinished."""
    leaves: str = ""
    """What a replacement leaves of the old object, for the user; empty if there is none, or it deletes the object."""

    @property
    def any(self) -> bool:
        """Whether an update or a replacement is due."""
        return bool(self.changed) or self.records_instance or self.finishes


def diff(resource: Resource[Any, Any], olds: Mapping[str, Any], news: Mapping[str, Any]) -> Difference:
    """Compare the last outputs with the checked inputs. An unknown new value counts as a change."""
    changed, replacing = [], []
    for name, field in resource.inputs.model_fields.items():
        key = wire_name(name)
        # State written before this property existed: the object has its default.
        default = None if field.is_required() else field.get_default(call_default_factory=True)
        old, new = olds.get(key, default), news.get(key, default)
        markers = {*field.metadata}
        if {DERIVED, CREATE_ONLY} & markers or (new is None and SERVER_DEFAULT in markers):
            continue
        if new is None and UNMANAGED_IF_NONE in markers and _only_read(name, olds):
            continue
        if contains_unknown(new) or _differ(resource.inputs, name, old, new):
            changed.append(key)
            if FORCES_REPLACEMENT in field.metadata:
                replacing.append(key)
    return Difference(tuple(changed), tuple(replacing), resource.delete_before_replace)


def _only_read(name: str, olds: Mapping[str, Any]) -> bool:
    """Whether a program may leave out a value of the state because it never set it: that of an imported object.

    A value that the program set is a change when it no longer does, so that the state forgets it.
    """
    return bool(olds.get("adopted")) and name not in Record.of(olds).found


def contains_unknown(value: Any) -> bool:
    """Whether UNKNOWN stands anywhere in the value."""
    if isinstance(value, Mapping):
        return any(contains_unknown(v) for v in value.values())
    if isinstance(value, list | tuple):
        return any(contains_unknown(v) for v in value)
    return value is UNKNOWN


def _differ(inputs: type[Properties], name: str, old: Any, new: Any) -> bool:
    """Whether a property (Python name) changes. State may have it in a form that check makes canonical today."""
    markers = inputs.model_fields[name].metadata
    desired = _comparable(new, markers)
    if _comparable(old, markers) == desired:
        return False
    return old is None or _comparable(_canonical(inputs, name, old), markers) != desired


def _canonical(inputs: type[Properties], name: str, value: Any) -> Any:
    try:
        return _alone(inputs, name).model_validate({name: value}).to_wire()[wire_name(name)]
    except ValidationError:
        return value


@functools.cache
def _alone(inputs: type[Properties], name: str) -> type[Properties]:
    """A definition of this property alone: the others may not fit each other in outputs."""
    field = copy.copy(inputs.model_fields[name])
    fields: Any = {name: (field.annotation, field)}
    return create_model(name, __base__=Properties, **fields)


def _comparable(value: Any, markers: list[Any]) -> Any:
    if UNORDERED in markers and isinstance(value, list):
        return sorted(value, key=repr)
    return value
