"""`kill -9` in the middle of a run: the next `up` ends with exactly the declared objects."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from emulated import Emulated
from pulumi_project import Project

Make = Callable[[str], Project]

PROGRAM = """
    import wallaroo_pulumi as wallaroo
    ws = wallaroo.Workspace("fraud", name="fraud-prod")
    wallaroo.WorkspaceMember("lead", workspace_id=ws.workspace_id, email="mary.jane@example.com", role="OWNER")
"""
EDITED = PROGRAM.replace('role="OWNER"', 'role="COLLABORATOR"')
REMOVED = "\n".join(PROGRAM.splitlines()[:-1])

CASES = {
    # what runs, the program before and after, the call that is held while the process is killed, and which of them
    "create, before the request is carried out": (None, PROGRAM, "workspaces/create", 0),
    "create, after it was carried out": (None, PROGRAM, "workspaces/list", 1),
    "create of a member": (None, PROGRAM, "workspaces/add_user", 0),
    "update": (PROGRAM, EDITED, "workspaces/add_user", 0),
    "delete": (PROGRAM, REMOVED, "workspaces/remove_user", 0),
}


@pytest.mark.parametrize("victim", ["engine", "host"])
@pytest.mark.parametrize("case", CASES)
def test_the_next_up_completes_what_was_killed(
    project: Make, emulator: Emulated, case: str, victim: str
) -> None:
    before, after, endpoint, turn = CASES[case]
    estate = project(before or after)
    estate.configure(emulator.settings)
    if before:
        estate.up().ok()
        estate.write(after)
    emulator.forget_requests()
    if turn:
        emulator.control("faults", path=f"*/{endpoint}", count=turn, kind="delay")
    emulator.control("faults", path=f"*/{endpoint}", kind="delay", delay=2.0)

    run = estate.start("up", "--yes", "--skip-preview")
    wait_until(lambda: emulator.endpoints().count(endpoint) > turn)
    for pid in processes(run.pid) if victim == "engine" else processes(run.pid, "pulumi.dynamic"):
        os.kill(pid, signal.SIGKILL)
    out, err = run.communicate(timeout=120)
    assert run.returncode != 0, out + err

    if victim == "engine":
        estate.pulumi("cancel", "--yes").ok()
    estate.up().ok()
    declared = {"fraud", "lead"} if after is not REMOVED else {"fraud"}
    assert set(estate.resources()) == declared
    assert list(emulator.workspaces()) == ["fraud-prod"]
    members = {"ops@example.com": "OWNER"}
    if after is not REMOVED:
        members["mary.jane@example.com"] = "COLLABORATOR" if after is EDITED else "OWNER"
    assert emulator.members(emulator.workspaces()["fraud-prod"]) == members
    estate.up("--expect-no-changes").ok()


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not true():
        assert time.monotonic() < deadline, "the run never came so far"
        time.sleep(0.02)


def processes(leader: int, command: str = "") -> list[int]:
    """The processes of the run's session, those whose command line holds ``command``."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            pid = int(folder.name)
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            if os.getsid(pid) == leader and command in line:
                found.append(pid)
        except (ValueError, OSError, subprocess.SubprocessError):
            continue
    return found
