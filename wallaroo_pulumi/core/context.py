"""What a handler may use besides its arguments: the client, a voice, and the locks that several threads share."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from ..errors import ObjectError

ClientT = TypeVar("ClientT")


class Claims:
    """The objects of the stack that this run has met, each for one resource only.

    Two resources that name the same object would otherwise both take it for theirs, and deleting one would
    pull it from under the other.
    """

    def __init__(self) -> None:
        self._held: set[Hashable] = set()
        self._kept: set[Hashable] = set()
        self._taken_over: set[Hashable] = set()
        self._lock = threading.Lock()

    def take(self, kind: str, id: str, name: str, *, existed: bool = False) -> None:
        """Claim the object for the resource being created. Raises ObjectError when another resource has it.

        ``existed`` tells that the object was taken over, not made: see :meth:`was_taken_over`.
        """
        with self._lock:
            if (kind, id) in self._held | self._kept:
                raise ObjectError(
                    f"{kind} {name!r} (id {id}) is already declared by another resource of this stack; "
                    "declare it once and refer to it"
                )
            self._held.add((kind, id))
            if existed:
                self._taken_over.add((kind, id))

    def keep(self, kind: str, id: str) -> None:
        """Note the object of a resource that an earlier run made, and that this one does not replace."""
        with self._lock:
            self._kept.add((kind, id))

    def was_taken_over(self, kind: str, id: str) -> bool:
        """Whether a resource of this run took the object over.

        Deleting it in the same run is then the end of a resource that was renamed, or replaced by itself: the
        object belongs to the other one now.
        """
        with self._lock:
            return (kind, id) in self._taken_over

    def release(self, kind: str, id: str) -> None:
        with self._lock:
            self._held.discard((kind, id))
            self._kept.discard((kind, id))
            self._taken_over.discard((kind, id))


class KeyedLocks:
    """One lock for each key, made when first asked for."""

    def __init__(self) -> None:
        self._locks: dict[Hashable, threading.RLock] = defaultdict(threading.RLock)
        self._guard = threading.Lock()

    def __call__(self, *key: Hashable) -> AbstractContextManager[object]:
        with self._guard:
            return self._locks[key]


@dataclass(frozen=True)
class Context(Generic[ClientT]):
    """Handed to every handler call. One for each process and configuration, shared by the host's threads."""

    client: ClientT
    """The API client: ``ctx.client.<domain>.<call>``."""

    report: Callable[[str], None]
    """Tell the user one line during the run (for what happened otherwise than he may expect)."""

    sleep: Callable[[float], object]
    """Wait for so many seconds, or until the run is cancelled."""

    clock: Callable[[], float] = time.monotonic
    """Seconds, for how long something has taken."""

    cancelled: Callable[[], bool] = lambda: False
    """Whether the user wants the run to end."""

    claims: Claims = field(default_factory=Claims)

    declared: set[Hashable] = field(default_factory=set)
    """``(kind, *natural key)`` of the stack's objects that validation has seen, whether they exist yet or not."""

    lock: KeyedLocks = field(default_factory=KeyedLocks)
    """``with ctx.lock("members", 12):`` for a decision that must not be overtaken by another thread."""
