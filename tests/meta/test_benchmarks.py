"""What `make bench` needs of the package is there: found out here, not after its first twenty minutes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def ran(*command: str) -> str:
    env = os.environ | {"PYTHONPATH": str(ROOT / "tests/support")}
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_part_can_be_loaded() -> None:
    modules = sorted(path.stem for path in (ROOT / "benchmarks").glob("[a-z]*.py"))
    ran("-c", "; ".join(f"import benchmarks.{module}" for module in modules))


MADE_UP = """
import sys
from pathlib import Path
from collections import Counter
from benchmarks import plots, report
from benchmarks.__main__ import FULL
from benchmarks.emulator_load import Load
from benchmarks.imports import Imports
from benchmarks.many_stacks import Stack, Stacks
from benchmarks.policy_pack import Policies
from benchmarks.processes import Usage
from benchmarks.results import Benchmark, Results, Run, Saved
from benchmarks.subjects import Measurement, State
from benchmarks.targets import targets
from benchmarks.upload_memory import Upload

seconds = {"floor": 10, "ours": 30, "native_floor": 10, "native": 10, "documented": 30}
results = Results()
for case in FULL:
    for kind in case.kinds:
        results.states.append(Saved(case, kind, State(1, 1, 1)))
        for command in case.commands:
            measured = Measurement(seconds[kind], Usage(), Usage(1), 0, Counter(), 0)
            results.runs.append(Run(case, kind, command, measured))
Benchmark(
    "2026-11-27",
    "bench",
    results,
    Imports(0, 1, 1.2, [], 1.2, 1),
    Policies(100, 1, 1.2, 1.2),
    Upload(1, 1, 1, 1, 1),
    Load(1, 1, 1, 1, 0, 1, [1, 1]),
    [Stacks([Stack(1, 1, 0)], None, 4, 1, 0, True)],
).save(Path(sys.argv[1], "measured.json"))
benchmark = Benchmark.load_from(Path(sys.argv[1], "measured.json"))
"""


def test_the_targets_of_the_native_plugin_are_rows_of_the_page(tmp_path: Path) -> None:
    """A third of dynamic is the limit: 10 s are a little more of 30 s than 0.33."""
    told = ran(
        "-c",
        f"""{MADE_UP}
found = [t for t in targets(benchmark) if "native" in t.what or "plugin" in t.what]
print(*[f"{{t.met}} {{t.what}}" for t in found], sep="\\n")
""",
        str(tmp_path),
    )
    assert told.splitlines() == [
        "True native up, N = 1000, 20 ms: times its floor",
        "True native no-op up, N = 1000: times its floor",
        "True native no-op up, N = 1000: API requests",
        "False native refresh, N = 1000, 100 ms, --parallel 64: times dynamic",
        "False native destroy, N = 1000, 100 ms, --parallel 64: times dynamic",
        "True start of the plugin: times `import pulumi, grpc`",
    ]


def test_the_page_shows_the_cause_of_a_miss_and_shows_a_plot_of_each_command(tmp_path: Path) -> None:
    told = ran(
        "-c",
        f"""{MADE_UP}
drawn = plots.draw(benchmark.results, Path(sys.argv[1]))
print(report.page(benchmark, [plot.relative_to(sys.argv[1]) for plot in drawn]))
""",
        str(tmp_path),
    )
    (missed,) = (
        line for line in told.splitlines() if line.startswith("| up, N = 1000, 0 ms: times the floor")
    )
    assert "| 1.2 | 3 | **miss** | requests" in missed
    for command in ("up", "no-op-up", "preview", "refresh", "destroy"):
        assert f"]({command}.svg)" in told
        plot = (tmp_path / f"{command}.svg").read_text()
        assert "prefers-color-scheme: dark" in plot
        assert ">documented</text>" in plot
    # At N = 1,000, the 4,000 writes of an `up` take 20 s on 4 threads, and the floor 10 s.
    slow = told.partition("### N = 1000, 20 ms")[2]
    assert "| up | dynamic | 30.0 | 3.00 | 1.00 |" in slow


def test_an_upload_needs_no_memory_for_the_file() -> None:
    told = json.loads(ran("-m", "benchmarks.upload_memory", "0.25"))
    assert told["size"] == 256
    assert told["peak"] - told["before"] < 64
