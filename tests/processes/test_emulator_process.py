"""The emulator as a process: what it prints, how it ends, what its state file survives."""

import os
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from emulator_client import Clock, Instance

from wallaroo_pulumi.emulator import EmulatorServer, Settings, StateError, serve
from wallaroo_pulumi.emulator.__main__ import main

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "wallaroo_pulumi.emulator", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        with process:  # closes its pipes and waits
            process.kill()


def address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def end(process: subprocess.Popen[str]) -> tuple[list[str], str, int]:
    """The remaining lines of standard output, standard error and the exit code."""
    assert process.stdout is not None
    assert process.stderr is not None
    return process.stdout.read().splitlines(), process.stderr.read(), process.wait(timeout=30)


def test_prints_the_address_and_then_what_to_type_and_takes_options(start: Start) -> None:
    process = start("--access-token-lifetime", "7", "--refresh-token-lifetime", "3")
    url = address(process)
    instance = Instance(url, Clock())
    with instance.http:
        assert instance.http.get("/v1/api/config").status_code == 200
        reply = instance.login(client=None, client_id="sdk-client").json()
        assert (reply["expires_in"], reply["refresh_expires_in"]) == (7, 3)
        instance.control("reset")
        assert instance.login().json()["expires_in"] == 7
    process.terminate()
    lines = [
        f"pulumi config set wallaroo:apiUrl {url}",
        "pulumi config set wallaroo:clientSecret api-client-secret --secret",
        "pulumi config set wallaroo:username ops@example.com",
        "pulumi config set wallaroo:password ops-password --secret",
    ]
    assert end(process) == (lines, "", 0)


def test_with_a_keycloak_prints_its_address_instead_of_passwords_and_ends_when_nobody_calls(
    start: Start,
) -> None:
    process = start("--keycloak", "http://127.0.0.1:1", "--idle-exit", "0")
    lines = [
        f"pulumi config set wallaroo:apiUrl {address(process)}",
        "pulumi config set wallaroo:keycloakUrl http://127.0.0.1:1",
    ]
    assert end(process) == (lines, "", 0)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_signals_end_it_quietly_under_open_requests(start: Start, name: str) -> None:
    process = start()
    instance = Instance(address(process), Clock())
    with instance.http, httpx.Client(timeout=httpx.Timeout(5, read=0.2)) as waiting:
        instance.control("latency", seconds=3600)
        with pytest.raises(httpx.ReadTimeout):
            waiting.get(f"{instance.url}/v1/api/config")
        process.send_signal(getattr(signal, name))
        _, errors, code = end(process)
    assert (errors, code) == ("", 0)


def test_objects_and_tokens_survive_kill_9(start: Start, tmp_path: Path) -> None:
    state = str(tmp_path / "state.db")
    process = start("--state", state)
    before = Instance(address(process), Clock())
    with before.http:
        token = before.login().json()["access_token"]
        before.call_with(token, "workspaces/create", {"workspace_name": "fraud"})
        listed = before.call_with(token, "workspaces/list").json()
        users = before.call_with(token, "users/query").json()
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    after = Instance(address(start("--state", state)), Clock())
    with after.http:
        assert after.call_with(token, "workspaces/list").json() == listed
        assert len(listed["workspaces"]) == 1
        assert listed["workspaces"][0]["created_at"]
        assert after.call_with(token, "users/query").json() == users
        for user_id, user in users["users"].items():
            assert uuid.UUID(user_id).version == 4
            assert isinstance(user["createdTimestamp"], int)


@pytest.mark.parametrize("option", [("--port", "70000"), ("--port", "x"), ("--idle-exit", "-1")])
def test_wrong_option_is_named(option: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(list(option))
    assert f"argument {option[0]}:" in capsys.readouterr().err


def test_taken_port_is_one_line_that_names_it(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert serve(Settings(port=port)) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert f"port {port}" in captured.err


def test_unusable_state_file_is_one_line_that_names_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "state.db"
    content = b"this is no database, but it is long enough to be looked at" * 20
    state.write_bytes(content)
    assert serve(Settings(state_file=state)) == 1
    errors = capsys.readouterr().err
    assert errors.count("\n") == 1
    assert str(state) in errors
    assert state.read_bytes() == content


def test_state_file_serves_one_emulator_at_a_time(tmp_path: Path) -> None:
    settings = Settings(state_file=tmp_path / "state.db")
    with EmulatorServer(settings), pytest.raises(StateError, match="another emulator uses it"):
        EmulatorServer(settings)


def test_state_file_is_its_owners_alone(tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    with EmulatorServer(Settings(state_file=state)):
        assert {path.stat().st_mode & 0o077 for path in tmp_path.iterdir()} == {0}


def test_listens_on_loopback_only() -> None:
    with EmulatorServer() as server:
        port = int(server.url.rpartition(":")[2])
        assert server.url == f"http://127.0.0.1:{port}"
        with socket.socket() as elsewhere, pytest.raises(ConnectionRefusedError):
            elsewhere.connect(("127.0.0.2", port))
