"""Every call that a resource makes, hit by every fault: nothing lost, nothing twice, and the next run converges.

The calls are those that a run without faults makes; each is hit at each of its turns. The faults that end in an error
are also injected with the plugin's servicer around the kernel: the others end below it. What the instance holds in the
end is compared, row by row, with what it holds after a run without faults. The outcomes go to ``docs/reliability.md``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import pytest
from contents import contents, difference, outcome
from emulated import Emulated
from example_files import example_files
from lives import Adapter, Life

from wallaroo_pulumi.errors import WallarooError
from wallaroo_pulumi.provider.provider import PartialCreate
from wallaroo_pulumi.resources import RESOURCES

SHORT = 0.25
"""Seconds: the time-out of the runs whose replies come later than it."""

BUSY = {"status": 429, "headers": {"Retry-After": "1"}}
LATE = "reply later than the time-out"

FAULTS: dict[str, list[dict[str, Any]]] = {
    "connection reset before the request was handled": [{"kind": "reset"}],
    "reply lost after the commit": [{"kind": "lost_reply"}],
    "reply cut in the middle": [{"kind": "truncate"}],
    LATE: [{"kind": "delay", "delay": 1.6 * SHORT}],
    "400": [{"status": 400}],
    "500": [{"status": 500}],
    "502 as a gateway's HTML": [{"status": 502, "body": "<html>bad gateway</html>"}],
    "503 with Retry-After": [{"status": 503, "headers": {"Retry-After": "0"}}],
    "504": [{"status": 504}],
    "502, 503 and 504, for longer than is retried": [
        *({"status": status} for status in (502, 503)),
        {"status": 504, "count": 1000},
    ],
    "429 with Retry-After": [BUSY],
    "429 with Retry-After, without end": [{**BUSY, "count": 1000}],
    "401, the token not being known": [{"status": 401}],
    "HTML with status 200": [{"status": 200, "body": "<html>log in</html>"}],
}
"""What the calls of an endpoint meet, one after the other, until the run is over."""

NATIVE = ("reply lost after the commit", LATE, "400", "502, 503 and 504, for longer than is retried")
"""One fault of each kind of outcome that the plugin's servicer sees: success, unknown, refused and failed."""


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


def hit(emulator: Emulated, turn: Turn, faults: list[dict[str, Any]]) -> None:
    if turn.number:  # let the turns before it pass
        emulator.control("faults", path=f"*/{turn.endpoint}", count=turn.number, kind="delay")
    for fault in faults:
        emulator.control("faults", path=f"*/{turn.endpoint}", **fault)


OPERATIONS: dict[str, Callable[[Life], None]] = {
    "create": Life.create,
    "refresh": Life.refresh,
    "update": Life.update,
    "delete": Life.delete,
}


@pytest.mark.parametrize("adapter", get_args(Adapter))
@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("kind", RESOURCES)
def test_nothing_is_lost_and_nothing_is_made_twice(
    emulator: Emulated,
    note: Callable[[str, str], None],
    tmp_path: Path,
    kind: str,
    operation: str,
    adapter: Adapter,
) -> None:
    if operation == "update" and not RESOURCES[kind].examples.update:
        return
    run = OPERATIONS[operation]
    with closing(Life(emulator, kind, example_files(tmp_path), adapter=adapter)) as prepared:
        prepared.make_needs()
        if operation != "create":
            prepared.create()
    emulator.control("snapshot")
    before = prepared.state if operation == "refresh" else None
    with process(emulator, prepared) as life:
        run(life)
        calls = turns([r["path"].split("/api/")[1] for r in emulator.requests()])
        undisturbed = contents(emulator)
        assert operation != "refresh" or life.state == before
    problems = []
    for turn in calls:
        for name in NATIVE if adapter == "native" else FAULTS:
            faults = FAULTS[name]
            with process(emulator, prepared, SHORT if name == LATE else None) as life:
                hit(emulator, turn, faults)
                ended = attempt(emulator, life, run)
                found = contents(emulator)
            if found != undisturbed or (operation == "refresh" and life.state != before):
                ended = outcome(found, undisturbed)
                problems.append(
                    f"{operation} {kind}, {turn}, {name}: {ended}\n{difference(found, undisturbed)}"
                )
            # On a slow machine more replies are late than the one that is held back.
            note(name, "either" if name == LATE else ended)
    assert not problems, "\n".join(problems)


@contextmanager
def process(emulator: Emulated, prepared: Life, timeout: float | None = None) -> Iterator[Life]:
    """A new process, and the instance as it was prepared."""
    emulator.control("restore")
    with closing(prepared.again() if timeout is None else prepared.again(timeout)) as life:
        yield life


def attempt(emulator: Emulated, life: Life, run: Callable[[Life], None]) -> str:
    """Run, and once more without faults, in a new process, after an error, as the next `up` does."""
    try:
        run(life)
    except WallarooError as error:
        failure = error
    else:
        return "carried on"
    assert "\n" not in str(failure)
    next_run = Life.finish if isinstance(failure, PartialCreate) else run
    emulator.http.delete("/__emulator__/faults")
    life.new_process()
    next_run(life)
    return "next run converged"
