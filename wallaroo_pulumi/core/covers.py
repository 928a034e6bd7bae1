"""Compare a request with a server's values, which also contain defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def covers(found: Any, wanted: Any) -> bool:
    """Return whether ``found`` contains every value of ``wanted``, at any depth; additional keys are ignored.

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
