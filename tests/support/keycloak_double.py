"""A token endpoint in memory that reads requests as RFC 6749 says, and answers as it is told."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote_plus

import httpx

from wallaroo_pulumi.auth import Grants
from wallaroo_pulumi.config import Settings, load
from wallaroo_pulumi.http import open_client

LOGIN = {"domain": "w.example.com", "username": "ops@example.com", "password": "its-password"}


@dataclass(frozen=True)
class Asked:
    """A grant request, as the server understands it."""

    url: str
    form: dict[str, str]
    client: tuple[str, str] | None
    """Id and secret by HTTP basic authentication."""


class KeycloakDouble(httpx.MockTransport):
    """``answers`` are given in turn, the last one again and again."""

    def __init__(self, *answers: httpx.Response | Exception | Callable[[], httpx.Response]) -> None:
        super().__init__(self._answer)
        self.answers = list(answers)
        self.asked: list[Asked] = []

    @property
    def grants(self) -> list[str]:
        return [asked.form["grant_type"] for asked in self.asked]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        form = parse_qs(
            request.content.decode(), keep_blank_values=True, strict_parsing=True, encoding="utf-8"
        )
        self.asked.append(
            Asked(str(request.url), {name: values[0] for name, values in form.items()}, _client(request))
        )
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer() if callable(answer) else answer


def _client(request: httpx.Request) -> tuple[str, str] | None:
    header = request.headers.get("authorization")
    if header is None:
        return None
    id, _, secret = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
    return unquote_plus(id), unquote_plus(secret)


def tokens(name: str, **more: Any) -> httpx.Response:
    """An answer with an access token of this name, and a refresh token named after it."""
    body = {
        "access_token": name,
        "expires_in": 60,
        "refresh_token": f"refresh-{name}",
        "refresh_expires_in": 1800,
    }
    return httpx.Response(200, json=body | more)


def refused(status: int, error: str, description: str = "") -> httpx.Response:
    return httpx.Response(status, json={"error": error, "error_description": description})


def settings(**more: str) -> Settings:
    return load((LOGIN | more).get, {})


def grants(keycloak: httpx.BaseTransport, **more: str) -> Grants:
    resolved = settings(**more)
    return Grants(resolved, open_client(resolved, transport=keycloak))
