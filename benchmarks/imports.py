"""How long processes take to begin: what our classes add to ``import pulumi``, and the start of the plugin."""

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
    plugin: float
    """Median seconds until the plugin has printed its port."""
    plugin_floor: float
    """Of a process that imports pulumi and grpc."""

    @property
    def ratio(self) -> float:
        return (self.ours - self.nothing) / (self.pulumi - self.nothing)

    @property
    def plugin_ratio(self) -> float:
        return self.plugin / self.plugin_floor


def measure(rounds: int) -> Imports:
    programs = (
        "pass",
        "import pulumi",
        "import pulumi; from wallaroo_pulumi import Workspace",
        "import pulumi, grpc",
        # Without an engine it would serve for ever: it has printed its port before it waits.
        "import grpc; grpc.Server.wait_for_termination = lambda *_: None\n"
        "import grpc._server as s; s._Server.wait_for_termination = lambda *_: None\n"
        "import os, sys; sys.argv = ['plugin', '127.0.0.1:1']\n"
        "from wallaroo_pulumi.adapters.plugin.__main__ import main; main(); os._exit(0)",
    )
    times: list[list[float]] = [[] for _ in programs]
    for _ in range(rounds):
        for program, taken in zip(programs, times, strict=True):
            begun = time.monotonic()
            subprocess.run(  # noqa: S603 -- the programs above
                [sys.executable, "-c", program], check=True, stdout=subprocess.PIPE
            )
            taken.append(time.monotonic() - begun)
    listed = subprocess.run(
        [sys.executable, "-c", "from wallaroo_pulumi import *; import sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    nothing, pulumi, ours, floor, plugin = map(median, times)
    return Imports(nothing, pulumi, ours, [name for name in _FORBIDDEN if name in listed], plugin, floor)
