"""A listing that many threads share, since the API has no read by id: one fetch serves all who wait for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")
D = TypeVar("D")


class _Flight(Future[tuple[T, ...]], Generic[T]):
    """A fetch under way."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class SharedListing(Generic[T]):
    """The elements of one listing call, kept for ``max_age`` seconds and never older than this process's last write.

    ``fetch`` makes the call. No lock is held while it runs; whoever asks meanwhile waits for the same answer, or the
    same error. ``clock`` gives monotonic seconds.
    """

    def __init__(
        self,
        fetch: Callable[[], Sequence[T]],
        clock: Callable[[], float] = time.monotonic,
        max_age: float = 30.0,
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._max_age = max_age
        self._lock = threading.Lock()
        self._items: tuple[T, ...] | None = None
        self._fetched_at = 0.0
        self._number = 0  # of the fetch that brought the items
        self._begun = 0  # fetches so far
        self._flight: _Flight[T] | None = None  # the one to join; none that may have missed a write
        self._latest: _Flight[T] | None = None  # the last that began, also when it may have missed a write

    def items(self) -> tuple[T, ...]:
        """The elements, from the last fetch when it is young enough. Raises what ``fetch`` raises."""
        with self._lock:
            if self._items is not None and self._clock() - self._fetched_at < self._max_age:
                return self._items
            flight, mine = self._join_or_begin()
        return self._land(flight) if mine else flight.result()

    def fresh(self) -> tuple[T, ...]:
        """The elements, from a fetch that begins after this call. Raises what ``fetch`` raises."""
        with self._lock:
            running = self._latest
            earlier = self._begun
        if running is not None:
            # It began before this call: let it land, then look again. So many writers who each want to see what
            # they wrote share a few fetches, instead of sending one each at the same time.
            running.exception()
        with self._lock:
            # Those who waited for the same landing share the next flight, also when it has landed meanwhile.
            if self._items is not None and self._number > earlier:
                return self._items
            flight, mine = self._join_or_begin()
        return self._land(flight) if mine else flight.result()

    def amend(self, change: Callable[[list[T]], list[T]]) -> None:
        """Apply this process's own write to the copy; a fetch that is under way may have missed it and is not kept."""
        with self._lock:
            self._flight = None
            if self._items is not None:
                self._items = tuple(change(list(self._items)))

    def forget(self) -> None:
        """Drop the copy after a write whose effect is not known in full."""
        with self._lock:
            self._flight = self._items = None

    def _join_or_begin(self) -> tuple[_Flight[T], bool]:
        """The flight to wait for, and whether the caller is the one to fly it. Called with the lock held."""
        if self._flight is not None:
            return self._flight, False
        self._begun += 1
        self._flight = self._latest = _Flight(self._begun)
        return self._flight, True

    def _land(self, flight: _Flight[T]) -> tuple[T, ...]:
        begun = self._clock()
        try:
            items = tuple(self._fetch())
        except BaseException as error:
            with self._lock:
                if self._flight is flight:
                    self._flight = None
            flight.set_exception(error)
            raise
        with self._lock:
            if self._flight is flight:  # no write since it began
                self._flight = None
                self._items, self._fetched_at, self._number = items, begun, flight.number
        flight.set_result(items)
        return items


class Derived(Generic[T, D]):
    """What follows from a listing, an index say: computed once for each copy of it, not for each look at it."""

    def __init__(self, derive: Callable[[tuple[T, ...]], D]) -> None:
        self._derive = derive
        self._last: tuple[tuple[T, ...], D] | None = None

    def of(self, items: tuple[T, ...]) -> D:
        """What ``derive`` makes of ``items``, which a :class:`SharedListing` gave."""
        last = self._last  # another thread may replace it
        if last is None or last[0] is not items:
            last = self._last = (items, self._derive(items))
        return last[1]
