"""The whole client with an emulated Wallaroo that accepts logins of a real Keycloak."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from keycloak_server import OPERATOR
from token_caller import Caller, Instance, Login, settings_from

from wallaroo_pulumi.api import Client
from wallaroo_pulumi.errors import ApiError


@contextmanager
def client_of(environment: Mapping[str, str]) -> Iterator[Client]:
    client = Client(settings_from(environment))
    try:
        yield client
    finally:
        client.close()


def requests_to(instance: Instance) -> list[dict[str, Any]]:
    """Return the emulator's log of API calls."""
    log = httpx.get(f"{instance.url}/__emulator__/requests").json()["requests"]
    return [entry for entry in log if entry["path"].startswith("/v1/api/")]


def names(client: Client) -> set[str]:
    return {workspace.name for workspace in client.workspaces.list(fresh=True)}


def test_workspaces_are_listed_and_made_with_a_token_of_keycloak(wallaroo_on_keycloak: Instance) -> None:
    with client_of(wallaroo_on_keycloak.environment) as client:
        workspace_id = client.workspaces.create("fraud").id
        assert "fraud" in names(client)
        [owner] = client.workspaces.members(workspace_id, fresh=True)
        assert (owner.user_id, owner.role) == (client.caller_id, "OWNER")


def test_the_seeded_operator_is_the_one_of_keycloak(wallaroo_on_keycloak: Instance) -> None:
    with client_of(wallaroo_on_keycloak.environment) as client:
        operator = client.users.find_by_email(OPERATOR)
        assert operator is not None
        assert operator.id == client.caller_id


def test_a_user_of_keycloak_alone_is_known_after_his_first_call(
    wallaroo_on_keycloak: Instance, new_login: Callable[..., Login]
) -> None:
    login = new_login()
    with client_of(login.environment(WALLAROO_API_URL=wallaroo_on_keycloak.url)) as client:
        client.workspaces.create("own")
        assert names(client) == {"own"}
        assert client.caller_id == login.user_id


def test_a_client_s_own_account_is_a_caller_too(wallaroo_on_keycloak: Instance) -> None:
    environment = wallaroo_on_keycloak.environment | {"WALLAROO_AUTH": "client_credentials"}
    with client_of(environment) as client:
        client.workspaces.create("of-the-service")
        assert names(client) == {"of-the-service"}


def test_tokens_of_both_keys_are_accepted_after_a_rotation(wallaroo_on_keycloak: Instance) -> None:
    with client_of(wallaroo_on_keycloak.environment) as before:
        before.workspaces.create("fraud")
        wallaroo_on_keycloak.keycloak.rotate_keys()
        with client_of(wallaroo_on_keycloak.environment) as after:
            assert "fraud" in names(after)
        assert "fraud" in names(before)


def test_tokens_of_a_few_seconds_carry_a_long_run(
    wallaroo_on_keycloak: Instance, new_login: Callable[..., Login]
) -> None:
    login = new_login(access=3)
    with client_of(login.environment(WALLAROO_API_URL=wallaroo_on_keycloak.url)) as client:
        client.workspaces.create("fraud")
        until = time.monotonic() + 5
        while time.monotonic() < until:
            assert names(client) == {"fraud"}
            time.sleep(0.1)
    assert {entry["sub"] for entry in requests_to(wallaroo_on_keycloak) if entry["status"] == 200} == {
        login.user_id
    }


def test_an_expired_token_without_credentials_is_one_clear_error(
    wallaroo_on_keycloak: Instance, new_login: Callable[..., Login]
) -> None:
    with Caller(new_login(access=1).settings()) as caller:
        token = caller.source.header().removeprefix("Bearer ")
    time.sleep(1.1)
    environment = {"WALLAROO_API_URL": wallaroo_on_keycloak.url, "WALLAROO_TOKEN": token}
    with client_of(environment) as client, pytest.raises(ApiError, match="401") as caught:
        client.workspaces.list()
    secret_told = token in f"{caught.value} {caught.value!r}"
    assert not secret_told
    assert [entry["status"] for entry in requests_to(wallaroo_on_keycloak)] == [401]
