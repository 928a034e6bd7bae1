"""What `wallaroo-pulumi doctor` finds wrong, and says, without telling a secret."""

from __future__ import annotations

import base64
import json
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from emulated import Emulated
from private_tls import TlsInstance, make_certificate
from typer.testing import CliRunner

from wallaroo_pulumi.cli import app

SECRETS = ("api-client-secret", "ops-password", "wrong-secret-value", "wrong-password-value", "eyJ")

Doctor = Callable[..., Result]


@pytest.fixture
def doctor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Doctor:
    """Runs the command with this environment, in a folder without a stack; nothing it prints may hold a secret."""
    for name in list(os.environ):
        if name.startswith(("WALLAROO_", "PULUMI_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("WALLAROO_MAX_RETRIES", "0")
    monkeypatch.chdir(tmp_path)

    def run(environment: dict[str, str]) -> Result:
        result = CliRunner().invoke(app, ["doctor"], env=environment)
        assert not [secret for secret in SECRETS if secret in result.output]
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    return run


@pytest.fixture
def stack(tmp_path: Path) -> Callable[[dict[str, Any]], None]:
    """Puts a `pulumi` on PATH that tells this configuration."""

    def put(config: dict[str, Any], exit_code: int = 0, complaint: str = "") -> None:
        command = tmp_path / "bin" / "pulumi"
        command.parent.mkdir()
        command.write_text(
            f"#!{sys.executable}\n"
            "import sys\n"
            f"print({json.dumps(config)!r})\n"
            f"print({complaint!r}, file=sys.stderr)\n"
            f"sys.exit({exit_code})\n"
        )
        command.chmod(0o755)

    return put


def steps(result: Result) -> dict[str, str]:
    """The checks of the report, and how they ended."""
    lines = [line for line in result.stdout.splitlines() if not line.startswith(" ")]
    return dict(line.split(": ", 1) for line in lines)


def told(result: Result) -> dict[str, str]:
    """What the report tells between the checks, by its name."""
    lines = [line for line in result.stdout.splitlines() if line.startswith("  ")]
    return {name: value.strip() for name, value in (line.strip().split(None, 1) for line in lines)}


def complaint(result: Result) -> str:
    """The error: one line, the last on standard error."""
    assert result.exit_code == 1
    return result.stderr.splitlines()[-1].strip()


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def test_all_is_well(doctor: Doctor, emulator: Emulated) -> None:
    emulator.control("seed", workspaces={"count": 3, "prefix": "w", "owner": "ops@example.com"})
    result = doctor(emulator.environment)
    assert result.exit_code == 0
    assert set(steps(result).values()) == {"ok"}
    assert told(result)["workspaces"] == "3 visible"
    assert told(result)["user"].endswith(emulator.user_id("ops@example.com"))


def test_values_and_their_origins_are_told_and_secrets_starred(doctor: Doctor, emulator: Emulated) -> None:
    report = told(doctor(emulator.environment))
    assert report["username"] == "'ops@example.com' from environment WALLAROO_USER"
    assert report["password"] == "*** from environment WALLAROO_PASSWORD"
    assert report["clientSecret"] == "*** from environment WALLAROO_CLIENT_SECRET"
    assert report["realm"] == "'master' by default"


def test_the_stack_s_configuration_wins_over_the_environment(
    doctor: Doctor, emulator: Emulated, stack: Callable[..., None]
) -> None:
    stack(
        {
            "wallaroo:username": {"value": "mary.jane@example.com", "secret": False},
            "wallaroo:password": {"value": "password", "secret": True},
            "aws:region": {"value": "eu-west-1", "secret": False},
        }
    )
    result = doctor(emulator.environment)
    assert result.exit_code == 0
    assert told(result)["username"] == "'mary.jane@example.com' from config wallaroo:username"


def test_why_there_is_no_stack_is_said(
    doctor: Doctor, emulator: Emulated, stack: Callable[..., None]
) -> None:
    stack({}, exit_code=255, complaint="error: no stack selected")
    result = doctor(emulator.environment)
    assert result.exit_code == 0
    assert "only the environment is looked at: error: no stack selected" in result.stderr


def test_a_stack_whose_configuration_cannot_be_read_is_not_passed_over(
    doctor: Doctor, emulator: Emulated, stack: Callable[..., None]
) -> None:
    stack({}, exit_code=255, complaint="error: could not decrypt configuration value: incorrect passphrase")
    result = doctor(emulator.environment)
    assert steps(result) == {"configuration": "FAILED"}
    assert "incorrect passphrase; set PULUMI_CONFIG_PASSPHRASE" in complaint(result)


def test_nothing_is_configured(doctor: Doctor) -> None:
    result = doctor({})
    assert steps(result) == {"configuration": "FAILED"}
    assert "no instance is named" in complaint(result)
    assert "WALLAROO_DOMAIN" in complaint(result)


def test_nobody_listens(doctor: Doctor, emulator: Emulated) -> None:
    result = doctor(emulator.environment | {"WALLAROO_KEYCLOAK_URL": f"http://127.0.0.1:{unused_port()}"})
    assert steps(result)["token"] == "FAILED"
    assert "cannot be reached" in complaint(result)


def test_the_api_is_not_where_keycloak_is(doctor: Doctor, emulator: Emulated) -> None:
    result = doctor(
        emulator.environment
        | {
            "WALLAROO_API_URL": f"http://127.0.0.1:{unused_port()}",
            "WALLAROO_KEYCLOAK_URL": emulator.url,
        }
    )
    assert (steps(result)["token"], steps(result)["API"]) == ("ok", "FAILED")
    assert "the API at http://127.0.0.1" in complaint(result)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"WALLAROO_CLIENT_SECRET": "wrong-secret-value"}, "the secret of client 'api-client' is wrong"),
        ({"WALLAROO_CLIENT_ID": "nobody"}, "client 'nobody' does not exist"),
        (
            {"WALLAROO_PASSWORD": "wrong-password-value"},
            "Keycloak rejects user 'ops@example.com': the user name or the password is wrong",
        ),
        ({"WALLAROO_REALM": "elsewhere"}, "realm 'elsewhere' does not exist"),
    ],
)
def test_refused_credentials(wrong: dict[str, str], said: str, doctor: Doctor, emulator: Emulated) -> None:
    result = doctor(emulator.environment | wrong)
    assert steps(result)["token"] == "FAILED"
    assert said in complaint(result)
    assert len(emulator.tokens()) == 1  # a wrong password is not tried again: accounts get locked


