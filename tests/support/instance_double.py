"""An instance in memory: a client whose calls a test answers and looks at."""

from __future__ import annotations

import json
from typing import Any

import httpx

from wallaroo_pulumi.api import Client
from wallaroo_pulumi.api.transport import Transport
from wallaroo_pulumi.auth import StaticToken
from wallaroo_pulumi.config import load
from wallaroo_pulumi.http import open_client

Answer = httpx.Response | Exception | Any
"""A response, an exception of the connection, or the JSON of a 200."""


class InstanceDouble(httpx.MockTransport):
    """``answers`` holds, by endpoint, what is answered: in turn, the last one again and again."""

    def __init__(self, **answers: list[Answer]) -> None:
        super().__init__(self._answer)
        self.answers = {name.replace("__", "/"): list(given) for name, given in answers.items()}
        self.calls: list[tuple[str, Any]] = []

    @property
    def endpoints(self) -> list[str]:
        return [endpoint for endpoint, _ in self.calls]

    def client(self, **more: str) -> Client:
        return Client(load((SETTINGS | more).get, {}), transport=self)

    def transport(self, **more: str) -> Transport:
        settings = load((SETTINGS | more).get, {})
        return Transport(settings, StaticToken("the-token"), open_client(settings, transport=self))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        endpoint = request.url.path.removeprefix("/v1/api/")
        self.calls.append((endpoint, json.loads(request.read())))
        given = self.answers[endpoint]
        answer = given.pop(0) if len(given) > 1 else given[0]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)


SETTINGS = {"domain": "w.example.com", "token": "the-token", "maxRetries": "0"}
