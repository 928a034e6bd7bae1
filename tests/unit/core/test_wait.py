"""Waiting: progress messages, timeout and failures, with a clock that only sleeping advances."""

from __future__ import annotations

import dataclasses
import itertools

import pytest

from wallaroo_pulumi.core.context import Context
from wallaroo_pulumi.core.wait import Done, uploading, wait
from wallaroo_pulumi.errors import Interrupted, ObjectError, TimedOut


class Work:
    """An object with ``statuses`` ((start in seconds, status)) that is done after the last one."""

    def __init__(self, *statuses: tuple[float, str], settles: float = float("inf")) -> None:
        self.now = 0.0
        self.said: list[tuple[float, str]] = []
        self.statuses = statuses
        self.settles = settles
        self.cancelled = float("inf")
        self.ctx = Context(
            client=None,
            report=lambda line: self.said.append((self.now, line)),
            sleep=self.sleep,
            clock=lambda: self.now,
            cancelled=lambda: self.now >= self.cancelled,
        )

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds

    def look(self) -> str | Done[int]:
        if self.now >= self.settles:
            return Done(7)
        return [status for since, status in self.statuses if since <= self.now][-1]

    def run(self, timeout: float = 600) -> int:
        return wait(self.ctx, "model 'm'", self.look, timeout=timeout, remedy="raise timeout")


def test_what_is_ready_at_once_takes_no_time_and_says_nothing() -> None:
    work = Work(settles=0)
    assert work.run() == 7
    assert (work.now, work.said) == (0, [])


def test_each_change_of_status_is_told_once() -> None:
    work = Work((0, "pending"), (30, "converting"), settles=100)
    work.run()
    assert [line for _, line in work.said] == ["model 'm': pending", "model 'm': converting"]


def test_lines_are_ten_seconds_apart_however_fast_the_status_changes() -> None:
    work = Work(*((float(second), f"step {second}") for second in range(60)), settles=60)
    work.run()
    times = [time for time, _ in work.said]
    assert len(times) >= 4
    assert all(later - earlier >= 10 for earlier, later in itertools.pairwise(times))


def test_looks_get_rarer_but_the_timeout_is_kept() -> None:
    work = Work((0, "pending"))
    with pytest.raises(TimedOut, match=r"model 'm' is still pending after 60 s; raise timeout"):
        work.run(timeout=60)
    assert work.now == pytest.approx(60)


def test_the_deadline_of_the_call_replaces_the_timeout() -> None:
    for deadline, timeout in ((30.0, 600), (90.0, 60)):
        work = Work((0, "pending"))
        work.ctx.call.deadline = deadline
        with pytest.raises(ObjectError, match=f"is still pending after {deadline:g} s"):
            work.run(timeout=timeout)
        assert work.now == pytest.approx(deadline)


def test_progress_is_a_status_where_the_host_can_show_one() -> None:
    work = Work((0, "pending"), settles=5)
    shown: list[str] = []
    work.ctx = dataclasses.replace(work.ctx, status=shown.append)
    work.run()
    assert shown == ["model 'm': pending"]
    assert work.said == []


def test_a_failure_ends_the_wait() -> None:
    work = Work((0, "pending"))

    def fails() -> str:
        raise ObjectError("conversion failed")

    with pytest.raises(ObjectError, match="conversion failed"):
        wait(work.ctx, "x", fails, timeout=60, remedy="")


def test_a_cancelled_run_waits_no_longer() -> None:
    work = Work((0, "pending"), settles=100)
    work.cancelled = 10
    with pytest.raises(Interrupted, match="model 'm' is still pending, and the run was interrupted"):
        work.run()
    assert work.now < 20


def test_an_upload_tells_how_far_it_is_every_ten_seconds() -> None:
    work = Work()
    sent = uploading(work.ctx, "model 'm'", 200)
    for so_far in range(0, 201, 10):
        sent(so_far)
        work.sleep(4)
    assert [line for _, line in work.said][:2] == ["model 'm': 15% uploaded", "model 'm': 30% uploaded"]
    assert all(later - earlier >= 10 for (earlier, _), (later, _) in itertools.pairwise(work.said))


def test_an_upload_ends_with_a_cancelled_run_unless_all_is_sent() -> None:
    work = Work()
    sent = uploading(work.ctx, "model 'm'", 200)
    work.cancelled = 0
    with pytest.raises(Interrupted, match="the run was interrupted after 50% of the upload"):
        sent(100)
    sent(200)
