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
from urllib.parse import urlsplit

import pytest
from emulated import Emulated
from forward_proxy import ForwardProxy
from private_tls import TlsInstance, make_certificate
from typer.testing import CliRunner, Result

from wallaroo_pulumi.cli import app

SECRETS = ("api-client-secret", "ops-password", "wrong-secret-value", "wrong-password-value", "eyJ")

Doctor = Callable[..., Result]


@pytest.fixture
def doctor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Doctor:
    """Runs the command with this environment, in a folder without a stack; nothing it prints may contain a secret."""
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
def stack(tmp_path: Path) -> Callable[..., None]:
    """Puts a project here, and a `pulumi` on PATH that prints this configuration of its selected stack."""

    def put(config: dict[str, Any], complaint: str = "", name: str = "fraud", selected: bool = True) -> None:
        (tmp_path / "Pulumi.yaml").write_text(f"name: {name}\nruntime: python\n")
        command = tmp_path / "bin" / "pulumi"
        command.parent.mkdir()
        command.write_text(
            f"#!{sys.executable}\n"
            "import sys\n"
            f"complaint = {complaint!r} if sys.argv[1] == 'config' else ''\n"
            f"stacks = {json.dumps([{'name': 'dev', 'current': selected}])!r}\n"
            f"print(stacks if sys.argv[1:3] == ['stack', 'ls'] else {json.dumps(config)!r})\n"
            "print(complaint, file=sys.stderr)\n"
            "sys.exit(255 if complaint else 0)\n"
        )
        command.chmod(0o755)

    return put


def steps(result: Result) -> dict[str, str]:
    """The checks of the report: ``ok`` or ``FAILED``."""
    marks = {"✓": "ok", "✗": "FAILED"}
    lines = [line.split(" ", 1) for line in result.stdout.splitlines() if not line.startswith(" ")]
    return {name: marks[mark] for mark, name in lines}


def values(result: Result) -> dict[str, str]:
    """What the report lists between the checks, by its name; the last of a name."""
    lines = [line for line in result.stdout.splitlines() if line.startswith("    ")]
    return {line[4:18].strip(): line[18:].strip() for line in lines}


def notes(result: Result) -> list[str]:
    """What the report points out."""
    return [line.removeprefix("  ! ") for line in result.stdout.splitlines() if line.startswith("  ! ")]


def complaint(result: Result) -> str:
    """The error: one line, the only one on standard error."""
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    return line.strip()


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
    assert values(result)["workspaces"] == "3 visible"
    assert values(result)["account"] == f"ops@example.com, id {emulator.user_id('ops@example.com')}"
    assert (values(result)["API proxy"], values(result)["Keycloak proxy"]) == ("none", "none")
    assert "user 'ops@example.com', by auth password" in result.stdout


def test_values_and_their_origins_are_listed_and_secrets_redacted(doctor: Doctor, emulator: Emulated) -> None:
    report = values(doctor(emulator.environment))
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
    assert values(result)["username"] == "'mary.jane@example.com' from config wallaroo:username"


def test_without_a_stack_the_environment_is_read(
    doctor: Doctor, emulator: Emulated, stack: Callable[..., None], tmp_path: Path
) -> None:
    assert notes(doctor(emulator.environment)) == [
        "only the environment is read: the pulumi command is not on PATH"
    ]
    stack({}, complaint="error: whatever it says", selected=False)
    assert notes(doctor(emulator.environment)) == ["only the environment is read: no stack is selected"]
    (tmp_path / "Pulumi.yaml").unlink()
    result = doctor(emulator.environment)
    assert result.exit_code == 0
    assert notes(result) == [
        f"only the environment is read: there is no Pulumi project in {tmp_path} or above"
    ]


def test_a_stack_whose_configuration_cannot_be_read_is_not_passed_over(
    doctor: Doctor, emulator: Emulated, stack: Callable[..., None]
) -> None:
    stack({}, complaint="warning: old\nerror: could not decrypt configuration value: incorrect passphrase\n")
    result = doctor(emulator.environment)
    assert steps(result) == {"configuration": "FAILED"}
    assert complaint(result) == (
        "the configuration of the selected stack cannot be read: could not decrypt configuration value: incorrect "
        "passphrase; set PULUMI_CONFIG_PASSPHRASE"
    )
    assert emulator.requests("/") == []


