"""The resources of a stack, as ``pulumi stack export --show-secrets`` returns them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..core.record import Record
from ..resources import RESOURCES

TYPE: Final = "pulumi-python:dynamic/wallaroo:"
"""The prefix of this package's type tokens."""
_PROVIDER_KEY: Final = "__provider"
_SECRET: Final = "4dabf18193072939515e22adb298388d"  # noqa: S105 - a marker
"""The key that marks a secret in the state (pulumi/sdk/go/common/resource/sig)."""
_SEGMENT: Final = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+|\*)\]|\.?([^.\[\]]+)')

PropertyPath = tuple[str | int, ...]
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


def managed(state: Mapping[str, Any]) -> list[Managed]:
    """Return this package's resources in an exported state."""
    return [
        Managed(
            kind=resource["type"].removeprefix(TYPE),
            name=resource["urn"].rpartition("::")[2],
            id=resource["id"],
            outputs={k: _plain(v) for k, v in resource.get("outputs", {}).items() if k != _PROVIDER_KEY},
            external=resource.get("external", False),
            ignored=tuple(parsed_path(path) for path in resource.get("ignoreChanges") or ()),
        )
        for resource in _resources(state)
    ]


def recorded_instances(state: Mapping[str, Any]) -> set[str]:
    """Return the identities of the instances that an exported state's resources are on."""
    return {
        found for resource in _resources(state) if (found := Record.of(resource.get("outputs", {})).instance)
    }


def _resources(state: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """This package's resources, without those that are replaced already."""
    return [
        resource
        for resource in (state.get("deployment") or {}).get("resources") or ()
        if resource["type"].startswith(TYPE) and not resource.get("delete")
        if resource["type"].removeprefix(TYPE) in RESOURCES
    ]


def _plain(value: Any) -> Any:
    """A value of the state, without the wrapping of its secrets."""
    if isinstance(value, Mapping):
        if _SECRET in value:
            return json.loads(value["plaintext"])
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


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
