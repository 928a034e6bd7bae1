"""The targets: limits for the ratios of one benchmark, and why a target is missed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .physics import HOST_THREADS, physics
from .results import Benchmark, Case, Results, program_cpu, requests, wall

LATENCIES = (0.0, 0.02, 0.1)
"""Seconds per request: those of the largest estate."""
_WITHOUT_REQUESTS = "check and diff of each resource (pydantic), and its declaration in the program"


@dataclass(frozen=True)
class Target:
    what: str
    limit: float
    value: float
    cause: str = ""
    """Why it is missed, if it is."""

    @property
    def met(self) -> bool:
        return self.value <= self.limit


@dataclass(frozen=True)
class _Cases:
    """The cases of the largest estate, by latency, and the smallest estate."""

    results: Results
    quiet: Case
    slow: Case
    slowest: Case
    middle: Case
    small: Case

    @classmethod
    def of(cls, results: Results) -> _Cases:
        n = max(case.n for case in results.cases)
        quiet, slow, slowest = (
            next(case for case in results.cases if case.n == n and case.latency == latency)
            for latency in LATENCIES
        )
        smaller = (case for case in results.cases if not case.latency and case.n < n)
        return cls(results, quiet, slow, slowest, max(smaller, key=lambda case: case.n), results.cases[0])

    @property
    def n(self) -> int:
        return self.quiet.n

    def ratio(self, command: str, case: Case, *, kind: str = "ours", to: str = "") -> float:
        """Return the time of ``kind`` over that of another subject, of the floor if none is named."""
        other = self.results.of(case, to, command, wall) if to else self.results.floor(case, kind, command)
        return self.results.of(case, kind, command, wall) / other


def targets(benchmark: Benchmark) -> Iterator[Target]:
    """Yield the targets."""
    cases = _Cases.of(benchmark.results)
    yield from _unchanged(cases)
    yield from _changing(cases)
    yield from _small(cases)
    yield from _native(cases, benchmark.imports.plugin_ratio)
    yield from _rest(cases, benchmark)


def _unchanged(cases: _Cases) -> Iterator[Target]:
    for command, case in (("no-op up", cases.quiet), ("preview", cases.middle)):
        yield Target(
            f"{command}, N = {case.n}: times the floor", 1.05, cases.ratio(command, case), _WITHOUT_REQUESTS
        )
        yield Target(
            f"{command}, N = {case.n}: API requests",
            0,
            cases.results.of(case, "ours", command, requests),
        )
    program = [cases.results.of(cases.quiet, kind, "no-op up", program_cpu) for kind in ("ours", "floor")]
    yield Target(
        f"CPU time of the program, {cases.n * 4:,} resources: times the floor",
        1.1,
        program[0] / program[1],
        "an alias for the type of the other adapter and the conversion of inputs: 5 more Outputs for each "
        "member, beside the floor's 18",
    )


def _changing(cases: _Cases) -> Iterator[Target]:
    results, quiet, slow, n = cases.results, cases.quiet, cases.slow, cases.n
    http = (
        "requests, which the floor does not send: HTTP in Python here and in the emulator, on the same cores"
    )
    yield Target(f"up, N = {n}, 0 ms: times the floor", 1.2, cases.ratio("up", quiet), http)
    yield Target(
        f"up, N = {n}, {slow.latency * 1000:.0f} ms: times (writes x latency ÷ {HOST_THREADS} threads + floor)",
        1.15,
        results.of(slow, "ours", "up", wall) / physics(results, slow, "ours", "up"),
        "the program, which uses a core while it waits; and the list with the creation times of new workspaces, "
        "which identify them later",
    )
    yield Target(f"refresh, N = {n}, 0 ms: times the floor", 1.3, cases.ratio("refresh", quiet), http)
    yield Target(f"destroy, N = {n}, 0 ms: times the floor", 1.5, cases.ratio("destroy", quiet), http)
    for endpoint, limit in (("workspaces/list", 5), ("workspaces/list_users", n)):
        asked = max(one.requests[endpoint] for one in results.all(quiet, "ours", "refresh"))
        yield Target(f"refresh, N = {n}: `{endpoint}` requests", limit, asked)
    yield Target(
        f"growth of up from N = {cases.middle.n} to {n}: times the floor's own growth",
        1.2,
        cases.ratio("up", quiet) / cases.ratio("up", cases.middle),
    )
    yield Target(
        "token requests per process that calls the API", 1, max(one.tokens for one in results.every("ours"))
    )


def _small(cases: _Cases) -> Iterator[Target]:
    start = "the start of the host: pydantic, the definitions and, for requests, httpx"
    n = cases.small.n
    yield Target(f"no-op up, N = {n}: times the floor", 1.15, cases.ratio("no-op up", cases.small), start)
    for command in ("refresh", "destroy"):
        yield Target(
            f"{command}, N = {n}: times the documented style",
            1.0,
            cases.ratio(command, cases.small, to="documented"),
            start,
        )


def _native(cases: _Cases, plugin_ratio: float) -> Iterator[Target]:
    n = cases.n
    yield Target(
        f"native up, N = {n}, 20 ms: times its floor",
        1.15,
        cases.ratio("up", cases.slow, kind="native"),
        "requests: HTTP in Python takes more of the cores than the waiting",
    )
    yield Target(
        f"native no-op up, N = {n}: times its floor",
        1.05,
        cases.ratio("no-op up", cases.quiet, kind="native"),
        _WITHOUT_REQUESTS,
    )
    yield Target(
        f"native no-op up, N = {n}: API requests",
        0,
        cases.results.of(cases.quiet, "native", "no-op up", requests),
    )
    for command in ("refresh", "destroy"):
        yield Target(
            f"native {command}, {cases.slowest}: times dynamic",
            0.33,
            cases.ratio(command, cases.slowest, kind="native", to="ours"),
            "the cores of this machine, no longer the latency",
        )
    yield Target("start of the plugin: times `import pulumi, grpc`", 1.2, plugin_ratio)


def _rest(cases: _Cases, benchmark: Benchmark) -> Iterator[Target]:
    ours, floor = (cases.results.state(cases.quiet, kind) for kind in ("ours", "floor"))
    policies, upload = benchmark.policies, benchmark.upload
    yield Target(
        "bytes of properties in the state: times the floor",
        1.1,
        ours.properties / floor.properties,
        "the name of our class in the reference to the provider, which is a format",
    )
    yield Target(
        "the same without the provider's reference",
        1.1,
        ours.own / floor.own,
        "the identity of the instance in the outputs of each resource",
    )
    yield Target(
        "`from wallaroo_pulumi import Workspace`: times `import pulumi`", 1.25, benchmark.imports.ratio
    )
    yield Target(
        f"preview with the policy pack, N = {policies.n}: times without",
        1.25,
        policies.ratio,
        "the engine, which asks a pack twice for each resource",
    )
    yield Target("the same: times a pack that does nothing", 1.05, policies.times_floor, "the rules")
    yield Target(f"upload of {upload.size:,.0f} MiB: memory growth in MiB", 64, upload.grown)
    yield Target("imports of emulator, policies or SDK in a program", 0, len(benchmark.imports.forbidden))
