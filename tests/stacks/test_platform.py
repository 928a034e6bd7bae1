"""The platform stack's own tests, with Pulumi's mocks, in the stack's environment."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
STACK = ROOT / "stacks/platform"


def test_the_parts_of_the_stack_hang_together(python: Path) -> None:
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith(("WALLAROO_", "PULUMI_", "PYTEST_"))
    }
    environment["PYTHONPATH"] = str(ROOT)
    run = subprocess.run(
        [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull,
         "--rootdir", str(STACK), str(STACK)],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
