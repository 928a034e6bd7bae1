"""Wait for background work of the instance: converting a model, starting engines, packaging, killing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from ..errors import ObjectError
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
    """To be told the bytes sent so far of ``size``: tells the user how far it is, and ends with a cancelled run.

    Raises ObjectError then.
    """
    told_at = ctx.clock()

    def sent(so_far: int) -> None:
        nonlocal told_at
        share = f"{so_far / max(size, 1):.0%}"
        if ctx.cancelled() and so_far < size:
            raise ObjectError(
                f"{what}: the run was interrupted after {share} of the upload; the next run starts it again"
            )
        if ctx.clock() - told_at >= _BETWEEN_LINES:
            told_at = ctx.clock()
            ctx.report(f"{what}: {share} uploaded")

    return sent


def wait(
    ctx: Context[Any],
    what: str,
    look: Callable[[], str | Done[T]],
    *,
    timeout: float,
    remedy: str,
) -> T:
    """Call ``look`` until it settles, and tell the user when the status changes.

    ``look`` returns the status so far, or the end; it raises when the work has failed. ``what`` names the object
    in every line. Raises ObjectError after ``timeout`` seconds, with the last status and the ``remedy``, and at once
    when the run is cancelled.
    """
    begun = ctx.clock()
    pause = _FIRST_PAUSE
    told, told_at = "", begun - _BETWEEN_LINES
    while isinstance(found := look(), str):
        now = ctx.clock()
        if now - begun >= timeout:
            raise ObjectError(f"{what} is still {found} after {timeout:g} s; {remedy}")
        if found != told and now - told_at >= _BETWEEN_LINES:
            ctx.report(f"{what}: {found}")
            told, told_at = found, now
        ctx.sleep(min(pause, begun + timeout - now))
        if ctx.cancelled():
            raise ObjectError(f"{what} is still {found}, and the run was interrupted; the next one goes on")
        pause = min(pause * _GROWTH, _LONGEST_PAUSE)
    return found.value
