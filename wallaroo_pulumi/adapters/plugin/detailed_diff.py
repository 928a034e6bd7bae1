"""What the engine prints of a difference: for each property, what happens to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi.runtime.proto import provider_pb2 as proto

from ...core.diff import Difference


def detailed_diff(
    found: Difference, olds: Mapping[str, Any], news: Mapping[str, Any]
) -> dict[str, proto.PropertyDiff]:
    """Return the kind of change of each changed property. The engine looks for nested changes itself."""
    return {
        name: proto.PropertyDiff(
            kind=_kind(olds.get(name) is None, news.get(name) is None, name in found.replacing)
        )
        for name in found.changed
    }


def _kind(added: bool, removed: bool, replaces: bool) -> proto.PropertyDiff.Kind.ValueType:
    if added:
        return proto.PropertyDiff.ADD_REPLACE if replaces else proto.PropertyDiff.ADD
    if removed:
        return proto.PropertyDiff.DELETE_REPLACE if replaces else proto.PropertyDiff.DELETE
    return proto.PropertyDiff.UPDATE_REPLACE if replaces else proto.PropertyDiff.UPDATE
