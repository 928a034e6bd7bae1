"""The main job, `make up` and its sisters, in a copy of the project: on the emulator, and on an instance by name."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from emulated import Emulated, clean_environment

ROOT = Path(__file__).parent.parent.parent
MEMBERS = ("fraud-prod", "fraud-staging", "churn-research")


class Copy:
    """A copy of the project with the environment of this one."""

    def __init__(self, folder: Path, engine_env: dict[str, str]) -> None:
        self.folder = folder
        for name in ("Pulumi.yaml", "scripts", "tools", "stacks/estate"):
            source, target = ROOT / name, folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)
        self.env = clean_environment() | {
            "PATH": engine_env["PATH"],
            "PULUMI_HOME": engine_env["PULUMI_HOME"],
        }

    def make(self, command: str, **environment: str) -> str:
        """What the command prints on standard output."""
        return self.run([sys.executable, "scripts/local.py", command], **environment)

    def pulumi(self, *command: str, **environment: str) -> str:
        """A plain pulumi command, in the environment that `make env` gives."""
        return self.run(["sh", "-c", f'eval "$({sys.executable} scripts/local.py env)"; exec pulumi "$@"',
                         "pulumi", "--non-interactive", *command], **environment)  # fmt: skip

    def run(self, command: list[str], **environment: str) -> str:
        ran = subprocess.run(
            command, cwd=self.folder, env=self.env | environment, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    def running(self) -> dict[str, Any]:
        """Return the emulator's pid and URL."""
        told: dict[str, Any] = json.loads((self.folder / ".local/emulator/running.json").read_text())
        return told


def unchanged(told: str) -> bool:
    return re.search(r"Resources:\n +\d+ unchanged\n", told) is not None


def gone(url: str) -> bool:
    """Return whether the server at this URL stops responding within ten seconds."""
    for _ in range(100):
        try:
            httpx.get(f"{url}/v1/api/config")
        except httpx.TransportError:
            return True
        time.sleep(0.1)
    return False


@pytest.fixture
def copy(tmp_path: Path, engine_env: dict[str, str]) -> Iterator[Copy]:
    copy = Copy(tmp_path / "project", engine_env)
    yield copy
    with contextlib.suppress(OSError):  # it was not started, or has stopped
        os.kill(copy.running()["pid"], signal.SIGKILL)


@pytest.mark.promise
def test_the_estate_on_the_emulator(copy: Copy) -> None:
    # Variables for another instance must not reach the emulator.
    told = copy.make("up", WALLAROO_KEYCLOAK_URL="http://127.0.0.1:9", WALLAROO_API_URL="  ")
    assert "Outputs:" in told
    assert "make preview    show what would change" in told
    assert set(json.loads(copy.pulumi("stack", "output", "--json"))["workspaces"]) == set(MEMBERS)
    with_emulator = copy.running()

    assert unchanged(copy.make("up"))
    assert copy.running() == with_emulator
    estate = copy.folder / "stacks/estate/estate.yaml"
    estate.write_text(estate.read_text().replace("fraud-staging:", "fraud-testing:"))
    assert "fraud-testing" in copy.make("preview")

    copy.make("destroy")
    copy.make("down")
    assert gone(with_emulator["url"])


def test_a_configured_instance_has_its_own_state(copy: Copy, emulator: Emulated) -> None:
    """State refers to objects by id, and an id of the emulator is another object on the instance."""
    copy.make("up")
    for key, value in emulator.settings.items():
        copy.pulumi("config", "set", "--secret", f"wallaroo:{key}", value)
    assert emulator.workspaces() == {}
    copy.make("up")
    assert set(emulator.workspaces()) == set(MEMBERS)
    assert "fraud-prod" in copy.make("destroy")
    copy.pulumi("config", "rm", "wallaroo:apiUrl")
    for key in set(emulator.settings) - {"apiUrl"}:
        copy.pulumi("config", "rm", f"wallaroo:{key}")
    assert unchanged(copy.make("up"))


def test_data_of_another_emulator_version_is_moved(copy: Copy) -> None:
    kept = copy.folder / ".local/emulator"
    kept.mkdir(parents=True)
    made = subprocess.run(
        [sys.executable, "-c", "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('PRAGMA user_version = 7')",
         str(kept / "data.db")], check=True, capture_output=True)  # fmt: skip
    assert made.returncode == 0
    copy.make("up")
    assert len(list((copy.folder / ".local").glob("emulator-*/data.db"))) == 1
    assert set(json.loads(copy.pulumi("stack", "output", "--json"))["workspaces"]) == set(MEMBERS)
