"""Functions on pipelines for several resources: find by name or by model version, undeploy, remove."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from ..api import Client, wire
from ..core.context import Context
from ..core.diff import contains_unknown
from ..core.read import find_listed
from ..core.remove import remove_once
from ..core.resource import InvalidInput
from ..core.validate import refused
from ..core.wait import Done, wait
from ..errors import ApiError, ConflictError, NotFoundError, RefusedError, WallarooError, one_line
from . import _lookups
from ._steps import ModelRef

UNDEPLOYED_WITHIN = 300.0
"""Seconds to wait for the engines of a pipeline to end before its deletion fails."""


def find(
    ctx: Context[Client], workspace_id: int, name: str, *, fresh: bool = False
) -> wire.ListedPipeline | None:
    """Return the pipeline with this name, or None. Raises ApiError if the workspace does not exist."""
    pipelines = ctx.client.pipelines.list(workspace_id, fresh=fresh)
    return next((p for p in pipelines if p.pipeline.name == name), None)


def find_recorded(
    ctx: Context[Client], workspace_id: int, name: str, *, fresh: bool = False
) -> wire.ListedPipeline | None:
    """Return the pipeline with this name, which the state records, or None if it is confirmed to be absent."""
    what = f"pipeline {name!r} of workspace {workspace_id}"

    def exists() -> bool:
        found = _lookups.read_visible(
            ctx, what, lambda: ctx.client.pipelines.get(workspace_id, name), lambda: False
        )
        return found is not None

    return find_listed(
        what,
        lambda fresh: find(ctx, workspace_id, name, fresh=fresh),
        lambda: ctx.client.pipelines.list(workspace_id),
        exists,
        fresh=fresh,
    )


def mark(pipeline: wire.Pipeline) -> str | None:
    """Return what distinguishes a pipeline from a later one with its name and id: the creation time."""
    return pipeline.created_at


def named(ctx: Context[Client], workspace_id: int, name: str) -> wire.Pipeline:
    """Return the pipeline with this name. Raises NotFoundError if there is none."""
    if found := ctx.client.pipelines.look_up(workspace_id, name):
        return found.pipeline
    raise NotFoundError(
        f"pipeline {name!r} does not exist in workspace {workspace_id}; check pipeline_name, or declare a Pipeline "
        "and pass its `name`"
    )


def refused_name(ctx: Context[Client], workspace_id: int, name: str) -> Iterator[InvalidInput]:
    """For ``validate``: yield failures if the pipeline neither exists nor is declared."""
    unseen = list(_lookups.refused_workspace(ctx, workspace_id))
    yield from unseen
    place = (workspace_id, name)
    if not unseen and not contains_unknown(place) and not ctx.validated.has("Pipeline", *place):
        yield from refused("pipeline_name", lambda: named(ctx, *place))


def version_id(ctx: Context[Client], version: str) -> int | None:
    """Return the integer id of a visible pipeline's latest version (a UUID), or None if it is unknown."""
    for place in ctx.client.workspaces.list():
        for listed in ctx.client.pipelines.list(place.id) if place.pipelines else ():
            if listed.pipeline_version and listed.pipeline_version.version == version:
                return ctx.client.graphql.version_id(listed.pipeline.id, version)
    return None


@dataclass(frozen=True)
class User:
    """A pipeline that uses a model version: in its latest version, or only in its running deployment."""

    workspace_id: int
    pipeline: wire.Pipeline
    names: bool


def that_use(ctx: Context[Client], model_version: str) -> list[User]:
    """Return the pipelines that use a model version (a UUID), in all workspaces that the caller can see.

    Earlier pipeline versions that are not deployed are ignored. Pipelines that cannot be read are skipped, because the
    result only explains an error of the API, which must not be hidden.
    """
    found = []
    for place in ctx.client.workspaces.list():
        with suppress(WallarooError):
            for listed in ctx.client.pipelines.list(place.id, fresh=True):
                names = model_version in str(steps_of(ctx, listed))
                if names or model_version in _served_by(ctx, place.id, listed.pipeline.name):
                    found.append(User(place.id, listed.pipeline, names))
    return found


def _served_by(ctx: Context[Client], workspace_id: int, name: str) -> set[str]:
    """Return the UUIDs of the model versions that a pipeline's deployment runs."""
    id = deployment_id(ctx, workspace_id, name)
    status = None if id is None else ctx.client.pipelines.deployment(f"{name}-{id}")
    return {ref.version for ref in at_work(status)[1]} if status else set()


