"""What the engine prints of a difference, and compares with ``replace_on_changes``: the changed paths."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pulumi.runtime.proto import provider_pb2 as proto

from ...core.diff import Difference


def detailed_diff(
    found: Difference, olds: Mapping[str, Any], news: Mapping[str, Any]
) -> dict[str, proto.PropertyDiff]:
    """Return the changed paths, such as ``engineConfig.engine.cpu``, and the kind of change of each."""
    return {
        path: proto.PropertyDiff(kind=_kind(old is None, new is None, name in found.replacing))
        for name in found.changed
        for path, old, new in _changes(name, olds.get(name), news.get(name))
    }


def _changes(path: str, old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield path, old and new value of all that differs. A list of plain values may have no order: it is one value."""
    inner = [(step, a, b) for step, a, b in _parts(old, new) if a != b]
    if not inner:
        yield path, old, new
    for step, a, b in inner:
        yield from _changes(path + step, a, b)


def _parts(old: Any, new: Any) -> list[tuple[str, Any, Any]]:
    """Return what is inside of two objects, or of two lists of as many objects: the end of its path, old and new."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return [(_step(key), old.get(key), new.get(key)) for key in {**old, **new}]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = [*zip(old, new, strict=True)]
        if all(isinstance(part, Mapping) for pair in pairs for part in pair):
            return [(f"[{index}]", *pair) for index, pair in enumerate(pairs)]
    return []


def _step(key: str) -> str:
    return f".{key}" if re.fullmatch(r"[A-Za-z_$][\w$]*", key) else f"[{json.dumps(key)}]"


def _kind(added: bool, removed: bool, replaces: bool) -> proto.PropertyDiff.Kind.ValueType:
    if added:
        return proto.PropertyDiff.ADD_REPLACE if replaces else proto.PropertyDiff.ADD
    if removed:
        return proto.PropertyDiff.DELETE_REPLACE if replaces else proto.PropertyDiff.DELETE
    return proto.PropertyDiff.UPDATE_REPLACE if replaces else proto.PropertyDiff.UPDATE
