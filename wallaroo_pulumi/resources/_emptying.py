"""Emptying a workspace: what ``force_destroy`` of a Workspace does before the resource is forgotten."""

from __future__ import annotations

from collections.abc import Sequence

from ..api import Client, wire
from ..core.context import Context
from ..core.remove import remove_once
from . import _pipelines


def empty(ctx: Context[Client], workspace_id: int) -> list[str]:
    """Undeploy and delete the workspace's pipelines, then delete its models with all their versions.

    Members, connections and orchestrations stay: they are no data of the workspace, or another resource's. So do the
    pipelines and models that other resources of the stack refer to. Returns which, and why.
    """
    kept = []
    for listed in ctx.client.pipelines.list(workspace_id, fresh=True):
        if referrer := _pipelines.referrer(ctx, workspace_id, listed.pipeline.name):
            kept.append(f"pipeline {listed.pipeline.name!r} ({referrer} refers to it)")
        else:
            _pipelines.remove(ctx, workspace_id, listed.pipeline, undeploy_first=True)
    for model in _models(ctx, workspace_id):
        referrers = (ctx.referrer("ModelVersion", str(v.model_version.id)) for v in model.model_versions)
        if referrer := next(filter(None, referrers), None):
            kept.append(f"model {model.model.name!r} ({referrer} refers to it)")
        else:
            _remove_model(ctx, workspace_id, model.model.name)
    return kept


def _remove_model(ctx: Context[Client], workspace_id: int, name: str) -> None:
    remove_once(
        lambda: ctx.client.models.delete(workspace_id, name),
        lambda: any(model.model.name == name for model in _models(ctx, workspace_id)),
    )


def _models(ctx: Context[Client], workspace_id: int) -> Sequence[wire.ListedModel]:
    return ctx.client.models.list(workspace_id, fresh=True)
