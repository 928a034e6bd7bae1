"""ModelRegistryAttachment: a workspace's use of a model registry.

Identity: workspace id and registry id. A change of either replaces. What attaching twice does is not known, so one that
exists is taken over without a call.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from ..api import Client
from ..core.context import Context
from ..core.create import create_once
from ..core.diff import contains_unknown
from ..core.fields import FORCES_REPLACEMENT, Properties, WorkspaceId
from ..core.remove import remove_once
from ..core.resource import BadInput, Examples, Resource
from ..core.validate import refused
from ..errors import ApiError, ObjectError
from ._lookups import refused_workspace, split_id, visible_workspace, workspace


class ModelRegistryAttachmentInputs(Properties):
    workspace_id: Annotated[
        WorkspaceId,
        FORCES_REPLACEMENT,
        Field(description="The workspace: the `workspace_id` of a Workspace."),
    ]
    registry_id: Annotated[
        str,
        FORCES_REPLACEMENT,
        Field(min_length=1, description="The registry: the `registry_id` of a ModelRegistry."),
    ]


class ModelRegistryAttachmentOutputs(ModelRegistryAttachmentInputs):
    pass


class ModelRegistryAttachment(Resource[ModelRegistryAttachmentInputs, ModelRegistryAttachmentOutputs]):
    """A workspace's use of a model registry."""

    kind = "ModelRegistryAttachment"
    inputs = ModelRegistryAttachmentInputs
    outputs = ModelRegistryAttachmentOutputs
    id_format = "`<workspace id>/<registry id>`"
    deletion = "The workspace uses the registry no longer; the registry itself stays."
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

    def id_of(self, outputs: ModelRegistryAttachmentOutputs) -> str:
        return f"{outputs.workspace_id}/{outputs.registry_id}"

    def validate(self, ctx: Context[Client], wanted: ModelRegistryAttachmentInputs) -> Iterable[BadInput]:
        yield from refused_workspace(ctx, wanted.workspace_id)
        if not contains_unknown(wanted.registry_id):
            yield from refused("registry_id", lambda: _require_registry(ctx, wanted.registry_id))

    def create(
        self, ctx: Context[Client], wanted: ModelRegistryAttachmentInputs
    ) -> ModelRegistryAttachmentOutputs:
        place = workspace(ctx, wanted.workspace_id).id
        _require_registry(ctx, wanted.registry_id)
        outputs = self.result(wanted)
        existed = _attached(ctx, place, wanted.registry_id, fresh=True)
        ctx.claims.take(self.kind, self.id_of(outputs), wanted.registry_id, existed=existed)
        if not existed:
            try:
                _attach(ctx, place, wanted.registry_id)
            except BaseException:
                ctx.claims.release(self.kind, self.id_of(outputs))
                raise
        return outputs

    def read(
        self, ctx: Context[Client], id: str, known: ModelRegistryAttachmentOutputs | None
    ) -> ModelRegistryAttachmentOutputs | None:
        del known
        workspace_id, registry_id = split_id(id)
        if not visible_workspace(ctx, workspace_id) or not _attached(ctx, workspace_id, registry_id):
            return None
        return ModelRegistryAttachmentOutputs(workspace_id=workspace_id, registry_id=registry_id)

    def delete(self, ctx: Context[Client], id: str, known: ModelRegistryAttachmentOutputs) -> None:
        place, registry_id = known.workspace_id, known.registry_id
        if not visible_workspace(ctx, place) or not _attached(ctx, place, registry_id, fresh=True):
            return
        remove_once(
            lambda: ctx.client.registries.detach(registry_id, place),
            lambda: _attached(ctx, place, registry_id, fresh=True),
        )


def _require_registry(ctx: Context[Client], id: str) -> None:
    if not any(r.id == id for fresh in (False, True) for r in ctx.client.registries.list(fresh=fresh)):
        raise ObjectError(
            f"no model registry of the instance has the id {id!r}; check registry_id, or declare a ModelRegistry"
        )


def _attached(ctx: Context[Client], workspace_id: int, registry_id: str, *, fresh: bool = False) -> bool:
    return any(r.id == registry_id for r in ctx.client.registries.list(workspace_id, fresh=fresh))


def _attach(ctx: Context[Client], workspace_id: int, registry_id: str) -> None:
    def find() -> bool | None:
        return _attached(ctx, workspace_id, registry_id, fresh=True) or None

    def attach() -> bool:
        ctx.client.registries.attach(registry_id, workspace_id)
        return True

    try:
        create_once(ctx, attach, find)
    except ApiError:
        if not find():  # somebody else may have been faster
            raise
