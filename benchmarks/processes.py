"""What processes use, as Linux counts it: CPU seconds and peak memory, of one process or of all below one."""

from __future__ import annotations

import contextlib
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
    """Follows the program's and the provider's process among those below ``root`` until they end."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)
        self.host = Usage()
        """What the dynamic host, or the plugin, used."""
        self.program = Usage()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def _look_on(self) -> None:
        provider = program = None
        while not self._done.wait(_EVERY):
            with contextlib.suppress(OSError):  # a process that ended just now
                below = _below(self._root)
                provider = provider or next(filter(_is_provider, below), None)
                program = program or next(filter(_is_program, below), None)
            self.host = _more(self.host, provider)
            self.program = _more(self.program, program)


def _more(known: Usage, pid: int | None) -> Usage:
    """What the process has used by now, or what was ``known`` of it before it ended."""
    try:
        now = usage(pid) if pid else known
    except OSError:
        return known
    return Usage(max(now.cpu, known.cpu), max(now.peak, known.peak))


def _is_provider(pid: int) -> bool:
    """Whether it is the dynamic host or a native plugin."""
    command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    ends = (b"/pulumi/dynamic/__main__.py", b"/pulumi-resource-wallaroo", b"/pulumi-resource-floor")
    return b"pulumi.dynamic" in command or any(part.endswith(ends) for part in command)


def _is_program(pid: int) -> bool:
    """Whether it is the Python process of the user's program."""
    command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    return any(part.endswith(b"/pulumi-language-python-exec") for part in command)


def _below(pid: int) -> list[int]:
    """The processes that this one started, and those they started."""
    found = []
    for thread in Path(f"/proc/{pid}/task").iterdir():
        for child in map(int, (thread / "children").read_text().split()):
            found += [child, *_below(child)]
    return found
