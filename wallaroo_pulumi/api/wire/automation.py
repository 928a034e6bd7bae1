"""Connections, model registries, orchestrations and tasks: types of the API's responses."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from .base import Wire


class Connection(Wire):
    """An element of connections/list. ``details`` are in clear text."""

    id: str
    name: str
    type: str
    details: dict[str, Any] | None = Field(default=None, repr=False)
    workspace_names: tuple[str, ...] = ()
    created_at: str | None = None


class ConnectionList(Wire):
    """The response of connections/list."""

    connections: tuple[Connection, ...]


class Made(Wire):
    """The response of calls that create an object with a UUID."""

    id: str


class RegistryWorkspace(Wire):
    """A workspace that uses a registry, in the response of models/get_registry."""

    id: int
    name: str | None = None


class Registry(Wire):
    """A model registry, from models/get_registry and models/list_registries. ``token`` is in clear text."""

    id: str | None = None
    name: str
    url: str
    token: str = Field(default="", repr=False)
    workspaces: tuple[RegistryWorkspace, ...] = ()
    """Only in the response of models/get_registry."""


class Orchestration(Wire):
    """An orchestration, from orchestration/get_by_id and orchestration/list."""

    id: str
    name: str | None = None
    workspace_id: int
    sha: str
    status: str
    file_name: str = ""
    created_at: str | None = None


class TaskRun(Wire):
    """A run of a task."""

    run_id: str
    status: str


class Task(Wire):
    """A task, from task/get_by_id and task/list. Only scheduled tasks have ``schedule``, but not on old platforms."""

    id: str
    name: str | None = None
    workspace_id: int
    status: str
    killed: bool = False
    run_type: str | None = None
    """`Job`, `CronJob` or `Deployment`; not on old platforms."""
    input_data: dict[str, Any] = Field(default_factory=dict, repr=False)
    schedule: str | None = None
    extra_env_vars: dict[str, Any] = Field(default_factory=dict, repr=False)
    """Contains ORCH_ID (not on old platforms), ORCH_SHA and TASK_DEBUG."""
    last_runs: tuple[TaskRun, ...] = ()
