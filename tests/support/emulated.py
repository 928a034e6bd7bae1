"""An emulated instance as the tests see it: its address, its control plane, its request log."""

from __future__ import annotations

import os
from typing import Any

import httpx

_NO_OBJECTS = ("readiness", "sqlite_sequence", "work")
"""Tables of the emulator that hold no objects of an instance."""


class Emulated:
    """A running emulator. Tests change things by hand with ``api`` and look at what was asked with ``requests``."""

    def __init__(self, url: str) -> None:
        self.url = url
        # The URL is plain HTTP; reading certificate authorities would take half of a short test.
        self.http = httpx.Client(base_url=url, timeout=30, verify=False)

    @property
    def settings(self) -> dict[str, str]:
        """The configuration keys that reach it."""
        return {
            "apiUrl": self.url,
            "clientSecret": "api-client-secret",
            "username": "ops@example.com",
            "password": "ops-password",
        }

    @property
    def environment(self) -> dict[str, str]:
        """The same as environment variables."""
        return {
            "WALLAROO_API_URL": self.url,
            "WALLAROO_CLIENT_SECRET": "api-client-secret",
            "WALLAROO_USER": "ops@example.com",
            "WALLAROO_PASSWORD": "ops-password",
        }

    def control(self, what: str, **body: Any) -> Any:
        return self._json(self.http.post(f"/__emulator__/{what}", json=body))

    def requests(self, path: str = "/v1/api/") -> list[dict[str, Any]]:
        """The logged requests whose path begins so; the tests' own are not among them."""
        logged: list[dict[str, Any]] = self._json(self.http.get("/__emulator__/requests"))["requests"]
        return [r for r in logged if r["path"].startswith(path)]

    def forget_requests(self) -> None:
        self.http.delete("/__emulator__/requests").raise_for_status()

    def endpoints(self) -> list[str]:
        """The API calls since :meth:`forget_requests`, in order: ``workspaces/list`` and so on."""
        return [r["path"].removeprefix("/v1/api/") for r in self.requests()]

    def tokens(self) -> list[dict[str, Any]]:
        return [r for r in self.requests("/auth/") if r["path"].endswith("/token")]

    def api(self, endpoint: str, **body: Any) -> Any:
        """Call the API by hand as ops@example.com (it leaves its traces in the log)."""
        return self._json(self.http.post(f"/v1/api/{endpoint}", json=body, headers=self.bearer()))

    def infer(self, url: str, records: list[dict[str, Any]]) -> Any:
        """What an inference URL answers."""
        return self._json(self.http.post(url, json=records, headers=self.bearer()))

    def bearer(self) -> dict[str, str]:
        answer = self.http.post(
            "/auth/realms/master/protocol/openid-connect/token",
            auth=("api-client", "api-client-secret"),
            data={"grant_type": "password", "username": "ops@example.com", "password": "ops-password"},
        )
        return {"authorization": f"Bearer {self._json(answer)['access_token']}"}

    def contents(self) -> dict[str, list[dict[str, Any]]]:
        """All objects of the instance: table → rows. Without sessions, and without the time of the last login."""
        tables: dict[str, list[dict[str, Any]]] = self._json(self.http.get("/__emulator__/contents"))
        for user in tables["users"]:
            del user["last_login_ms"]
        return {name: rows for name, rows in tables.items() if name not in _NO_OBJECTS}

    def workspaces(self) -> dict[str, int]:
        """The visible workspaces: name → id."""
        return {w["name"]: w["id"] for w in self.api("workspaces/list")["workspaces"]}

    def members(self, workspace_id: int) -> dict[str, str]:
        """The members of a workspace: e-mail → role."""
        users = self.api("users/query")["users"]
        members = self.api("workspaces/list_users", workspace_id=workspace_id)["users"]
        return {users[m["user_id"]]["email"]: m["user_type"] for m in members}

    def user_id(self, email: str) -> str:
        users: dict[str, Any] = self.api("users/query")["users"]
        return next(id for id, user in users.items() if user.get("email") == email)

    @staticmethod
    def _json(response: httpx.Response) -> Any:
        response.raise_for_status()
        return response.json() if response.content else {}


def clean_environment() -> dict[str, str]:
    """This process's environment without what would configure the provider or the engine."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("WALLAROO_", "PULUMI_"))}
