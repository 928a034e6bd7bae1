"""One token for all threads: when it is renewed, how, and by whom."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable

import httpx
import pytest
from keycloak_double import KeycloakDouble, grants, refused, settings, tokens
from waiting import in_thread, until_waiting

from wallaroo_pulumi.auth import Grants, SdkHeaders, StaticToken, TokenSource, token_source
from wallaroo_pulumi.auth.source import subject
from wallaroo_pulumi.errors import AuthError, LoginRejected


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_token_is_asked_for_once(clock: Clock) -> None:
    keycloak = KeycloakDouble(tokens("first"))
    source = TokenSource(grants(keycloak), clock)
    assert keycloak.asked == []  # not before it is needed
    assert {source.header() for _ in range(5)} == {"Bearer first"}
    assert keycloak.grants == ["password"]


@pytest.mark.parametrize(("lifetime", "fresh_for"), [(3600, 3590), (60, 54), (5, 4), (2, 1), (1, 0)])
def test_a_token_is_renewed_before_its_end(lifetime: float, fresh_for: float, clock: Clock) -> None:
    lives = {"expires_in": lifetime, "refresh_expires_in": 2 * lifetime}
    keycloak = KeycloakDouble(tokens("first", **lives), tokens("second", **lives))
    source = TokenSource(grants(keycloak), clock)
    began = clock.now
    assert source.header() == "Bearer first"
    if fresh_for:
        clock.now = began + fresh_for - 0.01
        assert source.header() == "Bearer first"
    clock.now = began + fresh_for
    assert source.header() == "Bearer second"
    assert keycloak.asked[1].form["refresh_token"] == "refresh-first"


def test_a_lifetime_counts_from_before_the_request(clock: Clock) -> None:
    def slow() -> httpx.Response:
        clock.now += 50
        return tokens("first")

    keycloak = KeycloakDouble(slow, tokens("second"))
    source = TokenSource(grants(keycloak), clock)
    assert source.header() == "Bearer first"
    clock.now += 10
    assert source.header() == "Bearer second"


def test_a_refresh_token_that_died_first_is_not_tried(clock: Clock) -> None:
    keycloak = KeycloakDouble(tokens("first", expires_in=3600, refresh_expires_in=1800), tokens("second"))
    source = TokenSource(grants(keycloak), clock)
    source.header()
    clock.now += 3600
    assert source.header() == "Bearer second"
    assert keycloak.grants == ["password", "password"]


def test_an_answer_without_refresh_token_is_followed_by_a_login(clock: Clock) -> None:
    keycloak = KeycloakDouble(
        httpx.Response(200, json={"access_token": "first", "expires_in": 60}), tokens("second")
    )
    source = TokenSource(grants(keycloak, clientSecret="s", auth="client_credentials"), clock)
    source.header()
    clock.now += 60
    assert source.header() == "Bearer second"
    assert keycloak.grants == ["client_credentials", "client_credentials"]


def test_a_refused_refresh_is_followed_by_a_login(clock: Clock) -> None:
    keycloak = KeycloakDouble(
        tokens("first"),
        refused(400, "invalid_grant", "Session not active"),
        tokens("second"),
        tokens("third"),
    )
    source = TokenSource(grants(keycloak), clock)
    source.header()
    clock.now += 60
    assert source.header() == "Bearer second"
    clock.now += 60
    assert source.header() == "Bearer third"
    assert keycloak.grants == ["password", "refresh_token", "password", "refresh_token"]


def test_a_renewal_out_of_reach_is_not_tried_twice(clock: Clock) -> None:
    keycloak = KeycloakDouble(tokens("first"), httpx.ConnectError("refused"))
    source = TokenSource(grants(keycloak, maxRetries="0"), clock)
    source.header()
    clock.now += 60
    with pytest.raises(AuthError, match="cannot be reached"):
        source.header()
    assert keycloak.grants == ["password", "refresh_token"]
    keycloak.answers = [tokens("second")]
    assert source.header() == "Bearer second"  # a failure leaves nothing broken


def test_a_refused_token_is_renewed_once_whoever_tells_of_it(clock: Clock) -> None:
    keycloak = KeycloakDouble(tokens("first"), tokens("second"))
    source = TokenSource(grants(keycloak), clock)
    old = source.header()
    assert [source.renew(old) for _ in range(3)] == ["Bearer second"] * 3
    assert keycloak.grants == ["password", "refresh_token"]


def test_what_another_thread_renewed_is_not_used_past_its_end(clock: Clock) -> None:
    keycloak = KeycloakDouble(tokens("first"), tokens("second"), tokens("third"))
    source = TokenSource(grants(keycloak), clock)
    first = source.header()
    assert source.renew(first) == "Bearer second"
    clock.now += 60
    assert source.renew(first) == "Bearer third"


class Gate:
    """An answer that is held back until the test opens the gate."""

    def __init__(self, answer: httpx.Response) -> None:
        self._answer = answer
        self.reached = threading.Event()
        self.open = threading.Event()

    def __call__(self) -> httpx.Response:
        self.reached.set()
        self.open.wait()
        return self._answer


def together(gate: Gate, ask: Callable[[], str]) -> list[BaseException | str]:
    """What eight threads are told that ask while one request is under way."""
    _, outcome = in_thread(ask)
    gate.reached.wait()
    others = [in_thread(ask) for _ in range(7)]
    until_waiting([thread for thread, _ in others])
    gate.open.set()
    return [outcome.exception() or outcome.result() for outcome in (outcome, *(o for _, o in others))]


def test_threads_share_one_login(clock: Clock) -> None:
    gate = Gate(tokens("first"))
    keycloak = KeycloakDouble(gate)
    source = TokenSource(grants(keycloak), clock)
    assert together(gate, source.header) == ["Bearer first"] * 8
    assert keycloak.grants == ["password"]


def test_threads_share_one_renewal_after_a_401(clock: Clock) -> None:
    gate = Gate(tokens("second"))
    keycloak = KeycloakDouble(tokens("first"), gate)
    source = TokenSource(grants(keycloak), clock)
    old = source.header()
    assert together(gate, lambda: source.renew(old)) == ["Bearer second"] * 8
    assert keycloak.grants == ["password", "refresh_token"]


def test_threads_share_one_rejection_lest_the_account_be_locked(clock: Clock) -> None:
    gate = Gate(refused(401, "invalid_grant", "Invalid user credentials"))
    keycloak = KeycloakDouble(gate)
    source = TokenSource(grants(keycloak), clock)
    outcomes = together(gate, source.header)
    assert [type(error) for error in outcomes] == [LoginRejected] * 8
    assert keycloak.grants == ["password"]


@pytest.mark.parametrize(
    ("more", "grant"),
    [
        ({}, "password"),
        ({"clientSecret": "s3cret"}, "password"),
        ({"clientSecret": "s3cret", "auth": "client_credentials"}, "client_credentials"),
    ],
)
def test_a_rejected_login_is_not_sent_again(more: dict[str, str], grant: str, clock: Clock) -> None:
    keycloak = KeycloakDouble(refused(401, "invalid_grant", "Invalid user credentials"))
    source = TokenSource(grants(keycloak, **more), clock)
    for ask in (source.header, source.header, lambda: source.renew("Bearer other"), source.header):
        clock.now += 3600
        with pytest.raises(LoginRejected, match="Invalid user credentials"):
            ask()
    assert keycloak.grants == [grant]


def test_a_login_that_is_rejected_after_a_refused_refresh_is_not_sent_again(clock: Clock) -> None:
    keycloak = KeycloakDouble(
        tokens("first"),
        refused(400, "invalid_grant", "Session not active"),
        refused(401, "invalid_grant", "Invalid user credentials"),
    )
    source = TokenSource(grants(keycloak), clock)
    first = source.header()
    for _ in range(3):
        with pytest.raises(LoginRejected):
            source.renew(first)
    assert keycloak.grants == ["password", "refresh_token", "password"]


@pytest.mark.parametrize(
    "fault", [httpx.ConnectError("refused"), httpx.Response(500), httpx.Response(403, html="<html>blocked")]
)
def test_a_login_that_was_not_rejected_is_sent_again(fault: httpx.Response | Exception, clock: Clock) -> None:
    keycloak = KeycloakDouble(fault)
    source = TokenSource(grants(keycloak, maxRetries="0"), clock)
    with pytest.raises(AuthError):
        source.header()
    keycloak.answers = [tokens("first")]
    assert source.header() == "Bearer first"


def test_a_thread_with_a_good_token_does_not_wait_for_another_ones_renewal(clock: Clock) -> None:
    gate = Gate(tokens("second"))
    source = TokenSource(grants(KeycloakDouble(tokens("first"), gate)), clock)
    old = source.header()
    _, renewed = in_thread(lambda: source.renew(old))
    gate.reached.wait()
    assert source.header() == old  # the API may yet take it
    gate.open.set()
    assert renewed.result() == "Bearer second"
    assert source.header() == "Bearer second"


def test_a_given_token_is_used_as_it_is() -> None:
    source = token_source(settings(token="Bearer given"))
    assert source.header() == "Bearer given"
    assert source.renew("Bearer given") is None
    assert isinstance(source, StaticToken)


def test_the_settings_choose_the_source() -> None:
    assert isinstance(token_source(settings(auth="sdk")), SdkHeaders)
    assert isinstance(token_source(settings()), TokenSource)


def jwt(payload: bytes) -> str:
    return "Bearer e30." + base64.urlsafe_b64encode(payload).decode().rstrip("=") + ".c2ln"


@pytest.mark.parametrize("id", ["u", "us", "use", "user", "ü?>~"])
def test_the_callers_id_is_read_from_the_token(id: str) -> None:
    assert subject(jwt(json.dumps({"sub": id, "aud": "account"}).encode())) == id


@pytest.mark.parametrize(
    "header",
    [
        "Bearer opaque",
        "Bearer a.b.c",
        "Bearer a.!.c",
        jwt(b"[]"),
        jwt(b"{}"),
        jwt(b'{"sub": null}'),
        jwt(b"\xff"),
        "Bearer ",
    ],
)
def test_an_opaque_token_tells_no_id(header: str) -> None:
    assert subject(header) is None


def test_a_source_shows_no_secret(clock: Clock) -> None:
    source = TokenSource(Grants(settings(clientSecret="s3cret")), clock)
    assert "s3cret" not in repr(vars(source))
    held = grants(KeycloakDouble(tokens("hidden-token"))).login()
    assert "hidden-token" not in repr(held)
