"""``make bench`` and ``make bench-quick``: measure, and write docs/performance.md."""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from pulumi_engine import engine_folder
from pulumi_project import engine_environment

from . import emulator_load, imports, many_stacks, plots, policy_pack, report, upload_memory
from .instance import Instance
from .results import Benchmark, Case, Failure, Results, Run, Saved
from .subjects import Failed, Subject

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/performance.md"
MEASURED = ROOT / "build/benchmark.json"
FOUR = ("floor", "ours", "native_floor", "native")
ALL = (*FOUR, "documented")
OURS = ("ours", "native")
PARALLEL = 64
"""Where requests are slow: the dynamic host makes four calls at a time whatever the engine asks for."""

SENDING = ("up", "refresh", "destroy")
"""The commands that send requests. The others take as long whatever the latency is."""

# The floors send no requests: at other latencies than 0 they are not measured again for the largest estates,
# nor is a preview, which does the same as a no-op `up`.
FULL = [
    Case(n=10, latency=0.0, kinds=ALL, rounds=3),
    Case(n=10, latency=0.02, kinds=ALL, rounds=1, commands=SENDING),
    Case(n=100, latency=0.0, kinds=ALL, rounds=1),
    Case(n=100, latency=0.02, kinds=ALL, rounds=1, commands=SENDING),
    Case(n=100, latency=0.1, kinds=OURS, rounds=1, parallel=PARALLEL, commands=SENDING),
    Case(n=1000, latency=0.0, kinds=FOUR, rounds=1, commands=("up", "no-op up", "refresh", "destroy")),
    Case(n=1000, latency=0.02, kinds=OURS, rounds=1, commands=SENDING),
    Case(n=1000, latency=0.1, kinds=OURS, rounds=1, parallel=PARALLEL, commands=SENDING),
]
QUICK = [
    Case(n=10, latency=0.0, kinds=ALL, rounds=1),
    Case(n=100, latency=0.0, kinds=FOUR, rounds=1),
    Case(n=100, latency=0.02, kinds=FOUR, rounds=1, commands=SENDING),
    Case(n=100, latency=0.1, kinds=OURS, rounds=1, parallel=PARALLEL, commands=SENDING),
]


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks", description="Measure the provider side by side.")
    parser.add_argument("--quick", action="store_true", help="a few minutes: small estates, one round")
    parser.add_argument("--page", type=Path, default=PAGE, help="the page to write")
    parser.add_argument(
        "--measured", type=Path, default=MEASURED, help="the file that keeps what was measured"
    )
    parser.add_argument("--again", action="store_true", help="measure nothing: write the page from that file")
    given = parser.parse_args()
    if not given.again:
        part = given.measured.with_suffix(f".{'quick' if given.quick else 'full'}-{version()}.json")
        measure(part, quick=given.quick).save(given.measured)
        part.unlink()
    benchmark = Benchmark.load_from(given.measured)
    drawn = plots.draw(benchmark.results, given.page.parent / "assets/performance")
    text = report.page(benchmark, [plot.relative_to(given.page.parent) for plot in drawn])
    given.page.write_text(text)
    print(text)


def version() -> str:
    """Return the commit, so that what two versions did is not put together."""
    command = ["git", "describe", "--always", "--dirty"]
    described = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 -- git
    return described.stdout.strip()


def measure(part: Path, *, quick: bool) -> Benchmark:
    """Measure everything. Cases that an interrupted benchmark kept in the file ``part`` are not measured again."""
    begun = report.machine()
    try:
        results = Results.load_from(part)
    except OSError:
        results = Results()
    with tempfile.TemporaryDirectory() as folder:
        env = engine_environment(engine_folder(), Path(folder, "home"))
        for case in QUICK if quick else FULL:
            if case not in results.cases:
                measure_case(case, Path(folder), env, results)
                results.save(part)
        policies = policy_pack.measure(100, 1 if quick else 5, Path(folder, "policies"), env)
    return Benchmark(
        begun,
        "bench-quick" if quick else "bench",
        results,
        imports.measure(rounds=5 if quick else 15),
        policies,
        upload_memory.measure(0.125 if quick else 1),
        emulator_load.measure(500, 5_000 if quick else 30_000, 10_000),
        [many_stacks.measure(5 if quick else 20, 10, rate, 4) for rate in (None, 50)],
    )


def measure_case(case: Case, folder: Path, env: dict[str, str], results: Results) -> None:
    """Run every command of the case, the subjects in turn, so that what else the machine does meets all of them."""
    failed: set[str] = set()
    options = ("--parallel", str(case.parallel)) if case.parallel else ()
    for turn in range(case.rounds):
        with ExitStack() as stack:
            subjects = []
            for kind in case.kinds:
                instance = stack.enter_context(Instance())
                instance.renew(case.latency)
                place = folder / f"{kind}-{case.n}-{case.latency}-{turn}"
                subjects.append(Subject(kind, case.n, place, env, instance))
            for command, subject in in_turns(case.commands, subjects):
                if subject.kind in failed:
                    continue
                try:
                    measured = subject.run(command, *options)
                except Failed as failure:
                    failed.add(subject.kind)
                    results.failures.append(Failure(case, subject.kind, report.last_error(str(failure))))
                    continue
                results.runs.append(Run(case, subject.kind, command, measured))
                print(f"{case} {subject.kind} {command}: {measured.wall:.1f} s", flush=True)
                if command == "up" and not turn:
                    results.states.append(Saved(case, subject.kind, subject.state()))


def in_turns(commands: Sequence[str], subjects: Sequence[Subject]) -> Iterator[tuple[str, Subject]]:
    """Each command for each subject, and no subject always the first to run it."""
    for number, command in enumerate(commands):
        for subject in subjects if number % 2 else reversed(subjects):
            yield command, subject


if __name__ == "__main__":
    main()
