"""Tasks, which run orchestrations on a schedule or continuously: docs/internals/mlops-api.md#tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .transport import Effect, Transport
from .wire.automation import Made, Task


class Tasks:
    """``task/*``. Nothing is cached, because their status changes by itself."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self, workspace_id: int, orchestration_id: str | None = None, *, killed: bool = False
    ) -> tuple[Task, ...]:
        """Return the tasks of a workspace or of one orchestration, optionally with killed ones. ``task/list``."""
        body: dict[str, Any] = {"workspace_id": workspace_id, "killed": killed}
        if orchestration_id is not None:
            body["orch_id"] = orchestration_id
        return self._transport.call("task/list", body, Effect.READ, tuple[Task, ...])

    def get(self, id: str) -> Task:
        """Return the task with this id, killed or not. ``task/get_by_id``."""
        return self._transport.call("task/get_by_id", {"id": id}, Effect.READ, Task)

    def run_scheduled(
        self,
        workspace_id: int,
        orchestration_id: str,
        name: str,
        schedule: str,
        arguments: Mapping[str, Any],
        *,
        debug: bool,
        timeout: int | None,
    ) -> str:
        """Start a task with a cron schedule and a ``timeout`` in seconds per run, and return its id.

        Not idempotent. ``task/run_scheduled``.
        """
        body = _body(workspace_id, orchestration_id, name, arguments, debug) | {"schedule": schedule}
        if timeout is not None:
            body["timeout"] = timeout
        return self._transport.call("task/run_scheduled", body, Effect.WRITE, Made).id

    def run_continuously(
        self,
        workspace_id: int,
        orchestration_id: str,
        name: str,
        arguments: Mapping[str, Any],
        *,
        debug: bool,
    ) -> str:
        """Start a task that runs until killed, and return its id. Not idempotent. ``task/run_continuously``."""
        body = _body(workspace_id, orchestration_id, name, arguments, debug)
        return self._transport.call("task/run_continuously", body, Effect.WRITE, Made).id

    def pause(self, id: str, paused: bool) -> None:
        """Request a pause or resumption of a task, which happens later. ``task/pause``."""
        self._transport.call("task/pause", {"id": id, "pause": paused}, Effect.IDEMPOTENT)

    def kill(self, id: str) -> None:
        """Request the end of a task, which happens later. It stays listed as killed. ``task/kill``."""
        self._transport.call("task/kill", {"id": id}, Effect.IDEMPOTENT)


def _body(
    workspace_id: int, orchestration_id: str, name: str, arguments: Mapping[str, Any], debug: bool
) -> dict[str, Any]:
    return {
        "workspace_id": workspace_id,
        "orch_id": orchestration_id,
        "name": name,
        "json": dict(arguments),
        "debug": debug,
    }
