"""Every call that a resource makes, hit by every fault: nothing lost, nothing twice, and the next run converges.

The calls are those that a run without faults makes; each is hit once, at each of its turns. What comes out is counted
and written to ``docs/reliability.md``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from emulated import Emulated
from example_files import example_files
from lives import Life
from reliability import Record

from wallaroo_pulumi.errors import WallarooError
from wallaroo_pulumi.resources import RESOURCES

SHORT = 0.25
"""Seconds: the time-out of the runs whose replies come later than it."""

FAULTS: dict[str, dict[str, Any]] = {
    "connection reset before the request was handled": {"kind": "reset"},
    "reply lost after the commit": {"kind": "lost_reply"},
    "reply cut in the middle": {"kind": "truncate"},
    "reply later than the time-out": {"kind": "delay", "delay": 1.6 * SHORT},
    "400": {"status": 400},
    "500": {"status": 500},
    "502 as a gateway's HTML": {"status": 502, "body": "<html>bad gateway</html>"},
    "503 with Retry-After": {"status": 503, "headers": {"Retry-After": "0"}},
    "504": {"status": 504},
    "429 with Retry-After": {"status": 429, "headers": {"Retry-After": "0"}},
    "401, token revoked": {"status": 401},
    "HTML with status 200": {"status": 200, "body": "<html>log in</html>"},
}

NOT_OBJECTS = {"signing_keys", "sessions", "refresh_tokens", "sqlite_sequence"}
"""Tables of the emulator that say nothing of the instance's objects."""


@dataclass(frozen=True)
class Turn:
    """The n-th call of an endpoint."""

    endpoint: str
    number: int


def turns(endpoints: list[str]) -> list[Turn]:
    seen: Counter[str] = Counter()
    found = []
    for endpoint in endpoints:
        found.append(Turn(endpoint, seen[endpoint]))
        seen[endpoint] += 1
    return found


def objects(emulator: Emulated) -> dict[str, int]:
    counts = emulator.http.get("/__emulator__/objects").json()
    return {table: count for table, count in counts.items() if table not in NOT_OBJECTS and count}


def hit(emulator: Emulated, turn: Turn, fault: Mapping[str, Any]) -> None:
    if turn.number:  # let the turns before it pass
        emulator.control("faults", path=f"*/{turn.endpoint}", count=turn.number, kind="delay")
    emulator.control("faults", path=f"*/{turn.endpoint}", **fault)


OPERATIONS: dict[str, Callable[[Life], None]] = {
    "create": Life.create,
    "update": Life.update,
    "delete": Life.delete,
}


@contextmanager
def prepared(emulator: Emulated, kind: str, operation: str, files: Mapping[str, str]) -> Iterator[Life]:
    """A new instance with what the example needs, on which the operation comes next."""
    emulator.control("reset")
    emulator.http.delete("/__emulator__/faults")
    with closing(Life(emulator, kind, files)) as life:
        life.make_needs()
        if operation != "create":
            life.create()
        life.new_process()
        emulator.forget_requests()
        yield life


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("kind", RESOURCES)
def test_nothing_is_lost_and_nothing_is_made_twice(
    emulator: Emulated, record: Record, tmp_path: Path, kind: str, operation: str
) -> None:
    if operation == "update" and not RESOURCES[kind].examples.update:
        return
    run = OPERATIONS[operation]
    files = example_files(tmp_path)
    with prepared(emulator, kind, operation, files) as life:
        run(life)
        calls = turns([r["path"].split("/api/")[1] for r in emulator.requests()])
        undisturbed = objects(emulator)
    problems = []
    for turn in calls:
        for name, fault in FAULTS.items():
            with prepared(emulator, kind, operation, files) as life:
                if fault.get("delay"):
                    life.new_process(timeout=SHORT)
                hit(emulator, turn, fault)
                outcome = attempt(life, run)
                found = objects(emulator)
            if found != undisturbed:
                outcome = "twin" if sum(found.values()) > sum(undisturbed.values()) else "lost"
                problems.append(f"{operation} {kind}, {turn}, {name}: {found} instead of {undisturbed}")
            record.note(name, outcome)
    assert problems == []


def attempt(life: Life, run: Callable[[Life], None]) -> str:
    """Run, and once more in a new process after an error, as the next `up` does."""
    told = None
    try:
        run(life)
    except WallarooError as error:
        told = str(error)
    if told is None:
        return "carried on"
    assert "\n" not in told
    life.new_process()
    run(life)
    return "error, next run converged"
