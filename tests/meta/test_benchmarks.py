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


def test_an_upload_needs_no_memory_for_the_file() -> None:
    told = json.loads(ran("-m", "benchmarks.upload_memory", "0.25"))
    assert told["size"] == 256
    assert told["peak"] - told["before"] < 64
