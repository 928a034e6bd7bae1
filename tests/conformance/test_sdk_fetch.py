"""Making the SDK's environment where something is missing: one line, and nothing half-made."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "tools/vendor_sdk/fetch.py"
AS_PYTHON_3_10 = """
import runpy, sys
sys.version_info = (3, 10, 0, "final", 0)
sys.argv = [{script!r}]
runpy.run_path({script!r}, run_name="__main__")
"""


def fetch(cache: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        env={"WALLAROO_PULUMI_CACHE": str(cache), "PATH": "/nowhere", **environment},
        capture_output=True,
        text=True,
    )


def test_an_installation_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    ended = fetch(cache, str(SCRIPT), PIP_NO_INDEX="1", PIP_FIND_LINKS=str(tmp_path))
    assert ended.returncode == 1
    assert ended.stdout == ""
    told = ended.stderr.splitlines()[-1]
    assert told.startswith("make conformance: Installing the vendor's SDK")
    assert "its last output is above" in told
    assert [file for file in cache.iterdir() if file.suffix != ".lock"] == []


def test_a_python_that_the_sdk_has_no_wheels_for_is_named_in_one_line(tmp_path: Path) -> None:
    ended = fetch(tmp_path, "-c", AS_PYTHON_3_10.format(script=str(SCRIPT)))
    assert ended.returncode == 1
    assert ended.stderr == (
        "make conformance: the vendor's SDK needs python3.11 or python3.12, and none is on PATH; install one\n"
    )
