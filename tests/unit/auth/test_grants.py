"""What is sent to the token endpoint, and what its answers are taken to mean."""

from __future__ import annotations

import math

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from keycloak_double import KeycloakDouble, grants, refused, tokens

from wallaroo_pulumi.errors import AuthError, LoginRejected

# Whatever can be configured: text that is UTF-8; secrets keep their blanks.
secrets = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
words = secrets.map(str.strip).filter(bool)
AWKWARD = "a:b&c=d%20e+f g/é~ü€\U0001f511\"\\'"


@given(words, secrets, words, secrets)
@example(AWKWARD, AWKWARD, AWKWARD, AWKWARD)
@example("client", " secret\t", "user", "\npass word ")
def test_any_credentials_arrive_as_they_are(client: str, secret: str, user: str, password: str) -> None:
    keycloak = KeycloakDouble(tokens("t"))
    grants(keycloak, clientId=client, clientSecret=secret, username=user, password=password).login()
    (asked,) = keycloak.asked
    assert asked.client == (client, secret)
    assert asked.form == {"grant_type": "password", "username": user, "password": password}


def test_a_public_client_names_itself_in_the_form() -> None:
    keycloak = KeycloakDouble(tokens("t"))
    public = grants(keycloak, clientId="sdk-client")
    public.login()
    public.refresh("the-refresh-token")
    assert [asked.client for asked in keycloak.asked] == [None, None]
    assert keycloak.asked[0].form["client_id"] == "sdk-client"
    assert keycloak.asked[1].form == {
        "grant_type": "refresh_token",
        "refresh_token": "the-refresh-token",
        "client_id": "sdk-client",
    }


def test_the_clients_own_account() -> None:
    keycloak = KeycloakDouble(tokens("t"))
    grants(keycloak, clientSecret="s", auth="client_credentials").login()
    assert keycloak.asked[0].form == {"grant_type": "client_credentials"}
    assert keycloak.asked[0].client == ("api-client", "s")


def test_the_token_endpoint_of_a_realm() -> None:
    keycloak = KeycloakDouble(tokens("t"))
    grants(keycloak, keycloakUrl="https://k.example.com/auth", realm="two words/x").login()
    assert keycloak.asked[0].url == (
        "https://k.example.com/auth/realms/two%20words%2Fx/protocol/openid-connect/token"
    )


def test_lifetimes_come_from_the_answer() -> None:
    keycloak = KeycloakDouble(
        tokens("t", expires_in=3600, refresh_expires_in=1800),
        tokens("t", refresh_expires_in=0),  # offline: without end
        httpx.Response(200, json={"access_token": "t"}),
    )
    login = grants(keycloak).login
    first, offline, bare = login(), login(), login()
    assert (first.expires_in, first.refresh_expires_in) == (3600, 1800)
    assert offline.refresh_expires_in == math.inf
    assert (bare.expires_in, bare.refresh_token) == (math.inf, None)
    assert "refresh-t" not in repr(first)


@pytest.mark.parametrize(
    "fault",
    [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("cut"),
        httpx.Response(429),
        httpx.Response(500, json={"error": "unknown_error"}),
        httpx.Response(502, html="<html>"),
        httpx.Response(503, html="<html>"),
        httpx.Response(504, html="<html>"),
        httpx.Response(200, content=b'{"access_token": "t'),
    ],
)
def test_a_grant_is_asked_for_again_after_a_fault(fault: httpx.Response | Exception) -> None:
    keycloak = KeycloakDouble(fault, fault, tokens("t"))
    assert grants(keycloak).login().access_token == "t"
    assert keycloak.grants == ["password"] * 3


def test_asking_again_ends(waits: list[float]) -> None:
    keycloak = KeycloakDouble(httpx.ConnectError("connection refused"))
    with pytest.raises(
        AuthError, match=r"Keycloak at https://w\.example\.com/\S+ cannot be reached: connection refu"
    ):
        grants(keycloak, maxRetries="2").login()
    assert len(keycloak.asked) == 3
    assert len(waits) == 2


UNDER_REALM = "/auth/realms/master/protocol/openid-connect/token"


