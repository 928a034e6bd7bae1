"""Our token helper at work against a real Keycloak, watched: the grants it sends, and what its tokens are good for."""

import json
import time
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs

import httpx
from keycloak_server import Keycloak

from wallaroo_pulumi import config
from wallaroo_pulumi.auth import BearerAuth, Grants, TokenSource
from wallaroo_pulumi.http import open_client


@dataclass(frozen=True)
class Login:
    """Credentials, as a stack's settings give them."""

    keycloak_url: str
    client_id: str
    client_secret: str | None = field(repr=False)
    username: str
    password: str = field(repr=False)
    user_id: str = ""

    def environment(self, **more: str) -> dict[str, str]:
        """The environment variables of these credentials; `more` adds to them or replaces them."""
        given = {
            "WALLAROO_API_URL": self.keycloak_url,
            "WALLAROO_KEYCLOAK_URL": self.keycloak_url,
            "WALLAROO_CLIENT_ID": self.client_id,
            "WALLAROO_USER": self.username,
            "WALLAROO_PASSWORD": self.password,
        }
        if self.client_secret is not None:
            given["WALLAROO_CLIENT_SECRET"] = self.client_secret
        return given | more

    def settings(self, **more: str) -> config.Settings:
        return settings_from(self.environment(**more))


@dataclass(frozen=True)
class Instance:
    """An emulated Wallaroo whose logins are a real Keycloak's, and the environment that points a stack at both."""

    keycloak: Keycloak
    url: str
    environment: dict[str, str] = field(repr=False)


def settings_from(environment: Mapping[str, str]) -> config.Settings:
    """The settings of a program with nothing but this environment."""
    return config.load(lambda _: None, environment)


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


class Caller:
    """A token source on real sockets, as a context manager.

    `grants` lists the grant types it sent, `answers` the statuses of what was asked with its tokens.
    """

    def __init__(self, settings: config.Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self.grants: list[str] = []
        self.answers: list[int] = []
        self._http = open_client(settings)
        self._http.event_hooks = {"request": [self._note_grant]}
        self.source = TokenSource(Grants(settings, self._http), clock)
        self._resource = httpx.Client(
            base_url=settings.keycloak_url,
            auth=BearerAuth(self.source),
            timeout=60,
            event_hooks={"response": [lambda response: self.answers.append(response.status_code)]},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()
        self._resource.close()

    def ask(self) -> httpx.Response:
        """A request that Keycloak itself answers only for a token that is alive: the caller's own account.

        Neither introspection nor userinfo accepts the tokens of such a client (docs/keycloak.md).
        """
        return self._resource.get("/auth/realms/master/account/", headers={"Accept": "application/json"})

    def _note_grant(self, request: httpx.Request) -> None:
        self.grants += parse_qs(request.content.decode())["grant_type"]


def claims(header: str) -> dict[str, Any]:
    """What the token of an `Authorization` header says."""
    return _part(header, 1)


def signing_key(header: str) -> str:
    """The id of the key that signed the token of an `Authorization` header."""
    key_id: str = _part(header, 0)["kid"]
    return key_id


def _part(header: str, number: int) -> dict[str, Any]:
    encoded = header.removeprefix("Bearer ").split(".")[number]
    decoded: dict[str, Any] = json.loads(urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    return decoded
