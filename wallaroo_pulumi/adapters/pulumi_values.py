"""Pulumi's encoding of property values and type tokens, in calls, state files and policies. Standard library only.

A preview sends a marker in place of a value that it does not know yet, one marker for each type of value. A secret is
an object with a signature: it contains the value where the engine sends it decrypted, its JSON as ``plaintext`` in a
state exported with ``--show-secrets``, and only ``ciphertext`` in other exports. Source: pulumi/sdk/go/common/resource
(``sig``, ``plugin/rpc.go``); a test compares the constants with those of the Python SDK.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
"""The key of an encoded object whose value says what it encodes."""
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a marker
"""The signature of a secret."""
UNKNOWN_TEXT: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""The marker for an unknown value of any type when a program or provider sends it."""
UNKNOWNS: Final = frozenset(
    {
        UNKNOWN_TEXT,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # bool
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # list
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)

Path = tuple[str | int, ...]
"""Keys and indexes that lead to a value."""

DYNAMIC: Final = "pulumi-python:dynamic/wallaroo:"
NATIVE: Final = "wallaroo:index:"
"""What type tokens begin with, before the kind."""
COMPONENTS: Final = frozenset({"ServedModel", "Team"})
"""Types of the package that are components (``components.py``), not kinds of objects."""

SOURCES_KEY: Final = "__sources"
"""The input of Python programs that tells check, in a preview, which inputs come from the same Output (wire name → any
value); never stored."""

_TYPE: Final = re.compile(rf"(?:{DYNAMIC}|{NATIVE}|wallaroo:index/\w+:)(\w+)")


@cache
def kind_of(type_token: str) -> str | None:
    """Return the kind of a Wallaroo resource type, dynamic or native (``Workspace``), or None for other types."""
    found = _TYPE.fullmatch(type_token)
    return found[1] if found and found[1] not in COMPONENTS else None


class Unknown:
    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()
"""A value that is not known: not yet in a preview, or encrypted in a state file."""


@dataclass(frozen=True)
class Secret:
    """A value to encode as a secret."""

    value: Any


def _ignore(_path: Path) -> None:
    pass


@dataclass(frozen=True)
class Decoder:
    """Decodes values."""

    unknown: Any = UNKNOWN
    """What to return for unknown values."""
    unknown_types: tuple[type, ...] = ()
    """Types of objects that stand for unknown values, beside the markers."""
    on_secret: Callable[[Path], None] = _ignore
    """Called with the path of each secret."""

    def properties(self, sent: Mapping[str, Any], private: Collection[str] = ()) -> dict[str, Any]:
        """Decode properties. Private ones, which begin with ``__``, are removed, except those listed."""
        return {
            name: self.value(value, (name,))
            for name, value in sent.items()
            if not name.startswith("__") or name in private
        }

    def value(self, value: Any, path: Path = ()) -> Any:
        # The most frequent types first: the checks for a Mapping take longer.
        if isinstance(value, str):
            return self.unknown if value in UNKNOWNS else value
        if value is None or isinstance(value, bool | float | int):
            return value
        if isinstance(value, Mapping):
            if value.get(SIGNATURE) == SECRET:
                self.on_secret(path)
                return self._secret(value, path)
            return {key: self.value(part, (*path, key)) for key, part in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(part, (*path, index)) for index, part in enumerate(value)]
        return self.unknown if isinstance(value, self.unknown_types) else value

    def _secret(self, secret: Mapping[str, Any], path: Path) -> Any:
        if "value" in secret:
            return self.value(secret["value"], path)
        return json.loads(secret["plaintext"]) if "plaintext" in secret else self.unknown


def encode(value: Any, unknown: Any = UNKNOWN) -> Any:
    """Encode a value: the inverse of :meth:`Decoder.value`, with :class:`Secret` for what becomes secret."""
    if value is unknown:
        return UNKNOWN_TEXT
    if isinstance(value, Secret):
        return {SIGNATURE: SECRET, "value": encode(value.value, unknown)}
    if isinstance(value, Mapping):
        return {key: encode(part, unknown) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [encode(part, unknown) for part in value]
    return value
