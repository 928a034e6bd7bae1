"""Commands that only read, and loading an estate file, do not import the Pulumi SDK, which takes a second."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from emulated import Emulated, clean_environment

RUN = """
import sys
from wallaroo_pulumi.cli import app
try:
    app(sys.argv[1:])
except SystemExit as end:
    assert end.code in (None, 0), end.code
"""
LOAD = """
import sys
from pathlib import Path
from wallaroo_pulumi import estate
estate.load(Path(sys.argv[1]))
"""
REPORT = "\nprint(*(name for name in ('pulumi', 'grpc') if name in sys.modules), file=sys.stderr)"
STATE: dict[str, Any] = {"deployment": {"resources": []}}


def imported(program: str, *arguments: str, env: dict[str, str]) -> str:
    """Which of the SDK's packages a Python process has imported at its end."""
    ran = subprocess.run(
        [sys.executable, "-c", program + REPORT, *arguments],
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stderr.splitlines()[-1]


@pytest.fixture
def env(emulator: Emulated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An environment that reaches the emulator, with a `pulumi` on PATH that prints an empty state."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Pulumi.yaml").write_text("name: estate\nruntime: python\n")
    command = tmp_path / "bin/pulumi"
    command.parent.mkdir()
    command.write_text(f"#!{sys.executable}\nprint({json.dumps(STATE)!r})\n")
    command.chmod(0o755)
    return {**clean_environment(), **emulator.environment, "PATH": str(command.parent)}


@pytest.mark.parametrize("command", ["doctor", "export", "drift"])
def test_a_command_does_not_import_pulumi(env: dict[str, str], command: str) -> None:
    assert imported(RUN, command, env=env) == ""


def test_loading_a_file_does_not_import_pulumi(tmp_path: Path) -> None:
    file = tmp_path / "estate.yaml"
    file.write_text("workspaces: {fraud: {}}\n")
    assert imported(LOAD, str(file), env=clean_environment()) == ""
