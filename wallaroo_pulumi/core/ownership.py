"""Track which resource of the stack refers to which object, and whether the stack created or adopted it.

Two sources answer: what this run has done so far, and the stack's state from before the run. The second is read only
when it matters (an object to create exists already, or one is about to be deleted), and covers resources that the
engine does not call in this run, as with ``--target``.

The engine also diffs resources that the program does not declare: after refreshing them, and to find out which of them
a replacement drags along. It checks the inputs of declared resources only, so a check is what declares one.
"""

from __future__ import annotations

import functools
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import ConflictError
from .record import Record, StackEntry, resource_name

Key = tuple[str, str]
"""Kind and Pulumi id."""


@dataclass(frozen=True)
class _Holder:
    """A resource that refers to an object in this run."""

    urn: str | None
    """None if the host does not pass URNs."""
    made: bool
    """Whether it was created or adopted in this run, not in an earlier one."""
    existed: bool = False
    """Whether the object existed before this run created the resource."""

    def is_other(self, urn: str | None) -> bool:
        return urn is None or self.urn != urn


@dataclass(frozen=True)
class Origin:
    """The origin of an object that existed before it was claimed."""

    adopted: bool
    """Whether it was created outside this stack."""
    entry: StackEntry | None = None
    """The stack's own resource that referred to it before."""


