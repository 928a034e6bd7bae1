"""What the engine prints of a difference, and compares with ``replace_on_changes``: the changed paths."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pulumi.runtime.proto import provider_pb2 as proto

from ...core.diff import Difference
from ..pulumi_values import Path


def detailed_diff(
    found: Difference, olds: Mapping[str, Any], news: Mapping[str, Any], secrets: Collection[Path] = ()
) -> dict[str, proto.PropertyDiff]:
    """Return the changed paths, such as ``engineConfig.engine.cpu``, and the kind of change of each.

    What is inside of ``secrets`` is not shown, not even the names of its keys.
    """
    return {
        _text(path): proto.PropertyDiff(kind=_kind(old is None, new is None, name in found.replacing))
        for name in found.changed
        for path, old, new in _changes((name,), olds.get(name), news.get(name), secrets)
    }


def _changes(path: Path, old: Any, new: Any, secrets: Collection[Path]) -> Iterator[tuple[Path, Any, Any]]:
    """Yield path, old and new value of all that differs. A list of plain values may have no order: it is one value."""
    parts = [] if path in secrets else _parts(old, new)
    inner = [(step, a, b) for step, a, b in parts if a != b]
    if not inner:
        yield path, old, new
    for step, a, b in inner:
        yield from _changes((*path, step), a, b, secrets)


def _parts(old: Any, new: Any) -> list[tuple[str | int, Any, Any]]:
    """Return what is inside of two objects, or of two lists of as many objects: key or index, old and new."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return [(key, old.get(key), new.get(key)) for key in {**old, **new}]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = [*zip(old, new, strict=True)]
        if all(isinstance(part, Mapping) for pair in pairs for part in pair):
            return [(index, *pair) for index, pair in enumerate(pairs)]
    return []


def _text(path: Path) -> str:
    """Return a path in Pulumi's form, which escapes nothing but quotation marks."""
    return str(path[0]) + "".join(map(_step, path[1:]))


def _step(key: str | int) -> str:
    if isinstance(key, int):
        return f"[{key}]"
    quoted = key.replace('"', '\\"')
    return f".{key}" if re.fullmatch(r"[A-Za-z_$][A-Za-z0-9_$]*", key) else f'["{quoted}"]'


def _kind(added: bool, removed: bool, replaces: bool) -> proto.PropertyDiff.Kind.ValueType:
    if added:
        return proto.PropertyDiff.ADD_REPLACE if replaces else proto.PropertyDiff.ADD
    if removed:
        return proto.PropertyDiff.DELETE_REPLACE if replaces else proto.PropertyDiff.DELETE
    return proto.PropertyDiff.UPDATE_REPLACE if replaces else proto.PropertyDiff.UPDATE
