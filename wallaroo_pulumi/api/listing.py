"""A list that threads share, because the API has no read by id: one request serves all waiting threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
D = TypeVar("D")
F = TypeVar("F")

_GATHERING = 0.1
"""The most seconds that a fetch waits for running writes whose threads read the list afterwards."""


class _Flight(Future[tuple[T, ...]], Generic[T]):
    """A fetch that at least one thread waits for."""

    number: int | None = None
    """Its number among the fetches; None until it starts, while threads that need fresh data can still join."""
    writes = 0
    """The number of this process's writes before it started; it may miss later ones."""

    @property
    def failed(self) -> bool:
        return self.done() and self.exception() is not None


@dataclass
class Write:
    """A write whose thread reads the list afterwards; created by :meth:`SharedListing.writing`."""

    ended_at: int = 0
    """The number of fetches that had started when it ended; every later fetch contains it."""


class SharedListing(Generic[T]):
    """The elements of one list call, cached for ``max_age`` seconds and never older than this process's last write.

    ``fetch`` makes the call. No lock is held while it runs; threads that ask in the meantime wait for the same result
    or error. ``clock`` returns monotonic seconds.
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
        self._changed = threading.Condition()
        self._items: tuple[T, ...] | None = None
        self._fetched_at = 0.0
        self._number = 0  # of the fetch that returned the items
        self._begun = 0  # fetches so far
        self._writes = 0  # by this process so far
        self._under_way = 0  # running writes whose threads will read
        self._flight: _Flight[T] | None = None  # the latest

    def look_up(self, search: Callable[[tuple[T, ...]], F | None]) -> F | None:
        """Return what ``search`` finds in the cached elements, or else in a fresh fetch of them.

        For objects that an input refers to: another process may have created them since the last fetch.
        """
        found = search(self.items())
        return search(self.fresh()) if found is None else found

    def items(self, *, fresh: bool = False) -> tuple[T, ...]:
        """Return the elements, cached if recent enough and not ``fresh``. Raises the exceptions of ``fetch``."""
        if fresh:
            return self.fresh()
        with self._changed:
            if self._items is not None and self._clock() - self._fetched_at < self._max_age:
                return self._items
            flight, mine = self._join_or_begin(
                lambda flight: not flight.done() and flight.writes == self._writes
            )
        return self._land(flight) if mine else flight.result()

    def fresh(self, after: Write | None = None) -> tuple[T, ...]:
        """Return the elements of a fetch that starts after this call or write. Raises the exceptions of ``fetch``."""
        with self._changed:
            earlier = self._begun if after is None else after.ended_at
            running = self._flight
        if running is not None and running.number is not None and running.number <= earlier:
            # It started too early: wait for its end, then fetch again. Many writers, each of which reads its own
            # write, thus share a few fetches instead of sending one each at the same time.
            running.exception()
        with self._changed:
            # Threads that waited for the same fetch share the next one, even if it has already ended.
            if self._items is not None and self._number > earlier:
                return self._items  # including later amendments
            flight, mine = self._join_or_begin(
                lambda flight: (flight.number or 0) > earlier and not flight.failed
            )
        return self._land(flight) if mine else flight.result()

    @contextmanager
    def writing(self) -> Iterator[Write]:
        """Mark a write whose thread passes it to :meth:`fresh`. Fetches wait briefly for its end before they start.

        A create returns only the id; the list contains the rest. Concurrent creates thus share one fetch instead of
        sending one each. A fetch takes longer the more objects exist.
        """
        write = Write()
        with self._changed:
            self._under_way += 1
        try:
            yield write
        finally:
            with self._changed:
                self._under_way -= 1
                write.ended_at = self._begun
                self._changed.notify_all()

    def amend(self, change: Callable[[list[T]], list[T]]) -> None:
        """Apply this process's own write to the copy. A running fetch may miss it, so its result is not cached."""
        with self._changed:
            self._writes += 1
            if self._items is not None:
                self._items = tuple(change(list(self._items)))

    def forget(self) -> None:
        """Drop the copy after a write whose effect is not fully known."""
        with self._changed:
            self._writes += 1
            self._items = None

    def know(self, items: Sequence[T]) -> None:
        """Set the copy without a request, because this process just created the elements."""
        with self._changed:
            self._writes += 1
            self._items, self._fetched_at = tuple(items), self._clock()

    def _join_or_begin(self, serves: Callable[[_Flight[T]], bool]) -> tuple[_Flight[T], bool]:
        """Return the fetch to wait for, and whether the caller has to run it. Requires the lock."""
        flight = self._flight
        if flight is not None and (flight.number is None or serves(flight)):
            return flight, False
        self._flight = _Flight()
        return self._flight, True

    def _land(self, flight: _Flight[T]) -> tuple[T, ...]:
        with self._changed:
            self._changed.wait_for(lambda: not self._under_way, _GATHERING)
            self._begun += 1
            flight.number, flight.writes = self._begun, self._writes
            begun = self._clock()
        try:
            items = tuple(self._fetch())
        except BaseException as error:
            flight.set_exception(error)
            raise
        with self._changed:
            if flight.writes == self._writes:
                self._items, self._fetched_at, self._number = items, begun, flight.number
        flight.set_result(items)
        return items


class Derived(Generic[T, D]):
    """A value derived from a list, such as an index: computed once per copy of the list, not per access."""

    def __init__(self, derive: Callable[[tuple[T, ...]], D]) -> None:
        self._derive = derive
        self._last: tuple[tuple[T, ...], D] | None = None

    def of(self, items: tuple[T, ...]) -> D:
        """Return the result of ``derive`` for ``items`` of a :class:`SharedListing`."""
        last = self._last  # another thread may replace it
        if last is None or last[0] is not items:
            last = self._last = (items, self._derive(items))
        return last[1]
