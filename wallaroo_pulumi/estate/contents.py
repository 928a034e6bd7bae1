"""What an instance contains, in its workspaces and outside: for the drift report and for what an export skips."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from ..api import Client, wire
from ..core.names import DNS_LABEL
from ..errors import ApiError

_ENDED: Final = ("killed", "pending_kill", "failed", "success", "timed_out")
"""Statuses of tasks that have ended: the instance lists them forever."""


@dataclass(frozen=True)
class Object:
    """An object on the instance."""

    kind: str
    """The class: ``Workspace`` and so on."""
    name: str
    id: str
    """The Pulumi id."""


Listing = Callable[[], Iterator[Object]]


@dataclass(frozen=True)
class Contents:
    """Lists the objects in workspaces that do something: no ended tasks, inactive assays, failed model versions.

    Used by several threads.
    """

    client: Client
    unsupported: dict[str, str] = field(default_factory=dict)
    """The kinds that this instance does not have, and its answer."""

    def of(self, workspace: wire.Workspace) -> Iterator[Object]:
        """All objects in a workspace."""
        for _, listing in self.listings(workspace):
            yield from listing()

    def listings(self, workspace: wire.Workspace) -> Iterator[tuple[str, Listing]]:
        """A listing for each kind of object in a workspace; what it raises concerns this kind only."""
        for kind, listed in {
            "WorkspaceMember": self._members,
            "WorkspaceConnection": self._connections,
            "ModelRegistryAttachment": self._registries,
            "ModelVersion": self._models,
            "Pipeline": self._pipelines,
            "Deployment": self._deployments,
            "Orchestration": self._orchestrations,
            "Task": self._tasks,
            "Assay": self._assays,
            "PipelinePublish": self._publishes,
            "Edge": self._edges,
        }.items():
            yield kind, partial(self._supported, kind, partial(listed, workspace))

    def of_the_instance(self) -> Iterator[tuple[str, Listing]]:
        """A listing for each kind of object that belongs to no workspace, and for workspaces."""
        yield "User", self._users
        yield "Connection", self._all_connections
        yield "ModelRegistry", self.registries
        yield "Workspace", self._workspaces

    def registries(self) -> Iterator[Object]:
        """The model registries of the instance."""
        yield from self._supported(
            "ModelRegistry",
            lambda: (Object("ModelRegistry", r.name, r.id or r.name) for r in self.client.registries.list()),
        )

    def _supported(self, kind: str, listing: Listing) -> Iterator[Object]:
        """A listing; empty on an instance that is too old, or not equipped, to have such objects."""
        try:
            yield from listing()
        except ApiError as error:
            if not error.answered(404):
                raise
            self.unsupported[kind] = str(error)

    def _users(self) -> Iterator[Object]:
        return (Object("User", user.email, user.id) for user in self.client.users.list() if user.email)

    def _all_connections(self) -> Iterator[Object]:
        return (Object("Connection", c.name, c.name) for c in self.client.connections.list())

    def _workspaces(self) -> Iterator[Object]:
        # The names of default workspaces are not DNS labels, so no Workspace can declare them.
        named = (w for w in self.client.workspaces.list() if DNS_LABEL.fullmatch(w.name))
        return (Object("Workspace", workspace.name, str(workspace.id)) for workspace in named)

    def _members(self, workspace: wire.Workspace) -> Iterator[Object]:
        for member in self.client.workspaces.members(workspace.id):
            if member.user_id != self.client.caller_id:  # whoever creates a workspace owns it
                user = self.client.users.find(member.user_id)
                name = (user and user.email) or member.user_id
                yield Object("WorkspaceMember", name, f"{workspace.id}/{member.user_id}")

    def _connections(self, workspace: wire.Workspace) -> Iterator[Object]:
        for connection in self.client.connections.list(workspace.id):
            yield Object("WorkspaceConnection", connection.name, f"{workspace.id}/{connection.name}")

    def _registries(self, workspace: wire.Workspace) -> Iterator[Object]:
        for registry in self.client.registries.list(workspace.id):
            yield Object("ModelRegistryAttachment", registry.name, f"{workspace.id}/{registry.id}")

    def _models(self, workspace: wire.Workspace) -> Iterator[Object]:
        for listed in self.client.models.list(workspace.id) if workspace.models else ():
            for version in (found.model_version for found in listed.model_versions):
                if version.status != "error":
                    yield Object("ModelVersion", listed.model.name, str(version.id))

    def _pipelines(self, workspace: wire.Workspace) -> Iterator[Object]:
        for found in self.client.pipelines.list(workspace.id) if workspace.pipelines else ():
            yield Object("Pipeline", found.pipeline.name, f"{workspace.id}/{found.pipeline.name}")

    def _deployments(self, workspace: wire.Workspace) -> Iterator[Object]:
        for pipeline in self._pipelines(workspace):
            if deployment := self._deployment(workspace.id, pipeline.name):
                yield Object("Deployment", pipeline.name, f"{pipeline.id}/{deployment}")

    def _deployment(self, workspace_id: int, pipeline: str) -> str | None:
        """The id of the pipeline's deployment while there is one: only the inference URL contains its name."""
        try:
            url = self.client.pipelines.inference_url(workspace_id, pipeline)
        except ApiError as error:
            if error.answered(400, 404):  # one of them means that there is none
                return None
            raise
        named = re.search(r"/infer/(.+-(\d+))/", url)
        return named[2] if named and self.client.pipelines.deployment(named[1]) else None

    def _orchestrations(self, workspace: wire.Workspace) -> Iterator[Object]:
        for found in self.client.orchestrations.list(workspace.id):
            yield Object("Orchestration", found.name or found.id, found.id)

    def _tasks(self, workspace: wire.Workspace) -> Iterator[Object]:
        for task in self.client.tasks.list(workspace.id):
            if not task.killed and task.status not in _ENDED:
                yield Object("Task", task.name or task.id, task.id)

    def _assays(self, workspace: wire.Workspace) -> Iterator[Object]:
        for assay in self.client.assays.list():
            if assay.active and assay.targeting.get("data_origin", {}).get("workspace_id") == workspace.id:
                yield Object("Assay", assay.name, assay.id)

    def _publishes(self, workspace: wire.Workspace) -> Iterator[Object]:
        for publish in self._published(workspace).publishes:
            yield Object(
                "PipelinePublish", f"{publish.pipeline_name or ''} {publish.id}".strip(), str(publish.id)
            )

    def _edges(self, workspace: wire.Workspace) -> Iterator[Object]:
        for edge in self._published(workspace).edges:
            yield Object("Edge", edge.name, edge.name)

    def _published(self, workspace: wire.Workspace) -> wire.PublishList:
        if not workspace.pipelines:
            return wire.PublishList(publishes=())
        return self.client.publishes.of_workspace(workspace.id)