@pytest.mark.parametrize("token", ["opaque-words-of-a-gateway", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJtZSJ9."])
def test_a_token_that_the_api_refuses(token: str, doctor: Doctor, emulator: Emulated) -> None:
    result = doctor({"WALLAROO_API_URL": emulator.url, "WALLAROO_TOKEN": token})
    assert token not in result.output
    assert steps(result)["API"] == "FAILED"
    assert "401" in complaint(result)
    assert "WALLAROO_TOKEN" in complaint(result)
    assert emulator.tokens() == []


def test_a_given_token_whose_time_is_over(doctor: Doctor, emulator: Emulated) -> None:
    claims = base64.urlsafe_b64encode(b'{"sub": "me", "exp": 1700000000}').decode().rstrip("=")
    result = doctor({"WALLAROO_API_URL": emulator.url, "WALLAROO_TOKEN": f"e30.{claims}.sig"})
    assert steps(result)["token"] == "FAILED"
    assert "expired at 2023-11-14 22:13:20 UTC" in complaint(result)


def test_a_certificate_of_an_unknown_authority(doctor: Doctor, tmp_path: Path) -> None:
    with TlsInstance(make_certificate(tmp_path)) as instance:
        result = doctor(
            {"WALLAROO_API_URL": instance.url, "WALLAROO_USER": "ops", "WALLAROO_PASSWORD": "ops-password"}
        )
    assert steps(result)["token"] == "FAILED"
    assert "certificate that is not trusted" in complaint(result)
    assert "WALLAROO_CA_BUNDLE" in complaint(result)


def test_a_private_authority_that_is_trusted(doctor: Doctor, tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    with TlsInstance(certificate) as instance:
        result = doctor(
            {
                "WALLAROO_API_URL": instance.url,
                "WALLAROO_USER": "ops",
                "WALLAROO_PASSWORD": "ops-password",
                "WALLAROO_CA_BUNDLE": str(certificate),
            }
        )
    assert result.exit_code == 0, result.output
    assert told(result)["user"] == "id        not told by the token"
    assert told(result)["workspaces"] == "1 visible"


def test_a_ca_bundle_that_is_none(doctor: Doctor, emulator: Emulated, tmp_path: Path) -> None:
    not_pem = tmp_path / "not.pem"
    not_pem.write_text("hello")
    result = doctor(emulator.environment | {"WALLAROO_CA_BUNDLE": str(not_pem)})
    assert steps(result)["certificate authorities"] == "FAILED"
    assert "WALLAROO_CA_BUNDLE" in complaint(result)
