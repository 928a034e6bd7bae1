"""Every grant of the token helper, with credentials that would break a careless encoding."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from keycloak_server import API_CLIENT, API_CLIENT_SECRET, OPERATOR, OPERATOR_PASSWORD, SDK_CLIENT, Keycloak
from token_caller import Caller, Clock, Login

from wallaroo_pulumi.auth.source import subject

# What HTTP basic, forms and percent-encoding give a meaning to, and what is beyond ASCII and Latin-1.
AWKWARD = ["a:b", "a&b=c", "100%", "%41", "a+b", "a b", "äöü€", "日本", '"q"\\', "*-_.~", "/?#", "x;y,z"]


def test_password_grant_of_a_confidential_client(keycloak: Keycloak) -> None:
    login = Login(keycloak.url, API_CLIENT, API_CLIENT_SECRET, OPERATOR, OPERATOR_PASSWORD)
    with Caller(login.settings()) as caller:
        assert caller.ask().json()["email"] == OPERATOR
        assert caller.grants == ["password"]


def test_password_grant_of_a_public_client(keycloak: Keycloak) -> None:
    login = Login(keycloak.url, SDK_CLIENT, None, OPERATOR, OPERATOR_PASSWORD)
    with Caller(login.settings()) as caller:
        assert caller.ask().json()["email"] == OPERATOR
        assert caller.grants == ["password"]


def test_client_credentials_grant(keycloak: Keycloak, new_login: Callable[..., Login]) -> None:
    login = new_login()
    with Caller(login.settings(WALLAROO_AUTH="client_credentials")) as caller:
        service_account = keycloak.service_account_of(login.client_id)
        assert subject(caller.source.header()) == service_account["id"]
        assert caller.grants == ["client_credentials"]


def test_client_credentials_come_without_a_refresh_token_so_they_are_asked_for_again(
    new_login: Callable[..., Login],
) -> None:
    clock = Clock()
    with Caller(new_login(access=60).settings(WALLAROO_AUTH="client_credentials"), clock) as caller:
        first = caller.source.header()
        clock.time += 60
        assert caller.source.header() != first
        assert caller.grants == ["client_credentials", "client_credentials"]


def test_the_token_names_the_user(new_login: Callable[..., Login]) -> None:
    login = new_login()
    with Caller(login.settings()) as caller:
        assert subject(caller.source.header()) == login.user_id


def test_many_threads_share_one_login(new_login: Callable[..., Login]) -> None:
    with Caller(new_login().settings()) as caller, ThreadPoolExecutor(16) as threads:
        headers = set(threads.map(lambda _: caller.source.header(), range(64)))
        assert len(headers) == 1
        assert caller.grants == ["password"]


@pytest.mark.parametrize("awkward", AWKWARD)
def test_awkward_characters_in_client_id_secret_and_password(
    awkward: str, new_login: Callable[..., Login]
) -> None:
    login = new_login(client_name=f"id{awkward}", secret=f"s{awkward}s", password=f"p{awkward}p")
    with Caller(login.settings()) as caller:
        assert caller.ask().json()["username"] == login.username


@pytest.mark.parametrize("awkward", AWKWARD)
def test_awkward_characters_in_the_id_of_a_public_client(
    awkward: str, new_login: Callable[..., Login]
) -> None:
    login = new_login(client_name=f"id{awkward}", secret=None)
    with Caller(login.settings()) as caller:
        assert caller.ask().status_code == 200


# Keycloak itself refuses the others in user names.
@pytest.mark.parametrize("awkward", ["a+b", "äöü€", "a_b-c.d", "a@b"])
def test_awkward_characters_in_user_names(awkward: str, new_login: Callable[..., Login]) -> None:
    login = new_login(user_name=awkward)
    with Caller(login.settings()) as caller:
        assert caller.ask().json()["username"] == login.username
