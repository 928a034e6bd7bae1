"""The engine's part of a run, without the engine: what it calls, in which order, and what it keeps in the state.

It follows the engine where that matters for what the provider is told: a refresh reads and then diffs what is in the
state, replaced resources included; only declared resources are checked; a resource that is replaced stays in the state,
marked, until it is deleted at the end of the run, or of a later one; one that is deleted before its replacement is made
stays, marked otherwise; a replacement that the user asks for is not diffed; with targets the rest is not called at all.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from dynamic_host import UNKNOWN, Diff, HostError, entry

Inputs = dict[str, Any]
Outputs = dict[str, Any]


class Host(Protocol):
    """What answers the calls of a run."""

    def check(
        self, kind: str, news: Inputs, olds: Inputs | None = None, *, name: str
    ) -> tuple[Inputs, dict[str, str]]: ...
    def diff(self, kind: str, id: str, olds: Outputs, news: Inputs, *, name: str) -> Diff: ...
    def create(self, kind: str, inputs: Inputs, *, name: str) -> tuple[str, Outputs]: ...
    def read(self, kind: str, id: str, state: Outputs, *, name: str) -> tuple[str, Outputs, Inputs]: ...
    def update(self, kind: str, id: str, olds: Outputs, news: Inputs, *, name: str) -> Outputs: ...
    def delete(self, kind: str, id: str, state: Outputs, *, name: str) -> None: ...


class Interrupted(Exception):
    """The run ended before it was done."""


@dataclass(frozen=True)
class Stop:
    """Where a run is interrupted: at its n-th create, update or delete, before it, or after it and unrecorded."""

    at: int
    carried_out: bool


@dataclass(frozen=True)
class Declared:
    """A resource of a program. ``uses`` are inputs that are outputs of others: input → name and output."""

    name: str
    kind: str
    inputs: Inputs
    uses: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(eq=False)
class Held:
    """A resource in the state."""

    name: str
    kind: str
    id: str
    inputs: Inputs
    outputs: Outputs
    uses: Mapping[str, tuple[str, str]]
    delete: bool = False
    """Replaced, and still to be deleted."""
    pending_replacement: bool = False
    """Deleted, and still to be recreated."""

    @property
    def needs(self) -> set[str]:
        return {name for name, _ in self.uses.values()}

    @property
    def live(self) -> bool:
        return not (self.delete or self.pending_replacement)

    def exported(self) -> dict[str, Any]:
        return entry(self.kind, self.id, self.outputs, name=self.name, delete=self.delete) | {
            "pendingReplacement": self.pending_replacement
        }


class Watcher(Protocol):
    """Told what a run takes out of the state."""

    def gone(self, held: Held) -> None:
        """A refresh reports that the object does not exist."""

    def deleted(self, held: Held) -> None:
        """A delete succeeded."""


class Stack:
    """A stack's state and what the engine does with it. ``open_host`` starts what answers a run, given the export."""

    def __init__(
        self,
        open_host: Callable[[Callable[[], Sequence[Mapping[str, Any]]]], AbstractContextManager[Host]],
        watcher: Watcher,
    ) -> None:
        self.open_host = open_host
        self.watcher = watcher
        self.state: list[Held] = []
        self.writes: list[tuple[str, str]] = []
        """The creates, updates and deletes of the last run: what, and of which resource."""
        self.unrecorded: str | None = None
        """The resource whose delete, update or create the last run carried out and did not record."""

    def up(
        self,
        program: Sequence[Declared],
        *,
        refresh: bool = False,
        targets: set[str] | None = None,
        replace: set[str] = frozenset(),  # type: ignore[assignment]
        stop: Stop | None = None,
    ) -> None:
        """Raises HostError where a call fails, or Interrupted; what was done until then is in the state."""
        with self._run(stop) as run:
            if refresh:
                run.refresh(targets)
            for declared in program:
                if targets is None or declared.name in targets:
                    run.register(declared, declared.name in replace)
            names = {declared.name for declared in program}
            run.delete([h for h in self.state if h.delete or h.name not in names], targets)

    def refresh(self, *, targets: set[str] | None = None) -> None:
        with self._run(None) as run:
            run.refresh(targets)

    def destroy(self, *, targets: set[str] | None = None, stop: Stop | None = None) -> None:
        with self._run(stop) as run:
            run.delete(list(self.state), targets)

    def live(self, name: str) -> Held | None:
        """The resource of this name that is not replaced."""
        return next((held for held in self.state if held.name == name and not held.delete), None)

    def exported(self) -> list[dict[str, Any]]:
        return [copy.deepcopy(held.exported()) for held in self.state]

    @contextmanager
    def _run(self, stop: Stop | None) -> Iterator[_Run]:
        self.writes, self.unrecorded = [], None
        with self.open_host(self.exported) as host:
            yield _Run(self, host, stop)


