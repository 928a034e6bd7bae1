"""Free JSON as a property: the user's keys and numbers, not Pulumi's."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from wallaroo_pulumi.core.fields import UNKNOWN
from wallaroo_pulumi.core.json_values import JsonObject

ADAPTER: TypeAdapter[dict[str, Any]] = TypeAdapter(JsonObject)


def test_keys_stay_and_whole_numbers_are_whole() -> None:
    given = {"user_name": {"camelCase": [1.0, 2.5, {"x_y": 3.0}]}, "on": True, "none": None}
    found = ADAPTER.validate_python(given)
    assert repr(found) == "{'user_name': {'camelCase': [1, 2.5, {'x_y': 3}]}, 'on': True, 'none': None}"


def test_unknown_values_stay_unknown() -> None:
    assert ADAPTER.validate_python({"a": [UNKNOWN], "b": UNKNOWN}) == {"a": [UNKNOWN], "b": UNKNOWN}


def test_what_is_no_object_is_refused() -> None:
    with pytest.raises(ValidationError):
        ADAPTER.validate_python([1])
