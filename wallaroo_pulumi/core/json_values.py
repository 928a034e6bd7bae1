"""Free JSON as the value of a property: whatever the user keys it by, unlike properties, whose names are ours."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator


def _whole_numbers(value: Any) -> Any:
    # Pulumi's wire knows one kind of number: 5432 arrives as 5432.0, which is no port to many a reader.
    if isinstance(value, dict):
        return {key: _whole_numbers(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_whole_numbers(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


JsonObject = Annotated[dict[str, Any], BeforeValidator(_whole_numbers)]
"""A JSON object with keys and values as given. Keys that are null are left out, as by Pulumi."""
