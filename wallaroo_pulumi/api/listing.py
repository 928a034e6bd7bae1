"""A listing that many threads share, since the API has no read by id: one fetch serves all who wait for it."""

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

_GATHERING = 0.1
"""Seconds at most that a fetch waits for writes under way whose authors will want to see it as well."""


class _Flight(Future[tuple[T, ...]], Generic[T]):
    """A fetch that somebody waits for."""

    number: int | None = None
    """Its place among the fetches; None while it gathers, so that whoever wants a fresh look may join."""
    writes = 0
    """This process's writes before it began: what came later it may have missed."""

    @property
    def failed(self) -> bool:
        return self.done() and self.exception() is not None


@dataclass
class Write:
    """A write whose author looks at the listing after it, made by :meth:`SharedListing.writing`."""

    ended_at: int = 0
    """How many fetches had begun when it ended: every later one shows it."""


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
        self._changed = threading.Condition()
        self._items: tuple[T, ...] | None = None
        self._fetched_at = 0.0
        self._number = 0  # of the fetch that brought the items
        self._begun = 0  # fetches so far
        self._writes = 0  # of this process so far
        self._under_way = 0  # writes whose authors will look
        self._flight: _Flight[T] | None = None  # the latest

    def items(self) -> tuple[T, ...]:
        """The elements, from the last fetch when it is young enough. Raises what ``fetch`` raises."""
        with self._changed:
            if self._items is not None and self._clock() - self._fetched_at < self._max_age:
                return self._items
            flight, mine = self._join_or_begin(
                lambda flight: not flight.done() and flight.writes == self._writes
            )
        return self._land(flight) if mine else flight.result()

    def fresh(self, after: Write | None = None) -> tuple[T, ...]:
        """The elements, from a fetch that begins after this call, or after the write. Raises what ``fetch`` raises."""
        with self._changed:
            earlier = self._begun if after is None else after.ended_at
            running = self._flight
        if running is not None and running.number is not None and running.number <= earlier:
            # It began too early: let it land, then look again. So many writers who each want to see what they wrote
            # share a few fetches, instead of sending one each at the same time.
            running.exception()
        with self._changed:
            # Those who waited for the same landing share the next flight, also when it has landed meanwhile.
            if self._items is not None and self._number > earlier:
                return self._items  # with what was amended since
            flight, mine = self._join_or_begin(
                lambda flight: (flight.number or 0) > earlier and not flight.failed
            )
        return self._land(flight) if mine else flight.result()

    @contextmanager
    def writing(self) -> Iterator[Write]:
        """A write whose author calls :meth:`fresh` with it: fetches that begin meanwhile wait a moment for its end.

        A create answers the id alone, and the rest stands in the listing: what is made at the same time is then
        looked up at once, and not each by a fetch of its own, which takes the longer the more there is.
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
        """Apply this process's own write to the copy; a fetch that is under way may have missed it and is not kept."""
        with self._changed:
            self._writes += 1
            if self._items is not None:
                self._items = tuple(change(list(self._items)))

    def forget(self) -> None:
        """Drop the copy after a write whose effect is not known in full."""
        with self._changed:
            self._writes += 1
            self._items = None

    def know(self, items: Sequence[T]) -> None:
        """Take what this process knows without asking, as it just made what is listed."""
        with self._changed:
            self._writes += 1
            self._items, self._fetched_at = tuple(items), self._clock()

    def _join_or_begin(self, serves: Callable[[_Flight[T]], bool]) -> tuple[_Flight[T], bool]:
        """The flight to wait for, and whether the caller is the one to fly it. Called with the lock held."""
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
