"""Conversion between properties as the engine sends them and as rules see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from pulumi_policy import deserialize, proxy

from .rule import UNKNOWN, Path, Secret

_UNKNOWNS = frozenset(value for name, value in vars(proxy).items() if name.startswith("UNKNOWN_"))
_SIGNATURE, _SECRET = deserialize.SPECIAL_SIG_KEY, deserialize.SPECIAL_SECRET_SIG


def deserialize_properties(sent: Mapping[str, Any]) -> tuple[dict[str, Any], frozenset[Path]]:
    """Return plain properties and the paths of secret values.

    Unknown values become :data:`UNKNOWN`; private properties such as ``__provider`` are removed.
    """
    secrets: set[Path] = set()
    plain = {
        name: _plain(value, (name,), secrets) for name, value in sent.items() if not name.startswith("__")
    }
    return plain, frozenset(secrets)


def _plain(value: Any, path: Path, secrets: set[Path]) -> Any:
    if isinstance(value, dict):
        if value.get(_SIGNATURE) == _SECRET:
            secrets.add(path)
            return _plain(value["value"], path, secrets)
        return {key: _plain(part, (*path, key), secrets) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part, (*path, index), secrets) for index, part in enumerate(value)]
    return UNKNOWN if isinstance(value, str) and value in _UNKNOWNS else value


def serialize(value: Any) -> Any:
    """Return a changed property in the engine's form: the inverse of :func:`deserialize_properties`."""
    if isinstance(value, Secret):
        return {_SIGNATURE: _SECRET, "value": serialize(value.value)}
    if isinstance(value, Mapping):
        return {key: serialize(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [serialize(part) for part in value]
    return proxy.UNKNOWN_STRING_VALUE if value is UNKNOWN else value


def to_dict(struct: Any) -> dict[str, Any]:
    found: dict[str, Any] = MessageToDict(struct)
    return found


def to_struct(properties: Mapping[str, Any]) -> Any:
    struct = Struct()
    struct.update(properties)
    return struct
