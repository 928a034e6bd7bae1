"""Speaks to an emulator in the shortest way: for its own tests."""

import json
from collections.abc import Mapping
from typing import Any

import httpx

TOKEN_PATH = "/auth/realms/master/protocol/openid-connect/token"
OPS = "ops@example.com"
MARY = "mary.jane@example.com"
JOHN = "john.hancock@example.com"
API_CLIENT = ("api-client", "api-client-secret")
PASSWORDS = {OPS: "ops-password", MARY: "password", JOHN: "password"}


class Clock:
    """A clock that moves when told to. Seconds since 1970."""

    def __init__(self) -> None:
        self.time = 1_720_716_710.885751  # 2024-07-11T16:51:50.885751+00:00

    def __call__(self) -> float:
        return self.time


class Instance:
    """One emulator at `url`. Users log in by themselves when they call."""

    def __init__(self, url: str, clock: Clock) -> None:
        self.url = url
        self.clock = clock
        # The URL is plain HTTP; reading certificate authorities would take half of a short test.
        self.http = httpx.Client(base_url=url, timeout=30, verify=False)
        self._tokens: dict[str, str] = {}

    def grant(self, client: tuple[str, str] | None = API_CLIENT, /, **form: str) -> httpx.Response:
        return self.http.post(TOKEN_PATH, data=form, auth=client or httpx.USE_CLIENT_DEFAULT)

    def login(
        self,
        user: str = OPS,
        password: str | None = None,
        *,
        client: tuple[str, str] | None = API_CLIENT,
        **form: str,
    ) -> httpx.Response:
        password = password or PASSWORDS[user]
        return self.grant(client, grant_type="password", username=user, password=password, **form)

    def call_with(self, token: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        return self.http.post(_url(path), json=body or {}, headers={"Authorization": f"Bearer {token}"})

    def upload(
        self,
        path: str,
        metadata: Mapping[str, Any],
        file: tuple[str, bytes],
        user: str = OPS,
        *,
        metadata_name: str | None = None,
    ) -> httpx.Response:
        """Post a file, as its name and content, with its metadata."""
        name, content = file
        return self.http.post(
            _url(path),
            files={
                "metadata": (metadata_name, json.dumps(metadata), "application/json"),
                "file": (name, content, "application/octet-stream"),
            },
            headers={"Authorization": f"Bearer {self.login(user).json()['access_token']}"},
        )

    def call(self, path: str, user: str = OPS, /, **body: Any) -> httpx.Response:
        if user not in self._tokens:
            self._tokens[user] = self.login(user).json()["access_token"]
        return self.call_with(self._tokens[user], path, body)

    def ok(self, path: str, user: str = OPS, /, **body: Any) -> Any:
        reply = self.call(path, user, **body)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def control(self, endpoint: str, **body: Any) -> Any:
        reply = self.http.post(f"/__emulator__/{endpoint}", json=body)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def log(self) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self.http.get("/__emulator__/requests").json()["requests"]
        return entries

    def user_id(self, email: str) -> str:
        users = self.ok("users/query")["users"]
        return next(str(user["id"]) for user in users.values() if user.get("email") == email)


def _url(path: str) -> str:
    return path if path.startswith("/") else f"/v1/api/{path}"
