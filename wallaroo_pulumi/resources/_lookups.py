"""Lookups that several resources share."""

from __future__ import annotations

from collections.abc import Iterator

from ..api import Client
from ..api import models as wire
from ..core.context import Context
from ..core.diff import contains_unknown
from ..core.read import read_by_id
from ..core.resource import BadInput
from ..core.validate import refused, refused_ids
from ..errors import ObjectError


def workspace(ctx: Context[Client], id: int) -> wire.Workspace:
    """The workspace of this id. Raises ObjectError when there is none, or none that the caller sees."""
    if found := visible_workspace(ctx, id) or visible_workspace(ctx, id, fresh=True):
        return found
    raise ObjectError(
        f"workspace {id} does not exist or this user cannot see it; check workspace_id, and that the user who "
        "runs Pulumi is a member of the workspace"
    )


def refused_workspace(ctx: Context[Client], id: int) -> Iterator[BadInput]:
    """For ``validate``: the input ``workspace_id`` where it is known and no such workspace is seen."""
    if not contains_unknown(id):
        yield from refused("workspace_id", lambda: workspace(ctx, id))


def visible_workspace(ctx: Context[Client], id: int, *, fresh: bool = False) -> wire.Workspace | None:
    """The workspace of this id, None when it is gone or hidden from the caller."""
    return ctx.client.workspaces.find(id, fresh=fresh)


def find_model_version(
    ctx: Context[Client], id: int, workspace_id: int | None = None
) -> wire.ConfiguredModelVersion | None:
    """The model version of this id, None when it is gone. ``workspace_id`` saves looking through all workspaces."""
    return read_by_id(
        lambda: ctx.client.models.version(id),
        lambda: any(
            v.model_version.id == id for m in ctx.client.models.list(workspace_id) for v in m.model_versions
        ),
    )


def model_version(ctx: Context[Client], id: int) -> wire.ConfiguredModelVersion:
    """The model version of this id in the input ``models``. Raises ObjectError when there is none."""
    if (found := find_model_version(ctx, id)) is None:
        raise ObjectError(
            f"model version {id} does not exist; check models, or declare a ModelVersion and give its "
            "`model_version_id`"
        )
    return found


def refused_models(ctx: Context[Client], models: object) -> Iterator[BadInput]:
    """For ``validate``: the input ``models`` for every id in it that is of no model version."""

    return refused_ids("models", models, lambda each: model_version(ctx, each))


def require_publish(ctx: Context[Client], id: int) -> None:
    """Raises ObjectError when there is no publish of this id, or none that the caller sees."""
    if not any(p.id == id for fresh in (False, True) for p in ctx.client.publishes.list(fresh=fresh)):
        raise ObjectError(
            f"publish {id} does not exist or this user cannot see it; declare a PipelinePublish and give its "
            "`publish_id`"
        )


def split_id(id: str) -> tuple[int, str]:
    """The parts of an id such as ``12/sales-warehouse``. Another form names workspace 0, which never exists."""
    workspace_id, _, rest = id.partition("/")
    return int(workspace_id) if workspace_id.isdecimal() else 0, rest
