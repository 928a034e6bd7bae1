"""What a handler may use besides its arguments: the client, reports to the user, ownership, and locks."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from .ownership import Origin, Ownership
from .record import Record, StackEntry, resource_name

ClientT = TypeVar("ClientT")


@dataclass
class Call:
    """One call of the engine, and what its handler found out for the state."""

    urn: str | None = None
    """The resource that the call is for; None where the host does not pass it."""
    leaves_adopted: bool = True
    """Whether deleting the resource leaves an object that it adopted."""
    adopted: bool = False
    """Set by :meth:`Context.claim`: the object was made outside the stack."""
    found: Mapping[str, Any] = field(default_factory=dict)
    """Set by :meth:`Context.claim`: the values that leaving an adopted object restores."""
    recognises: Callable[[StackEntry], bool] = lambda _: True
    """Whether an entry of the stack's state is about the object of its id that is on the instance now."""
    mark: str | None = None
    """What tells the object from a later one of the same id, where the outputs do not: as recorded, until the handler
    sets what it found."""


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

    ownership: Ownership = field(default_factory=Ownership)

    call: Call = field(default_factory=Call)

    declared: set[Hashable] = field(default_factory=set)
    """``(kind, *natural key)`` of the stack's objects that validation has seen, whether they exist yet or not."""

    lock: KeyedLocks = field(default_factory=KeyedLocks)
    """``with ctx.lock("members", 12):`` for a decision that must not be overtaken by another thread."""

    @contextmanager
    def claim(
        self, kind: str, id: str, name: str, *, existed: bool, found: Mapping[str, Any] | None = None
    ) -> Iterator[None]:
        """Claim an object for the resource being created; released again if the body fails.

        ``existed`` says that the object was there before this call; ``found`` holds those of its values that the
        stack may change, under the names of outputs. Raises ObjectError if another resource of the stack holds the
        object.
        """
        call = self.call
        origin = self.ownership.claim(kind, id, name, call.urn, existed=existed, recognises=call.recognises)
        self.call.adopted = origin.adopted
        if origin.adopted:
            self.call.found = _found(origin.entry, found or {})
        if existed:
            self.report(f"{kind} {name!r} (id {id}) {self._taken_over(origin)}")
        try:
            yield
        except BaseException:
            self.ownership.release(kind, id)
            raise

    def referrer(self, kind: str, id: str) -> str | None:
        """Another resource of the stack that refers to an object, as a person reads it, or None."""
        urn = self.ownership.referrer(kind, id, self.call.urn)
        if urn is None:
            return None
        return f"resource {resource_name(urn)!r} of this stack" if urn else "another resource of this stack"

    def _taken_over(self, origin: Origin) -> str:
        if origin.entry is None:
            remains = ": deleting the resource leaves it on the instance, unless delete_adopted is set"
            return "already exists and is adopted" + (remains if self.call.leaves_adopted else "")
        if origin.entry.urn == self.call.urn:
            return "is re-adopted: it is this resource's own object"
        return (
            f"is re-adopted from resource {resource_name(origin.entry.urn)!r} of this stack; to rename a resource, "
            "give it aliases"
        )


def _found(entry: StackEntry | None, now: Mapping[str, Any]) -> Mapping[str, Any]:
    """The values to restore of an adopted object: those from before the stack held it, in ``entry``, or the present."""
    return Record.of(entry.outputs).noting(entry.outputs, now).found if entry else now
