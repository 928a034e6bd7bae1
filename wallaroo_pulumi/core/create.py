"""Create exactly one object, even if the outcome of a create is unknown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from ..errors import OutcomeUnknown
from .context import Context

T = TypeVar("T")

_PAUSES: Final = (0.0, 0.5, 1.0, 2.0, 4.0)
"""Seconds to wait before each lookup of an object whose create was interrupted."""

_ATTEMPTS: Final = 3


def create_once(ctx: Context[Any], create: Callable[[], T], find: Callable[[], T | None]) -> T:
    """Call ``create``, which is not idempotent, so that exactly one object results.

    ``find`` looks up the object by its natural key, without a cache; the object did not exist before this call. If the
    response is lost, an object that ``find`` returns was created by this call. If there is none, the create is sent
    again, but only if the server can no longer be processing it. Raises OutcomeUnknown otherwise: the next `up` looks
    it up again.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return create()
        except OutcomeUnknown as unknown:
            for pause in _PAUSES if unknown.may_still_run else _PAUSES[:2]:
                ctx.sleep(pause)
                if (found := find()) is not None:
                    return found
            if unknown.may_still_run or attempt == _ATTEMPTS:
                raise
    raise AssertionError("the loop returns or raises")
