"""External model registries, and the workspaces that use them: docs/internals/mlops-api.md#registries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .listings import SharedListings
from .transport import Effect, Transport
from .wire.automation import Made, Registry


class Registries:
    """``models/*_registry``. Lists are shared by all threads and reflect this process's own writes."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._listings: SharedListings[int | None, Registry] = SharedListings(self._fetch)

    def list(self, workspace_id: int | None = None, *, fresh: bool = False) -> tuple[Registry, ...]:
        """Return the registries of a workspace or the instance, without workspaces. ``models/list_registries``."""
        return self._listings.of(workspace_id).items(fresh=fresh)

    def look_up(self, id: str) -> Registry | None:
        """Return the registry with this id, or None. Requests the list if the cached one lacks it."""
        return self._listings.of(None).look_up(
            lambda registries: next((r for r in registries if r.id == id), None)
        )

    def _fetch(self, workspace_id: int | None) -> Sequence[Registry]:
        body = {} if workspace_id is None else {"workspace_id": workspace_id}
        return self._transport.call("models/list_registries", body, Effect.READ, tuple[Registry, ...])

    def get(self, registry_id: str) -> Registry:
        """Return a registry with its workspaces. ``models/get_registry``."""
        return self._transport.call(
            "models/get_registry", {"registry_id": registry_id}, Effect.READ, Registry
        )

    def create(self, name: str, url: str, token: str) -> str:
        """Create an unattached registry and return its id. Not idempotent. ``models/create_registry``."""
        body = {"name": name, "url": url, "token": token}
        try:
            return self._transport.call("models/create_registry", body, Effect.WRITE, Made).id
        finally:
            self._listings.forget()

    def attach(self, registry_id: str, workspace_id: int) -> None:
        """Attach a registry to a workspace. ``models/attach_registry_to_workspace``."""
        body = {"registry_id": registry_id, "workspace_id": workspace_id}
        self._write("models/attach_registry_to_workspace", body)

    def detach(self, registry_id: str, workspace_id: int) -> None:
        """Detach a registry from a workspace. ``models/remove_registry_from_workspace``."""
        body = {"registry_id": registry_id, "workspace_id": workspace_id}
        self._write("models/remove_registry_from_workspace", body)

    def _write(self, endpoint: str, body: dict[str, Any]) -> None:
        try:
            self._transport.call(endpoint, body, Effect.WRITE)
        finally:
            self._listings.forget()
