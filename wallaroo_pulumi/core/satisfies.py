"""Compare a request with a server's values, which also contain defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def satisfies(observed: Any, desired: Any) -> bool:
    """Return whether ``observed`` contains every value of ``desired``, at any depth; additional keys are ignored.

    A key whose desired value is null, or an absent list or object whose desired value is empty, counts as left out.
    """
    if isinstance(desired, Mapping):
        return isinstance(observed, Mapping) and all(
            satisfies(observed.get(key), value) for key, value in desired.items() if value is not None
        )
    if isinstance(desired, list | tuple):
        if observed is None:
            return not desired
        return (
            isinstance(observed, list | tuple)
            and len(observed) == len(desired)
            and all(satisfies(left, right) for left, right in zip(observed, desired, strict=True))
        )
    return bool(observed == desired)
