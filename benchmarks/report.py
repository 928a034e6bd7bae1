"""Generate docs/performance.md: the measurements side by side, and which targets are met."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from .emulator_load import Load
from .imports import Imports
from .many_stacks import Stacks
from .policy_pack import Policies
from .programs.shape import MEMBERS
from .subjects import COMMANDS, NATIVE, Measurement, State
from .upload_memory import Upload

HOST_THREADS = 4
LATENCIES = (0.0, 0.02, 0.1)
"""Seconds per request: those of the largest estate."""
NOTES = Path(__file__).with_name("notes.md")
"""The hand-written part of the page: method, optimisations and remaining costs."""


@dataclass(frozen=True)
class Case:
    """``n`` workspaces with their members, and a delay of ``latency`` seconds per request."""

    n: int
    latency: float
    kinds: tuple[str, ...]
    rounds: int
    parallel: int | None = None
    """Calls that the engine makes at once; None for its default."""

    def __str__(self) -> str:
        parallel = f", --parallel {self.parallel}" if self.parallel else ""
        return f"N = {self.n}, {self.latency * 1000:.0f} ms{parallel}"


@dataclass
class Results:
    cases: list[Case] = field(default_factory=list)
    measured: defaultdict[tuple[Case, str, str], list[Measurement]] = field(
        default_factory=lambda: defaultdict(list)
    )
    state: dict[tuple[Case, str], State] = field(default_factory=dict)
    failures: dict[tuple[Case, str], str] = field(default_factory=dict)

    def of(self, case: Case, kind: str, command: str, what: Callable[[Measurement], float]) -> float:
        """Return the median over the rounds. Raises KeyError if it was not measured."""
        if not (found := self.measured.get((case, kind, command))):
            raise KeyError((case, kind, command))
        return median(what(one) for one in found)


def floor_of(kind: str) -> str:
    """The subject that does nothing, with which this one is compared."""
    return "native_floor" if kind in NATIVE else "floor"


@dataclass(frozen=True)
class Target:
    what: str
    limit: float
    value: float

    @property
    def met(self) -> bool:
        return self.value <= self.limit


def wall(one: Measurement) -> float:
    return one.wall


def requests(one: Measurement) -> float:
    return one.requests.total()


def targets(results: Results, imports: Imports, policies: Policies, upload: Upload) -> Iterable[Target]:
    """Yield the targets, for the largest measured estate."""
    n = max(case.n for case in results.cases)
    quiet, slow, slowest = (
        next(case for case in results.cases if case.n == n and case.latency == latency)
        for latency in LATENCIES
    )

    def ratio(command: str, *cases: Case, kind: str = "ours", to: str = "") -> float:
        ours, floor = (
            sum(results.of(case, each, command, wall) for case in cases)
            for each in (kind, to or floor_of(kind))
        )
        return ours / floor

    for command in ("no-op up", "preview"):
        # They send no requests, so both latencies measure the same.
        yield Target(f"{command}, N = {n}: times the floor", 1.05, ratio(command, quiet, slow))
        yield Target(f"{command}, N = {n}: API requests", 0, results.of(quiet, "ours", command, requests))
    yield Target(f"up, N = {n}, 0 ms: times the floor", 1.3, ratio("up", quiet))
    writes = n * (1 + len(MEMBERS))
    needed = writes * slow.latency / HOST_THREADS + results.of(slow, "floor", "up", wall)
    yield Target(
        f"up, N = {n}, {slow.latency * 1000:.0f} ms: times (writes x latency ÷ {HOST_THREADS} threads + floor)",
        1.15,
        results.of(slow, "ours", "up", wall) / needed,
    )
    yield Target(f"refresh, N = {n}, 0 ms: times the floor", 1.5, ratio("refresh", quiet))
    for endpoint, limit in (("workspaces/list", 5), ("workspaces/list_users", n)):
        asked = max(one.requests[endpoint] for one in results.measured[quiet, "ours", "refresh"])
        yield Target(f"refresh, N = {n}: `{endpoint}` requests", limit, asked)
    smaller = max(
        (case for case in results.cases if not case.latency and case.n < n), key=lambda case: case.n
    )
    yield Target(
        f"growth of up from N = {smaller.n} to {n}: times the floor's own growth",
        1.2,
        ratio("up", quiet) / ratio("up", smaller),
    )
    yield Target(
        "token requests per process that calls the API",
        1,
        max(
            one.tokens for (_, kind, _), found in results.measured.items() for one in found if kind == "ours"
        ),
    )
    yield Target(f"native up, N = {n}, 20 ms: times its floor", 1.15, ratio("up", slow, kind="native"))
    yield Target(
        f"native no-op up, N = {n}: times its floor",
        1.05,
        ratio("no-op up", quiet, slow, kind="native"),
    )
    yield Target(
        f"native no-op up, N = {n}: API requests", 0, results.of(quiet, "native", "no-op up", requests)
    )
    for command in ("refresh", "destroy"):
        yield Target(
            f"native {command}, {slowest}: times dynamic",
            0.33,
            ratio(command, slowest, kind="native", to="ours"),
        )
    yield Target("start of the plugin: times `import pulumi, grpc`", 1.2, imports.plugin_ratio)
    ours, floor = results.state[quiet, "ours"], results.state[quiet, "floor"]
    yield Target("bytes of properties in the state: times the floor", 1.1, ours.properties / floor.properties)
    yield Target("the same without the provider's reference", 1.1, ours.own / floor.own)
    yield Target("`from wallaroo_pulumi import Workspace`: times `import pulumi`", 1.25, imports.ratio)
    yield Target(f"preview with the policy pack, N = {policies.n}: times without", 1.25, policies.ratio)
    yield Target("the same: times a pack that does nothing", 1.05, policies.times_floor)
    yield Target(f"upload of {upload.size:,.0f} MiB: memory growth in MiB", 64, upload.grown)
    yield Target("imports of emulator, policies or SDK in a program", 0, len(imports.forbidden))


def page(
    results: Results,
    imports: Imports,
    policies: Policies,
    upload: Upload,
    load: Load,
    stacks: Sequence[Stacks],
    begun: str,
    command: str,
) -> str:
    parts = [
        "# Performance\n",
        f"Generated by `make {command}`. {begun}\n",
        NOTES.read_text(),
        "## Targets\n",
        table(
            ("target", "limit", "measured", ""),
            (
                (t.what, f"{t.limit:g}", figure(t.value), "pass" if t.met else "**miss**")
                for t in targets(results, imports, policies, upload)
            ),
        ),
        "## Commands\n",
        "Wall time in seconds (and as a multiple of the floor), then CPU seconds and peak MiB of the provider's "
        "process. Cases with several rounds show medians.\n",
    ]
    for case in results.cases:
        parts += [f"### {case} ({rounds(case)})\n", commands(results, case)]
        parts += [
            f"{kind} fails: `{error}`\n" for (at, kind), error in results.failures.items() if at == case
        ]
    parts += ["## Uploads\n", uploaded(upload)]
    parts += ["## State\n", states(results), "## The emulator under load\n", loaded(load)]
    parts += [
        "## Many stacks at once\n",
        "[Scale](scale.md#rate-limits) describes the simulation.\n",
        together(stacks),
    ]
    return "\n".join(parts)


def commands(results: Results, case: Case) -> str:
    def cells(kind: str, command: str) -> list[str]:
        try:
            seconds = results.of(case, kind, command, wall)
        except KeyError:
            return ["-", "-"]
        try:
            times = f" ({seconds / results.of(case, floor_of(kind), command, wall):.2f})"
        except KeyError:  # the case has no such floor
            times = ""
        cpu = results.of(case, kind, command, lambda one: one.host.cpu)
        peak = results.of(case, kind, command, lambda one: one.host.peak)
        return [f"{seconds:.1f}{times}", f"{cpu:.1f}, {peak:.0f}"]

    def asked(kind: str, command: str) -> str:
        try:
            tokens = results.of(case, kind, command, lambda one: one.tokens)
            return f"{results.of(case, kind, command, requests):.0f} + {tokens:.0f}"
        except KeyError:
            return "-"

    head = ["command"]
    for kind in case.kinds:
        head += [kind, "host CPU, MiB"]
        if kind != floor_of(kind):
            head.append("requests + tokens")
    rows = []
    for command in COMMANDS:
        row = [command]
        for kind in case.kinds:
            row += cells(kind, command)
            if kind != floor_of(kind):
                row.append(asked(kind, command))
        rows.append(row)
    return table(head, rows)


def states(results: Results) -> str:
    rows = (
        (f"N = {case.n}", kind, f"{state.properties:.0f}", f"{state.own:.0f}", f"{state.file:.0f}")
        for (case, kind), state in results.state.items()
        if not case.latency
    )
    return "Bytes of JSON per resource after the first `up`.\n\n" + table(
        ("", "", "inputs and outputs", "without the provider's reference", "share of the whole state"), rows
    )


def uploaded(upload: Upload) -> str:
    return table(
        ("", ""),
        (
            ("file", f"{upload.size:,.0f} MiB, streamed from disk"),
            ("peak memory before and after", f"{upload.before:.1f} and {upload.peak:.1f} MiB"),
            ("digest, upload", f"{upload.digest:.0f}, {upload.upload:.0f} MiB/s"),
        ),
    )


def loaded(load: Load) -> str:
    memory = ", ".join(f"{mib:.0f}" for mib in load.memory)
    return table(
        ("", ""),
        (
            (f"{load.seeded:,} workspaces seeded", f"{load.seeding:.1f} s"),
            (f"{load.requests:,} requests over {load.connections} connections", f"{load.seconds:.0f} s"),
            ("throughput", f"{load.requests / load.seconds:.0f} requests/s"),
            ("errors", str(load.errors)),
            ("memory, MiB, at the start and after each tenth", f"{memory} (x {load.growth:.2f})"),
        ),
    )


def together(stacks: Sequence[Stacks]) -> str:
    return table(
        (
            "stacks",
            "limit",
            "requests",
            "rejected with 429",
            "failed creates",
            "most runs per stack",
            "last stack done",
            "all converge",
        ),
        (
            (
                str(len(one.stacks)),
                f"{one.rate} requests/s" if one.rate else "none",
                str(one.requests),
                str(one.refused),
                str(sum(stack.failures for stack in one.stacks)),
                str(max(stack.runs for stack in one.stacks)),
                f"{one.seconds:.0f} s",
                "yes" if one.complete else "**no**",
            )
            for one in stacks
        ),
    )


def figure(value: float) -> str:
    """Format with three digits, but keep counts."""
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def rounds(case: Case) -> str:
    return "one round" if case.rounds == 1 else f"medians of {case.rounds} rounds"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def machine() -> str:
    """Describe the machine, its load, the versions and the date."""
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    versions = ", ".join(
        f"{name} {importlib.metadata.version(name)}" for name in ("pulumi", "httpx", "pydantic")
    )
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores ({model[1] if model else 'unknown'}), "
        f"Python {platform.python_version()}, {versions}; load average at the start: {os.getloadavg()[0]:.1f}."
    )


def last_error(output: str) -> str:
    """Return the last line of the output that reports an error."""
    lines = [line.strip() for line in output.splitlines() if "Error" in line or "error:" in line]
    return lines[-1][:150] if lines else "no error in the output"
