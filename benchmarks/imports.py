"""What importing the classes of ``wallaroo_pulumi``, which come when asked for, adds to ``import pulumi``."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from statistics import median

_FORBIDDEN = ("wallaroo_pulumi.emulator", "wallaroo_pulumi.policies", "pulumi_policy", "wallaroo", "fastapi")
"""What a program never needs: the emulator, the policy pack, the vendor's SDK."""


@dataclass(frozen=True)
class Imports:
    """Median seconds of a Python process that imports so much."""

    nothing: float
    pulumi: float
    ours: float
    forbidden: list[str]
    """Modules that should not have been imported."""

    @property
    def ratio(self) -> float:
        return (self.ours - self.nothing) / (self.pulumi - self.nothing)


def measure(rounds: int) -> Imports:
    programs = ("pass", "import pulumi", "import pulumi; from wallaroo_pulumi import Workspace")
    times: list[list[float]] = [[] for _ in programs]
    for _ in range(rounds):
        for program, taken in zip(programs, times, strict=True):
            begun = time.monotonic()
            subprocess.run([sys.executable, "-c", program], check=True)  # noqa: S603 -- the programs above
            taken.append(time.monotonic() - begun)
    listed = subprocess.run(
        [sys.executable, "-c", "from wallaroo_pulumi import *; import sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    nothing, pulumi, ours = map(median, times)
    return Imports(nothing, pulumi, ours, [name for name in _FORBIDDEN if name in listed])
