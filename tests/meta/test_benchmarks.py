"""What `make bench` needs of the package is there: found out here, not after its first twenty minutes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

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


@pytest.mark.parametrize("module", sorted(path.stem for path in (ROOT / "benchmarks").glob("[a-z]*.py")))
def test_every_part_can_be_loaded(module: str) -> None:
    ran("-c", f"import benchmarks.{module}")


def test_the_targets_of_the_native_plugin_are_rows_of_the_page() -> None:
    """A third of dynamic is the limit: 10 s are a little more of 30 s than 0.33."""
    told = ran(
        "-c",
        """
from collections import Counter
from types import SimpleNamespace as Some
from benchmarks.__main__ import FULL
from benchmarks.processes import Usage
from benchmarks.report import Results, commands, targets
from benchmarks.subjects import COMMANDS, Measurement, State

seconds = {"floor": 10, "ours": 30, "native_floor": 10, "native": 10, "documented": 30}
results = Results(cases=FULL)
for case in FULL:
    for kind in case.kinds:
        results.state[case, kind] = State(1, 1, 1)
        for command in COMMANDS:
            measured = Measurement(seconds[kind], Usage(), 0, Counter(), 0)
            results.measured[case, kind, command].append(measured)
imports = Some(ratio=1, plugin_ratio=1.2, forbidden=[])
found = targets(results, imports, Some(n=1, ratio=1, times_floor=1), Some(size=1, grown=1))
print(*[f"{t.met} {t.what}" for t in found if "native" in t.what or "plugin" in t.what], sep="\\n")
print(commands(results, FULL[-1]))
""",
    )
    assert told.splitlines()[:6] == [
        "True native up, N = 1000, 20 ms: times its floor",
        "True native no-op up, N = 1000: times its floor",
        "True native no-op up, N = 1000: API requests",
        "False native refresh, N = 1000, 100 ms, --parallel 64: times dynamic",
        "False native destroy, N = 1000, 100 ms, --parallel 64: times dynamic",
        "True start of the plugin: times `import pulumi, grpc`",
    ]
    assert "| native |" in told


def test_an_upload_needs_no_memory_for_the_file() -> None:
    told = json.loads(ran("-m", "benchmarks.upload_memory", "0.25"))
    assert told["size"] == 256
    assert told["peak"] - told["before"] < 64
