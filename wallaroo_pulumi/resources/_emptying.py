"""Emptying a workspace: what ``force_destroy`` of a Workspace does before the resource is forgotten."""

from __future__ import annotations

from ..api import Client
from ..core.context import Context
from ..core.remove import remove_once
from . import _pipelines


def empty(ctx: Context[Client], workspace_id: int) -> None:
    """Undeploy and delete the workspace's pipelines, then delete its models with all their versions.

    Members, connections and orchestrations stay: they are no data of the workspace, or another resource's.
    """
    for listed in ctx.client.pipelines.list(workspace_id, fresh=True):
        _pipelines.remove(ctx, workspace_id, listed.pipeline, undeploy=True)
    for name in _models(ctx, workspace_id):
        remove_once(
            lambda name=name: ctx.client.models.delete(workspace_id, name),  # type: ignore[misc]  # bound on purpose
            lambda name=name: name in _models(ctx, workspace_id),  # type: ignore[misc]
        )


def _models(ctx: Context[Client], workspace_id: int) -> list[str]:
    return [listed.model.name for listed in ctx.client.models.list(workspace_id, fresh=True)]
