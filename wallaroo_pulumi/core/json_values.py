"""Free JSON as the value of a property: its keys are the user's, unlike property names, which are ours."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator

from .fields import UNKNOWN

Place = tuple[str | int, ...]
"""The keys and indexes that lead to a value."""


class InvalidValue(ValueError):
    """A value inside a property that is not allowed there; ``place`` leads to it from the property."""

    def __init__(self, place: Place, reason: str) -> None:
        super().__init__(reason)
        self.place = place


def not_json(value: Any, place: Place = ()) -> Iterator[InvalidValue]:
    """Yield every part of ``value`` that JSON cannot express. UNKNOWN may be anywhere. The values are not shown."""
    match value:
        case None | bool() | int() | str():
            return
        case float():
            if not math.isfinite(value):
                yield InvalidValue(place, "NaN and Infinity are not JSON; give a finite number or text")
        case dict():
            for key, part in value.items():
                if isinstance(key, str):
                    yield from not_json(part, (*place, key))
                else:
                    yield InvalidValue(place, f"the key {key!r} must be text; put it in quotes")
        case list() | tuple():
            for index, part in enumerate(value):
                yield from not_json(part, (*place, index))
        case _:
            if value is not UNKNOWN:
                kind = type(value).__name__
                yield InvalidValue(place, f"a value of type {kind} is not JSON; give it as text, in quotes")


def _json(value: Any) -> Any:
    for problem in not_json(value):
        raise problem
    return _whole_numbers(value)


def _whole_numbers(value: Any) -> Any:
    # Pulumi's wire has one kind of number: 5432 arrives as 5432.0, which many readers do not accept as a port.
    if isinstance(value, Mapping):
        return {key: _whole_numbers(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_whole_numbers(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


JsonObject = Annotated[dict[str, Any], BeforeValidator(_json)]
"""A JSON object with keys and values as given. Keys that are null are left out, as by Pulumi."""
