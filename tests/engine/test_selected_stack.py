"""What the commands take from the stack that is selected here, as a real `pulumi` prints it.

Only "no project" and "no stack" count as absent. Everything else ends every command before it asks the instance.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from emulated import Emulated
from pulumi_project import Project, Run

Command = Callable[..., Run]


@pytest.fixture(scope="module")
def stack(engine_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A stack that names an instance which does not exist, so that no command may succeed by its environment."""
    made = Project(tmp_path_factory.mktemp("selected") / "project", engine_env, "")
    made.configure({"apiUrl": "http://127.0.0.1:9", "username": "ops", "password": "ops-password"})
    return made


@pytest.fixture
def command(stack: Project, emulator: Emulated) -> Command:
    """Runs a command of ours in the stack's folder, with the emulator named by the environment."""

    def run(name: str, folder: Path = stack.folder, **env: str | None) -> Run:
        given = stack.env | emulator.environment | {"WALLAROO_MAX_RETRIES": "0"} | env
        ran = subprocess.run(
            [sys.executable, "-m", "wallaroo_pulumi", name],
            cwd=folder,
            env={name: value for name, value in given.items() if value is not None},
            capture_output=True,
            text=True,
            check=False,
        )
        return Run(ran.returncode, ran.stdout, ran.stderr)

    emulator.forget_requests()
    return run


def refused(run: Run, reason: str) -> None:
    assert run.code == 1
    (line,) = run.err.splitlines()
    assert reason in line


@pytest.mark.parametrize(
    ("name", "env", "reason"),
    [
        (
            "doctor",
            {"PULUMI_CONFIG_PASSPHRASE": None},
            "passphrase must be set with PULUMI_CONFIG_PASSPHRASE",
        ),
        (
            "export",
            {"PULUMI_CONFIG_PASSPHRASE": None},
            "passphrase must be set with PULUMI_CONFIG_PASSPHRASE",
        ),
        ("drift", {"PULUMI_CONFIG_PASSPHRASE": None}, "passphrase must be set with PULUMI_CONFIG_PASSPHRASE"),
        (
            "doctor",
            {"PULUMI_CONFIG_PASSPHRASE": "wrong"},
            "incorrect passphrase; set PULUMI_CONFIG_PASSPHRASE",
        ),
        ("doctor", {"PULUMI_BACKEND_URL": "file:///nowhere/at/all"}, "unable to open state directory"),
        ("doctor", {"PULUMI_BACKEND_URL": "https://127.0.0.1:9"}, "PULUMI_ACCESS_TOKEN must be set"),
        ("doctor", {"PULUMI_STACK": "tset"}, "PULUMI_STACK names stack 'tset', which does not exist"),
    ],
)
def test_a_stack_that_cannot_be_read_ends_the_command(
    name: str, env: dict[str, str | None], reason: str, command: Command, emulator: Emulated
) -> None:
    refused(command(name, **env), reason)
    assert emulator.requests("/") == []


@pytest.mark.parametrize(
    ("name", "file"),
    [("doctor", "Pulumi.yaml"), ("doctor", "Pulumi.test.yaml"), ("drift", "Pulumi.test.yaml")],
)
def test_a_broken_file_ends_the_command(
    name: str, file: str, command: Command, stack: Project, emulator: Emulated
) -> None:
    path = stack.folder / file
    good = path.read_text()
    path.write_text("config: [a")
    try:
        refused(command(name), "YAML")
    finally:
        path.write_text(good)
    assert emulator.requests("/") == []


def test_the_stack_names_the_instance(command: Command, emulator: Emulated) -> None:
    run = command("doctor")
    assert run.code == 1
    assert "http://127.0.0.1:9" in run.err
    assert "ignored: WALLAROO_API_URL, because the stack configuration sets an address" in run.out
    assert emulator.requests("/") == []


def test_without_a_project_or_a_stack_the_environment_is_read(
    command: Command, tmp_path: Path, emulator: Emulated
) -> None:
    assert command("doctor", tmp_path).ok().code == 0
    refused(command("drift", tmp_path), "there is no Pulumi project in")
    (tmp_path / "Pulumi.yaml").write_text("name: other\nruntime: python\n")
    below = tmp_path / "below"
    below.mkdir()
    run = command("doctor", below, PULUMI_STACK=None).ok()
    assert "only the environment is read: no stack is selected" in run.out
    refused(command("drift", below, PULUMI_STACK=None), "no stack is selected")
    exported = command("export", below, PULUMI_STACK=None).ok()
    assert "only the environment is read: no stack is selected" in exported.err
