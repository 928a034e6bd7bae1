"""Which resource of the stack holds which object, and whether the stack created it or adopted it.

Two sources answer: what this run has done so far, and the stack's state from before the run. The second is read only
when it matters (an object to create exists already, or one is about to be deleted), and covers resources that the
engine does not call in this run, as with ``--target``.
"""

from __future__ import annotations

import functools
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import ObjectError
from .record import Record, StackEntry, resource_name

Key = tuple[str, str]
"""Kind and Pulumi id."""


@dataclass(frozen=True)
class _Holder:
    """A resource that refers to an object in this run."""

    urn: str | None
    """None where the host does not pass URNs."""
    made: bool
    """Created, or adopted, in this run; otherwise it is unchanged from an earlier one."""
    existed: bool = False
    """Whether the object was there before this run created the resource."""

    def is_other(self, urn: str | None) -> bool:
        return urn is None or self.urn != urn


@dataclass(frozen=True)
class Origin:
    """What a claim found out about an object that existed before it was claimed."""

    adopted: bool
    """Whether it was made outside this stack."""
    entry: StackEntry | None = None
    """The stack's own resource that held it before."""


class Ownership:
    """One for each run and instance, shared by threads. ``stack`` reads the state from before the run."""

    def __init__(self, stack: Callable[[], Sequence[StackEntry]] = lambda: ()) -> None:
        self._stack = stack
        self._holders: dict[Key, _Holder] = {}
        self._prior: dict[Key, Mapping[str, Any]] = {}
        self._removed: set[str | None] = set()
        self._lock = threading.Lock()

    def claim(self, kind: str, id: str, name: str, urn: str | None, *, existed: bool) -> Origin:
        """Claim the object for the resource being created. Raises ObjectError if another resource holds it."""
        entry = self._entry_of(kind, id) if existed else None
        with self._lock:
            holder = self._holders.get((kind, id))
            if holder and holder.is_other(urn):
                raise _declared_twice(kind, id, name, holder.urn)
            self._let_go(urn)
            self._holders[kind, id] = _Holder(urn, made=True, existed=existed)
        return Origin(adopted=existed and (entry is None or entry.adopted), entry=entry)

    def keep(self, kind: str, id: str, urn: str | None, outputs: Mapping[str, Any]) -> None:
        """Note a resource that an earlier run made and this one does not replace. Raises ObjectError as claim does."""
        with self._lock:
            holder = self._holders.get((kind, id))
            if holder and holder.made and holder.is_other(urn) and urn is not None:
                raise _declared_twice(kind, id, id, holder.urn)
            if holder is None:
                self._holders[kind, id] = _Holder(urn, made=False)
            self._prior[kind, id] = outputs

    def release(self, kind: str, id: str) -> None:
        """Give up a claim, since the create failed."""
        with self._lock:
            self._holders.pop((kind, id), None)

    def removed(self, kind: str, id: str, urn: str | None) -> None:
        """Note that the resource is gone from the stack."""
        with self._lock:
            self._removed.add(urn)
            holder = self._holders.get((kind, id))
            if holder and (urn is None or not (holder.made or holder.is_other(urn))):
                del self._holders[kind, id]

    def keeper(self, kind: str, id: str, urn: str | None) -> str | None:
        """The URN of the resource for whose sake the object must stay when the resource ``urn`` is deleted, or None.

        That may be ``urn`` itself: what is deleted then is an earlier state of it with the same object.
        """
        with self._lock:
            holder = self._holders.get((kind, id))
        entries = self._entries(kind, id)
        if holder and urn is None:
            return "" if holder.existed else None
        if holder:
            if holder.made or holder.is_other(urn):
                return holder.urn or ""
            # Unchanged in this run. It is deleted all the same before a replacement, unless it had a predecessor.
            if {e.pending_delete for e in entries if e.urn == urn} == {True, False}:
                return urn
            return None
        for entry in entries:
            if entry.urn != urn and not entry.pending_delete and not self._has_moved_on(entry):
                return entry.urn
        return None

    def referrer(self, kind: str, id: str, urn: str | None) -> str | None:
        """The URN of a resource other than ``urn`` that refers to an object and was not deleted yet, or None."""
        with self._lock:
            holder = self._holders.get((kind, id))
        if holder and holder.urn != urn:
            return holder.urn or ""
        live = (e for e in self._entries(kind, id) if not e.pending_delete and not self._has_moved_on(e))
        return next((entry.urn for entry in live if entry.urn != urn), None)

    def recorded(self, kind: str, id: str) -> Mapping[str, Any] | None:
        """The outputs with which the stack's state holds an object, None if it does not."""
        with self._lock:
            if (kind, id) in self._prior:
                return self._prior[kind, id]
        entry = self._entry_of(kind, id)
        return entry.outputs if entry else None

    def instances(self) -> set[str]:
        """The identities of instances that the stack's state names."""
        return {
            instance
            for entries in self._index.values()
            for entry in entries
            if (instance := Record.of(entry.outputs).instance)
        }

    @functools.cached_property
    def live(self) -> Sequence[StackEntry]:
        """The resources of the stack's state that are not about to be deleted."""
        return [entry for entries in self._index.values() for entry in entries if not entry.pending_delete]

    @functools.cached_property
    def recorder(self) -> str | None:
        """The URN of the resource that records the instance for the stack; None if the state could not be read.

        No other resource depends on it, so that its update makes nothing unknown in a preview.
        """
        return min((entry.urn for entry in self.live if not entry.needed), default=None)

    @functools.cached_property
    def _index(self) -> Mapping[Key, Sequence[StackEntry]]:
        index: dict[Key, list[StackEntry]] = defaultdict(list)
        for entry in self._stack():
            index[entry.kind, entry.id].append(entry)
        return index

    def _entries(self, kind: str, id: str) -> Sequence[StackEntry]:
        return self._index.get((kind, id), ())

    def _has_moved_on(self, entry: StackEntry) -> bool:
        """Whether the resource was deleted in this run, or refers to another object now."""
        with self._lock:
            return entry.urn in self._removed or any(
                holder.urn == entry.urn and id != entry.id
                for (kind, id), holder in self._holders.items()
                if kind == entry.kind
            )

    def _entry_of(self, kind: str, id: str) -> StackEntry | None:
        # A creator counts more than a resource that took its object over, and a live one more than a replaced one.
        return min(
            self._entries(kind, id), key=lambda entry: (entry.adopted, entry.pending_delete), default=None
        )

    def _let_go(self, urn: str | None) -> None:
        """A resource holds one object at a time: the replaced one is free to be deleted."""
        if urn is not None:
            for key in [key for key, holder in self._holders.items() if holder.urn == urn]:
                del self._holders[key]


def _declared_twice(kind: str, id: str, name: str, urn: str | None) -> ObjectError:
    by = f"resource {resource_name(urn)!r}" if urn else "another resource"
    return ObjectError(
        f"{kind} {name!r} (id {id}) is already declared by {by} of this stack; declare it once and refer to it"
    )
