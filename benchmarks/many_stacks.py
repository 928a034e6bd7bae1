"""Many stacks at once against one instance that limits its rate.

Simulated: each stack is a process that makes the dynamic host's calls (check, create, read) on the host's 4 threads,
through the same provider, client and retries. Not simulated: the engine, which asks the instance nothing.
"""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from typing import Any

from pulumi.dynamic import Config, ConfigureRequest

from wallaroo_pulumi.adapters.dynamic import DynamicProvider
from wallaroo_pulumi.adapters.dynamic_host import DynamicHostError

from .instance import Instance
from .programs.shape import MEMBERS

HOST_THREADS = 4
_MOST_RUNS = 10

_ready: Barrier
"""Of this process: see :func:`_begin_together`."""

State = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Stack:
    """How one stack fared."""

    runs: int
    """How many times ``up`` was run until everything was made."""
    seconds: float
    failures: int
    """Creates that gave up, in all runs: the next one made them."""


@dataclass(frozen=True)
class Stacks:
    """How they fared together."""

    stacks: list[Stack]
    rate: int | None
    max_retries: int
    requests: int
    refused: int
    """Requests answered 429."""
    complete: bool
    """Whether the instance has every workspace that was declared, none twice, with its members (a sample)."""

    @property
    def seconds(self) -> float:
        """Until the last stack was done."""
        return max(stack.seconds for stack in self.stacks)


def measure(stacks: int, workspaces: int, rate: int | None, max_retries: int) -> Stacks:
    """Run the stacks at once, each with so many workspaces of 3 members. ``rate`` is in requests per second."""
    with Instance() as instance:
        instance.renew()
        emulated = instance.emulated
        emulated.control("rate", requests_per_second=rate)
        settings = {**emulated.settings, "maxRetries": str(max_retries)}
        # Spawned, as the engine's processes are: nothing is inherited.
        spawning = multiprocessing.get_context("spawn")
        ready = spawning.Barrier(stacks)
        with ProcessPoolExecutor(stacks, spawning, _begin_together, (ready,)) as pool:
            told = list(pool.map(_stack, [settings] * stacks, range(stacks), [workspaces] * stacks))
        statuses = Counter(entry["status"] for entry in emulated.requests("/"))
        emulated.control("rate", requests_per_second=None)
        names = [w["name"] for w in emulated.api("workspaces/list")["workspaces"]]
        ids = emulated.workspaces()
        complete = sorted(names) == sorted(_names(stacks, workspaces)) and all(
            set(MEMBERS) <= set(emulated.members(ids[name]).items())
            for name in names[:: max(1, len(names) // 20)]
        )
        return Stacks(told, rate, max_retries, statuses.total(), statuses[429], complete)


def _names(stacks: int, workspaces: int) -> list[str]:
    return [_name(stack, i) for stack in range(stacks) for i in range(workspaces)]


def _name(stack: int, i: int) -> str:
    return f"stack-{stack}-{i}"


def _begin_together(ready: Barrier) -> None:
    """Wait until every process has started: what starting takes is not what is measured."""
    global _ready
    _ready = ready


def _stack(settings: dict[str, str], number: int, workspaces: int) -> Stack:
    """What one stack's process does: ``up`` until nothing fails."""
    _ready.wait()
    begun, failures = time.monotonic(), 0
    config = Config({f"wallaroo:{key}": value for key, value in settings.items()}, "bench")
    provider = {kind: DynamicProvider(kind) for kind in ("Workspace", "WorkspaceMember")}
    for one in provider.values():
        one.configure(ConfigureRequest(config=config))

    def create(kind: str, **inputs: Any) -> State:
        checked = provider[kind].check({}, inputs).inputs
        made = provider[kind].create(checked)
        return str(made.id), dict(made.outs or {})

    made: dict[str, State] = {}

    def attempt(key: str, kind: str, **inputs: Any) -> int:
        if key in made:
            return 0
        try:
            made[key] = create(kind, **inputs)
        except DynamicHostError:
            return 1
        return 0

    def workspace(i: int) -> int:
        name = _name(number, i)
        if attempt(name, "Workspace", name=name, adopt="if_empty", forceDestroy=False):
            return 1
        id = float(made[name][1]["workspaceId"])  # numbers come back as floats from Pulumi
        return sum(
            attempt(f"{name}/{email}", "WorkspaceMember", workspaceId=id, email=email, role=role)
            for email, role in MEMBERS
        )

    for run in range(1, _MOST_RUNS + 1):
        failed = _on_host_threads(workspace, workspaces)
        failures += failed
        if not failed:
            return Stack(run, time.monotonic() - begun, failures)
    raise RuntimeError(f"stack {number} is not complete after {_MOST_RUNS} runs")


def _on_host_threads(work: Callable[[int], int], count: int) -> int:
    with ThreadPoolExecutor(HOST_THREADS) as pool:
        return sum(pool.map(work, range(count)))
