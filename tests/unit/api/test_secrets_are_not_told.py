"""No secret in any error, nor in those it came from, whatever goes wrong with a call or the login before it."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from wallaroo_pulumi.api.transport import Effect, Transport
from wallaroo_pulumi.auth import token_source
from wallaroo_pulumi.config import Settings, load
from wallaroo_pulumi.errors import WallarooError
from wallaroo_pulumi.http import open_client

SECRETS = {"clientSecret": "hidden-client-secret", "password": "hidden-password", "token": "hidden-token"}
LOGIN = SECRETS | {"username": "ops@example.com", "auth": "password", "maxRetries": "0"}


def whole_story(error: BaseException | None) -> str:
    """Every error of the chain, also those that a traceback does not show, with all that hangs on them."""
    story = ""
    while error is not None:
        story += f"{error} {error!r} {error.args} {vars(error)}\n"
        error = error.__cause__ or error.__context__
    return story


def grant(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"access_token": "hidden-access", "refresh_token": "hidden-refresh"})


def echo(request: httpx.Request) -> httpx.Response:
    """A server that sends back all it was sent."""
    everything = (
        f"{request.headers['authorization']} {request.read().decode()} hidden-client-secret hidden-password"
    )
    return httpx.Response(500, json={"msg": everything, "error": everything})


def garbage(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, content=b'{"access_token": "hidden-access"')


def raising(error: type[httpx.TransportError]) -> Callable[[httpx.Request], httpx.Response]:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error("it broke", request=request)

    return fail


FAULTS = [
    echo,
    garbage,
    raising(httpx.ConnectError),
    raising(httpx.ReadTimeout),
    raising(httpx.RemoteProtocolError),
    lambda request: httpx.Response(401, json={"msg": "bad token"}),
    lambda request: httpx.Response(302, headers={"location": "https://e.example/?code=hidden-code"}),
    lambda request: httpx.Response(200, json=["hidden-access"]),
]


def settings(**more: str) -> Settings:
    return load(({"domain": "w.example.com"} | LOGIN | more).get, {})


def failing(fault: Callable[[httpx.Request], httpx.Response], *, keycloak: bool) -> httpx.MockTransport:
    def handle(request: httpx.Request) -> httpx.Response:
        asks_for_token = request.url.path.startswith("/auth/")
        return fault(request) if asks_for_token is keycloak else grant(request)

    return httpx.MockTransport(handle)


@pytest.mark.parametrize("keycloak", [True, False])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("effect", Effect)
def test_no_error_tells_a_secret(
    fault: Callable[[httpx.Request], httpx.Response], keycloak: bool, effect: Effect
) -> None:
    resolved = settings()
    http = open_client(resolved, transport=failing(fault, keycloak=keycloak))
    transport = Transport(resolved, token_source(resolved, http), http)
    with pytest.raises(WallarooError) as caught:
        transport.call("users/invite", {"email": "a@example.com"}, effect, dict[str, int])
    story = whole_story(caught.value)
    assert "hidden" not in story
    assert str(caught.value).isprintable()


def test_the_servers_words_are_told_without_the_token() -> None:
    resolved = settings(auth="token")
    http = open_client(resolved, transport=httpx.MockTransport(echo))
    with pytest.raises(WallarooError) as caught:
        Transport(resolved, token_source(resolved, http), http).call("some/call", {}, Effect.WRITE)
    assert "***" in str(caught.value)
    assert "hidden" not in whole_story(caught.value)
