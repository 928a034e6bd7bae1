"""Remove an object, even if the outcome of a removal is unknown."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import ApiError, OutcomeUnknown


def remove_once(remove: Callable[[], object], still_there: Callable[[], bool]) -> None:
    """Call ``remove``; ignore a lost response or an error if the object no longer exists.

    ``still_there`` looks it up without a cache. If the object still exists, the error of ``remove`` is raised.
    """
    try:
        remove()
    except (ApiError, OutcomeUnknown):
        if still_there():
            raise
