"""The kinds of changes that the engine prints."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.runtime.proto.provider_pb2 import PropertyDiff

from wallaroo_pulumi.adapters.plugin.detailed_diff import detailed_diff
from wallaroo_pulumi.core.diff import Difference
from wallaroo_pulumi.core.fields import UNKNOWN


def test_each_changed_property_is_added_removed_or_updated_and_replaces_or_not() -> None:
    olds = {"a": 1, "b": 1, "c": None, "d": 1, "e": 1, "same": 1}
    news = {"a": 2, "b": 2, "c": 2, "d": None, "same": 1, "f": 1}
    found = Difference(("a", "b", "c", "d", "e", "f"), ("b", "e", "f"))
    kinds = {name: PropertyDiff.Kind.Name(of.kind) for name, of in detailed_diff(found, olds, news).items()}
    assert kinds == {
        "a": "UPDATE",
        "b": "UPDATE_REPLACE",
        "c": "ADD",
        "d": "DELETE",
        "e": "DELETE_REPLACE",
        "f": "ADD_REPLACE",
    }


def test_the_keys_of_a_secret_are_not_shown() -> None:
    olds, news = {"p": {"open": 1, "hidden": {"key": 1}}}, {"p": {"open": 2, "hidden": {"key": 2}}}
    found = Difference(("p",), ())
    assert set(detailed_diff(found, olds, news, {("p", "hidden")})) == {"p.open", "p.hidden"}
    assert set(detailed_diff(found, olds, news, {("p",)})) == {"p"}


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ({"engine": {"cpu": 1, "arch": "x86"}}, {"engine": {"cpu": 2, "arch": "x86"}}, {"p.engine.cpu": "UPDATE"}),
        ({"engine": {"cpu": 1}}, {"engine": {"gpu": 1}}, {"p.engine.cpu": "DELETE", "p.engine.gpu": "ADD"}),
        ({"engine": {"cpu": 1}}, None, {"p": "DELETE"}),
        ({"engine": {"cpu": 1}}, {"engine": None}, {"p.engine": "DELETE"}),
        ({"engine": {"cpu": 1}}, UNKNOWN, {"p": "UPDATE"}),
        ([{"a": {"name": "m"}}, {"b": 1}], [{"a": {"name": "n"}}, {"b": 1}], {"p[0].a.name": "UPDATE"}),
        ([{"a": 1}], [{"a": 1}, {"b": 1}], {"p": "UPDATE"}),
        ([1, 2], [2, 3], {"p": "UPDATE"}),
        ({"nvidia.com/gpu": 1, 'a"b': 1}, {"nvidia.com/gpu": 2, 'a"b': 2},
         {'p["nvidia.com/gpu"]': "UPDATE", 'p["a\\"b"]': "UPDATE"}),
        ({"größe": 1, "a\\b": 1}, {"größe": 2, "a\\b": 2}, {'p["größe"]': "UPDATE", 'p["a\\b"]': "UPDATE"}),
        # The difference is in what stands for a missing value.
        ({"key": None}, {}, {"p": "UPDATE"}),
    ],
)  # fmt: skip
def test_a_change_inside_of_a_property_has_its_path(old: Any, new: Any, changes: dict[str, str]) -> None:
    found = detailed_diff(Difference(("p",), ()), {"p": old}, {"p": new})
    assert {path: PropertyDiff.Kind.Name(of.kind) for path, of in found.items()} == changes