def test_ignored_and_unknown_names_are_listed(
    doctor: Doctor, emulator: Emulated, stack: Callable[..., None]
) -> None:
    stack(
        {
            "wallaroo:apiUrl": {"value": emulator.url, "secret": False},
            "wallaroo:username": {"value": "ops@example.com", "secret": False},
            "wallaroo:keycloakURL": {"value": "https://k.example.com", "secret": False},
            "wallaroo:password": {"value": "ops-password", "secret": False},
        }
    )
    environment = {
        "WALLAROO_CLIENT_SECRET": "api-client-secret",
        "WALLAROO_TOKEN": "eyJ",
        "WALLAROO_KEYCLOAK_URL": "https://elsewhere.example.com",
        "WALLAROO_SDK_CREDENTIALS": "creds.json",
        "WALLAROO_PASS": "x",
    }
    result = doctor(environment)
    assert result.exit_code == 0
    assert notes(result) == [
        "unknown: WALLAROO_PASS is not a setting; did you mean wallaroo:password (WALLAROO_PASSWORD)?",
        "unknown: WALLAROO_SDK_CREDENTIALS is read by the vendor's SDK only; set wallaroo:username (WALLAROO_USER) and "
        "wallaroo:password (WALLAROO_PASSWORD) instead",
        "unknown: wallaroo:keycloakURL is not a setting; did you mean wallaroo:keycloakUrl (WALLAROO_KEYCLOAK_URL)?",
        "ignored: WALLAROO_KEYCLOAK_URL, because the stack configuration sets an address (wallaroo:apiUrl)",
        "ignored: WALLAROO_TOKEN, because the stack configuration sets credentials "
        "(wallaroo:username, wallaroo:password)",
        "wallaroo:password is configured in clear: pulumi config set --secret wallaroo:password",
    ]


def test_the_account_is_named_and_a_fallback_to_the_clients_own_pointed_out(
    doctor: Doctor, emulator: Emulated
) -> None:
    environment = {"WALLAROO_API_URL": emulator.url, "WALLAROO_CLIENT_SECRET": "api-client-secret"}
    result = doctor(environment | {"WALLAROO_USERNAME": "ops@example.com"})
    assert result.exit_code == 0
    assert (
        "account        the service account of client 'api-client', by auth client_credentials"
        in result.stdout
    )
    assert values(result)["account"].startswith("service-account-api-client, id ")
    assert any("account: this run uses the service account" in note for note in notes(result))


def test_names_that_may_explain_an_error_are_listed_with_it(doctor: Doctor, emulator: Emulated) -> None:
    result = doctor({"WALLAROO_API_URL": emulator.url, "WALLAROO_USERS": "ops", "WALLAROO_PASSWORD": "p"})
    assert "wallaroo:username (WALLAROO_USER) is missing" in complaint(result)
    assert (
        "unknown: WALLAROO_USERS is not a setting; did you mean wallaroo:username (WALLAROO_USER)?"
        in notes(result)
    )


def test_a_project_of_the_same_name_may_have_keys_of_its_own(
    doctor: Doctor, emulator: Emulated, stack: Callable[..., None]
) -> None:
    stack({"wallaroo:replicas": {"value": "3", "secret": False}}, name="wallaroo")
    assert notes(doctor(emulator.environment)) == []


def test_the_proxy_is_shown_without_its_password(
    doctor: Doctor, emulator: Emulated, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ForwardProxy({"wallaroo.test": urlsplit(emulator.url).port or 0}) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url.replace("//", "//me:wrong-secret-value@"))
        url = f"http://wallaroo.test:{urlsplit(emulator.url).port}"
        result = doctor(
            emulator.environment
            | {"WALLAROO_API_URL": url, "WALLAROO_ALLOW_INSECURE": "1", "WALLAROO_KEYCLOAK_URL": emulator.url}
        )
    assert result.exit_code == 0, result.output
    assert values(result)["API proxy"] == f"{proxy.url} from environment HTTP_PROXY"
    assert values(result)["Keycloak proxy"] == "none"


def test_nothing_is_configured(doctor: Doctor) -> None:
    result = doctor({})
    assert steps(result) == {"configuration": "FAILED"}
    assert "no instance is named" in complaint(result)
    assert "WALLAROO_DOMAIN" in complaint(result)


def test_an_address_without_a_server(doctor: Doctor, emulator: Emulated) -> None:
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
        ({"WALLAROO_CLIENT_ID": "unknown-client"}, "client 'unknown-client' does not exist"),
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
    assert values(result)["account"] == "not named by the token"
    assert values(result)["workspaces"] == "1 visible"


def test_a_ca_bundle_that_is_none(doctor: Doctor, emulator: Emulated, tmp_path: Path) -> None:
    not_pem = tmp_path / "not.pem"
    not_pem.write_text("hello")
    result = doctor(emulator.environment | {"WALLAROO_CA_BUNDLE": str(not_pem)})
    assert steps(result)["TLS and proxies"] == "FAILED"
    assert "WALLAROO_CA_BUNDLE" in complaint(result)
