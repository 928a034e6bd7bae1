"""No process of a test run outlives it, however the run ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SUPPORT = Path(__file__).parents[1] / "support"
CONFTEST = """\
import sys
sys.path.insert(0, {support!r})
from leftovers import guard_this_run


def pytest_configure(config):
    if not hasattr(config, "workerinput"):
        guard_this_run()
"""
TEST = """\
import os, subprocess, sys, time
from pathlib import Path


def test_that_starts_a_server():
    command = "import time; print('ready', flush=True); time.sleep(600)"
    server = subprocess.Popen([sys.executable, "-c", command], start_new_session=True, stdout=subprocess.PIPE)
    server.stdout.readline()
    Path({file!r}).write_text(str(server.pid))
    if {hang!r}:
        time.sleep(600)
"""


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc")
@pytest.mark.parametrize(
    ("end", "plugins"),
    [
        (None, []),
        (signal.SIGINT, []),
        (signal.SIGTERM, []),
        (signal.SIGKILL, []),
        (signal.SIGKILL, ["-p", "xdist", "--numprocesses", "1"]),
    ],
    ids=["passed", "SIGINT", "SIGTERM", "SIGKILL", "SIGKILL-with-workers"],
)
def test_processes_end_with_the_run(tmp_path: Path, end: signal.Signals | None, plugins: list[str]) -> None:
    file = tmp_path / "pid"
    (tmp_path / "conftest.py").write_text(CONFTEST.format(support=str(SUPPORT)))
    (tmp_path / "test_it.py").write_text(TEST.format(file=str(file), hang=end is not None))
    run = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *plugins],
        cwd=tmp_path,
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST")},
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 120
        while not (file.exists() and file.read_text()):
            assert time.monotonic() < deadline, "the test did not start"
            time.sleep(0.05)
        server = int(file.read_text())
        if end is not None:
            run.send_signal(end)
        run.wait(timeout=120)
        deadline = time.monotonic() + 20
        while is_running(server):
            assert time.monotonic() < deadline, "the server outlives the run"
            time.sleep(0.05)
    finally:
        run.kill()
        run.wait()
