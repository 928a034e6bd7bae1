"""The resources of a stack, as ``pulumi stack export --show-secrets`` returns them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..adapters.pulumi_values import Decoder, Path, kind_of
from ..core.record import RECORD_KEYS, Record
from ..resources import RESOURCES

_SEGMENT: Final = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+|\*)\]|\.?([^.\[\]]+)')

PropertyPath = Path
"""Keys and indexes; ``"*"`` is any of them."""


@dataclass(frozen=True)
class Managed:
    """A resource of the state, with secrets in plain text."""

    kind: str
    name: str
    id: str
    outputs: Mapping[str, Any]
    external: bool
    """Whether it is only read by `.get`, so that its changes are not drift of this stack."""
    ignored: tuple[PropertyPath, ...] = ()
    """The resource option `ignore_changes`."""
    given: frozenset[str] = frozenset()
    """The inputs that the program gave."""


def managed(state: Mapping[str, Any]) -> list[Managed]:
    """Return this package's resources in an exported state."""
    return [
        Managed(
            kind=kind,
            name=resource["urn"].rpartition("::")[2],
            id=resource["id"],
            outputs=Decoder().properties(resource.get("outputs", {}), RECORD_KEYS),
            external=resource.get("external", False),
            ignored=tuple(parsed_path(path) for path in resource.get("ignoreChanges") or ()),
            given=frozenset(k for k, value in (resource.get("inputs") or {}).items() if value is not None),
        )
        for kind, resource in _resources(state)
    ]


def recorded_instances(state: Mapping[str, Any]) -> set[str]:
    """Return the identities of the instances that an exported state's resources are on."""
    return {
        found
        for _, resource in _resources(state)
        if (found := Record.of(resource.get("outputs", {})).instance)
    }


def _resources(state: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the kind and the entry of this package's resources, without those that are replaced already."""
    for resource in (state.get("deployment") or {}).get("resources") or ():
        kind = kind_of(resource["type"])
        if kind and kind in RESOURCES and not resource.get("delete"):
            yield kind, resource


# --- ignore_changes ---------------------------------------------------------------------------------------


def parsed_path(path: str) -> PropertyPath:
    """Parse a property path such as ``steps[0].check``, ``details["a.b"]`` or ``engineConfig.*``."""
    return tuple(
        quoted.replace('\\"', '"') if quoted else int(index) if index.isdecimal() else index or name
        for quoted, index, name in _SEGMENT.findall(path)
    )


def with_ignored(recorded: Any, observed: Any, path: PropertyPath) -> Any:
    """Return ``observed`` with the part at ``path`` as ``recorded``: what the engine does for `ignore_changes`."""
    if not path:
        return recorded
    head, *rest = path
    if isinstance(observed, Mapping) and isinstance(recorded, Mapping):
        result = dict(observed)
        for key in {*observed, *recorded} if head == "*" else {str(head)}:
            if key in recorded:
                result[key] = with_ignored(recorded[key], observed.get(key), tuple(rest))
            elif not rest:
                result.pop(key, None)
        return result
    if isinstance(observed, list) and isinstance(recorded, list):
        if head == "*" and not rest:
            return recorded
        return [
            with_ignored(old, new, tuple(rest)) if head in ("*", index) else new
            for index, (old, new) in enumerate(zip(recorded, observed, strict=False))
        ] + observed[len(recorded) :]
    return observed
