"""One listing for many threads: what is shared, what is never shown again after a write, what a failure leaves."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from wallaroo_pulumi.api.listing import Derived, SharedListing, _Flight

PATIENCE = 30.0
"""Seconds after which a test that waits for another thread fails."""


class Fetch:
    """A fetch that begins and ends when the test says so. Its answers are told as they are given."""

    def __init__(self) -> None:
        self._begun: list[Future[tuple[str, ...]]] = []
        self._more = threading.Condition()

    def __call__(self) -> tuple[str, ...]:
        answer: Future[tuple[str, ...]] = Future()
        with self._more:
            self._begun.append(answer)
            self._more.notify_all()
        return answer.result(PATIENCE)

    @property
    def count(self) -> int:
        return len(self._begun)

    def number(self, number: int) -> Future[tuple[str, ...]]:
        """The fetch of this number, from 1, once it has begun; its result is for the test to set."""
        with self._more:
            assert self._more.wait_for(lambda: len(self._begun) >= number, PATIENCE)
            return self._begun[number - 1]


class Watched(SharedListing[str]):
    """A listing that tells when a thread is about to wait for another one's fetch."""

    def __init__(self, fetch: Callable[[], tuple[str, ...]], clock: Callable[[], float]) -> None:
        super().__init__(fetch, clock)
        self.waiting = threading.Semaphore(0)

    def _join_or_begin(self, serves: Callable[[_Flight[str]], bool]) -> tuple[_Flight[str], bool]:
        flight, mine = super()._join_or_begin(serves)
        if not mine:
            self.waiting.release()
        return flight, mine


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def fetch() -> Fetch:
    return Fetch()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def listing(fetch: Fetch, clock: Clock) -> Watched:
    return Watched(fetch, clock)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def fill(listing: Watched, fetch: Fetch, pool: ThreadPoolExecutor, *items: str) -> None:
    filled = pool.submit(listing.items)
    fetch.number(1).set_result(items)
    assert filled.result(PATIENCE) == items


def wait_for_waiters(listing: Watched, count: int) -> None:
    for _ in range(count):
        assert listing.waiting.acquire(timeout=PATIENCE)


def test_readers_share_one_fetch(listing: Watched, fetch: Fetch, pool: ThreadPoolExecutor) -> None:
    readers = [pool.submit(listing.items) for _ in range(8)]
    wait_for_waiters(listing, 7)
    fetch.number(1).set_result(("a",))
    assert {reader.result(PATIENCE) for reader in readers} == {("a",)}
    assert fetch.count == 1


def test_a_copy_serves_until_it_is_too_old(
    listing: Watched, fetch: Fetch, clock: Clock, pool: ThreadPoolExecutor
) -> None:
    fill(listing, fetch, pool, "a")
    clock.now = 29.9
    assert listing.items() == ("a",)
    clock.now = 30.0
    reader = pool.submit(listing.items)
    fetch.number(2).set_result(("b",))
    assert reader.result(PATIENCE) == ("b",)


def test_age_counts_from_the_beginning_of_the_fetch(
    listing: Watched, fetch: Fetch, clock: Clock, pool: ThreadPoolExecutor
) -> None:
    reader = pool.submit(listing.items)
    fetch.number(1)
    clock.now = 29.0
    fetch.number(1).set_result(("a",))
    reader.result(PATIENCE)
    clock.now = 31.0
    pool.submit(listing.items)
    fetch.number(2).set_result(("b",))


