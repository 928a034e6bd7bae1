"""Connections to data sources, and the workspaces that use them: docs/internals/mlops-api.md#connections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .listings import SharedListings
from .transport import Effect, Transport
from .wire.automation import Connection, ConnectionList, Made


class Connections:
    """``connections/*``. Lists are shared by all threads and reflect this process's own writes."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._listings: SharedListings[int | None, Connection] = SharedListings(self._fetch)

    def list(self, workspace_id: int | None = None, *, fresh: bool = False) -> tuple[Connection, ...]:
        """Return the connections of a workspace or the instance; ``fresh`` forces a request. ``connections/list``."""
        return self._listings.of(workspace_id).items(fresh=fresh)

    def look_up(self, name: str) -> Connection | None:
        """Return the connection with this name, or None. Requests the list if the cached one lacks it."""
        return self._listings.of(None).look_up(
            lambda connections: next((c for c in connections if c.name == name), None)
        )

    def _fetch(self, workspace_id: int | None) -> Sequence[Connection]:
        body = {} if workspace_id is None else {"workspace_id": workspace_id}
        return self._transport.call("connections/list", body, Effect.READ, ConnectionList).connections

    def get(self, name: str) -> Connection:
        """Return the connection without a cache; ApiError 404 if there is none. ``connections/get``."""
        return self._transport.call("connections/get", {"name": name}, Effect.READ, Connection)

    def create(self, name: str, type: str, details: Mapping[str, Any]) -> str:
        """Create a connection and return its id. ApiError 409 if the name is in use. ``connections/create``."""
        body = {"name": name, "type": type, "details": dict(details)}
        try:
            return self._transport.call("connections/create", body, Effect.WRITE, Made).id
        finally:
            self._listings.forget()

    def delete(self, name: str) -> None:
        """Delete the connection that has this name now. ``connections/delete``."""
        self._write("connections/delete", {"name": name})

    def add_to_workspace(self, workspace_id: int, connection_id: str) -> None:
        """Attach a connection to a workspace. Repeating it has an unknown effect. ``connections/add_to_workspace``."""
        self._write(
            "connections/add_to_workspace", {"workspace_id": workspace_id, "connection_id": connection_id}
        )

    def remove_from_workspace(self, workspace_id: int, connection_id: str) -> None:
        """Detach a connection from a workspace. ``connections/remove_from_workspace``."""
        self._write(
            "connections/remove_from_workspace",
            {"workspace_id": workspace_id, "connection_id": connection_id},
        )

    def _write(self, endpoint: str, body: dict[str, Any]) -> None:
        try:
            self._transport.call(endpoint, body, Effect.WRITE)
        finally:
            self._listings.forget()
