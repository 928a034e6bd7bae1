"""Read, and distinguish a missing object from a failing server and from a listing that lost everything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from ..errors import ApiError, InconsistentError

T = TypeVar("T")

_MAY_MEAN_ABSENT = (400, 404, 500)
"""The status for an id that does not exist differs from call to call (docs/internals/mlops-api.md#errors)."""


def read_by_id(get: Callable[[], T], listed: Callable[[], bool]) -> T | None:
    """What ``get`` answers; None when it is refused and the object's listing, which answers, lacks it.

    Raises what ``get`` raised when the listing has the object.
    """
    try:
        return get()
    except ApiError as error:
        if not error.answered(*_MAY_MEAN_ABSENT) or listed():
            raise
        return None


def find_listed(
    what: str,
    find: Callable[[bool], T | None],
    listing: Callable[[], Sequence[object]],
    exists: Callable[[], bool] = lambda: False,
    *,
    fresh: bool = False,
) -> T | None:
    """What ``find`` returns of a listing that the state says contains it; None when the object is absent.

    An empty listing alone is no proof. It is confirmed by ``exists``, a call about this object where the API has one,
    and by the listing, requested once more. ``find`` takes whether to request it. Raises InconsistentError if the
    two contradict each other.
    """
    found = find(fresh)
    if found is not None or listing():
        return found
    there = exists()
    found = find(True)
    if found is None and there:
        raise InconsistentError(
            f"{what} exists, but the instance does not list it; try again, and if the error persists, ask the "
            "instance's administrator"
        )
    return found