def test_fresh_does_not_take_a_fetch_that_began_before_it_and_shares_the_next(
    listing: Watched, fetch: Fetch, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    early = pool.submit(listing.items)
    fetch.number(1)
    under_way, seen = listing._flight, threading.Semaphore(0)
    assert under_way is not None
    landed = under_way.exception

    def noticed() -> BaseException | None:
        seen.release()
        return landed()

    monkeypatch.setattr(under_way, "exception", noticed)
    late = [pool.submit(listing.fresh) for _ in range(4)]
    for _ in late:
        assert seen.acquire(timeout=PATIENCE)
    fetch.number(1).set_result(("before",))
    fetch.number(2).set_result(("after",))
    assert early.result(PATIENCE) == ("before",)
    assert [reader.result(PATIENCE) for reader in late] == [("after",)] * 4
    assert fetch.count == 2


def test_fresh_asks_although_the_copy_is_young(
    listing: Watched, fetch: Fetch, pool: ThreadPoolExecutor
) -> None:
    fill(listing, fetch, pool, "a")
    reader = pool.submit(listing.fresh)
    fetch.number(2).set_result(("b",))
    assert reader.result(PATIENCE) == ("b",)
    assert listing.items() == ("b",)


@pytest.mark.parametrize("write", ["amend", "forget"])
def test_a_fetch_that_began_before_a_write_is_not_shown_to_readers_after_it(
    write: str, listing: Watched, fetch: Fetch, pool: ThreadPoolExecutor
) -> None:
    before = pool.submit(listing.items)
    fetch.number(1)
    if write == "amend":
        listing.amend(lambda items: [*items, "new"])
    else:
        listing.forget()
    after = pool.submit(listing.items)
    fetch.number(2).set_result(("old", "new"))
    assert after.result(PATIENCE) == ("old", "new")
    fetch.number(1).set_result(("old",))
    assert before.result(PATIENCE) == ("old",)  # it asked before the write
    assert listing.items() == ("old", "new")
    assert fetch.count == 2


def test_an_amended_copy_serves_without_a_fetch(
    listing: Watched, fetch: Fetch, pool: ThreadPoolExecutor
) -> None:
    fill(listing, fetch, pool, "a", "b")
    listing.amend(lambda items: [item for item in items if item != "a"])
    assert listing.items() == ("b",)
    assert fetch.count == 1


def test_an_amended_copy_is_no_younger(
    listing: Watched, fetch: Fetch, clock: Clock, pool: ThreadPoolExecutor
) -> None:
    fill(listing, fetch, pool, "a")
    clock.now = 20.0
    listing.amend(lambda items: [*items, "b"])
    clock.now = 31.0
    reader = pool.submit(listing.items)
    fetch.number(2).set_result(("c",))
    assert reader.result(PATIENCE) == ("c",)


def test_amending_nothing_makes_no_copy(listing: Watched, fetch: Fetch, pool: ThreadPoolExecutor) -> None:
    listing.amend(lambda items: [*items, "new"])
    reader = pool.submit(listing.items)
    fetch.number(1).set_result(("old", "new"))
    assert reader.result(PATIENCE) == ("old", "new")


def test_a_failure_is_everybody_s_and_then_over(
    listing: Watched, fetch: Fetch, pool: ThreadPoolExecutor
) -> None:
    readers = [pool.submit(listing.items) for _ in range(4)]
    wait_for_waiters(listing, 3)
    fetch.number(1).set_exception(LookupError("no"))
    assert {repr(reader.exception(PATIENCE)) for reader in readers} == {"LookupError('no')"}
    again = pool.submit(listing.items)
    fetch.number(2).set_result(("a",))
    assert again.result(PATIENCE) == ("a",)


def test_fresh_survives_the_failure_of_the_fetch_it_waited_for(
    listing: Watched, fetch: Fetch, pool: ThreadPoolExecutor
) -> None:
    early = pool.submit(listing.items)
    fetch.number(1)
    late = pool.submit(listing.fresh)
    fetch.number(1).set_exception(LookupError("no"))
    fetch.number(2).set_result(("a",))
    assert isinstance(early.exception(PATIENCE), LookupError)
    assert late.result(PATIENCE) == ("a",)


def test_a_failure_does_not_take_the_copy_away(
    listing: Watched, fetch: Fetch, pool: ThreadPoolExecutor
) -> None:
    fill(listing, fetch, pool, "a")
    reader = pool.submit(listing.fresh)
    fetch.number(2).set_exception(LookupError("no"))
    assert isinstance(reader.exception(PATIENCE), LookupError)
    assert listing.items() == ("a",)


def test_what_is_derived_is_derived_once_for_each_copy() -> None:
    derivations: list[tuple[str, ...]] = []

    def derive(items: tuple[str, ...]) -> set[str]:
        derivations.append(items)
        return set(items)

    derived = Derived(derive)
    copy = ("a", "b")
    assert derived.of(copy) == derived.of(copy) == {"a", "b"}
    assert derived.of(("c",)) == {"c"}
    assert derivations == [("a", "b"), ("c",)]
