"""Names that look like settings and are none: what they are taken for, and what is left alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wallaroo_pulumi.config import TABLE, load
from wallaroo_pulumi.unknown_settings import fallback, unknown_settings

PACKAGE = Path(__file__).parents[3] / "wallaroo_pulumi"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("WALLAROO_USERNAME", "wallaroo:username (WALLAROO_USER)"),
        ("WALLAROO_PASS", "wallaroo:password (WALLAROO_PASSWORD)"),
        ("WALLAROO_APIURL", "wallaroo:apiUrl (WALLAROO_API_URL or WALLAROO_URL)"),
        ("WALLAROO_CLIENTSECRET", "wallaroo:clientSecret (WALLAROO_CLIENT_SECRET)"),
        ("wallaroo_token", "wallaroo:token (WALLAROO_TOKEN)"),
        ("WALLARO_TOKEN", "wallaroo:token (WALLAROO_TOKEN)"),
        ("wallaroo:keycloakURL", "wallaroo:keycloakUrl (WALLAROO_KEYCLOAK_URL)"),
        ("wallaroo:passwort", "wallaroo:password (WALLAROO_PASSWORD)"),
        ("wallaroo:user", "wallaroo:username (WALLAROO_USER)"),
        ("wallaroo:client_secret", "wallaroo:clientSecret (WALLAROO_CLIENT_SECRET)"),
        ("wallaroo:ca-bundle", "wallaroo:caBundle (WALLAROO_CA_BUNDLE)"),
        ("walaroo:token", "wallaroo:token (WALLAROO_TOKEN)"),
        ("Wallaroo:domain", "wallaroo:domain (WALLAROO_DOMAIN)"),
    ],
)
def test_a_misspelt_name(name: str, meant: str) -> None:
    (found,) = unknown_settings([name], []) if ":" in name else unknown_settings([], [name])
    assert str(found) == f"{name} is not a setting; did you mean {meant}?"


def test_a_name_that_is_like_none() -> None:
    assert [str(unknown) for unknown in unknown_settings(["wallaroo:xyz"], ["WALLAROO_QQQ"])] == [
        "WALLAROO_QQQ is not a setting",
        "wallaroo:xyz is not a setting",
    ]


def test_what_is_no_business_of_ours() -> None:
    keys = [
        *(f"wallaroo:{setting.key}" for setting in TABLE),
        "aws:region",
        "wallaroo-estate:file",
        "p:token",
    ]
    names = [*(name for setting in TABLE for name in setting.variables), "PATH", "WALLARM_API_TOKEN"]
    assert unknown_settings(keys, names) == []


def test_the_own_keys_of_a_project_of_our_name() -> None:
    found = unknown_settings(
        ["wallaroo:team", "wallaroo:replicas", "wallaroo:pasword"], [], project="wallaroo"
    )
    assert [unknown.name for unknown in found] == ["wallaroo:pasword"]


@pytest.mark.parametrize(
    ("name", "instead", "superseded_by"),
    [
        (
            "WALLAROO_SDK_CREDENTIALS",
            "wallaroo:username (WALLAROO_USER) and wallaroo:password (WALLAROO_PASSWORD)",
            {"username": "u", "password": "p"},
        ),
        ("WALLAROO_SDK_AUTH_TYPE", "wallaroo:auth (WALLAROO_AUTH)", {"auth": "client_credentials"}),
        (
            "WALLAROO_AUTH_URL",
            "wallaroo:keycloakUrl (WALLAROO_KEYCLOAK_URL)",
            {"keycloakUrl": "https://k.example.com"},
        ),
        ("WALLAROO_REQUEST_TIMEOUT", "wallaroo:timeout (WALLAROO_TIMEOUT)", {"timeout": "5"}),
    ],
)
def test_a_variable_of_the_sdk(name: str, instead: str, superseded_by: dict[str, str]) -> None:
    (found,) = unknown_settings([], [name])
    assert str(found) == f"{name} is read by the vendor's SDK only; set {instead} instead"
    config = {"apiUrl": "https://w.example.com", "clientSecret": "s"}
    assert not found.is_superseded(load(config.get, {}))
    assert found.is_superseded(load((config | superseded_by).get, {}))
    assert found.is_superseded(load((config | {"auth": "sdk"}).get, {}))


@pytest.mark.parametrize(
    ("environ", "unused"),
    [
        ({"WALLAROO_USERNAME": "ops", "WALLAROO_PASS": "p"}, "WALLAROO_PASS and WALLAROO_USERNAME"),
        ({"WALLAROO_USER": "ops", "WALLAROO_PASSWORD": "p"}, "WALLAROO_USER and WALLAROO_PASSWORD"),
        ({"WALLAROO_SDK_CREDENTIALS": "creds.json"}, "WALLAROO_SDK_CREDENTIALS"),
    ],
)
def test_the_clients_own_account_although_a_user_seems_to_be_meant(
    environ: dict[str, str], unused: str
) -> None:
    config = {"domain": "w.example.com", "clientId": "c", "clientSecret": "s"}
    settings = load(config.get, environ)
    warning = fallback(settings, unknown_settings([], environ))
    assert warning is not None
    assert f"this run uses the service account of client 'c', and not {unused};" in warning
    asked_for = load((config | {"auth": "client_credentials"}).get, environ)
    assert fallback(asked_for, unknown_settings([], environ)) is None
    assert fallback(load(config.get, {}), []) is None


def test_no_variable_that_this_project_reads_is_reported() -> None:
    sources = [
        file
        for folder in ("wallaroo_pulumi", "scripts", "tools")
        for file in (PACKAGE.parent / folder).rglob("*.py")
    ]
    names = {
        name
        for file in sources
        for name in re.findall(r"environ\S*[\[(]\"(WALLAROO_\w+)\"", file.read_text())
    }
    assert "WALLAROO_PULUMI_CACHE" in names
    assert unknown_settings([], names) == []
