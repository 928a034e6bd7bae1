"""Errors tell no secret: not in their text, not in what they carry, not in the errors they came from."""

from __future__ import annotations

import traceback

import httpx
import pytest
from keycloak_double import KeycloakDouble, grants, refused, settings, tokens

from wallaroo_pulumi.errors import AuthError

PASSWORD = settings().password or ""
SECRET = "the-client-secret"
HIDDEN = "the-hidden-token"


def everything_told(error: BaseException) -> str:
    """The error and all that came before it, as texts, attributes and tracebacks show them."""
    told = "".join(traceback.format_exception(error))
    link: BaseException | None = error
    while link is not None:
        told += f"{link} {link!r} {vars(link)} {link.args}"
        link = link.__cause__ or link.__context__
    return told


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, content=f'{{"access_token": "{HIDDEN}", "exp'),
        httpx.Response(200, content=f'{{"access_token": "{HIDDEN}'.encode() + b"\xff"),
        tokens(f"{HIDDEN}\nx: y"),
        tokens("", refresh_token=HIDDEN),
        tokens(HIDDEN, expires_in="soon"),
        httpx.Response(200, json=[HIDDEN]),
        httpx.Response(200, json={"accessToken": HIDDEN}),
        refused(400, "invalid_request", f"client_secret={SECRET}&password={PASSWORD}"),
        refused(400, PASSWORD, SECRET),
        httpx.LocalProtocolError(f"Illegal header value b'Bearer {HIDDEN}'"),
    ],
    ids=repr,
)
def test_an_error_of_the_token_endpoint(answer: httpx.Response | Exception) -> None:
    ask = grants(KeycloakDouble(answer), clientSecret=SECRET, maxRetries="0").login
    with pytest.raises(AuthError) as caught:
        ask()
    # An error that httpx raises itself quotes what it could not send; ours does not repeat it.
    told = str(caught.value) if isinstance(answer, Exception) else everything_told(caught.value)
    for secret in (PASSWORD, SECRET, HIDDEN):
        assert secret not in told
