"""Models, their versions and configurations: docs/internals/mlops-api.md#models."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .listings import SharedListings
from .transport import Effect, Transport
from .wire import models as wire
from .wire.models import ConfiguredModelVersion, ListedModel


class Models:
    """``models/*``. Lists are shared by all threads and reflect this process's own writes."""

    def __init__(self, transport: Transport, written: Callable[[], None]) -> None:
        """``written`` is called after every write, because the list of workspaces contains their contents."""
        self._transport = transport
        self._written = written
        self._listings: SharedListings[int | None, ListedModel] = SharedListings(self._fetch)

    def list(self, workspace_id: int | None, *, fresh: bool = False) -> tuple[ListedModel, ...]:
        """Return the models of a workspace, or all, with all versions; ``fresh`` forces a request. ``models/list``."""
        return self._listings.of(workspace_id).items(fresh=fresh)

    def _fetch(self, workspace_id: int | None) -> Sequence[ListedModel]:
        body = {} if workspace_id is None else {"workspace_id": workspace_id}
        return self._transport.call("models/list", body, Effect.READ, wire.Models).models

    def version(self, model_version_id: int) -> ConfiguredModelVersion:
        """Return the version without a cache; ApiError if there is none. ``models/get_version_by_id``."""
        body = {"model_version_id": model_version_id}
        reply = self._transport.call("models/get_version_by_id", body, Effect.READ, wire.VersionReply)
        return reply.model_version

    def upload(
        self,
        metadata: Mapping[str, Any],
        file: Path,
        timeout: float,
        sent: Callable[[int], None] = lambda _: None,
    ) -> int:
        """Upload a file and return the new version's id, before its conversion ends. Every call creates a version.

        ``models/upload_and_convert``. ``sent`` receives the bytes sent so far; its exceptions end the upload. Raises
        OSError if the file cannot be read.
        """
        endpoint = "models/upload_and_convert"
        try:
            reply = self._transport.upload(endpoint, metadata, file, timeout, wire.Upload, sent)
        finally:
            self.forget()
        return reply.model_version_id

    def register_image(self, metadata: Mapping[str, Any]) -> int:
        """Register a container image as a model and return the new version's id. ``models/upload``, without a file."""
        try:
            reply = self._transport.upload_without_file("models/upload", metadata, wire.Upload)
        finally:
            self.forget()
        return reply.model_version_id

    def upload_from_registry(self, registry_id: str, path: str, metadata: Mapping[str, Any]) -> int:
        """Have the instance fetch a model from a registry, and return the new version's id, before its conversion ends.

        ``models/upload_from_registry``.
        """
        body = {**metadata, "registry_id": registry_id, "path": path}
        reply: wire.UploadedFromRegistry = self._write(
            "upload_from_registry", body, Effect.WRITE, wire.UploadedFromRegistry
        )
        return reply.model_id

    def upload_logs(self, model_version_id: int, lines: int) -> Sequence[str]:
        """Return the last lines of the conversion's log. ``models/get_upload_logs``."""
        body = {"model_version_id": model_version_id, "lines": lines}
        return self._transport.call("models/get_upload_logs", body, Effect.READ, wire.UploadLogs).logs

    def configure(self, model_version_id: int, config: Mapping[str, Any]) -> None:
        """Set a new, complete configuration of a version; earlier ones stay. ``models/insert_model_config``."""
        self._write("insert_model_config", {"model_version_id": model_version_id, **config}, Effect.WRITE)

    def delete_version(self, version: str) -> None:
        """Delete a version (by UUID) and its file. ApiError 409 if it is in use. ``models/delete_model_versions``."""
        self._write(
            "delete_model_versions", {"model_versions": [version], "confirm_delete": True}, Effect.WRITE
        )

    def delete(self, workspace_id: int, name: str) -> None:
        """Delete a model with all its versions. ApiError 409 if one is in use. ``models/delete_model``."""
        body = {"workspace_id": workspace_id, "model_id": name, "confirm_delete": True}
        self._write("delete_model", body, Effect.WRITE)

    def _write(self, call: str, body: Mapping[str, Any], effect: Effect, reply: Any = Any) -> Any:
        try:
            return self._transport.call(f"models/{call}", body, effect, reply)
        finally:
            self.forget()

    def forget(self) -> None:
        """Drop the lists after a write."""
        self._listings.forget()
        self._written()
