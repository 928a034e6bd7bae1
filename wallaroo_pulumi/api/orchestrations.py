"""Orchestrations, Python code that the instance packages and runs: docs/internals/mlops-api.md#orchestrations."""

from __future__ import annotations

from pathlib import Path

from .transport import Effect, Transport
from .wire.automation import Made, Orchestration

_SENDING = 600.0
"""The most seconds for sending a package, which is code, not a model."""


class Orchestrations:
    """``orchestration/*``. Nothing is cached, because their status changes by itself."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, workspace_id: int) -> tuple[Orchestration, ...]:
        """Return the orchestrations of a workspace. ``orchestration/list``."""
        body = {"workspace_id": workspace_id}
        return self._transport.call("orchestration/list", body, Effect.READ, tuple[Orchestration, ...])

    def get(self, id: str) -> Orchestration:
        """Return the orchestration with this id. ``orchestration/get_by_id``."""
        return self._transport.call("orchestration/get_by_id", {"id": id}, Effect.READ, Orchestration)

    def upload(self, workspace_id: int, name: str, file: Path) -> str:
        """Upload a zip file, streamed, and return the orchestration's id; packaging follows. ``orchestration/upload``.

        Each upload creates another orchestration. Raises OSError if the file cannot be read.
        """
        metadata = {"workspace_id": workspace_id, "name": name}
        return self._transport.upload("orchestration/upload", metadata, file, _SENDING, Made).id

    def delete(self, id: str) -> None:
        """Delete an orchestration. ``orchestration/delete_orchestrations``."""
        body = {"orchestrations": [id], "confirm_delete": True}
        self._transport.call("orchestration/delete_orchestrations", body, Effect.WRITE)