class _Run:
    def __init__(self, stack: Stack, host: Host, stop: Stop | None) -> None:
        self._stack = stack
        self._host = host
        self._stop = stop

    def refresh(self, targets: set[str] | None) -> None:
        for held in list(self._stack.state):
            if held.pending_replacement or (targets is not None and held.name not in targets):
                continue
            id, outputs, inputs = self._host.read(held.kind, held.id, held.outputs, name=held.name)
            if not id:
                self._stack.watcher.gone(held)
                self._stack.state.remove(held)
                continue
            before, held.id, held.outputs, held.inputs = held.inputs, id, outputs, inputs
            self._host.diff(held.kind, id, outputs, before, name=held.name)

    def register(self, declared: Declared, asked_to_replace: bool) -> None:
        old = self._stack.live(declared.name)
        inputs = declared.inputs | {
            key: self._output(name, output) for key, (name, output) in declared.uses.items()
        }
        checked, failures = self._host.check(
            declared.kind, inputs, old.inputs if old else {}, name=declared.name
        )
        assert failures == {}
        if old is None:
            self._create(declared, checked)
        elif asked_to_replace and not old.pending_replacement:
            self._replace(old, declared, checked)
        else:
            difference = self._host.diff(declared.kind, old.id, old.outputs, checked, name=declared.name)
            if old.pending_replacement:
                self._create(declared, checked)
                self._stack.state.remove(old)
            elif difference.replaces and difference.delete_before_replace:
                for dependent in self._dragged_along(declared.name):
                    self._delete_before_replace(dependent)
                self._delete_before_replace(old)
                self._create(declared, checked)
                self._stack.state.remove(old)
            elif difference.replaces:
                self._replace(old, declared, checked)
            else:
                if difference.changed:
                    old.outputs = self._write(
                        "update",
                        declared.name,
                        lambda: self._host.update(
                            declared.kind, old.id, old.outputs, checked, name=declared.name
                        ),
                    )
                old.inputs, old.uses = checked, declared.uses

    def delete(self, condemned: Sequence[Held], targets: set[str] | None) -> None:
        """Delete resources, those that need others first."""
        condemned = [held for held in condemned if targets is None or held.name in targets]
        names = {held.name for held in condemned if not held.delete}
        for held in self._stack.state:
            if held not in condemned and held.live and held.needs & names:
                raise Interrupted("the engine refuses to delete what untargeted resources need")
        for held in sorted(condemned, key=lambda held: -len(held.uses)):
            if not held.pending_replacement:
                self._delete(held)
            self._stack.state.remove(held)
            if not held.pending_replacement:
                self._stack.watcher.deleted(held)

    def _output(self, name: str, output: str) -> Any:
        used = self._stack.live(name)
        assert used is not None, f"{name} is used and neither targeted nor there"
        return used.outputs[output]

    def _dragged_along(self, name: str) -> list[Held]:
        """What is to be deleted before the resource is, since it would be replaced by any change of that."""
        found = []
        for held in self._stack.state:
            if held.live and name in held.needs:
                unknown = {key: UNKNOWN for key, (used, _) in held.uses.items() if used == name}
                news = held.inputs | unknown
                if self._host.diff(held.kind, held.id, held.outputs, news, name=held.name).replaces:
                    found.append(held)
        return found

    def _create(self, declared: Declared, checked: Inputs) -> None:
        id, outputs = self._write(
            "create", declared.name, lambda: self._host.create(declared.kind, checked, name=declared.name)
        )
        held = Held(declared.name, declared.kind, id, checked, outputs, declared.uses)
        self._stack.state.append(held)

    def _replace(self, old: Held, declared: Declared, checked: Inputs) -> None:
        self._create(declared, checked)
        old.delete = True

    def _delete(self, held: Held) -> None:
        self._write(
            "delete",
            held.name,
            lambda: self._host.delete(held.kind, held.id, held.outputs, name=held.name),
        )

    def _delete_before_replace(self, held: Held) -> None:
        self._delete(held)
        held.pending_replacement = True
        self._stack.watcher.deleted(held)

    def _write(self, what: str, name: str, call: Callable[[], Any]) -> Any:
        self._stack.writes.append((what, name))
        stops = self._stop is not None and len(self._stack.writes) == self._stop.at
        if self._stop and stops and not self._stop.carried_out:
            raise Interrupted
        result = call()
        if stops:
            self._stack.unrecorded = name
            raise Interrupted
        return result


__all__ = [
    "Declared",
    "Held",
    "Host",
    "HostError",
    "Inputs",
    "Interrupted",
    "Outputs",
    "Stack",
    "Stop",
    "Watcher",
]
