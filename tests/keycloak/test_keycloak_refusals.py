"""Messages for rejected logins: one line with the wrong setting, and no secret."""

from collections.abc import Callable

import pytest
from keycloak_server import Keycloak
from token_caller import Caller, Instance, Login

from wallaroo_pulumi.errors import AuthError


def refusal(login: Login, **more: str) -> str:
    """Return the error of a login with these settings, after a check that it contains no secrets."""
    environment = login.environment(**more)
    with Caller(login.settings(**more)) as caller, pytest.raises(AuthError) as caught:
        caller.source.header()
    error: BaseException | None = caught.value
    text = str(error)
    assert len(text.splitlines()) == 1
    while error is not None:
        for secret in (environment["WALLAROO_PASSWORD"], environment.get("WALLAROO_CLIENT_SECRET")):
            assert secret is None or secret not in f"{error} {error!r} {vars(error)}"
        error = error.__cause__ or error.__context__
    return text


def test_unknown_realm(new_login: Callable[..., Login]) -> None:
    told = refusal(new_login(), WALLAROO_REALM="wallaroo")
    assert "realm 'wallaroo' does not exist at" in told
    assert "realm='wallaroo' from environment WALLAROO_REALM" in told


def test_unknown_client(new_login: Callable[..., Login]) -> None:
    told = refusal(new_login(), WALLAROO_CLIENT_ID="unknown")
    assert "'unknown'" in told
    assert "does not exist" in told
    assert "is wrong" not in told


def test_disabled_client(keycloak: Keycloak, new_login: Callable[..., Login]) -> None:
    login = new_login()
    keycloak.disable_client(login.client_id)
    told = refusal(login)
    assert f"client {login.client_id!r} does not exist" in told
    assert "disabled" in told


def test_wrong_client_secret(new_login: Callable[..., Login]) -> None:
    login = new_login()
    told = refusal(login, WALLAROO_CLIENT_SECRET="wrong-secret")
    assert f"the secret of client {login.client_id!r} is wrong" in told
    assert "does not exist" not in told
    assert "clientSecret=*** from environment WALLAROO_CLIENT_SECRET" in told


def test_missing_client_secret(new_login: Callable[..., Login]) -> None:
    login = new_login()
    told = refusal(Login(login.keycloak_url, login.client_id, None, login.username, login.password))
    assert f"client {login.client_id!r} needs its clientSecret" in told


def test_password_grant_not_allowed(keycloak: Keycloak, new_login: Callable[..., Login]) -> None:
    login = new_login()
    keycloak.add_client(f"{login.client_id}-strict", "its-secret", password_grant=False)
    told = refusal(login, WALLAROO_CLIENT_ID=f"{login.client_id}-strict")
    assert "direct access grants" in told
    assert "is wrong" not in told


def test_client_without_service_account(keycloak: Keycloak, new_login: Callable[..., Login]) -> None:
    login = new_login()
    keycloak.add_client(f"{login.client_id}-bare", "its-secret", service_account=False)
    told = refusal(login, WALLAROO_CLIENT_ID=f"{login.client_id}-bare", WALLAROO_AUTH="client_credentials")
    assert "service account" in told
    assert "is wrong" not in told


@pytest.mark.parametrize(
    "wrong", [{"WALLAROO_PASSWORD": "wrong-password"}, {"WALLAROO_USER": "unknown@example.com"}]
)
def test_wrong_password_or_user(wrong: dict[str, str], new_login: Callable[..., Login]) -> None:
    # Keycloak returns the same error for both, so that user names cannot be guessed.
    login = new_login()
    told = refusal(login, **wrong)
    assert "the user name or the password" in told
    assert wrong.get("WALLAROO_USER", login.username) in told


def test_disabled_user(keycloak: Keycloak, new_login: Callable[..., Login]) -> None:
    login = new_login()
    keycloak.disable_user(login.user_id)
    assert f"the account of user {login.username!r} is disabled" in refusal(login)


@pytest.mark.parametrize("action", ["UPDATE_PASSWORD", "VERIFY_EMAIL", "CONFIGURE_TOTP"])
def test_required_action(action: str, keycloak: Keycloak, new_login: Callable[..., Login]) -> None:
    login = new_login()
    keycloak.require_action(login.user_id, action)
    told = refusal(login)
    assert login.username in told
    assert "log in once" in told


def test_an_address_without_keycloak(wallaroo_on_keycloak: Instance, new_login: Callable[..., Login]) -> None:
    told = refusal(new_login(), WALLAROO_KEYCLOAK_URL=f"{wallaroo_on_keycloak.url}/elsewhere")
    assert "keycloakUrl" in told