class Ownership:
    """The ownership in one run on one instance, shared by threads. ``stack`` reads the state before the run."""

    def __init__(self, stack: Callable[[], Sequence[StackEntry]] = lambda: ()) -> None:
        self._stack = stack
        self._declared: dict[str, tuple[str, Mapping[str, Any]]] = {}
        self._holders: dict[Key, _Holder] = {}
        self._held: dict[str, Key] = {}
        self._replaced: dict[Key, str] = {}
        self._prior: dict[Key, Mapping[str, Any]] = {}
        self._removed: Counter[tuple[Key, str]] = Counter()
        self._by_output: dict[str, Mapping[str, Sequence[StackEntry]]] = {}
        self._lock = threading.Lock()

    def declare(self, urn: str | None, kind: str, inputs: Mapping[str, Any]) -> None:
        """Record that the program declares the resource with these checked inputs."""
        if urn is not None:
            with self._lock:
                self._declared[urn] = kind, inputs

    def declared(self, urn: str) -> Mapping[str, Any] | None:
        """Return the checked inputs of a declared resource, or None if the run has not reached it."""
        with self._lock:
            return self._declared[urn][1] if urn in self._declared else None

    def replace(self, kind: str, id: str, urn: str | None) -> None:
        """Record that a declared resource replaces this object of its own."""
        if urn is not None:
            with self._lock:
                self._replaced[kind, id] = urn

    def unmade(self, kind: str, id: str, urn: str | None) -> Sequence[tuple[str, Mapping[str, Any]]]:
        """URN and inputs of declared resources of a kind that hold no object although this one is about to be deleted.

        The engine deletes last, after all creates. Only an object that is replaced by its own resource may go earlier,
        under an alias of that resource too: then others may yet be created, and none is returned.
        """
        with self._lock:
            owner = self._replaced.get((kind, id), urn)
            if owner in self._declared and owner not in self._held:
                return ()
            unmade = [(other, *self._declared[other]) for other in self._declared.keys() - self._held.keys()]
        return [(other, inputs) for other, of, inputs in unmade if of == kind]

    def declares(self, urn: str | None) -> bool:
        """Return whether the run has reached the declaration of the resource; True if the host passes no URNs."""
        with self._lock:
            return urn is None or urn in self._declared

    def claim(
        self,
        kind: str,
        id: str,
        name: str,
        urn: str | None,
        *,
        existed: bool,
        recognises: Callable[[StackEntry], bool] = lambda _: True,
    ) -> Origin:
        """Claim the object for the resource being created. Raises ConflictError if another resource has it.

        ``recognises`` tells whether an entry of the state is about this object, and not about an earlier one with the
        same id.
        """
        entry = next(filter(recognises, self._entries(kind, id)), None) if existed else None
        with self._lock:
            holder = self._holders.get((kind, id))
            if holder and holder.is_other(urn):
                raise _declared_twice(kind, id, name, holder.urn)
            self._hold((kind, id), _Holder(urn, made=True, existed=existed))
        return Origin(adopted=existed and (entry is None or entry.adopted), entry=entry)

    def keep(self, kind: str, id: str, urn: str | None, outputs: Mapping[str, Any]) -> None:
        """Record a resource of an earlier run that this one does not replace. Raises ConflictError like claim."""
        with self._lock:
            self._prior[kind, id] = outputs
            if urn is not None and urn not in self._declared:
                return
            holder = self._holders.get((kind, id))
            if holder and holder.made and holder.is_other(urn) and urn is not None:
                raise _declared_twice(kind, id, id, holder.urn)
            if holder is None:
                self._hold((kind, id), _Holder(urn, made=False))

    def release(self, kind: str, id: str) -> None:
        """Release a claim after a failed create."""
        with self._lock:
            self._let_go((kind, id))

    def keeper(self, kind: str, id: str, urn: str | None) -> str | None:
        """Return the URN of a resource that still needs the object when the resource ``urn`` is deleted, or None.

        That may be ``urn`` itself: the state may hold it twice, replaced by itself, and one of the two is deleted.
        """
        entries = self._entries(kind, id)
        with self._lock:
            holder = self._holders.get((kind, id))
            if urn is None:
                return "" if holder and holder.existed else None
            if holder and (holder.made or holder.is_other(urn)):
                return holder.urn or ""
            # Otherwise a declared resource is deleted to be recreated, and the new object will be claimed.
            goes_on = holder is not None or urn not in self._declared
            if goes_on and self._left(entries, urn) > 1:
                return urn
            others = () if urn in self._declared else entries
            return next(
                (entry.urn for entry in others if entry.urn != urn and self._refers(entry, entries)), None
            )

    def removed(self, kind: str, id: str, urn: str | None) -> None:
        """Record that the resource, or one of its two states, was removed from the stack."""
        entries = self._entries(kind, id)
        with self._lock:
            holder = self._holders.get((kind, id))
            if urn is None:
                self._let_go((kind, id))
                return
            self._removed[(kind, id), urn] += 1
            if holder and not (holder.made or holder.is_other(urn)) and self._left(entries, urn) < 1:
                self._let_go((kind, id))

    def referrer(self, kind: str, id: str, urn: str | None) -> str | None:
        """Return the URN of another resource that refers to the object and is not deleted yet, or None."""
        entries = self._entries(kind, id)
        with self._lock:
            holder = self._holders.get((kind, id))
            if holder and holder.urn != urn:
                return holder.urn or ""
            return next(
                (entry.urn for entry in entries if entry.urn != urn and self._refers(entry, entries)), None
            )

    def others(self, kind: str, id: str, urn: str | None) -> Sequence[Mapping[str, Any]]:
        """Return the checked inputs of other resources that have the object, in this run or in the state.

        Only of those that the run has reached: others may have been renamed or removed.
        """
        entries = self._entries(kind, id)
        with self._lock:
            holder = self._holders.get((kind, id))
            urns = {entry.urn for entry in entries} | ({holder.urn} if holder else set())
            return [self._declared[each][1] for each in urns - {urn, None} if each in self._declared]

    def recorded(self, kind: str, id: str) -> Mapping[str, Any] | None:
        """Return the object's outputs in the stack's state, or None."""
        with self._lock:
            if (kind, id) in self._prior:
                return self._prior[kind, id]
        return next((entry.outputs for entry in self._entries(kind, id)), None)

    def named(self, kind: str, name: str) -> Sequence[str]:
        """Return the ids of the objects with this name in the stack's state."""
        return self._ids_by_name.get((kind, name), ())

    def recording(self, output: str, text: str) -> Sequence[StackEntry]:
        """Return the resources in the stack's state whose output (wire name) is this text. Case-insensitive."""
        index = self._by_output.get(output)
        if index is None:  # two threads may build it at the same time, to the same result
            index = self._by_output[output] = _by_text(self.live, output)
        return index.get(text.lower(), ())

    @functools.cached_property
    def instances(self) -> frozenset[str]:
        """Return the identities of the instances in the stack's state."""
        recorded = (
            Record.of(entry.outputs).instance for entries in self._index.values() for entry in entries
        )
        return frozenset(filter(None, recorded))

    @functools.cached_property
    def live(self) -> Sequence[StackEntry]:
        """Return the resources in the stack's state that are not about to be deleted."""
        return [entry for entries in self._index.values() for entry in entries if not entry.pending_delete]

    @functools.cached_property
    def recorder(self) -> str | None:
        """Return the URN of the resource that records the instance for the stack; None if the state is unreadable.

        No other resource depends on it, so that its update makes nothing unknown in a preview.
        """
        return min((entry.urn for entry in self.live if not entry.needed), default=None)

    @functools.cached_property
    def _ids_by_name(self) -> Mapping[Key, Sequence[str]]:
        ids: dict[Key, list[str]] = defaultdict(list)
        for (kind, id), entries in self._index.items():
            for name in {entry.outputs.get("name") for entry in entries}:
                if isinstance(name, str):
                    ids[kind, name].append(id)
        return ids

    @functools.cached_property
    def _index(self) -> Mapping[Key, Sequence[StackEntry]]:
        index: dict[Key, list[StackEntry]] = defaultdict(list)
        for entry in sorted(self._stack(), key=lambda entry: (entry.adopted, entry.pending_delete)):
            index[entry.kind, entry.id].append(entry)
        return index

    def _entries(self, kind: str, id: str) -> Sequence[StackEntry]:
        """The resources that refer to an object in the state: the one that created it first, and the live before the
        replaced ones."""
        return self._index.get((kind, id), ())

    def _left(self, entries: Sequence[StackEntry], urn: str) -> int:
        """Return the number of the resource's entries that are not removed yet."""
        own = [entry for entry in entries if entry.urn == urn]
        return len(own) - (self._removed[(own[0].kind, own[0].id), urn] if own else 0)

    def _refers(self, entry: StackEntry, entries: Sequence[StackEntry]) -> bool:
        """Return whether the live resource still refers to the object: neither deleted nor recreated in this run."""
        key = (entry.kind, entry.id)
        made_anew = self._held.get(entry.urn, key) != key
        return not entry.pending_delete and not made_anew and self._left(entries, entry.urn) > 0

    def _hold(self, key: Key, holder: _Holder) -> None:
        """Release the previous object: a resource has one object at a time, so the replaced one may be deleted."""
        if holder.urn is not None:
            self._let_go(self._held.get(holder.urn, key))
            self._held[holder.urn] = key
        self._holders[key] = holder

    def _let_go(self, key: Key) -> None:
        holder = self._holders.pop(key, None)
        if holder and holder.urn is not None and self._held.get(holder.urn) == key:
            del self._held[holder.urn]


def _by_text(entries: Sequence[StackEntry], output: str) -> Mapping[str, Sequence[StackEntry]]:
    found: dict[str, list[StackEntry]] = defaultdict(list)
    for entry in entries:
        if isinstance(text := entry.outputs.get(output), str):
            found[text.lower()].append(entry)
    return found


def _declared_twice(kind: str, id: str, name: str, urn: str | None) -> ConflictError:
    by = f"resource {resource_name(urn)!r}" if urn else "another resource"
    return ConflictError(
        f"{kind} {name!r} (id {id}) is already declared by {by} of this stack; declare it once and refer to it"
    )
