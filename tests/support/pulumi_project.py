"""A Pulumi project in a folder of its own, driven by a real engine. Tests look at the exported state, not at text."""

from __future__ import annotations

import copy
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from emulated import clean_environment

PASSPHRASE = "correct horse battery staple"
SAVED_AT_THE_END = {"PULUMI_EXPERIMENTAL": "true", "PULUMI_SKIP_CHECKPOINTS": "true"}
"""For large stacks: with a file backend the engine otherwise writes the whole state after each step, which takes
minutes for thousands of resources, whoever provides them."""
TYPE = "pulumi-python:dynamic/wallaroo:"
_NEW_STACKS: dict[str, dict[Path, bytes]] = {}
"""The files of a new stack by the name of its project: an engine takes a second to make them."""


def engine_environment(engine: Path, home: Path) -> dict[str, str]:
    """What pulumi needs: this Python and the engine first on PATH, and nothing of the user's own settings."""
    path = [str(Path(sys.executable).parent), str(engine), os.environ["PATH"]]
    return clean_environment() | {
        "PATH": os.pathsep.join(path),
        "PULUMI_HOME": str(home),
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK": "true",
        "NO_COLOR": "1",
        "GOGC": "400",  # the CLI starts in two thirds of the time
    }


@dataclass(frozen=True)
class Run:
    """One finished command."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err

    def ok(self) -> Run:
        assert self.code == 0, self.text
        return self


class Project:
    """``folder`` holds the project, its state (a ``file://`` backend) and one stack."""

    def __init__(self, folder: Path, env: Mapping[str, str], program: str, name: str = "estate") -> None:
        self.folder = folder
        self.env = {**env, "PULUMI_BACKEND_URL": f"file://{folder / 'state'}", "PULUMI_STACK": "test"}
        (folder / "state").mkdir(parents=True)
        (folder / "Pulumi.yaml").write_text(f"name: {name}\nruntime: python\n")
        self.write(program)
        self._name = name
        self._init_stack()

    def _init_stack(self) -> None:
        """Create the stack ``test``, as a copy of the first one of a project of this name."""
        if self._name not in _NEW_STACKS:
            self.pulumi("stack", "init", "test").ok()
            made = [
                self._state_file,
                self.folder / "Pulumi.test.yaml",
                self.folder / "state/.pulumi/meta.yaml",
            ]
            _NEW_STACKS[self._name] = {path.relative_to(self.folder): path.read_bytes() for path in made}
        for path, content in _NEW_STACKS[self._name].items():
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / path).write_bytes(content)

    @property
    def _stack(self) -> str:
        return self.env["PULUMI_STACK"] or "test"

    @property
    def _state_file(self) -> Path:
        return self.folder / f"state/.pulumi/stacks/{self._name}/{self._stack}.json"

    @classmethod
    def copy(cls, source: Path, folder: Path, env: Mapping[str, str]) -> Project:
        """A project made from a folder of ``stacks/``, that runs in the environment of the tests."""
        name = re.search(r"^name: (\S+)", (source / "Pulumi.yaml").read_text())
        assert name is not None
        project = cls(folder, env, "", name[1])
        shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("Pulumi.yaml"))
        return project

    def copied_to(self, folder: Path) -> Self:
        """A copy with a state of its own."""
        shutil.copytree(self.folder, folder)
        made = copy.copy(self)
        made.folder = folder
        made.env = {**self.env, "PULUMI_BACKEND_URL": f"file://{folder / 'state'}"}
        return made

    def write(self, program: str) -> None:
        """The program from now on."""
        (self.folder / "__main__.py").write_text(textwrap.dedent(program))

    def configure(self, settings: Mapping[str, str], *, namespace: str = "wallaroo") -> None:
        secrets = ("clientSecret", "password", "token")
        pairs = [
            part
            for key, value in settings.items()
            for part in ("--secret" if key in secrets else "--plaintext", f"{namespace}:{key}={value}")
        ]
        self.pulumi("config", "set-all", *pairs).ok()

    def pulumi(self, *args: str, timeout: float = 240, env: Mapping[str, str] | None = None) -> Run:
        process = self.start(*args, env=env)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            raise AssertionError(
                f"pulumi {' '.join(args)} did not end within {timeout} s:\n{out}{err}"
            ) from None
        return Run(process.returncode, out, err)

    def start(self, *args: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Start a command in a process group of its own."""
        return subprocess.Popen(
            ["pulumi", "--non-interactive", *args],
            cwd=self.folder,
            env={**self.env, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def up(self, *args: str, **kwargs: Any) -> Run:
        return self.pulumi("up", "--yes", "--skip-preview", *args, **kwargs)

    def refresh(self, *args: str) -> Run:
        return self.pulumi("refresh", "--yes", "--skip-preview", *args)

    def destroy(self, *args: str) -> Run:
        return self.pulumi("destroy", "--yes", "--skip-preview", *args)

    def preview(self, *args: str) -> dict[str, Any]:
        """The plan: ``steps`` and ``changeSummary``."""
        plan: dict[str, Any] = json.loads(self.pulumi("preview", "--json", *args).ok().out)
        return plan

    def planned(self, *args: str) -> dict[str, str]:
        """What a preview would do: resource name → operation, without what stays the same."""
        steps = self.preview(*args)["steps"]
        return {name_of(s["urn"]): s["op"] for s in steps if s["op"] != "same" and "Stack" not in s["urn"]}

    def changes(self) -> dict[str, int]:
        """How many resources the last update created, updated, left as they were …"""
        history = self.folder / f"state/.pulumi/history/{self._name}/{self._stack}"
        last = max(history.glob("*.history.json"), key=lambda path: path.name)
        found: dict[str, int] = json.loads(last.read_text())["resourceChanges"]
        return found

    def export(self) -> str:
        """The state as text, secrets as ciphertext."""
        return self.pulumi("stack", "export").ok().out

    def resources(self, kind: str | None = None) -> dict[str, dict[str, Any]]:
        """Our resources in the state: name → id, inputs, outputs, and so on."""
        return {
            name_of(r["urn"]): r
            for r in self.all_resources()
            if r["type"].startswith(TYPE) and (kind is None or r["type"] == TYPE + kind)
        }

    def all_resources(self) -> list[dict[str, Any]]:
        """Everything in the state, replaced resources that are to be deleted included."""
        # From the file of the backend: `pulumi stack export` prints the same and takes half a second.
        deployment = json.loads(self._state_file.read_text())["checkpoint"].get("latest") or {}
        found: list[dict[str, Any]] = deployment.get("resources", [])
        return found

    def outputs(self) -> dict[str, Any]:
        """The outputs of the program, as ``pulumi stack output`` prints them."""
        stack = next((r for r in self.all_resources() if r["type"] == "pulumi:pulumi:Stack"), {})
        found: dict[str, Any] = _redacted(stack.get("outputs", {}))
        return found


def _redacted(value: Any) -> Any:
    """A value of the state with ``[secret]`` for secrets."""
    if isinstance(value, dict):
        return "[secret]" if "ciphertext" in value else {key: _redacted(item) for key, item in value.items()}
    return [_redacted(item) for item in value] if isinstance(value, list) else value


def name_of(urn: str) -> str:
    return urn.rsplit("::", 1)[1]
