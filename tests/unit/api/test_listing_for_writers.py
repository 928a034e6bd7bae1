"""Many threads that each want to see what they just wrote share a few fetches."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from wallaroo_pulumi.api.listing import SharedListing

PATIENCE = 30.0
"""Seconds after which a test that waits for another thread fails."""


def test_writers_wait_for_the_fetch_under_way_and_share_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[Future[tuple[str, ...]]] = [Future(), Future()]
    begun = threading.Semaphore(0)
    fetches = iter(answers)

    def fetch() -> tuple[str, ...]:
        answer = next(fetches)  # a third fetch would raise StopIteration
        begun.release()
        return answer.result(PATIENCE)

    listing = SharedListing(fetch)

    def write_and_look() -> tuple[str, ...]:
        listing.forget()
        return listing.fresh()

    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(write_and_look)
        assert begun.acquire(timeout=PATIENCE)
        under_way, waiting = listing._flight, threading.Semaphore(0)
        assert under_way is not None
        landed = under_way.exception

        def noticed() -> BaseException | None:
            waiting.release()
            return landed()

        monkeypatch.setattr(under_way, "exception", noticed)
        others = [pool.submit(write_and_look) for _ in range(4)]
        for _ in others:
            assert waiting.acquire(timeout=PATIENCE)
        answers[0].set_result(("a",))
        answers[1].set_result(("a", "b"))
        assert first.result(PATIENCE) == ("a",)
        assert [other.result(PATIENCE) for other in others] == [("a", "b")] * 4


def test_what_is_made_at_the_same_time_is_looked_up_at_once() -> None:
    """The first author to be done waits for the other, who is at it still; one fetch shows both what they wrote."""
    made: list[str] = []
    fetches: list[tuple[str, ...]] = []
    second_is_at_it, first_is_done = threading.Event(), threading.Event()

    def fetch() -> tuple[str, ...]:
        fetches.append(tuple(made))
        return tuple(made)

    listing = SharedListing(fetch)

    def first() -> tuple[str, ...]:
        with listing.writing() as write:
            assert second_is_at_it.wait(PATIENCE)
            made.append("a")
        first_is_done.set()
        return listing.fresh(after=write)

    def second() -> tuple[str, ...]:
        with listing.writing() as write:
            second_is_at_it.set()
            assert first_is_done.wait(PATIENCE)
            made.append("b")
        return listing.fresh(after=write)

    with ThreadPoolExecutor(2) as pool:
        looks = [pool.submit(first), pool.submit(second)]
        assert [look.result(PATIENCE) for look in looks] == [("a", "b")] * 2
    assert fetches == [("a", "b")]


def test_a_write_that_takes_long_holds_nobody_up() -> None:
    listing = SharedListing(lambda: ("a",))
    with listing.writing():
        assert listing.items() == listing.fresh() == ("a",)


def test_a_fetch_that_began_before_the_write_ended_is_not_taken_for_it() -> None:
    listing = SharedListing(iter([("a",), ("a", "b")]).__next__)
    with listing.writing() as write:
        assert listing.items() == ("a",)
    assert listing.fresh(after=write) == ("a", "b")


def test_what_this_process_knows_is_not_asked_for() -> None:
    listing = SharedListing(iter([("a",)]).__next__)
    listing.know(["made"])
    assert listing.items() == ("made",)
    assert listing.fresh() == ("a",)


def test_a_lookup_sends_a_request_only_if_the_copy_lacks_the_element() -> None:
    fetches = iter([("a",), ("a", "b")])
    listing = SharedListing(fetches.__next__)

    def look_up(desired: str) -> str | None:
        return listing.look_up(lambda items: desired if desired in items else None)

    assert listing.items() == ("a",)
    assert look_up("a") == "a"
    assert listing.items() == ("a",)
    assert look_up("b") == "b"
    assert list(fetches) == []
