"""Free JSON as a property: the user's keys and numbers, not Pulumi's."""

from __future__ import annotations

import datetime
import math
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from wallaroo_pulumi.core.check import check
from wallaroo_pulumi.core.fields import UNKNOWN
from wallaroo_pulumi.core.json_values import JsonObject, not_json
from wallaroo_pulumi.resources import RESOURCES

pytestmark = pytest.mark.sdk_range

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


@pytest.mark.parametrize(
    ("value", "place", "reason"),
    [
        (
            {"a": [1, {"b": math.nan}]},
            ("a", 1, "b"),
            "NaN and Infinity are not JSON; give a finite number or text",
        ),
        ({"a": -math.inf}, ("a",), "NaN and Infinity are not JSON; give a finite number or text"),
        ({"a": {8080: "http"}}, ("a",), "the key 8080 must be text; put it in quotes"),
        ({"a": {None: 1}}, ("a",), "the key None must be text; put it in quotes"),
        (
            {"a": datetime.date(2024, 1, 1)},
            ("a",),
            "a value of type date is not JSON; give it as text, in quotes",
        ),
        ({"a": b"hush"}, ("a",), "a value of type bytes is not JSON; give it as text, in quotes"),
        ({"a": [{1, 2}]}, ("a", 0), "a value of type set is not JSON; give it as text, in quotes"),
    ],
)
def test_what_is_not_json_is_refused_with_its_place(value: Any, place: tuple[Any, ...], reason: str) -> None:
    (problem,) = not_json(value)
    assert (problem.place, str(problem)) == (place, reason)
    with pytest.raises(ValidationError, match=r"JSON|must be text"):
        ADAPTER.validate_python(value)


def test_every_problem_is_found() -> None:
    assert len(list(not_json({"a": math.nan, "b": {1: 2, 3: 4}, "c": [b"x"]}))) == 4


def test_a_check_fails_at_the_place_inside_the_property() -> None:
    inputs = {"name": "c", "type": "t", "details": {"a": [1.0, math.nan]}}
    (failure,) = check(RESOURCES["Connection"], inputs, {})[1]
    assert failure.property == "", "Pulumi would print the value of a secret"
    assert failure.reason == "details.a[1]: NaN and Infinity are not JSON; give a finite number or text"
