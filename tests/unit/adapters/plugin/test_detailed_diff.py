"""The kinds of changes that the engine prints."""

from __future__ import annotations

from pulumi.runtime.proto.provider_pb2 import PropertyDiff

from wallaroo_pulumi.adapters.plugin.detailed_diff import detailed_diff
from wallaroo_pulumi.core.diff import Difference


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
