"""Properties in the plugin's calls: plain dictionaries, and the paths of their secret values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct

from ...core.fields import UNKNOWN
from ...core.record import RECORD_KEYS
from ..pulumi_values import Decoder, Path, Secret, encode


def read_properties(struct: Struct) -> tuple[dict[str, Any], frozenset[Path]]:
    """Return the properties of a request, with UNKNOWN for what a preview does not know, and the secret paths."""
    secrets: set[Path] = set()
    plain = Decoder(UNKNOWN, on_secret=secrets.add).properties(MessageToDict(struct), RECORD_KEYS)
    return plain, frozenset(secrets)


def write_properties(properties: Mapping[str, Any], secrets: Iterable[Path] = ()) -> Struct:
    """Return the properties as the engine reads them, with the values at these paths marked as secret.

    A path that leads nowhere marks the nearest value on its way: a canonical form may be another one than was sent.
    """
    struct = Struct()
    struct.update(encode(_parts(properties, frozenset(secrets)), UNKNOWN))
    return struct


def _marked(value: Any, secrets: Collection[Path]) -> Any:
    if not secrets or value is None:
        return value
    inner = _keys(value)
    if any(not path or path[0] not in inner for path in secrets):
        return Secret(value)
    if isinstance(value, Mapping):
        return _parts(value, secrets)
    parts = _parts(dict(enumerate(value)), secrets)
    return [parts[index] for index in range(len(value))]


def _parts(value: Mapping[Any, Any], secrets: Collection[Path]) -> dict[Any, Any]:
    below: dict[Any, list[Path]] = defaultdict(list)
    for path in secrets:
        below[path[0]].append(path[1:])
    return {key: _marked(part, below[key]) for key, part in value.items()}


def _keys(value: Any) -> Collection[Any]:
    if isinstance(value, Mapping):
        return value.keys()
    return range(len(value)) if isinstance(value, list | tuple) else ()
