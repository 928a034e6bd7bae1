"""The token endpoint: grants, claims, refusals in Keycloak's words."""

import base64
import json
from typing import Any
from urllib.parse import quote_plus

import httpx
import pytest
from emulator_client import MARY, OPS, TOKEN_PATH, Instance
from joserfc import jwt
from joserfc.jwk import KeySet


def claims_of(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


def refusal(reply: httpx.Response) -> tuple[int, str, str]:
    return reply.status_code, reply.json()["error"], reply.json()["error_description"]


def test_password_grant_answers_with_keycloaks_keys(instance: Instance) -> None:
    reply = instance.login()
    assert reply.status_code == 200
    assert set(reply.json()) == {
        "access_token",
        "expires_in",
        "refresh_expires_in",
        "refresh_token",
        "token_type",
        "not-before-policy",
        "session_state",
        "scope",
    }
    assert (reply.json()["expires_in"], reply.json()["refresh_expires_in"]) == (3600, 1800)


def test_access_token_carries_the_documented_claims(instance: Instance) -> None:
    claims = claims_of(instance.login(MARY).json()["access_token"])
    mary = instance.user_id(MARY)
    assert claims["sub"] == mary
    assert claims["iss"] == f"{instance.url}/auth/realms/master"
    assert claims["aud"] == ["master-realm", "account"]
    assert claims["azp"] == "api-client"
    assert claims["typ"] == "Bearer"
    assert claims["exp"] - claims["iat"] == 3600
    assert claims["email"] == claims["preferred_username"] == MARY
    assert (claims["given_name"], claims["family_name"], claims["name"]) == ("Mary", "Jane", "Mary Jane")
    assert {"realm_access", "resource_access", "email_verified", "scope", "sid"} <= set(claims)
    hasura = claims["https://hasura.io/jwt/claims"]
    assert hasura["x-hasura-user-id"] == mary
    assert hasura["x-hasura-user-email"] == MARY
    assert hasura["x-hasura-allowed-roles"] == ["user"]


def test_discovery_leads_to_keys_that_verify_a_token(instance: Instance) -> None:
    discovery = instance.http.get("/auth/realms/master/.well-known/openid-configuration").json()
    assert discovery["token_endpoint"] == instance.url + TOKEN_PATH
    token = instance.login().json()["access_token"]
    keys = KeySet.import_key_set(instance.http.get(discovery["jwks_uri"]).json())
    decoded = jwt.decode(token, keys, algorithms=["RS256"])
    assert decoded.claims["iss"] == discovery["issuer"]


def test_public_client_needs_no_secret_and_has_short_tokens(instance: Instance) -> None:
    reply = instance.login(client=None, client_id="sdk-client")
    assert (reply.json()["expires_in"], reply.json()["refresh_expires_in"]) == (60, 1800)


def test_client_secret_may_be_in_the_form(instance: Instance) -> None:
    reply = instance.login(client=None, client_id="api-client", client_secret="api-client-secret")
    assert reply.status_code == 200


def test_client_credentials_give_a_service_account_without_session(instance: Instance) -> None:
    reply = instance.grant(grant_type="client_credentials").json()
    assert "refresh_token" not in reply
    assert reply["refresh_expires_in"] == 0
    claims = claims_of(reply["access_token"])
    assert claims["preferred_username"] == "service-account-api-client"
    assert claims["clientId"] == "api-client"
    assert "email" not in claims
    assert "sid" not in claims
    assert instance.call_with(reply["access_token"], "workspaces/list").status_code == 200


@pytest.mark.parametrize("secret", ["a:b&c=d%e+f g", "ünïcödé—秘密", "100%41", "%"])
def test_basic_credentials_are_form_urlencoded(instance: Instance, secret: str) -> None:
    client_id = "client: with/odd+letters"
    instance.control("seed", clients=[{"client_id": client_id, "secret": secret}])
    header = base64.b64encode(f"{quote_plus(client_id)}:{quote_plus(secret)}".encode()).decode()
    reply = instance.http.post(
        TOKEN_PATH, data={"grant_type": "client_credentials"}, headers={"Authorization": f"Basic {header}"}
    )
    assert reply.status_code == 200, reply.text


@pytest.mark.parametrize("password", ["a:b&c=d%e+f g", "ünïcödé—秘密", " leading and trailing "])
def test_passwords_of_any_letters_log_in(instance: Instance, password: str) -> None:
    instance.control("seed", users=[{"email": "odd@example.com", "password": password}])
    assert instance.login("odd@example.com", password).status_code == 200


def test_user_name_case_does_not_matter(instance: Instance) -> None:
    assert instance.login("OPS@Example.com", "ops-password").status_code == 200


@pytest.mark.parametrize(
    ("client", "form", "expected"),
    [
        (
            ("api-client", "wrong"),
            {"grant_type": "client_credentials"},
            (401, "unauthorized_client", "Invalid client or Invalid client credentials"),
        ),
        (
            ("unknown", "x"),
            {"grant_type": "client_credentials"},
            (401, "invalid_client", "Invalid client or Invalid client credentials"),
        ),
        (
            None,
            {"grant_type": "client_credentials"},
            (401, "invalid_client", "Invalid client or Invalid client credentials"),
        ),
        (
            None,
            {"grant_type": "client_credentials", "client_id": "sdk-client"},
            (401, "unauthorized_client", "Public client not allowed to retrieve service account"),
        ),
        (
            ("api-client", "api-client-secret"),
            {"grant_type": "password", "username": OPS, "password": "wrong"},
            (401, "invalid_grant", "Invalid user credentials"),
        ),
        (
            ("api-client", "api-client-secret"),
            {"grant_type": "password", "username": "unknown@example.com", "password": "x"},
            (401, "invalid_grant", "Invalid user credentials"),
        ),
        (
            ("api-client", "api-client-secret"),
            {"grant_type": "password", "password": "x"},
            (401, "invalid_request", "Missing parameter: username"),
        ),
        (
            ("api-client", "api-client-secret"),
            {"grant_type": "refresh_token"},
            (400, "invalid_request", "No refresh token"),
        ),
        (
            ("api-client", "api-client-secret"),
            {"grant_type": "refresh_token", "refresh_token": "nonsense"},
            (400, "invalid_grant", "Invalid refresh token"),
        ),
        (
            ("api-client", "api-client-secret"),
            {"grant_type": "magic"},
            (400, "unsupported_grant_type", "Unsupported grant_type"),
        ),
        (
            ("api-client", "api-client-secret"),
            {"username": OPS},
            (400, "invalid_request", "Missing form parameter: grant_type"),
        ),
    ],
)
def test_refusals_read_as_keycloaks(
    instance: Instance, client: tuple[str, str] | None, form: dict[str, str], expected: tuple[int, str, str]
) -> None:
    assert refusal(instance.grant(client, **form)) == expected


def test_disabled_user_is_refused_whatever_the_password(instance: Instance) -> None:
    instance.ok("users/deactivate", email=MARY)
    expected = (400, "invalid_grant", "Account disabled")
    assert refusal(instance.login(MARY)) == refusal(instance.login(MARY, "wrong")) == expected
    instance.ok("users/activate", email=MARY)
    assert instance.login(MARY).status_code == 200


def test_user_with_a_pending_action_is_refused(instance: Instance) -> None:
    user = instance.ok("users/invite", email="new@example.com", require_reset=True)
    reply = instance.login("new@example.com", user["password"])
    assert refusal(reply) == (400, "invalid_grant", "Account is not fully set up")


def test_refresh_gives_new_tokens_of_the_same_session(instance: Instance) -> None:
    first = instance.login().json()
    second = instance.grant(grant_type="refresh_token", refresh_token=first["refresh_token"]).json()
    assert second["session_state"] == first["session_state"]
    assert second["access_token"] != first["access_token"]
    assert instance.call_with(second["access_token"], "workspaces/list").status_code == 200


def test_refresh_token_may_die_before_the_access_token(instance: Instance) -> None:
    tokens = instance.login().json()
    instance.clock.time += 1801
    reply = instance.grant(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert refusal(reply) == (400, "invalid_grant", "Token is not active")
    assert instance.call_with(tokens["access_token"], "workspaces/list").status_code == 200
    instance.login(MARY)  # forgets dead sessions, and must not take this one for dead
    assert instance.call_with(tokens["access_token"], "workspaces/list").status_code == 200


def test_refresh_token_belongs_to_its_client(instance: Instance) -> None:
    tokens = instance.login().json()
    reply = instance.grant(
        None, client_id="sdk-client", grant_type="refresh_token", refresh_token=tokens["refresh_token"]
    )
    assert reply.status_code == 400
    assert "don't match" in reply.json()["error_description"]


def test_access_token_is_no_refresh_token_and_the_reverse(instance: Instance) -> None:
    tokens = instance.login().json()
    reply = instance.grant(grant_type="refresh_token", refresh_token=tokens["access_token"])
    assert refusal(reply) == (400, "invalid_grant", "Invalid refresh token")
    assert instance.call_with(tokens["refresh_token"], "workspaces/list").status_code == 401


def test_disabled_user_cannot_refresh(instance: Instance) -> None:
    tokens = instance.login(MARY).json()
    instance.ok("users/deactivate", email=MARY)
    reply = instance.grant(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert refusal(reply) == (400, "invalid_grant", "User disabled")


def test_offline_session_outlives_every_lifetime_until_revoked(instance: Instance) -> None:
    tokens = instance.login(scope="openid offline_access").json()
    assert tokens["refresh_expires_in"] == 0
    assert "offline_access" in tokens["scope"]
    instance.clock.time += 29 * 24 * 3600
    instance.login(MARY)
    reply = instance.grant(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert reply.status_code == 200
    instance.control("tokens", revoke=True)
    reply = instance.grant(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert refusal(reply) == (400, "invalid_grant", "Offline user session not found")


def test_other_realms_do_not_exist(instance: Instance) -> None:
    reply = instance.http.post("/auth/realms/other/protocol/openid-connect/token", data={})
    assert (reply.status_code, reply.json()) == (404, {"error": "Realm does not exist"})


def test_lifetimes_can_be_changed_while_running(instance: Instance) -> None:
    instance.control("tokens", access_token_lifetime=5, refresh_token_lifetime=9)
    reply = instance.login().json()
    assert (reply["expires_in"], reply["refresh_expires_in"]) == (5, 9)


def test_rotation_signs_with_a_new_key_and_honours_the_old(instance: Instance) -> None:
    certs = "/auth/realms/master/protocol/openid-connect/certs"
    before = {key["kid"] for key in instance.http.get(certs).json()["keys"]}
    old = instance.login().json()["access_token"]
    instance.control("tokens", rotate=True)
    new = instance.login().json()["access_token"]
    (added,) = {key["kid"] for key in instance.http.get(certs).json()["keys"]} - before
    header = json.loads(base64.urlsafe_b64decode(new.split(".")[0] + "=="))
    assert header["kid"] == added
    for token in (old, new):
        assert instance.call_with(token, "workspaces/list").status_code == 200


def test_published_keys_hold_no_private_half(instance: Instance) -> None:
    for key in instance.http.get("/auth/realms/master/protocol/openid-connect/certs").json()["keys"]:
        assert set(key) == {"kty", "use", "alg", "kid", "n", "e"}
