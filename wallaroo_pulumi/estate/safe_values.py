"""Which values may be written to an exported estate file: no secrets, no integers that Pulumi would round.

An estate is committed to a repository, so a value is treated as a secret when in doubt. No error contains a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ..core.quantities import LARGEST_INTEGER
from ..credentials import credentials

_PUBLIC: Final = re.compile(
    r"(host(name)?|server|port|database|db|db_?name|schema|catalog|warehouse|table|project(_?id)?|data_?set|bucket|"
    r"region|location|driver|dialect|engine|type)",
    re.IGNORECASE,
)
"""Keys of details that are not secret. Any other may contain a secret, whatever its name."""
_PLAIN: Final = re.compile(r"[\w.\-/]+(:\d+)?")
"""Text that is not secret under such a key. Any other may be a connection string or a URL with a password."""
_SECRET_ADDRESS: Final = re.compile(r"^\s*-.*://|://([^/\s]*@|\S*\?)")
"""The URL of a package index, or one with a user or a query: these may contain credentials."""
_CREDENTIAL: Final = re.compile(r"auth|key", re.IGNORECASE)


def is_public(key: str, value: Any) -> bool:
    """Return whether a detail of a connection is not secret, by its key and by its form."""
    plain = _PLAIN.fullmatch(value) is not None if isinstance(value, str) else isinstance(value, int | float)
    return plain and _PUBLIC.fullmatch(key) is not None and not any(credentials(value, key))


def require_no_secret(value: Any, path: str, *, plain: bool = False) -> None:
    """Raise ValueError with the path if a part of ``value`` may be a secret.

    ``plain``: anything but a plain word may be one, and anything whose key suggests a credential.
    """
    suspects = [place for place, _ in credentials(value, path)]
    for place, text in _texts(value, path):
        if _SECRET_ADDRESS.search(text) or (
            plain and not (_PLAIN.fullmatch(text) and not _CREDENTIAL.search(place))
        ):
            suspects.append(place)
    if suspects:
        raise ValueError(f"{suspects[0]} may be a secret; declare it in a program")


def require_exact(value: Any, path: str) -> None:
    """Raise ValueError for a value that Pulumi or the file cannot express: large whole numbers, invalid Unicode."""
    match value:
        case int() | float() if abs(value) > LARGEST_INTEGER:
            raise ValueError(f"{path} is a whole number beyond 2^53, which Pulumi would round")
        case str() if re.search("[\ud800-\udfff]", value):
            raise ValueError(f"{path} contains invalid Unicode")
        case Mapping():
            for key, part in value.items():
                require_exact(part, f"{path}.{key}")
        case list():
            for index, part in enumerate(value):
                require_exact(part, f"{path}[{index}]")


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield the text values in a JSON value with their paths."""
    match value:
        case str():
            yield path, value
        case Mapping():
            for key, part in value.items():
                yield from _texts(part, f"{path}.{key}")
        case list() | tuple():
            for index, part in enumerate(value):
                yield from _texts(part, f"{path}[{index}]")
