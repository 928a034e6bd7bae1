"""What processes use, as Linux counts it: CPU seconds and peak memory, of one process or of all below one."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

_TICK = os.sysconf("SC_CLK_TCK")
_EVERY = 0.1
"""Seconds between two looks: what a process uses after the last look at it is missed."""


@dataclass
class Usage:
    """CPU time (user and system, seconds) and the highest resident memory (MiB)."""

    cpu: float = 0.0
    peak: float = 0.0


def usage(pid: int) -> Usage:
    """Raises OSError when the process is gone."""
    # The fields after the command's name, which may hold spaces: utime and stime are the 12th and 13th of them.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    status = Path(f"/proc/{pid}/status").read_text()
    # A process that has ended and is not yet waited for has no memory.
    peak = next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0)
    return Usage((int(fields[11]) + int(fields[12])) / _TICK, peak / 1024)


def resident(pid: int) -> float:
    """Memory in use now, in MiB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


class Watch:
    """Follows the provider's process among those below ``root`` until it ends; ``host`` tells what it used."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)
        self.host = Usage()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def _look_on(self) -> None:
        pid = None
        while not self._done.wait(_EVERY):
            try:
                pid = pid or next(filter(_is_provider, _below(self._root)), None)
                if pid:
                    now = usage(pid)
                    self.host = Usage(max(now.cpu, self.host.cpu), max(now.peak, self.host.peak))
            except OSError:
                pid = None


def _is_provider(pid: int) -> bool:
    """Whether it is the dynamic host or a native plugin."""
    command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    ends = (b"/pulumi/dynamic/__main__.py", b"/pulumi-resource-wallaroo", b"/pulumi-resource-floor")
    return b"pulumi.dynamic" in command or any(part.endswith(ends) for part in command)


def _below(pid: int) -> list[int]:
    """The processes that this one started, and those they started."""
    found = []
    for thread in Path(f"/proc/{pid}/task").iterdir():
        for child in map(int, (thread / "children").read_text().split()):
            found += [child, *_below(child)]
    return found
