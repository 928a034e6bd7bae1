"""One shared list per key, such as a workspace."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

from .listing import SharedListing

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class SharedListings(Generic[K, T]):
    """The lists of a call with a filter. ``fetch`` makes the call for one key."""

    def __init__(self, fetch: Callable[[K], Sequence[T]]) -> None:
        self._fetch = fetch
        self._listings: dict[K, SharedListing[T]] = {}
        self._lock = threading.Lock()

    def of(self, key: K) -> SharedListing[T]:
        """Return the list of this key, created on first use."""
        with self._lock:
            return self._listings.setdefault(key, SharedListing(lambda: self._fetch(key)))

    def forget(self) -> None:
        """Drop all copies after a write that may affect several of them."""
        with self._lock:
            listings = list(self._listings.values())
        for listing in listings:
            listing.forget()
