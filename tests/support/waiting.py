"""Threads that are told apart by what they do: at work, or waiting for another."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


def in_thread(call: Callable[[], T]) -> tuple[threading.Thread, Future[T]]:
    """Start ``call`` in a thread; what comes of it is in the future."""
    outcome: Future[T] = Future()

    def run() -> None:
        try:
            outcome.set_result(call())
        except BaseException as error:
            outcome.set_exception(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, outcome


def until_waiting(threads: Iterable[threading.Thread]) -> None:
    """Return once every thread waits for another one."""
    for thread in threads:
        while not _waits(thread):
            time.sleep(0.001)


def _waits(thread: threading.Thread) -> bool:
    frame = sys._current_frames().get(thread.ident or 0)
    return frame is not None and frame.f_code is threading.Condition.wait.__code__
