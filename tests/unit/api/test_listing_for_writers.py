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
        under_way, waiting = listing._latest, threading.Semaphore(0)
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
