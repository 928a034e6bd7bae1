"""Settings that belong together: the environment never redirects what the stack configuration names."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

import pytest

from wallaroo_pulumi.config import BY_KEY, Settings, load
from wallaroo_pulumi.errors import ConfigError

A = {
    "apiUrl": "https://api.a.example",
    "domain": "a.example",
    "prefix": "a",
    "suffix": "a.example",
    "keycloakUrl": "https://keycloak.a.example",
    "realm": "realm-a",
}
B = {key: value.replace("a.example", "b.example").replace("realm-a", "realm-b") for key, value in A.items()}
ALICE = {
    "username": "alice",
    "password": "alice-password",
    "clientId": "client-a",
    "clientSecret": "secret-a",
    "token": "token-a",
    "auth": "password",
}
BOB = {
    "username": "bob",
    "password": "bob-password",
    "clientId": "client-b",
    "clientSecret": "secret-b",
    "token": "token-b",
    "auth": "client_credentials",
}


def variables(given: Mapping[str, str]) -> dict[str, str]:
    return {BY_KEY[key].variables[0]: value for key, value in given.items()}


def resolve(config: Mapping[str, str], environment: Mapping[str, str]) -> Settings | str:
    """The settings, or the error."""
    try:
        return load(config.get, variables(environment))
    except ConfigError as error:
        return str(error)


def resolved(config: Mapping[str, str], environment: Mapping[str, str]) -> Settings:
    settings = resolve(config, environment)
    assert isinstance(settings, Settings), settings
    return settings


def ignored(settings: Settings) -> set[str]:
    return {ignored.key for ignored in settings.ignored}


def parts(whole: Mapping[str, str]) -> Iterator[dict[str, str]]:
    for size in range(len(whole) + 1):
        for keys in itertools.combinations(whole, size):
            yield {key: whole[key] for key in keys}


def test_no_instance_is_mixed_from_two_sources() -> None:
    for config, environment in itertools.product(parts(A), parts(B)):
        settings = resolve(config | {"token": "t"}, environment)
        if isinstance(settings, str):
            continue
        own = "b.example" if config.keys() <= {"realm"} else "a.example"
        assert settings.api_url.endswith(own), (config, environment)
        assert settings.keycloak_url.endswith(own), (config, environment)
        if own == "a.example":
            assert settings.realm == config.get("realm", "master"), (config, environment)


def test_no_account_is_mixed_from_two_sources() -> None:
    for config, environment in itertools.product(parts(ALICE), parts(BOB)):
        settings = resolve(config | {"domain": "a.example"}, environment)
        if isinstance(settings, str) or config.keys() <= {"auth"}:
            continue
        case = f"{config} {environment}"
        if settings.auth == "token":
            assert settings.token == config["token"], case
        if settings.auth == "password":
            assert settings.username == config["username"], case
            assert settings.password == config.get("password") or "username" not in environment, case
        if settings.auth == "client_credentials":
            assert settings.client_id == config.get("clientId", "api-client"), case
        # A secret goes with the client that its own source names.
        if settings.client_secret == "secret-a":
            assert settings.client_id == config.get("clientId", "api-client"), case
        if settings.client_secret == "secret-b":
            assert settings.client_id == environment.get("clientId", settings.client_id), case


def test_every_unused_variable_is_recorded() -> None:
    for config, environment in itertools.product(parts(ALICE), parts(BOB)):
        settings = resolve(config | {"domain": "a.example"}, environment)
        if isinstance(settings, str):
            continue
        from_environment = {key for key, origin in settings.origins.items() if origin.from_environment}
        assert ignored(settings) == environment.keys() - from_environment


@pytest.mark.parametrize("key", ["apiUrl", "domain", "keycloakUrl", "prefix", "suffix"])
def test_an_address_in_the_configuration_closes_the_group(key: str) -> None:
    outcome = resolve({key: A[key], "token": "t"}, B)
    if isinstance(outcome, str):
        assert (
            f"ignored: WALLAROO_DOMAIN, because the stack configuration sets an address (wallaroo:{key})"
            in outcome
        )
    else:
        assert ignored(outcome) == B.keys()
        assert "b.example" not in outcome.api_url + outcome.keycloak_url


def test_a_realm_alone_names_no_instance() -> None:
    settings = resolved({"realm": "realm-a", "token": "t"}, {"apiUrl": B["apiUrl"], "realm": "realm-b"})
    assert (settings.api_url, settings.realm) == (B["apiUrl"], "realm-a")
    assert list(map(str, settings.ignored)) == [
        "WALLAROO_REALM, because the stack configuration sets wallaroo:realm"
    ]


def test_the_passwords_keycloak_is_the_configured_one() -> None:
    config = {"domain": "a.example", "username": "alice", "password": "p", "clientSecret": "s"}
    settings = resolved(config, {"keycloakUrl": B["keycloakUrl"], "token": "token-b"})
    assert (settings.keycloak_url, settings.auth, settings.token) == ("https://a.example", "password", None)
    assert list(map(str, settings.ignored)) == [
        "WALLAROO_KEYCLOAK_URL, because the stack configuration sets an address (wallaroo:domain)",
        "WALLAROO_TOKEN, because the stack configuration sets credentials "
        "(wallaroo:clientSecret, wallaroo:username, wallaroo:password)",
    ]


@pytest.mark.parametrize(
    ("config", "environment", "account"),
    [
        # The configuration names the user: its password, and whichever client logs it in, may come from outside.
        (["username"], {"password": "p"}, "user 'alice'"),
        (["username"], {"password": "p", "username": "alice"}, "user 'alice'"),
        (["username"], {"password": "p", "clientSecret": "s"}, "user 'alice'"),
        (["username"], {"password": "p", "clientId": "c", "clientSecret": "s"}, "user 'alice'"),
        (["username"], {"password": "p", "token": "t"}, "user 'alice'"),
        (["username"], {"password": "p", "auth": "client_credentials", "clientSecret": "s"}, "user 'alice'"),
        (["username", "password"], BOB, "user 'alice'"),
        # It names the client.
        (["clientId"], {"clientSecret": "s"}, "the service account of client 'client-a'"),
        (["clientId"], {"clientSecret": "s", "token": "t"}, "the service account of client 'client-a'"),
        (["clientId", "clientSecret"], BOB, "the service account of client 'client-a'"),
        (["clientSecret"], BOB, "the service account of client 'api-client'"),
        # It names the token's user.
        (["token"], BOB, "the user of the given token"),
        # It names the method only.
        (["auth"], BOB, "user 'bob'"),
        ([], BOB, "the service account of client 'client-b'"),
    ],
)
def test_what_completes_the_credentials(config: list[str], environment: dict[str, str], account: str) -> None:
    settings = resolved({key: ALICE[key] for key in config} | {"domain": "a.example"}, environment)
    assert settings.account == account


@pytest.mark.parametrize(
    ("config", "environment", "reason"),
    [
        (["password"], {"username": "bob"}, "wallaroo:username (WALLAROO_USER) is missing"),
        (
            ["username"],
            {"username": "bob", "password": "p"},
            "wallaroo:password (WALLAROO_PASSWORD) is missing",
        ),
        (["username"], {"clientSecret": "s"}, "wallaroo:password (WALLAROO_PASSWORD) is missing"),
        (["username"], {"token": "t"}, "wallaroo:password (WALLAROO_PASSWORD) is missing"),
        (["clientId"], {"token": "t"}, "no credentials are given"),
        (["clientId"], {"clientId": "client-b", "clientSecret": "s"}, "no credentials are given"),
        (["clientId"], {"username": "bob", "password": "p"}, "no credentials are given"),
    ],
)
def test_what_does_not_complete_the_credentials(
    config: list[str], environment: dict[str, str], reason: str
) -> None:
    error = resolve({key: ALICE[key] for key in config} | {"domain": "a.example"}, environment)
    assert isinstance(error, str)
    assert reason in error
    assert "ignored: " in error or config == ["username"]


def test_credentials_from_the_environment_go_to_the_configured_instance_and_the_reverse() -> None:
    assert resolved({"domain": "a.example"}, BOB | {"auth": "password"}).username == "bob"
    assert (
        resolved({"username": "alice", "password": "p"}, {"domain": "b.example"}).api_url
        == "https://b.example"
    )


def test_a_variable_that_is_overruled_is_recorded_and_one_of_the_same_value_is_not() -> None:
    environ = {
        "WALLAROO_API_URL": "https://first.example",
        "WALLAROO_URL": "https://second.example",
        "WALLAROO_TIMEOUT": "5",
        "WALLAROO_USER": "alice",
    }
    config = {"username": "alice", "password": "p", "timeout": "7"}
    assert list(map(str, load(config.get, environ).ignored)) == [
        "WALLAROO_URL, because WALLAROO_API_URL is set",
        "WALLAROO_TIMEOUT, because the stack configuration sets wallaroo:timeout",
    ]


def test_ignored_values_are_not_shown() -> None:
    error = resolve({"clientId": "client-a", "domain": "a.example"}, {"token": "hidden"})
    assert "hidden" not in str(error)
    settings = resolved({"token": "t", "domain": "a.example"}, {"clientSecret": "hidden"} | B)
    assert "hidden" not in f"{settings!r} {list(map(str, settings.ignored))} {settings.given_credentials()}"
