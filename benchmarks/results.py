"""What was measured, and the file that keeps it: the page and its plots can be made again without measuring."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from pydantic import TypeAdapter

from .emulator_load import Load
from .imports import Imports
from .many_stacks import Stacks
from .policy_pack import Policies
from .subjects import COMMANDS, NATIVE, Measurement, State
from .upload_memory import Upload


@dataclass(frozen=True)
class Case:
    """``n`` workspaces with their members, and a delay of ``latency`` seconds per request."""

    n: int
    latency: float
    kinds: tuple[str, ...]
    rounds: int
    parallel: int | None = None
    """Calls that the engine makes at once; None for its default."""
    commands: tuple[str, ...] = tuple(COMMANDS)

    def __str__(self) -> str:
        parallel = f", --parallel {self.parallel}" if self.parallel else ""
        return f"N = {self.n}, {self.latency * 1000:.0f} ms{parallel}"


@dataclass(frozen=True)
class Run:
    """One command of a subject."""

    case: Case
    kind: str
    command: str
    measured: Measurement


@dataclass(frozen=True)
class Saved:
    """The state that the first ``up`` left."""

    case: Case
    kind: str
    state: State


@dataclass(frozen=True)
class Failure:
    """A command that ended with an error. The subject runs no further ones of the case."""

    case: Case
    kind: str
    error: str


@dataclass
class Results:
    """The commands of all cases."""

    runs: list[Run] = field(default_factory=list)
    states: list[Saved] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    cores: int = field(default_factory=lambda: os.cpu_count() or 1)

    @property
    def cases(self) -> list[Case]:
        return list(dict.fromkeys(run.case for run in self.runs))

    def has(self, case: Case, kind: str, command: str) -> bool:
        """Whether it was measured."""
        return any((run.case, run.kind, run.command) == (case, kind, command) for run in self.runs)

    def all(self, case: Case, kind: str, command: str) -> list[Measurement]:
        """Return the measurements of all rounds. Raises KeyError if there is none."""
        key = (case, kind, command)
        if not (found := [run.measured for run in self.runs if (run.case, run.kind, run.command) == key]):
            raise KeyError(key)
        return found

    def of(self, case: Case, kind: str, command: str, what: Callable[[Measurement], float]) -> float:
        """Return the median over the rounds. Raises KeyError if it was not measured."""
        return median(what(one) for one in self.all(case, kind, command))

    def floor(self, case: Case, kind: str, command: str) -> float:
        """Return the seconds of the subject that does nothing. It sends no requests, so the latency does not matter.

        Raises KeyError if it was not measured.
        """
        cases = [one for one in self.cases if one.n == case.n and self.has(one, floor_of(kind), command)]
        own = [one for one in cases if one == case]
        if not cases:
            raise KeyError((case, floor_of(kind), command))
        return self.of((own or cases)[0], floor_of(kind), command, wall)

    def state(self, case: Case, kind: str) -> State:
        """Return the size of the state. Raises KeyError if it was not measured."""
        for saved in self.states:
            if (saved.case, saved.kind) == (case, kind):
                return saved.state
        raise KeyError((case, kind))

    def save(self, path: Path) -> None:
        """Keep the commands measured so far."""
        path.parent.mkdir(parents=True, exist_ok=True)
        written = path.with_suffix(".new")
        written.write_bytes(_COMMANDS.dump_json(self))
        written.replace(path)

    @staticmethod
    def load_from(path: Path) -> Results:
        """Return what an interrupted benchmark kept. Raises OSError if there is nothing."""
        return _COMMANDS.validate_json(path.read_bytes())

    def every(self, kind: str) -> Iterator[Measurement]:
        return (run.measured for run in self.runs if run.kind == kind)


@dataclass(frozen=True)
class Benchmark:
    """Everything that one ``make bench`` measured."""

    begun: str
    """The machine, its load, the versions and the date."""
    command: str
    """``bench`` or ``bench-quick``."""
    results: Results
    imports: Imports
    policies: Policies
    upload: Upload
    load: Load
    stacks: list[Stacks]

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_FORMAT.dump_json(self))

    @staticmethod
    def load_from(path: Path) -> Benchmark:
        return _FORMAT.validate_json(path.read_bytes())


_FORMAT = TypeAdapter(Benchmark)
_COMMANDS = TypeAdapter(Results)


def floor_of(kind: str) -> str:
    """The subject that does nothing, with which this one is compared."""
    return "native_floor" if kind in NATIVE else "floor"


def wall(one: Measurement) -> float:
    return one.wall


def requests(one: Measurement) -> float:
    return one.requests.total()


def program_cpu(one: Measurement) -> float:
    return one.program.cpu
