"""Remove without guessing: what to do when nobody knows whether a removal was carried out."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import ApiError, OutcomeUnknown


def remove_once(remove: Callable[[], object], still_there: Callable[[], bool]) -> None:
    """Call ``remove``; a lost reply or a refusal is no failure when the object is gone all the same.

    ``still_there`` looks afresh. Raises what ``remove`` raised when the object is there after it.
    """
    try:
        remove()
    except (ApiError, OutcomeUnknown):
        if still_there():
            raise
