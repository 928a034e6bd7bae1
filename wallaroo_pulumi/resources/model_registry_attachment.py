"""ModelRegistryAttachment: a workspace's use of a model registry.

Identity: workspace id and registry id. A change of either replaces. What attaching twice does is not known, so one that
exists is taken over without a call.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ..api import Client, wire
from ..core.context import Context
from ..core.fields import FORCES_REPLACEMENT, Adopted, KeyText
from ..core.resource import Examples
from ..errors import NotFoundError
from ._attachment import Attachment, AttachmentInputs
from ._lookups import read_visible


class ModelRegistryAttachmentInputs(AttachmentInputs):
    registry_id: Annotated[
        KeyText,
        FORCES_REPLACEMENT,
        Field(description="The registry: the `registry_id` of a ModelRegistry."),
    ]


class ModelRegistryAttachmentOutputs(ModelRegistryAttachmentInputs, Adopted):
    pass


class ModelRegistryAttachment(Attachment[ModelRegistryAttachmentInputs, ModelRegistryAttachmentOutputs, str]):
    """The attachment of a model registry to a workspace.

    Identified by workspace and registry; changing either replaces it. Deleting detaches the registry and leaves the
    registry itself.
    """

    kind = "ModelRegistryAttachment"
    inputs = ModelRegistryAttachmentInputs
    outputs = ModelRegistryAttachmentOutputs
    used_kind = "ModelRegistry"
    named_by = "registry_id"
    id_parts = {"workspace id": "int", "registry id": "str"}
    deletion = "The registry is detached from the workspace; the registry itself stays."
    examples = Examples(
        needs={
            "Workspace": {"name": "fraud-prod"},
            "ModelRegistry": {
                "name": "databricks",
                "url": "https://registry.example.com",
                "token": "dapi-example",
            },
        },
        inputs={"workspace_id": "$workspace_id", "registry_id": "$registry_id"},
        update={},
        replace={},
    )

    def used(self, ctx: Context[Client], name: str) -> str:
        if ctx.client.registries.look_up(name):
            return name
        raise NotFoundError(
            f"no model registry of the instance has the id {name!r}; check registry_id, or declare a ModelRegistry"
        )

    def listed(self, ctx: Context[Client], workspace_id: int, *, fresh: bool = False) -> tuple[str, ...]:
        return tuple(r.id for r in ctx.client.registries.list(workspace_id, fresh=fresh) if r.id)

    def name_of(self, used: str) -> str:
        return used

    def is_used_by(self, ctx: Context[Client], workspace: wire.Workspace, name: str) -> bool:
        found = read_visible(
            ctx, f"model registry {name}", lambda: ctx.client.registries.get(name), lambda: False
        )
        return found is not None and any(used_by.id == workspace.id for used_by in found.workspaces)

    def mark_of(self, used: str) -> str:
        return used

    def attach(self, ctx: Context[Client], workspace_id: int, used: str) -> None:
        ctx.client.registries.attach(used, workspace_id)

    def detach(self, ctx: Context[Client], workspace_id: int, used: str) -> None:
        ctx.client.registries.detach(used, workspace_id)
