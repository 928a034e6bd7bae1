"""One stack of each kind under measurement, and what one command on it costs."""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from pulumi_project import SAVED_AT_THE_END, Project

from .instance import Instance
from .processes import Usage, Watch

PROGRAMS = Path(__file__).parent / "programs"
COMMANDS = {
    "up": ("up", "--yes", "--skip-preview"),
    "no-op up": ("up", "--yes", "--skip-preview", "--expect-no-changes"),
    "preview": ("preview", "--expect-no-changes"),
    "refresh": ("refresh", "--yes", "--skip-preview", "--expect-no-changes"),
    "destroy": ("destroy", "--yes", "--skip-preview"),
}
NATIVE = ("native_floor", "native")
"""Subjects whose resources a plugin serves."""
PLUGINS = {
    "wallaroo": "wallaroo_pulumi.adapters.plugin.__main__",
    "floor": "benchmarks.floor_plugin.__main__",
}
_LONGEST = 1200.0
"""Seconds after which a command counts as hung."""


@dataclass(frozen=True)
class Measurement:
    """What one command cost."""

    wall: float
    """Seconds from the start of ``pulumi`` to its end."""
    host: Usage
    """Of the provider's process: the dynamic host, or the plugin."""
    program: Usage
    emulator_cpu: float
    """CPU seconds of the emulator meanwhile: they are taken from the same cores."""
    requests: Counter[str]
    """API requests by endpoint."""
    tokens: int
    """Token requests."""


@dataclass(frozen=True)
class State:
    """Bytes of JSON for each resource."""

    properties: float
    """Inputs and outputs."""
    own: float
    """The same without the reference to the provider."""
    file: float
    """Its share of the whole state."""


class Failed(Exception):
    """A command ended with an error; the text is the end of what it printed."""


class Subject:
    """A stack with ``n`` workspaces, each with three members, declared by one of the programs."""

    def __init__(self, kind: str, n: int, folder: Path, env: dict[str, str], instance: Instance) -> None:
        self.kind = kind
        path = os.pathsep.join([str(PROGRAMS), *filter(None, [env.get("PYTHONPATH")])])
        program = (PROGRAMS / f"{kind}.py").read_text()
        self._instance = instance
        self._project = Project(folder, {**env, **SAVED_AT_THE_END, "PYTHONPATH": path}, program, name=kind)
        if kind in NATIVE:
            self._use_plugins(folder)
        self._project.configure(instance.emulated.settings)
        self._project.configure({"n": str(n)}, namespace="bench")

    def _use_plugins(self, folder: Path) -> None:
        """Let the project find our plugin and the one that does nothing, as scripts of this environment."""
        place = folder / "plugins"
        place.mkdir()
        for name, module in PLUGINS.items():
            script = place / f"pulumi-resource-{name}"
            root = str(PROGRAMS.parents[1])
            script.write_text(
                f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {root!r})\n"
                f"from {module} import main\nmain()\n"
            )
            script.chmod(0o755)
        found = [{"name": name, "path": str(place)} for name in PLUGINS]
        with (folder / "Pulumi.yaml").open("a") as file:
            file.write(f"plugins:\n  providers: {json.dumps(found)}\n")

    def run(self, command: str, *options: str) -> Measurement:
        emulated = self._instance.emulated
        emulated.forget_requests()
        before = self._instance.usage().cpu
        begun = time.monotonic()
        process = self._project.start(*COMMANDS[command], *options)
        with Watch(process.pid) as watch:
            out, err = process.communicate(timeout=_LONGEST)
        wall = time.monotonic() - begun
        if process.returncode != 0:
            raise Failed(f"{self.kind}: {command} failed:\n{out[-2000:]}{err[-2000:]}")
        return Measurement(
            wall,
            watch.host,
            watch.program,
            self._instance.usage().cpu - before,
            Counter(emulated.endpoints()),
            len(emulated.tokens()),
        )

    def state(self) -> State:
        text = self._project.export()
        declared = [
            r
            for r in json.loads(text)["deployment"]["resources"]
            if r["type"].startswith(("pulumi-python:dynamic", "wallaroo:index:", "floor:index:"))
        ]
        kept = [r[half] for r in declared for half in ("inputs", "outputs")]
        own = [{k: v for k, v in values.items() if k != "__provider"} for values in kept]
        properties, own_properties, file = (
            size / len(declared) for size in (len(json.dumps(kept)), len(json.dumps(own)), len(text))
        )
        return State(properties, own_properties, file)
