"""The grants: requests to Keycloak's token endpoint, and what its answers mean.

Keycloak answers with few codes for many causes, so messages list the causes (docs/keycloak.md).

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
from ..errors import AuthError, LoginRejected, one_line
from ..http import decoded, gateway_remedy, open_client, read_retries, unreachable, web_page


@dataclass(frozen=True)
class Tokens:
    """An answer of the token endpoint. Lifetimes are in seconds, counted from the answer."""

    access_token: str = field(repr=False)
    expires_in: float
    """Infinite when the answer has none: the API's 401 then ends it."""
    refresh_token: str | None = field(repr=False)
    refresh_expires_in: float
    """Infinite when the answer has none, or 0, as for offline tokens."""


class Grants:
    """Sends grant requests. They are idempotent, so retried like reads, and after Keycloak's 500 too."""

    def __init__(self, settings: Settings, http: httpx.Client | None = None) -> None:
        self._settings = settings
        self._http = http or open_client(settings)
        realm = quote(settings.realm, safe="")
        self._url = f"{settings.keycloak_url}/auth/realms/{realm}/protocol/openid-connect/token"

    def login(self) -> Tokens:
        """A token from the settings' credentials. Raises LoginRejected or another AuthError."""
        form = _LOGINS[self._settings.auth](self._settings)
        response = self._send(form)
        if response.status_code != 200:
            raise self._refusal(response)
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
            return self._http.post(
                self._url,
                data=form,
                headers=headers,
                extensions={"retry": read_retries(self._settings, 500)},
            )
        except httpx.HTTPError as error:
            raise self._error(unreachable(error, "Keycloak", self._url, self._settings)) from None

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

    def _refusal(self, response: httpx.Response) -> AuthError:
        """The error for an answer without a token: what it means for our settings, and in Keycloak's words."""
        status, (error, said) = response.status_code, _reason(response)
        page = web_page(response)
        said = one_line(self._settings.redact(f"{page}, not an answer of Keycloak" if page else said))
        answered = f"{self._url} answered {status}{': ' + said if said else ''}"
        if status in (407, 413) or (page and status != 404):
            return self._error(f"{answered}; {gateway_remedy(status, self._url, 'keycloakUrl')}")
        meaning = _meaning(status, error, said.lower(), self._settings)
        rejected = error and 400 <= status < 500 and status not in (408, 429)
        return self._error(f"{meaning} ({answered})", LoginRejected if rejected else AuthError)

    def _error(self, line: str, kind: type[AuthError] = AuthError) -> AuthError:
        return kind(f"{line} ({self._settings.given_credentials()})")


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
    """What a refusal means, with every cause that Keycloak answers alike."""
    client, user = f"client {settings.client_id!r}", f"user {settings.username!r}"
    if "direct access grants" in said:
        return f"{client} may not log users in; enable its direct access grants in Keycloak"
    if "service account" in said:
        return f"{client} has no account of its own; enable its service account in Keycloak"
    if error == "invalid_client":
        return (
            f"{client} does not exist in realm {settings.realm!r}, or is disabled; check clientId and realm"
        )
    if error == "unauthorized_client" and settings.client_secret is None:
        return f"{client} needs its clientSecret"
    if error == "unauthorized_client":
        return f"the secret of {client} is wrong{_blanks(settings.client_secret)}; check clientSecret"
    if error == "invalid_grant" and "disabled" in said:
        return f"the account of {user} is disabled; have it activated"
    if error == "invalid_grant" and "set up" in said:
        return (
            f"{user} has a required action pending (a new password, a one-time code to set up, an address to verify, "
            "terms to accept); log in once with a browser"
        )
    if error == "invalid_grant":
        return (
            f"Keycloak rejects {user}: the user name or the password is wrong{_blanks(settings.password)}, or the "
            "account needs a one-time code, is locked for a while after failed logins, or is disabled"
        )
    if status == 404 and error and "realm" in said:
        return (
            f"realm {settings.realm!r} does not exist at {settings.keycloak_url}; check realm and keycloakUrl"
        )
    if status == 404:
        return (
            f"there is no Keycloak at {settings.keycloak_url}/auth; check keycloakUrl, and that Keycloak is served "
            "below /auth (its option http-relative-path)"
        )
    return f"no token from {settings.keycloak_url}; check keycloakUrl and that Keycloak is up"


def _blanks(secret: str | None) -> str:
    return " (it begins or ends with a blank or a line break)" if secret and secret != secret.strip() else ""
