"""Ends every process that a test run started and left, however the run ended.

Ctrl-C, SIGTERM and ``kill -9`` of pytest leave engines, emulators, plugins and Keycloaks behind, each in a session of
its own. A variable in the environment marks all processes of a run. A guard process notices the end of the run,
because a pipe closes, and kills the processes that still have the mark. Needs ``/proc``; elsewhere nothing happens.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path

PROC = Path("/proc")
_guards: list[subprocess.Popen[bytes]] = []


def guard_this_run() -> None:
    """Mark the processes that this one starts from now on, and start their guard."""
    if not PROC.is_dir():
        return
    # A name of its own for each run, so that a run within a run is marked for both.
    mark = f"TEST_RUN_{secrets.token_hex(8)}"
    environment = dict(os.environ)
    os.environ[mark] = "1"
    # The guard keeps the only reading end; the writing end closes with this process.
    reading, _writing = os.pipe()
    _guards.append(
        subprocess.Popen(
            [sys.executable, "-I", __file__, mark],
            stdin=reading,
            env=environment,  # without the mark
            start_new_session=True,  # Ctrl-C in a terminal goes to the session of the run
        )
    )
    os.close(reading)


def marked(mark: str) -> list[int]:
    """Return the processes whose environment has the mark."""
    found = []
    for folder in PROC.iterdir():
        if folder.name.isdecimal():
            try:
                if f"{mark}=1".encode() in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
            except OSError:
                pass  # it has ended, or belongs to another user
    return found


def main(mark: str) -> None:
    sys.stdin.buffer.read()
    # A process may start another one while it is being killed.
    for _ in range(50):
        left = marked(mark)
        if not left:
            return
        for process in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        time.sleep(0.1)


if __name__ == "__main__":
    main(sys.argv[1])
