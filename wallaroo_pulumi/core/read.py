"""Read by id, and distinguish a missing object from a failing server."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ..errors import ApiError

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