@pytest.mark.parametrize(
    ("answer", "more", "told"),
    [
        (
            refused(401, "invalid_client", "Invalid client"),
            {},
            "client 'api-client' does not exist in realm 'master'",
        ),
        (
            refused(401, "unauthorized_client", "Invalid client or Invalid client credentials"),
            {"clientSecret": "wrong-secret"},
            "the secret of client 'api-client' is wrong",
        ),
        (
            refused(401, "unauthorized_client", "Invalid client or Invalid client credentials"),
            {},
            "client 'api-client' needs its clientSecret",
        ),
        (
            refused(400, "unauthorized_client", "Client not allowed for direct access grants"),
            {"clientSecret": "s3cret"},
            "enable its direct access grants",
        ),
        (
            refused(401, "unauthorized_client", "Client not enabled to retrieve service account"),
            {"clientSecret": "s3cret", "auth": "client_credentials"},
            "enable its service account",
        ),
        (
            refused(401, "invalid_grant", "Invalid user credentials"),
            {},
            "Keycloak rejects user 'ops@example.com': the user name or the password is wrong, or the account needs a "
            "one-time code, is locked for a while after failed logins, or is disabled (https://w.example.com/auth/realms/"
            "master/protocol/openid-connect/token answered 401: Invalid user credentials)",
        ),
        (
            refused(400, "invalid_grant", "Account disabled"),
            {},
            "the account of user 'ops@example.com' is disabled",
        ),
        (
            refused(400, "invalid_grant", "Account is not fully set up"),
            {},
            "user 'ops@example.com' has a required action pending",
        ),
        (
            httpx.Response(404, json={"error": "Realm does not exist"}),
            {"realm": "elsewhere"},
            "realm 'elsewhere' does not exist at https://w.example.com; check realm and keycloakUrl (https://w.example.com/",
        ),
        (
            httpx.Response(404, json={"error": "Unable to find matching target resource method"}),
            {},
            "there is no Keycloak at https://w.example.com/auth; check keycloakUrl, and that Keycloak is served below",
        ),
        (
            httpx.Response(404, html="<html><title>404 Not Found</title>the realm of nginx"),
            {},
            "there is no Keycloak at https://w.example.com/auth; check keycloakUrl",
        ),
        (
            httpx.Response(403, html="<html><title>Request blocked</title>its-password"),
            {},
            "token answered 403: a web page (Request blocked), not an answer of Keycloak; check wallaroo:keycloakUrl",
        ),
        (
            httpx.Response(503, html="<html><h1>no\nbackend</h1>"),
            {},
            "token answered 503: a web page (no backend), not an answer of Keycloak; check the gateway in front of",
        ),
        (
            httpx.Response(500, content=b"\xff\xfe{"),
            {},
            "no token from https://w.example.com; check keycloakUrl",
        ),
        (httpx.Response(400, json=["unexpected"]), {}, "no token from https://w.example.com"),
        (
            httpx.Response(302, headers={"location": "https://evil.example/"}),
            {},
            "no token from https://w.example.com",
        ),
        (
            httpx.Response(200, html="<html>a portal"),
            {},
            "did not answer with a token; check wallaroo:keycloakUrl",
        ),
        (httpx.Response(200, json={"id_token": "hidden"}), {}, "did not answer with a token"),
        (tokens("hidden\nheader"), {}, "did not answer with a token"),
        (
            httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed"),
            {},
            "set wallaroo:caBundle",
        ),
        (httpx.ConnectTimeout("timed out"), {}, "did not answer in time (timed out)"),
    ],
)
def test_a_refusal_says_which_setting_is_wrong_and_where_it_came_from(
    answer: httpx.Response | Exception, more: dict[str, str], told: str
) -> None:
    keycloak = KeycloakDouble(answer)
    with pytest.raises(AuthError) as caught:
        grants(keycloak, **more).login()
    text = str(caught.value)
    assert told in text
    assert "username='ops@example.com' from config wallaroo:username, password=*** from config" in text
    assert text.isprintable()
    assert all(
        asked.url == f"https://w.example.com{UNDER_REALM.replace('master', more.get('realm', 'master'))}"
        for asked in keycloak.asked
    )
    for hidden in ("its-password", "wrong-secret", "s3cret", "hidden", "evil"):
        assert hidden not in text


def test_a_secret_that_the_server_repeats_is_not_repeated_again() -> None:
    keycloak = KeycloakDouble(refused(400, "invalid_request", "no: its-password"))
    with pytest.raises(AuthError, match=r"no: \*\*\*"):
        grants(keycloak).login()


@pytest.mark.parametrize(
    ("answer", "rejected"),
    [
        (refused(401, "invalid_grant", "Invalid user credentials"), True),
        (refused(401, "invalid_client"), True),
        (refused(400, "invalid_request", "Missing parameter"), True),
        (httpx.Response(404, json={"error": "Realm does not exist"}), True),
        (refused(429, "too_many_requests"), False),
        (refused(500, "unknown_error"), False),
        (httpx.Response(403, html="<html>blocked"), False),
        (httpx.Response(401), False),
        (httpx.ConnectError("refused"), False),
        (httpx.Response(200, html="<html>portal"), False),
    ],
)
def test_which_refusals_reject_the_credentials(answer: httpx.Response | Exception, rejected: bool) -> None:
    with pytest.raises(AuthError) as caught:
        grants(KeycloakDouble(answer), clientSecret="s").login()
    assert isinstance(caught.value, LoginRejected) is rejected


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        ({"password": "its-password\n"}, refused(401, "invalid_grant", "Invalid user credentials")),
        ({"clientSecret": " s3cret"}, refused(401, "unauthorized_client", "Invalid client credentials")),
    ],
)
def test_a_rejected_secret_with_blanks_around_it_is_pointed_out(
    given: dict[str, str], answer: httpx.Response
) -> None:
    with pytest.raises(AuthError, match="is wrong \\(it begins or ends with a blank or a line break\\)"):
        grants(KeycloakDouble(answer), **given).login()
    with pytest.raises(AuthError) as caught:
        grants(KeycloakDouble(answer), **{key: value.strip() for key, value in given.items()}).login()
    assert "a blank" not in str(caught.value)


def test_a_refused_refresh_token_is_no_error() -> None:
    keycloak = KeycloakDouble(refused(400, "invalid_grant", "Token is not active"))
    assert grants(keycloak).refresh("r") is None
