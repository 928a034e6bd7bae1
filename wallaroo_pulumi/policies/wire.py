"""Conversion between properties as the engine sends them and as rules see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct

from ..adapters.pulumi_values import Decoder, Path


def deserialize_properties(sent: Mapping[str, Any]) -> tuple[dict[str, Any], frozenset[Path]]:
    """Return plain properties, without private ones such as ``__provider``, and the paths of secret values."""
    secrets: set[Path] = set()
    plain = Decoder(on_secret=secrets.add).properties(sent)
    return plain, frozenset(secrets)


def to_dict(struct: Any) -> dict[str, Any]:
    found: dict[str, Any] = MessageToDict(struct)
    return found


def to_struct(properties: Mapping[str, Any]) -> Any:
    struct = Struct()
    struct.update(properties)
    return struct