def deployment_id(ctx: Context[Client], workspace_id: int, name: str) -> int | None:
    """Return the id of a pipeline's current or last deployment, or None. Only its URL contains the id."""
    try:
        url = ctx.client.pipelines.inference_url(workspace_id, name)
    except ApiError as error:
        if not error.answered(400, 404):
            raise
        return None
    match = re.search(r"/infer/[^/]+-(\d+)/", url)
    return int(match[1]) if match else None


def at_work(status: wire.DeploymentStatus) -> tuple[set[str], list[ModelRef]]:
    """Return the UUIDs of the pipeline versions that the engines report, and their models."""
    versions, models = set(), {}
    for engine in status.engines:
        for pipeline in (engine.pipeline_statuses or {}).get("pipelines") or ():
            if pipeline.get("version"):
                versions.add(str(pipeline["version"]))
        for model in (engine.model_statuses or {}).get("models") or ():
            ref = ModelRef.model_construct(name=model["name"], version=model["version"], sha=model["sha"])
            models[ref.version] = ref
    return versions, list(models.values())


def steps_of(ctx: Context[Client], listed: wire.ListedPipeline) -> tuple[dict[str, object], ...]:
    """Return the steps of a pipeline's latest version; empty if it has no version yet."""
    version = listed.pipeline_version
    if version is None:
        return ()
    if version.steps is None:
        version = ctx.client.pipelines.version(version.version)
    return version.steps or version.definition or ()


def refs_in(value: object) -> Iterator[ModelRef]:
    """Yield the model versions in steps or in a part of a step."""
    match value:
        case {"name": str(name), "version": str(version), "sha": str(sha)}:
            yield ModelRef.model_construct(name=name, version=version, sha=sha)
        case Mapping():
            yield from refs_in([*value.values()])
        case list() | tuple():
            for part in value:
                yield from refs_in(part)


def referrer(ctx: Context[Client], workspace_id: int, name: str) -> str | None:
    """Return another resource of the stack that refers to a pipeline or its deployment, or None."""
    place = f"{workspace_id}/{name}"
    if found := ctx.referrer("Pipeline", place):
        return found
    id = deployment_id(ctx, workspace_id, name)
    return None if id is None else ctx.referrer("Deployment", f"{place}/{id}")


def undeploy(ctx: Context[Client], workspace_id: int, pipeline: wire.Pipeline) -> None:
    """Undeploy for force_destroy. Raises RefusedError if another resource of the stack refers to it."""
    if found := referrer(ctx, workspace_id, pipeline.name):
        raise RefusedError(
            f"pipeline {pipeline.name!r} of workspace {workspace_id} is not undeployed, although force_destroy is set: "
            f"{found} refers to it; delete that resource first"
        )
    ctx.client.pipelines.undeploy(pipeline_id=pipeline.id)


def remove(ctx: Context[Client], workspace_id: int, pipeline: wire.Pipeline, *, undeploy_first: bool) -> None:
    """Delete a pipeline and its versions, optionally undeploying first. Raises ConflictError while it is in use."""
    what = f"pipeline {pipeline.name!r} of workspace {workspace_id}"

    def there() -> bool:
        return find(ctx, workspace_id, pipeline.name, fresh=True) is not None

    def delete() -> str | Done[None]:
        try:
            remove_once(lambda: ctx.client.pipelines.delete(workspace_id, pipeline.name), there)
        except ApiError as error:
            if error.status != 409:
                raise
            return f"in use ({one_line(error.message)})"
        return Done(None)

    if undeploy_first:
        undeploy(ctx, workspace_id, pipeline)
        # The pipeline cannot be deleted before its engines have ended, which takes some time.
        remedy = "remove what still uses it (an assay, a deployment) and run `pulumi up` again"
        wait(ctx, what, delete, timeout=UNDEPLOYED_WITHIN, remedy=remedy)
    elif isinstance(state := delete(), str):
        raise ConflictError(
            f"{what} cannot be deleted because it is {state}; {_remedy(ctx, workspace_id, pipeline)}"
        )


def _remedy(ctx: Context[Client], workspace_id: int, pipeline: wire.Pipeline) -> str:
    """What to do about a pipeline that is in use: an active assay monitors it, or it is deployed."""
    place = {"workspace_id": workspace_id, "pipeline_name": pipeline.name}
    try:
        assays = [a for a in ctx.client.assays.list(fresh=True) if a.active]
    except WallarooError:  # an instance without assays, or one that cannot be asked now
        assays = []
    names = ", ".join(
        repr(a.name) for a in assays if place.items() <= a.targeting.get("data_origin", {}).items()
    )
    if names:
        return (
            f"assay {names} monitors it: destroy the Assay first (with `pipeline_name=pipeline.name`, Pulumi does so), "
            "or deactivate it"
        )
    return "undeploy it first, or set force_destroy and run `pulumi up` before destroying"
