"""Create without twins: what to do when nobody knows whether a create was carried out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from ..errors import OutcomeUnknown
from .context import Context

T = TypeVar("T")

_LOOKS: Final = (0.0, 0.5, 1.0, 2.0, 4.0)
"""Seconds to wait before each look for an object whose create was cut off."""

_ATTEMPTS: Final = 3


def create_once(ctx: Context[Any], create: Callable[[], T], find: Callable[[], T | None]) -> T:
    """Call ``create``, which is not idempotent, so that exactly one object results.

    ``find`` looks the object up afresh by its natural key; it was absent before this call. When a reply is lost,
    what ``find`` then sees is this call's own work. When nothing is seen, the create is sent again, but only if
    the server cannot be at work on it any more. Raises OutcomeUnknown otherwise: the next `up` looks again.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return create()
        except OutcomeUnknown as unknown:
            for pause in _LOOKS if unknown.may_still_run else _LOOKS[:2]:
                ctx.sleep(pause)
                if (found := find()) is not None:
                    return found
            if unknown.may_still_run or attempt == _ATTEMPTS:
                raise
    raise AssertionError("the loop returns or raises")
