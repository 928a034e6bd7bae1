"""What may stand in a file that everybody reads, and that Pulumi reads again: no secret, no number that it cannot tell.

An estate is committed to a repository, so in doubt a value is a secret. Nothing here puts a value into an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ..policies.credentials import credentials

_HARMLESS: Final = re.compile(
    r"(host(name)?|server|port|database|db|db_?name|schema|catalog|warehouse|table|project(_?id)?|data_?set|bucket|"
    r"region|location|driver|dialect|engine|type)",
    re.IGNORECASE,
)
"""Keys of details that may be read by everybody. Any other may hold a secret, whatever it is called."""
_PLAIN: Final = re.compile(r"[\w.\-/]+(:\d+)?")
"""Texts that may stand under them. Any other may be a connection string or an address with a password in it."""
_SECRET_ADDRESS: Final = re.compile(r"^\s*-.*://|://([^/\s]*@|\S*\?)")
"""The address of a package index, or one with a user or a query: where its reader proves who he is."""
_OPENS: Final = re.compile(r"auth|key", re.IGNORECASE)


def may_be_read(key: str, value: Any) -> bool:
    """Whether a detail of a connection is harmless, by its key and by its form."""
    plain = _PLAIN.fullmatch(value) is not None if isinstance(value, str) else isinstance(value, int | float)
    return plain and _HARMLESS.fullmatch(key) is not None and not any(credentials(value, key))


def require_no_secret(value: Any, path: str, *, plain: bool = False) -> None:
    """Raises ValueError when a part of ``value`` may be a secret, with its path and never the value itself.

    ``plain``: whatever is no plain text may be one, and whatever is named like what opens something.
    """
    suspects = [place for place, _ in credentials(value, path)]
    for place, text in _texts(value, path):
        if _SECRET_ADDRESS.search(text) or (
            plain and not (_PLAIN.fullmatch(text) and not _OPENS.search(place))
        ):
            suspects.append(place)
    if suspects:
        raise ValueError(f"{suspects[0]} may hold a secret, which is not written; declare it in a program")


def require_exact(value: Any, path: str) -> None:
    """Raises ValueError for a whole number that is another on Pulumi's wire, which knows floats only."""
    match value:
        case int() if abs(value) > 2**53:
            raise ValueError(f"{path} is a number beyond 2^53, which Pulumi cannot tell exactly")
        case Mapping():
            for key, part in value.items():
                require_exact(part, f"{path}.{key}")
        case list():
            for index, part in enumerate(value):
                require_exact(part, f"{path}[{index}]")


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """The texts in a JSON value, each with its path."""
    match value:
        case str():
            yield path, value
        case Mapping():
            for key, part in value.items():
                yield from _texts(part, f"{path}.{key}")
        case list() | tuple():
            for index, part in enumerate(value):
                yield from _texts(part, f"{path}[{index}]")
