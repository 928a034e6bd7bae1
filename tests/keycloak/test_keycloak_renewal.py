"""Tokens that end: by age, by an administrator, by a restart of the server, by a rotation of its keys."""

import threading
import time
from collections.abc import Callable

import pytest
from keycloak_server import Keycloak
from token_caller import Caller, Clock, Login, claims, signing_key

from wallaroo_pulumi.errors import AuthError


def test_a_token_is_renewed_before_its_end_by_the_refresh_token(new_login: Callable[..., Login]) -> None:
    clock = Clock()
    with Caller(new_login(access=60, refresh=1800).settings(), clock) as caller:
        for _ in range(5):
            caller.ask()
            clock.time += 58
        assert caller.grants == ["password", *["refresh_token"] * 4]
        assert caller.answers == [200] * 5


@pytest.mark.parametrize("lifetime", [2, 3, 5, 60])
def test_a_token_is_not_used_past_its_end(lifetime: int, new_login: Callable[..., Login]) -> None:
    """Keycloak counts in whole seconds: a token issued late in a second ends up to a second before its time."""
    clock = Clock()
    with Caller(new_login(access=lifetime).settings(), clock) as caller:
        while True:
            asked = time.time()
            header = caller.source.header()
            ends = claims(header)["exp"]
            if ends - asked < lifetime - 0.5:  # issued late in a second
                break
            clock.time += lifetime
        clock.time += ends - asked
        renewed = caller.source.header() != header
        assert renewed


def test_a_refresh_token_that_died_first_is_not_even_tried(new_login: Callable[..., Login]) -> None:
    clock = Clock()
    with Caller(new_login(access=60, refresh=20).settings(), clock) as caller:
        caller.ask()
        clock.time += 59
        caller.ask()
        assert caller.grants == ["password", "password"]
        assert caller.answers == [200, 200]


def test_a_refresh_token_that_the_server_calls_dead_is_followed_by_a_login(
    new_login: Callable[..., Login],
) -> None:
    clock = Clock()  # stands still: the helper believes that both tokens live
    # The session of the second login is as short, and must live until the call is answered.
    with Caller(new_login(access=60, refresh=5).settings(), clock) as caller:
        caller.source.header()
        time.sleep(6)
        caller.ask()
        assert caller.grants == ["password", "refresh_token", "password"]
        # With its session Keycloak takes back the access token too, however much of its life is left.
        assert caller.answers == [401, 200]


def test_a_session_that_an_administrator_ends_is_followed_by_a_login(
    keycloak: Keycloak, new_login: Callable[..., Login]
) -> None:
    login = new_login()
    with Caller(login.settings()) as caller:
        caller.ask()
        keycloak.logout_user(login.user_id)
        caller.ask()
        assert caller.grants == ["password", "refresh_token", "password"]
        assert caller.answers == [200, 401, 200]


def test_a_user_who_is_disabled_mid_run_is_told_so(
    keycloak: Keycloak, new_login: Callable[..., Login]
) -> None:
    login = new_login()
    with Caller(login.settings()) as caller:
        caller.ask()
        keycloak.disable_user(login.user_id)
        with pytest.raises(AuthError, match="disabled"):
            caller.ask()
        assert caller.grants == ["password", "refresh_token", "password"]


def test_a_client_secret_that_is_changed_mid_run_is_told_so(
    keycloak: Keycloak, new_login: Callable[..., Login]
) -> None:
    login = new_login()
    clock = Clock()
    with Caller(login.settings(), clock) as caller:
        caller.ask()
        keycloak.set_secret(login.client_id, "another")
        clock.time += 3600
        with pytest.raises(AuthError, match="the secret of client"):
            caller.ask()


def test_key_rotation_disturbs_neither_old_tokens_nor_renewal(
    keycloak: Keycloak, new_login: Callable[..., Login]
) -> None:
    clock = Clock()
    with Caller(new_login(access=60).settings(), clock) as caller:
        caller.ask()
        new_key = keycloak.rotate_keys()
        caller.ask()
        assert signing_key(caller.source.header()) != new_key
        clock.time += 60
        caller.ask()
        assert signing_key(caller.source.header()) == new_key
        assert caller.grants == ["password", "refresh_token"]
        assert caller.answers == [200, 200, 200]


def test_a_server_that_restarts_mid_run_is_waited_for(
    keycloak: Keycloak, new_login: Callable[..., Login]
) -> None:
    clock = Clock()
    login = new_login(access=60)
    patient = login.settings(WALLAROO_MAX_RETRIES="30")
    with Caller(patient, clock) as caller, Caller(login.settings(WALLAROO_MAX_RETRIES="0")) as hasty:
        before = caller.ask()
        keycloak.stop()
        with pytest.raises(AuthError, match=r"Keycloak at \S+ cannot be reached"):
            hasty.source.header()
        clock.time += 60
        starting = threading.Thread(target=keycloak.start)
        starting.start()
        try:
            header = caller.source.header()
        finally:
            starting.join()
        assert header.startswith("Bearer ")
        assert caller.ask().json() == before.json()
        # Keycloak keeps its sessions in its database: the refresh token outlives the restart.
        assert set(caller.grants[1:]) == {"refresh_token"}
