"""The grants: requests to Keycloak's token endpoint, and what its answers mean.

Endpoint: ``POST {keycloak}/auth/realms/{realm}/protocol/openid-connect/token``
(docs/internals/mlops-api.md#authentication).
"""

from __future__ import annotations

import base64
import math
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, quote_plus

import httpx

from ..config import Settings
from ..errors import AuthError, one_line
from ..http import decoded, open_client, unreachable


@dataclass(frozen=True)
class Tokens:
    """An answer of the token endpoint. Lifetimes are in seconds, counted from the answer."""

    access_token: str = field(repr=False)
    expires_in: float
    """Infinite when the answer does not tell: the API's 401 does."""
    refresh_token: str | None = field(repr=False)
    refresh_expires_in: float
    """Infinite when the answer does not tell, or says 0, as Keycloak does of offline tokens."""


class Grants:
    """Sends grant requests. Repeating one is harmless, so they are retried like reads."""

    def __init__(self, settings: Settings, http: httpx.Client | None = None) -> None:
        self._settings = settings
        self._http = http or open_client(settings)
        realm = quote(settings.realm, safe="")
        self._url = f"{settings.keycloak_url}/auth/realms/{realm}/protocol/openid-connect/token"

    def login(self) -> Tokens:
        """A token from the settings' credentials. Raises AuthError."""
        form = _LOGINS[self._settings.auth](self._settings)
        response = self._send(form)
        if response.status_code != 200:
            raise self._error(_refusal(response, self._settings))
        return self._tokens(response)

    def refresh(self, refresh_token: str) -> Tokens | None:
        """A token from a refresh token; None when that is refused. Raises AuthError when Keycloak is out of reach."""
        response = self._send({"grant_type": "refresh_token", "refresh_token": refresh_token})
        return self._tokens(response) if response.status_code == 200 else None

    def _send(self, form: dict[str, str]) -> httpx.Response:
        headers = {"accept": "application/json"}
        if self._settings.client_secret is None:
            form = form | {"client_id": self._settings.client_id}
        else:
            # RFC 6749 section 2.3.1: id and secret are form-encoded before they are joined, so that a colon, an
            # umlaut or a plus sign in either survives.
            pair = f"{quote_plus(self._settings.client_id)}:{quote_plus(self._settings.client_secret)}"
            headers["authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        try:
            return self._http.post(self._url, data=form, headers=headers)
        except httpx.HTTPError as error:
            raise self._error(unreachable(error, "Keycloak", self._url)) from None

    def _tokens(self, response: httpx.Response) -> Tokens:
        try:
            body: dict[str, Any] = decoded(response)
            token, refresh_token = body["access_token"], body.get("refresh_token")
            if not (token and token.isascii() and token.isprintable()):  # it has to stand in a header
                raise ValueError
            return Tokens(
                access_token=token,
                expires_in=float(body.get("expires_in", math.inf)),
                refresh_token=refresh_token,
                refresh_expires_in=float(body.get("refresh_expires_in") or math.inf),
            )
        except (httpx.DecodingError, ValueError, KeyError, TypeError, AttributeError):
            # Not the body itself: it may hold a token.
            line = (
                f"{self._url} did not answer with a token; check wallaroo:keycloakUrl (WALLAROO_KEYCLOAK_URL)"
            )
            raise self._error(line) from None

    def _error(self, line: str) -> AuthError:
        return AuthError(f"{line} ({self._settings.given_credentials()})")


def _password(settings: Settings) -> dict[str, str]:
    return {
        "grant_type": "password",
        "username": settings.username or "",
        "password": settings.password or "",
    }


def _client_credentials(settings: Settings) -> dict[str, str]:
    del settings  # the client's secret is in the header
    return {"grant_type": "client_credentials"}


_LOGINS = {"password": _password, "client_credentials": _client_credentials}


def _refusal(response: httpx.Response, settings: Settings) -> str:
    """What a refused login means, in our terms, and in Keycloak's own."""
    error, said = _reason(response)
    said = one_line(settings.redact(said))
    answered = f"(Keycloak answered {response.status_code}{': ' + said if said else ''})"
    return f"{_meaning(response.status_code, error, said.lower(), settings)} {answered}"


def _reason(response: httpx.Response) -> tuple[str, str]:
    """Keycloak's error code and its words; empty for an answer that is not Keycloak's."""
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return "", ""
    if not isinstance(body, dict):
        return "", ""
    error = str(body.get("error") or "")
    return error, str(body.get("error_description") or error)


def _meaning(status: int, error: str, said: str, settings: Settings) -> str:
    client, user = f"client {settings.client_id!r}", repr(settings.username)
    if "direct access grants" in said:
        return f"{client} may not log users in; switch its direct access grants on in Keycloak"
    if "service account" in said:
        return f"{client} has no account of its own; switch its service account on in Keycloak"
    if error == "invalid_client":
        return (
            f"{client} does not exist in realm {settings.realm!r}, or is disabled; check clientId and realm"
        )
    if error == "unauthorized_client" and settings.client_secret is None:
        return f"{client} needs its clientSecret"
    if error == "unauthorized_client":
        return f"the secret of {client} is wrong; check clientSecret"
    if error == "invalid_grant" and "disabled" in said:
        return f"the account of {user} is disabled; have it activated"
    if error == "invalid_grant" and "set up" in said:
        return (
            f"{user} has something to do at the first login (a new password, say); log in once with a browser"
        )
    if error == "invalid_grant":
        return f"the user name or the password of {user} is wrong"
    if status == 404:
        return f"there is no realm {settings.realm!r} at {settings.keycloak_url}; check realm and keycloakUrl"
    return f"no token from {settings.keycloak_url}; check keycloakUrl and that Keycloak is up"
