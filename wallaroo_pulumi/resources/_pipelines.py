"""Pipelines as other resources meet them: found by name, by what they use, undeployed and removed."""

from __future__ import annotations

from collections.abc import Iterator

from ..api import Client
from ..api import models as wire
from ..core.context import Context
from ..core.diff import contains_unknown
from ..core.remove import remove_once
from ..core.resource import BadInput
from ..core.validate import refused
from ..core.wait import Settled, wait
from ..errors import ApiError, ObjectError, one_line
from . import _lookups

_UNDEPLOYED_WITHIN = 300.0
"""Seconds for the engines of a pipeline to end, after which its deletion is given up."""


def find(
    ctx: Context[Client], workspace_id: int, name: str, *, fresh: bool = False
) -> wire.ListedPipeline | None:
    """The pipeline of this name. Raises ApiError when the instance knows no such workspace."""
    pipelines = ctx.client.pipelines.list(workspace_id, fresh=fresh)
    return next((p for p in pipelines if p.pipeline.name == name), None)


def named(ctx: Context[Client], workspace_id: int, name: str) -> wire.Pipeline:
    """The pipeline of this name. Raises ObjectError when there is none."""
    for fresh in (False, True):
        if found := find(ctx, workspace_id, name, fresh=fresh):
            return found.pipeline
    raise ObjectError(
        f"pipeline {name!r} does not exist in workspace {workspace_id}; check pipeline_name, or declare a Pipeline "
        "and give its `name`"
    )


def refused_name(ctx: Context[Client], workspace_id: int, name: str) -> Iterator[BadInput]:
    """For ``validate``: ``workspace_id`` or ``pipeline_name`` where such a pipeline neither is nor is declared."""
    unseen = list(_lookups.refused_workspace(ctx, workspace_id))
    yield from unseen
    place = (workspace_id, name)
    if not unseen and not contains_unknown(place) and ("Pipeline", *place) not in ctx.declared:
        yield from refused("pipeline_name", lambda: named(ctx, *place))


def that_use(ctx: Context[Client], workspace_id: int, model_version: str) -> list[wire.ListedPipeline]:
    """The pipelines of a workspace whose latest version names this model version (a UUID)."""
    pipelines = ctx.client.pipelines.list(workspace_id, fresh=True)
    return [p for p in pipelines if p.pipeline_version and model_version in str(steps_of(ctx, p))]


def steps_of(ctx: Context[Client], listed: wire.ListedPipeline) -> tuple[dict[str, object], ...]:
    """The steps of a pipeline's latest version; none for a pipeline that has no version yet."""
    version = listed.pipeline_version
    if version is None:
        return ()
    if version.steps is None:
        version = ctx.client.pipelines.version(version.version)
    return version.steps or version.definition or ()


def remove(ctx: Context[Client], workspace_id: int, pipeline: wire.Pipeline, *, undeploy: bool) -> None:
    """Delete a pipeline with its versions, undeployed first where asked. Raises ObjectError while it is in use."""
    what = f"pipeline {pipeline.name!r} of workspace {workspace_id}"

    def there() -> bool:
        return find(ctx, workspace_id, pipeline.name, fresh=True) is not None

    def delete() -> str | Settled[None]:
        try:
            remove_once(lambda: ctx.client.pipelines.delete(workspace_id, pipeline.name), there)
        except ApiError as error:
            if error.status != 409:
                raise
            return f"in use ({one_line(error.message)})"
        return Settled(None)

    if undeploy:
        ctx.client.pipelines.undeploy(pipeline_id=pipeline.id)
        # The engines take a while to end, and the pipeline cannot be deleted before.
        remedy = "see what still uses it (an assay, a deployment) and run `pulumi up` again"
        wait(ctx, what, delete, timeout=_UNDEPLOYED_WITHIN, remedy=remedy)
    elif isinstance(state := delete(), str):
        raise ObjectError(
            f"{what} cannot be deleted, it is {state}; undeploy it first, or set force_destroy and run `pulumi up` "
            "before destroying"
        )
