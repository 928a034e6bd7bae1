"""The context of a handler call: client, messages to the user, ownership and locks."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from .fields import Properties
from .names import wire_name
from .ownership import Origin, Ownership
from .record import Record, StackEntry, resource_name
from .validated import Validated

ClientT = TypeVar("ClientT")


@dataclass
class Call:
    """One call of the engine, and what its handler adds to the state."""

    urn: str | None = None
    """The URN of the resource; None if the host does not pass it."""
    leaves_adopted: bool = True
    """Whether deleting the resource leaves an adopted object on the instance."""
    adopted: bool = False
    """Set by :meth:`Context.claim`: whether the object was created outside the stack."""
    found: Mapping[str, Any] = field(default_factory=dict)
    """Set by :meth:`Context.claim`: the values that leaving an adopted object restores."""
    given: Collection[str] | None = None
    """In a read, the inputs (wire names) that the program gave, as the state holds them; None if that is unknown."""
    recognises: Callable[[StackEntry], bool] = lambda _: True
    """Whether an entry of the stack's state refers to the object that has its id on the instance now."""
    mark: str | None = None
    """What distinguishes the object from a later one with the same id, if the outputs do not.

    The recorded mark, until the handler sets the observed one."""
    keeps_unfinished: bool = False
    """Whether the state can hold an object whose background work is not done yet."""
    unfinished: Callable[[], Any] | None = None
    """Set by a create once the object exists: returns the outputs so far. A later run finishes the work."""
    deadline: float | None = None
    """The time of :attr:`Context.clock` at which the engine wants the call to end; it replaces the object's timeout."""


class KeyedLocks:
    """One lock per key, created on first use."""

    def __init__(self) -> None:
        self._locks: dict[Hashable, threading.RLock] = defaultdict(threading.RLock)
        self._guard = threading.Lock()

    def __call__(self, *key: Hashable) -> AbstractContextManager[object]:
        with self._guard:
            return self._locks[key]


@dataclass(frozen=True)
class Context(Generic[ClientT]):
    """The argument of every handler call. One per process and configuration, shared by the host's threads."""

    client: ClientT
    """The API client: ``ctx.client.<domain>.<call>``."""

    report: Callable[[str], None]
    """Print one line to the user during the run, for example about unexpected behaviour."""

    sleep: Callable[[float], object]
    """Wait for this number of seconds, or until the run is cancelled."""

    clock: Callable[[], float] = time.monotonic
    """Monotonic seconds, to measure durations."""

    cancelled: Callable[[], bool] = lambda: False
    """Return whether the user cancelled the run."""

    ownership: Ownership = field(default_factory=Ownership)

    call: Call = field(default_factory=Call)

    status: Callable[[str], None] | None = None
    """Show one line about the progress of the call until the next one; None if the host can only print lines."""

    validated: Validated = field(default_factory=Validated)
    """The stack's objects that validation has seen."""

    lock: KeyedLocks = field(default_factory=KeyedLocks)
    """``with ctx.lock("members", 12):`` for a decision that another thread must not invalidate."""

    @contextmanager
    def claim(
        self, kind: str, id: str, name: str, *, existed: bool, found: Mapping[str, Any] | None = None
    ) -> Iterator[None]:
        """Claim an object for the resource that is being created, and release it if the body fails.

        ``existed`` is true if the object existed before this call. ``found`` contains the values that the stack may
        change, by output name. Raises ConflictError if another resource of the stack has claimed the object.
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

    def report_progress(self, line: str) -> None:
        """Show how far a long call is."""
        (self.status or self.report)(line)

    def timeout(self, default: float) -> float:
        """Return the seconds that the call may still wait: until its deadline, or ``default`` if it has none."""
        return default if self.call.deadline is None else max(0.0, self.call.deadline - self.clock())

    def declared_otherwise(self, kind: str, id: str, desired: Properties, *names: str) -> bool:
        """Whether another resource of the stack has the object and declares another value of one of these inputs.

        For optional inputs: a declaration without one is content with any object, also with that of such a resource.
        """
        others = self.ownership.others(kind, id, self.call.urn)
        own = desired.to_wire()
        return any(other.get(name) != own.get(name) for other in others for name in map(wire_name, names))

    def referrer(self, kind: str, id: str) -> str | None:
        """Return a description of another resource of the stack that refers to the object, or None."""
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
