"""Pipeline: the steps of an inference request, with versions.

Identity: workspace and name; a change of either replaces. Every call of `pipelines/create` creates a version, even with
equal steps. The existing steps are therefore compared first: an unchanged definition creates no version, and an edit
creates one in place. The call is not atomic: a 500 may have created the pipeline without a version. Such a pipeline is
completed immediately if possible, otherwise by the next `up`.

An existing pipeline with the same steps, or without a version, is adopted. One with other steps is an error, because it
belongs to another user.

Only the call that creates a version returns its integer id, and GraphQL. For an existing version (a lost response, an
adopted pipeline, `Pipeline.get`) on an instance that rejects GraphQL, `version_id` is the UUID, which a Deployment
accepts too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from ..api import Client, spelling, wire
from ..core.context import Context
from ..core.create import create_once
from ..core.diff import contains_unknown
from ..core.fields import (
    FORCES_REPLACEMENT,
    STABLE,
    STATE_ONLY,
    Adopted,
    Adopting,
    DnsLabel,
    WorkspaceId,
    key_text,
)
from ..core.json_values import JsonObject
from ..core.resource import Examples, InvalidInput, Resource
from ..core.satisfies import satisfies
from ..core.validate import refused
from ..errors import ApiError, ConflictError, GoneError
from . import _lookups, _pipelines, _tags
from ._steps import Steps
from ._tags import Tags

_HALF_DONE = 3
"""The number of attempts to create a version if the instance created only the pipeline."""


def _version_reference(value: Any) -> Any:
    """Convert an integer version id, which may be decimal text, to an int; return a UUID unchanged."""
    if isinstance(value, str) and re.fullmatch("-?[0-9]+", value):
        value = int(value)
    if isinstance(value, bool) or (isinstance(value, int | float) and (value <= 0 or value % 1)):
        raise ValueError("must be the version_id of a Pipeline, or the UUID of a version")
    return key_text(int(value) if isinstance(value, float) else value)


VersionId = Annotated[int | str, BeforeValidator(_version_reference)]


class _Pipeline(Adopting):
    workspace_id: Annotated[
        WorkspaceId,
        FORCES_REPLACEMENT,
        Field(description="The workspace: the `workspace_id` of a Workspace."),
    ]
    name: Annotated[str, Field(description="The pipeline's name.")]
    tags: Tags = None
    force_destroy: Annotated[
        bool,
        STATE_ONLY,
        Field(description="Whether deleting undeploys the pipeline first, if it is deployed."),
    ] = False


class PipelineInputs(_Pipeline):
    name: Annotated[
        DnsLabel,
        FORCES_REPLACEMENT,
        Field(description="The pipeline's name, a DNS label, unique in its workspace."),
    ]
    steps: Annotated[
        Steps,
        Field(
            description="The steps: models, or what `model_step`, `shadow_step`, `random_split_step` and "
            "`meta_split_step` return. An empty list creates a pipeline without steps"
        ),
    ]


class PipelineOutputs(_Pipeline, Adopted):
    steps: Annotated[
        list[JsonObject], BeforeValidator(spelling.STEP.from_api), Field(description="The steps.")
    ]
    pipeline_id: Annotated[int, STABLE, Field(description="The pipeline's id.")]
    version_id: Annotated[
        VersionId, Field(description="The latest version: its id, or its UUID if the id is unknown.")
    ]
    version: Annotated[str, Field(description="The UUID of the latest version.")]


class Pipeline(Resource[PipelineInputs, PipelineOutputs]):
    """A pipeline: the steps that an inference request passes through.

    Identified by workspace and name; changing either replaces the pipeline, and changing the steps adds a version
    to it. An existing pipeline is adopted if it has the same steps or no version; with other steps it is an error.
    Deleting removes the pipeline and all its versions; it fails while the pipeline is deployed, unless
    `force_destroy` is set.
    """

    kind = "Pipeline"
    inputs = PipelineInputs
    outputs = PipelineOutputs
    id_parts = {"workspace id": "int", "name": "str"}
    natural_key = ("workspace_id", "name")
    deletion = (
        "The pipeline and all its versions are deleted. Deleting fails while the pipeline is deployed, unless "
        "`force_destroy` undeploys it first."
    )
    examples = Examples(
        needs={
            "Workspace": {"name": "fraud-prod"},
            "ModelVersion": {
                "workspace_id": "$workspace_id",
                "name": "ccfraud",
                "path": "$model_file",
                "framework": "onnx",
            },
        },
        inputs={
            "workspace_id": "$workspace_id",
            "name": "fraud",
            "steps": [
                {
                    "model_inference": {
                        "models": [{"name": "ccfraud", "version": "$version", "sha": "$sha256"}]
                    }
                }
            ],
        },
        update={"steps": []},
        replace={"name": "fraud-eu"},
    )

    def id_of(self, outputs: PipelineOutputs) -> str:
        return f"{outputs.workspace_id}/{outputs.name}"

    def validate(self, ctx: Context[Client], desired: PipelineInputs) -> Iterable[InvalidInput]:
        unseen = list(_lookups.refused_workspace(ctx, desired.workspace_id))
        prior = not contains_unknown(desired.model_dump(warnings=False))
        if unseen or not prior or ctx.validated.has(self.kind, desired.workspace_id, desired.name):
            return unseen
        return refused("name", lambda: _adoptable(ctx, desired))

    def existing(self, ctx: Context[Client], desired: PipelineInputs) -> str | None:
        return f"{desired.workspace_id}/{desired.name}" if _find(ctx, desired) else None

    def create(self, ctx: Context[Client], desired: PipelineInputs) -> PipelineOutputs:
        _lookups.workspace(ctx, desired.workspace_id)
        steps = _steps(desired)
        found = _adoptable(ctx, desired)
        same = found is not None and _has(ctx, found, steps)
        id = f"{desired.workspace_id}/{desired.name}"
        _tags.require(ctx, desired.tags, _label(desired))
        before = _tags.before(ctx, "pipeline", found.pipeline.id, desired.tags) if found else {}
        with ctx.claim(self.kind, id, desired.name, existed=found is not None, found=before):
            version = _observed_version(ctx, found) if found and same else _add_version(ctx, desired, steps)
            self._set_tags(ctx, desired, version, is_new=found is None)
        ctx.call.mark = _pipelines.mark(found.pipeline) if found else None
        return self._outputs(desired, version)

    def read(self, ctx: Context[Client], id: str, prior: PipelineOutputs | None) -> PipelineOutputs | None:
        workspace_id, name = _lookups.split_id(id)
        if _lookups.workspace_if_any(ctx, workspace_id) is None:
            return None
        found = _pipelines.find_recorded(ctx, workspace_id, name)
        if found is None or (prior and not _is_recorded(ctx, found, prior)):
            return None  # gone; its name belongs to another object now
        if prior is None or ctx.call.mark:  # a refresh adds no mark: the version identifies a pipeline too
            ctx.call.mark = _pipelines.mark(found.pipeline)
        steps: Sequence[Any] = _pipelines.steps_of(ctx, found)
        if prior and satisfies(steps, prior.steps):
            steps = prior.steps
        latest = found.pipeline_version.version if found.pipeline_version else ""
        if prior and prior.version == latest:
            version = _Version(found.pipeline.id, prior.version_id, latest)
        else:
            version = _observed_version(ctx, found)
        tags = prior.tags if prior else None
        return PipelineOutputs(
            workspace_id=workspace_id,
            name=name,
            tags=_tags.observed(ctx, "pipeline", found.pipeline.id, tags, imported=prior is None),
            steps=list(steps),
            pipeline_id=version.pipeline_id,
            version_id=version.id,
            version=version.version,
        )

    def update(
        self, ctx: Context[Client], id: str, prior: PipelineOutputs, desired: PipelineInputs
    ) -> PipelineOutputs:
        steps = _steps(desired)
        if satisfies(prior.steps, steps) and satisfies(steps, prior.steps):
            version = _Version(prior.pipeline_id, prior.version_id, prior.version)
        else:
            found = _find(ctx, desired)
            if found and not _is_recorded(ctx, found, prior):
                raise GoneError(
                    f"{_label(prior)} (id {found.pipeline.id}) is not the one that this stack recorded (id "
                    f"{prior.pipeline_id})"
                )
            version = (
                _observed_version(ctx, found)
                if found and _has(ctx, found, steps)
                else _add_version(ctx, desired, steps)
            )
        if _tags.differ(prior.tags, desired.tags):
            self._set_tags(ctx, desired, version)
        return self._outputs(desired, version)

    def _set_tags(
        self, ctx: Context[Client], desired: PipelineInputs, version: _Version, *, is_new: bool = False
    ) -> None:
        _tags.set_tags(ctx, "pipeline", version.pipeline_id, desired.tags, _label(desired), is_new=is_new)

    def delete(self, ctx: Context[Client], id: str, prior: PipelineOutputs) -> None:
        if _lookups.workspace_if_any(ctx, prior.workspace_id) is None:
            return
        found = _pipelines.find_recorded(ctx, prior.workspace_id, prior.name, fresh=True)
        if found is None:
            return
        if not _is_recorded(ctx, found, prior):
            ctx.report(
                f"{_label(prior)} (id {found.pipeline.id}) stays: it is not the one that this stack created "
                f"(id {prior.pipeline_id})"
            )
        else:
            _pipelines.remove(ctx, prior.workspace_id, found.pipeline, undeploy_first=prior.force_destroy)

    def adoptable(self, ctx: Context[Client], id: str, prior: PipelineOutputs) -> Mapping[str, Any]:
        found = _find_pipeline(ctx, prior)
        return _tags.before(ctx, "pipeline", found.pipeline.id, prior.tags) if found else {}

    def leave(self, ctx: Context[Client], id: str, prior: PipelineOutputs, found: Mapping[str, Any]) -> str:
        if not found or _find_pipeline(ctx, prior) is None:
            return ""
        return _tags.restore(ctx, "pipeline", prior.pipeline_id, found, _label(prior))

    def _outputs(self, desired: PipelineInputs, version: _Version) -> PipelineOutputs:
        computed = {"pipeline_id": version.pipeline_id, "version_id": version.id, "version": version.version}
        return self.result(desired, **computed, steps=_steps(desired))


@dataclass(frozen=True)
class _Version:
    """A version of a pipeline; ``id`` is its UUID if the integer is unknown."""

    pipeline_id: int
    id: int | str
    version: str


def _is_recorded(ctx: Context[Client], found: wire.ListedPipeline, prior: PipelineOutputs) -> bool:
    """Return whether this is the pipeline in the state: the same id, and the same creation time or version.

    Raises ConflictError if only the id is the same.
    """
    if found.pipeline.id != prior.pipeline_id:
        return False
    latest = found.pipeline_version
    if latest and latest.version == prior.version:
        return True
    if ctx.call.mark and ctx.call.mark == _pipelines.mark(found.pipeline):
        return True
    if prior.version in ctx.client.pipelines.versions(prior.workspace_id, prior.name):
        return True
    raise ConflictError(
        f"{_label(prior)} (id {found.pipeline.id}) has no version {prior.version}, which this stack recorded: it is "
        "another pipeline, or that version was deleted by hand; nothing was changed: check that the configuration "
        "has the address of the stack's instance"
    )


def _label(pipeline: PipelineInputs | PipelineOutputs) -> str:
    return f"pipeline {pipeline.name!r} of workspace {pipeline.workspace_id}"


def _steps(desired: PipelineInputs) -> list[dict[str, Any]]:
    """Return the steps in wire format."""
    return [*desired.to_wire()["steps"]]


def _find_pipeline(ctx: Context[Client], prior: PipelineOutputs) -> wire.ListedPipeline | None:
    """Return the pipeline that the state records, or None."""
    if _lookups.workspace_if_any(ctx, prior.workspace_id) is None:
        return None
    found = _pipelines.find_recorded(ctx, prior.workspace_id, prior.name)
    return found if found and _is_recorded(ctx, found, prior) else None


def _find(ctx: Context[Client], desired: PipelineInputs) -> wire.ListedPipeline | None:
    return _pipelines.find(ctx, desired.workspace_id, desired.name, fresh=True)


def _adoptable(ctx: Context[Client], desired: PipelineInputs) -> wire.ListedPipeline | None:
    """Return the pipeline with this name, or None. Raises ConflictError if it has other steps."""
    found = _find(ctx, desired)
    if found and found.pipeline_version and not _has(ctx, found, _steps(desired)):
        raise ConflictError(
            f"{_label(desired)} already exists (id {found.pipeline.id}) with other steps; choose another name, "
            "delete it, or declare its current steps to adopt it"
        )
    return found


def _has(ctx: Context[Client], found: wire.ListedPipeline, steps: Sequence[Mapping[str, Any]]) -> bool:
    return found.pipeline_version is not None and satisfies(_pipelines.steps_of(ctx, found), steps)


def _observed_version(ctx: Context[Client], found: wire.ListedPipeline) -> _Version:
    version = found.pipeline_version.version if found.pipeline_version else ""
    id = ctx.client.graphql.version_id(found.pipeline.id, version) if version else None
    return _Version(found.pipeline.id, id or version, version)


def _add_version(
    ctx: Context[Client], desired: PipelineInputs, steps: Sequence[Mapping[str, Any]]
) -> _Version:
    """Create the pipeline, or a version of it, exactly once. No version with these steps existed before."""

    def made() -> _Version | None:
        found = _find(ctx, desired)
        return _observed_version(ctx, found) if found and _has(ctx, found, steps) else None

    def make() -> _Version:
        created = ctx.client.pipelines.create(desired.workspace_id, desired.name, steps)
        return _Version(created.pipeline_id, created.version_id, created.version)

    for attempt in range(1, _HALF_DONE + 1):
        try:
            return create_once(ctx, make, made)
        except ApiError as error:
            if error.status != 500:
                raise
            if (version := made()) is not None:
                return version
            found = _find(ctx, desired)
            half_done = found is not None and found.pipeline_version is None
            if half_done and attempt < _HALF_DONE:
                continue
            hint = "the pipeline exists, but its version does not: run `pulumi up` again, which completes it"
            raise error.with_hint(hint if half_done else f"check the steps of {_label(desired)}") from None
    raise AssertionError("the loop returns or raises")
