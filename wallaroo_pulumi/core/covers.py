"""Compare what was asked for with what a server says it has, when the server fills in what was left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def covers(found: Any, wanted: Any) -> bool:
    """Whether ``found`` has everything that ``wanted`` says, at any depth; keys of its own do not matter.

    A key that is wanted as null, or an absent list or object wanted as an empty one, counts as left out.
    """
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(
            covers(found.get(key), value) for key, value in wanted.items() if value is not None
        )
    if isinstance(wanted, list | tuple):
        if found is None:
            return not wanted
        return (
            isinstance(found, list | tuple)
            and len(found) == len(wanted)
            and all(covers(left, right) for left, right in zip(found, wanted, strict=True))
        )
    return bool(found == wanted)
