"""Wait for background work of the instance: converting a model, starting engines, packaging, killing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from ..errors import Interrupted, TimedOut
from .context import Context

T = TypeVar("T")

_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 5.0
"""Seconds between two polls: short at first, then as long as in the vendor's SDK."""
_GROWTH: Final = 1.5
_BETWEEN_LINES: Final = 10.0
"""The least seconds between two progress messages."""


@dataclass(frozen=True)
class Done(Generic[T]):
    """The result of a wait."""

    value: T


def uploading(ctx: Context[Any], what: str, size: int) -> Callable[[int], None]:
    """Return a callback that receives the bytes sent so far of ``size`` and reports the progress.

    The callback raises Interrupted when the run is cancelled.
    """
    reported_at = ctx.clock()

    def sent(so_far: int) -> None:
        nonlocal reported_at
        share = f"{so_far / max(size, 1):.0%}"
        if ctx.cancelled() and so_far < size:
            raise Interrupted(
                f"{what}: the run was interrupted after {share} of the upload; the next run starts it again"
            )
        if ctx.clock() - reported_at >= _BETWEEN_LINES:
            reported_at = ctx.clock()
            ctx.report_progress(f"{what}: {share} uploaded")

    return sent


def wait(
    ctx: Context[Any],
    what: str,
    poll: Callable[[], str | Done[T]],
    *,
    timeout: float,
    remedy: str,
) -> T:
    """Call ``poll`` until it returns Done, and report when the status changes.

    ``poll`` returns the status so far, or Done; it raises when the work has failed. ``what`` names the object
    in every line. Raises TimedOut after ``timeout`` seconds, or at the deadline of the call if it has
    one, with the last status and the ``remedy``, and Interrupted when the run is cancelled.
    """
    begun, timeout = ctx.clock(), ctx.timeout(timeout)
    pause = _FIRST_PAUSE
    reported, reported_at = "", begun - _BETWEEN_LINES
    while isinstance(found := poll(), str):
        now = ctx.clock()
        if now - begun >= timeout:
            raise TimedOut(f"{what} is still {found} after {round(timeout, 1):g} s; {remedy}")
        if found != reported and now - reported_at >= _BETWEEN_LINES:
            ctx.report_progress(f"{what}: {found}")
            reported, reported_at = found, now
        ctx.sleep(min(pause, begun + timeout - now))
        if ctx.cancelled():
            raise Interrupted(f"{what} is still {found}, and the run was interrupted; the next one goes on")
        pause = min(pause * _GROWTH, _LONGEST_PAUSE)
    return found.value
