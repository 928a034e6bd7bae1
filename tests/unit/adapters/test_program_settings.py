"""What a program is told of its settings, once for each run."""

from __future__ import annotations

import json
import os

import pulumi
import pytest
from pulumi.runtime.config import CONFIG

from wallaroo_pulumi.adapters import program_settings
from wallaroo_pulumi.adapters.program_settings import require_settings

pytestmark = pytest.mark.sdk_range

LOGIN = {"domain": "w.example.com", "username": "ops", "password": "its-password"}


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A program that the language host has started, without configuration; the warnings that it shows."""
    shown: list[str] = []
    for name in list(os.environ):
        if name.startswith(("WALLAROO_", "PULUMI_")):
            monkeypatch.delenv(name)
    run = object()
    monkeypatch.setattr(program_settings, "get_monitor", lambda: run)
    monkeypatch.setattr(pulumi.log, "warn", shown.append)
    return shown


def configure(monkeypatch: pytest.MonkeyPatch, config: dict[str, str], *secret: str) -> None:
    monkeypatch.setenv(
        "PULUMI_CONFIG", json.dumps({f"wallaroo:{key}": value for key, value in config.items()})
    )
    monkeypatch.setattr(
        program_settings, "is_config_secret", lambda key: key.removeprefix("wallaroo:") in secret
    )


def test_nothing_is_said_of_a_good_configuration(
    warnings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, LOGIN, "password")
    require_settings()
    assert warnings == []


def test_unknown_names_are_shown_once_for_each_run(
    warnings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, LOGIN | {"keycloakURL": "https://k.example.com"}, "password")
    monkeypatch.setenv("WALLAROO_TOKENS", "hidden")
    for _ in range(3):
        require_settings()
    assert warnings == [
        "WALLAROO_TOKENS is not a setting; did you mean wallaroo:token (WALLAROO_TOKEN)?",
        "wallaroo:keycloakURL is not a setting; did you mean wallaroo:keycloakUrl (WALLAROO_KEYCLOAK_URL)?",
    ]
    monkeypatch.setattr(program_settings, "get_monitor", object)
    require_settings()
    assert len(warnings) == 4


def test_unknown_names_are_shown_before_an_error_that_they_may_explain(
    warnings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, {"domain": "w.example.com", "username": "ops", "passwort": "hidden"})
    with pytest.raises(pulumi.RunError, match=r"wallaroo:password \(WALLAROO_PASSWORD\) is missing"):
        require_settings()
    (warning,) = warnings
    assert "wallaroo:passwort is not a setting; did you mean wallaroo:password" in warning


def test_the_clients_own_account_instead_of_a_misspelt_user(
    warnings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, {"domain": "w.example.com", "clientSecret": "s"}, "clientSecret")
    monkeypatch.setenv("WALLAROO_USERNAME", "ops")
    monkeypatch.setenv("WALLAROO_PASS", "hidden")
    require_settings()
    assert len(warnings) == 3
    assert (
        "this run uses the service account of client 'api-client', and not WALLAROO_PASS and" in warnings[-1]
    )


def test_variables_of_the_sdk_are_shown_unless_the_settings_replace_them(
    warnings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WALLAROO_SDK_AUTH_TYPE", "user_password")
    monkeypatch.setenv("WALLAROO_AUTH_URL", "https://k.example.com")
    configure(
        monkeypatch, {"apiUrl": "https://w.example.com", "username": "ops", "password": "p"}, "password"
    )
    require_settings()
    (warning,) = warnings
    assert warning.startswith("WALLAROO_AUTH_URL is read by the vendor's SDK only; set wallaroo:keycloakUrl")


def test_a_secret_in_clear(warnings: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, LOGIN)
    require_settings()
    (warning,) = warnings
    assert "wallaroo:password is configured in clear" in warning


def test_an_inline_program_is_told_of_its_stack_configuration_only(
    warnings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WALLAROO_USERNAME", "of this process")
    token = CONFIG.set({"wallaroo:apiURL": "https://w.example.com"})
    try:
        require_settings()
    finally:
        CONFIG.reset(token)
    (warning,) = warnings
    assert "wallaroo:apiURL is not a setting; did you mean wallaroo:apiUrl" in warning
