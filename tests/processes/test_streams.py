"""What the commands write to: any terminal, closed pipes, files; and their exit codes."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Protocol

import pytest
from emulated import Emulated, clean_environment
from pulumi_project import TYPE

from wallaroo_pulumi import console
from wallaroo_pulumi.cli import main
from wallaroo_pulumi.estate import load

FORMS = ["", "--json", "--markdown"]
TERMINALS = [
    {"PYTHONIOENCODING": "cp1252"},
    {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
]


@pytest.fixture
def env(
    emulator: Emulated, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """Reaches an instance with names in several scripts; `pulumi` prints a state in which one of them is another."""
    emulator.control(
        "seed",
        users=[{"email": "zoe@example.com", "first_name": "Zoë → 象"}],
        workspaces=[{"name": "Ünï", "owner": "ops@example.com"}],
    )
    id = emulator.user_id("zoe@example.com")
    user = {
        "type": f"{TYPE}User",
        "urn": f"urn:pulumi:test::estate::{TYPE}User::象",
        "id": id,
        "outputs": {
            "email": "zoe@example.com",
            "userId": id,
            "firstName": "象",
            "isAdmin": False,
            "enabled": True,
        },
    }
    project = tmp_path_factory.mktemp("project")
    monkeypatch.chdir(project)
    (project / "Pulumi.yaml").write_text("name: estate\nruntime: python\n")
    command = project / "bin/pulumi"
    command.parent.mkdir()
    command.write_text(f"#!{sys.executable}\nprint({json.dumps({'deployment': {'resources': [user]}})!r})\n")
    command.chmod(0o755)
    return {**clean_environment(), **emulator.environment, "PATH": f"{command.parent}:{os.environ['PATH']}"}


def run(env: dict[str, str], *arguments: str, shell: str = "") -> subprocess.CompletedProcess[bytes]:
    """Run a command, or a shell line in which ``$cli`` is the command."""
    cli = [sys.executable, "-m", "wallaroo_pulumi"]
    command = ["bash", "-c", shell] if shell else [*cli, *arguments]
    ran = subprocess.run(
        command, env={**env, "cli": " ".join(cli)}, capture_output=True, check=False, stdin=subprocess.DEVNULL
    )
    assert b"Traceback" not in ran.stderr, ran.stderr.decode()
    assert b"Exception ignored" not in ran.stderr, ran.stderr.decode()
    return ran


class Here(Protocol):
    """Runs a command in this process and returns exit code, output and messages."""

    def __call__(self, *arguments: str, **variables: str) -> tuple[int, str, str]: ...


@pytest.fixture
def here(env: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    """For what depends neither on terminals nor on signals: a process of its own takes ten times as long."""
    for name in {*os.environ} - {*env}:
        monkeypatch.delenv(name)

    def run(*arguments: str, **variables: str) -> tuple[int, str, str]:
        for name, value in {**env, **variables}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["wallaroo-pulumi", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return int(ended.value.code or 0), printed.out, printed.err

    return run


@pytest.mark.parametrize("terminal", TERMINALS)
def test_an_export_is_utf_8_on_any_terminal(
    env: dict[str, str], terminal: dict[str, str], tmp_path: Path
) -> None:
    ran = run({**env, **terminal}, "export")
    assert ran.returncode == 0
    (tmp_path / "estate.yaml").write_bytes(ran.stdout)
    assert load(tmp_path / "estate.yaml").users["zoe@example.com"].first_name == "Zoë → 象"
    assert "skipped: workspace 'Ünï'" in ran.stderr.decode()
    if terminal == TERMINALS[0]:
        return  # whose encoding is that of streams alone, not of files
    run({**env, **terminal}, "export", "--output", str(tmp_path / "estate.yaml"))
    assert (tmp_path / "estate.yaml").read_bytes() == ran.stdout


@pytest.mark.parametrize(
    ("terminal", "form"), [*((TERMINALS[0], form) for form in FORMS), (TERMINALS[1], "")]
)
def test_a_drift_report_on_any_terminal(env: dict[str, str], terminal: dict[str, str], form: str) -> None:
    ran = run({**env, **terminal}, "drift", "--no-unmanaged", *form.split())
    assert ran.returncode == 2
    assert "象" in (json.loads(ran.stdout)["changed"][0]["name"] if form == "--json" else ran.stdout.decode())
    assert "→" in ran.stdout.decode() or form == "--json"


@pytest.mark.parametrize("line", ["drift --bogus", "drift --json --markdown", "nonsense"])
def test_a_wrong_option_is_one_line_and_not_the_exit_code_of_differences(here: Here, line: str) -> None:
    code, out, err = here(*line.split())
    assert (code, out) == (1, "")
    assert len(err.splitlines()) == 1


def test_help_without_a_command(here: Here) -> None:
    code, out, err = here()
    assert (code, err) == (0, "")
    assert "export" in out


def test_a_reader_that_stops_early_is_no_error(env: dict[str, str]) -> None:
    for command, code in {"export": 0, "drift --no-unmanaged": 2}.items():
        ran = run(env, shell=f"$cli {command} | true; exit ${{PIPESTATUS[0]}}")
        assert ran.returncode == code
        assert b"pipe" not in ran.stderr


def test_output_that_cannot_be_written_is_one_line(env: dict[str, str]) -> None:
    ran = run(env, shell="$cli export > /dev/full")
    assert ran.returncode == 1
    assert b"No space left on device" in ran.stderr
    assert run(env, shell="$cli export >&-").returncode == 1


# --- export --output --------------------------------------------------------------------------------------


def test_a_file_is_replaced_with_its_permissions(env: dict[str, str], here: Here, tmp_path: Path) -> None:
    file = tmp_path / "estate.yaml"
    file.write_text("old")
    file.chmod(0o640)
    (tmp_path / "link.yaml").symlink_to(file)
    assert here("export", "--output", str(tmp_path / "link.yaml"))[0] == 0
    assert (tmp_path / "link.yaml").is_symlink()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    text = file.read_text()
    assert "skipped" not in text
    assert load(file).users
    new = tmp_path / "new.yaml"
    assert run(env, shell=f"umask 027; $cli export -o {new}").returncode == 0
    assert (stat.S_IMODE(new.stat().st_mode), new.read_text()) == (0o640, text)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["estate.yaml", "link.yaml", "new.yaml"]


def test_a_failed_export_leaves_the_file_as_it_is(here: Here, emulator: Emulated, tmp_path: Path) -> None:
    file = tmp_path / "estate.yaml"
    file.write_text("old")
    assert here("export", "--workspace", "none", "--output", str(file))[0] == 1
    emulator.control("faults", path="/v1/api/connections/*", status=500, count=100)
    assert here("export", "-o", str(file), WALLAROO_MAX_RETRIES="0")[0] == 1
    assert here("export", "-o", str(file), WALLAROO_API_URL="")[0] == 1
    assert file.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["estate.yaml"]


def test_an_interrupted_export_leaves_the_file_as_it_is(
    env: dict[str, str], emulator: Emulated, tmp_path: Path
) -> None:
    file = tmp_path / "estate.yaml"
    file.write_text("old")
    emulator.control("latency", seconds=5)
    emulator.forget_requests()
    command = [sys.executable, "-m", "wallaroo_pulumi", "export", "--output", str(file)]
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as process:
        while not emulator.requests():
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert file.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["estate.yaml"]


@pytest.mark.parametrize(
    ("file", "told"), [("none/estate.yaml", "the folder does not exist"), (".", "is a folder; name a file")]
)
def test_a_file_that_cannot_be_written_is_said_before_the_instance_is_asked(
    here: Here, emulator: Emulated, tmp_path: Path, file: str, told: str
) -> None:
    emulator.forget_requests()
    code, _, err = here("export", "--output", str(tmp_path / file))
    assert code == 1
    assert told in err
    assert emulator.requests("/") == []


def test_a_device_is_written_as_it_is(env: dict[str, str]) -> None:
    ran = run(env, "export", "--output", "/dev/stdout")
    assert ran.returncode == 0
    assert b"users:" in ran.stdout


def test_nothing_of_a_file_is_left_when_writing_fails(tmp_path: Path) -> None:
    file = tmp_path / "estate.yaml"
    file.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        console.replace_file(file, "new" * 100_000 + "\ud800")
    assert (file.read_text(), list(tmp_path.iterdir())) == ("old", [file])


# --- colours and unexpected errors ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terminal", "variables", "expected"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),
        (True, {"TERM": "dumb"}, False),
    ],
)
def test_colours_are_for_terminals(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, variables: dict[str, str], expected: bool
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    assert console.colours() is expected


def test_an_unexpected_error_is_one_line_unless_the_traceback_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise KeyError("x\ny")

    monkeypatch.setattr(sys, "argv", ["wallaroo-pulumi", "drift"])
    assert console.exit_code(fail) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "unexpected error (KeyError" in line
    monkeypatch.setattr(sys, "argv", ["wallaroo-pulumi", "--debug", "drift"])
    assert console.exit_code(fail) == 1
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("environment", "mark"),
    [
        ({"PYTHONIOENCODING": "utf-8"}, "✓ API"),
        ({"PYTHONIOENCODING": "cp1252"}, "ok API"),
        ({"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, "ok API"),
    ],
)
def test_a_report_of_doctor_on_any_terminal(
    environment: dict[str, str], mark: str, emulator: Emulated, tmp_path: Path
) -> None:
    emulator.control("seed", users=[{"email": "łucja@example.com", "username": "lucja", "password": "p"}])
    login = {"WALLAROO_USER": "lucja", "WALLAROO_PASSWORD": "p"}  # the token names the address, too
    ran = subprocess.run(
        [sys.executable, "-m", "wallaroo_pulumi", "doctor"],
        env=clean_environment() | emulator.environment | login | {"PATH": ""} | environment,
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    output = ran.stdout.decode(environment.get("PYTHONIOENCODING", "utf-8"))
    assert ran.returncode == 0, output
    assert mark in output.splitlines()
    assert ran.stderr == b""
