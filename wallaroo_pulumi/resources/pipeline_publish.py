"""PipelinePublish: a pipeline version packaged for edges, pushed to the OCI registry that the instance is set up with.

Identity: the publish's id. The API can neither change nor delete a publish
(docs/internals/mlops-api.md#publishes-and-edges), so every change publishes again, and the old publish stays. The same
version published again would only be a copy: an existing or pending publish of this version with this engine
configuration is adopted instead. A create whose reply was lost, or whose wait was interrupted, is thus completed by
the next `up`. Where the state can hold a publish that is not done yet, the next `up` continues to wait for it.

`replaces` hands the edges of earlier publishes over to this one; an Edge that follows keeps its join token.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from functools import partial
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from ..api import Client, wire
from ..core.context import Context
from ..core.create import create_once
from ..core.diff import contains_unknown
from ..core.fields import (
    FORCES_REPLACEMENT,
    SERVER_DEFAULT,
    STATE_ONLY,
    UNORDERED,
    Adopted,
    Adopting,
    Element,
    ModelVersionId,
    PublishId,
    Seconds,
)
from ..core.resource import Examples, InvalidInput, Resource
from ..core.satisfies import satisfies
from ..core.validate import refused, refused_ids
from ..core.wait import Done, wait
from ..errors import ConflictError, ObjectError, one_line
from ..redaction import redact
from . import _lookups, _pipelines
from ._engine_config import Engine, EngineConfig, Engines, observed_config
from .pipeline import VersionId

_TIMEOUT = 600.0
"""Seconds; the vendor's SDK waits as long."""


def _at_most_one_gpu(config: Any) -> Any:
    engine = config.engine if isinstance(config, EngineConfig) else None
    if isinstance(engine, Engine) and isinstance(engine.gpu, int) and engine.gpu > 1:
        raise ValueError("engine.gpu must be 0 or 1: a publish only says whether an edge has GPUs")
    return config


class PipelinePublishInputs(Adopting):
    pipeline_version_id: Annotated[
        VersionId,
        FORCES_REPLACEMENT,
        Field(description="The version to publish: the `version_id` of a Pipeline."),
    ]
    models: Annotated[
        list[Element[ModelVersionId]],
        UNORDERED,
        STATE_ONLY,
        FORCES_REPLACEMENT,
        Field(description="The model versions that the pipeline uses: their `model_version_id`."),
    ]
    engine_config: Annotated[
        Engines | None,
        AfterValidator(_at_most_one_gpu),
        FORCES_REPLACEMENT,
        SERVER_DEFAULT,
        Field(description="The configuration of the engine on an edge, built with `engine_config(...)`."),
    ] = None
    replaces: Annotated[
        list[Element[PublishId]],
        UNORDERED,
        STATE_ONLY,
        FORCES_REPLACEMENT,
        Field(description="Ids of earlier publishes. Their edges move to this one."),
    ] = []
    timeout: Annotated[
        Seconds | None,
        STATE_ONLY,
        Field(description="Seconds to wait for the publishing. Default: 600."),
    ] = None


class PipelinePublishOutputs(PipelinePublishInputs, Adopted):
    models: Annotated[
        list[Element[ModelVersionId]], STATE_ONLY, Field(description="The model versions, as set.")
    ] = []
    publish_id: Annotated[int, Field(description="The id that Edge refers to.")]
    status: Annotated[str, Field(description="`Published` once edges can run it.")]
    pipeline_name: Annotated[str | None, Field(description="The pipeline's name.")] = None
    pipeline_version: Annotated[str | None, Field(description="The UUID of the pipeline's version.")] = None
    pipeline_url: Annotated[str | None, Field(description="The package in the OCI registry.")] = None
    engine_url: Annotated[str | None, Field(description="The engine's image in the OCI registry.")] = None
    chart: Annotated[str | None, Field(description="The Helm chart in the OCI registry.")] = None
    chart_version: Annotated[str | None, Field(description="The version of the Helm chart.")] = None
    chart_reference: Annotated[str | None, Field(description="The Helm chart by its digest.")] = None


class PipelinePublish(Resource[PipelinePublishInputs, PipelinePublishOutputs]):
    """A pipeline version, published to the instance's OCI registry for edges to run.

    An existing publish of the same version with the same engine configuration is adopted. Wallaroo can neither
    change nor delete a publish: every change publishes again, and deleting removes the resource from the state
    only. `replaces` moves the edges of earlier publishes to this one, and they keep their join tokens.
    """

    kind = "PipelinePublish"
    inputs = PipelinePublishInputs
    outputs = PipelinePublishOutputs
    id_format = "the publish's id, such as `11`"
    from_id = {"publish_id": "int"}
    deletion = (
        "The publish stays on the instance and in the OCI registry, because Wallaroo cannot delete one. Pulumi "
        "prints a message."
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
            "Pipeline": {
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
        },
        inputs={"pipeline_version_id": "$version_id", "models": ["$model_version_id"]},
        update={"timeout": 900},
        replace={"engine_config": {"engine": {"resources": {"limits": {"cpu": 2, "memory": "1Gi"}}}}},
    )

    def id_of(self, outputs: PipelinePublishOutputs) -> str:
        return str(outputs.publish_id)

    def left_by_replacement(self, prior: Mapping[str, Any]) -> str:
        del prior
        return "stays on the instance and in the OCI registry: Wallaroo cannot delete publishes"

    def validate(self, ctx: Context[Client], desired: PipelinePublishInputs) -> Iterable[InvalidInput]:
        version = desired.pipeline_version_id
        if not contains_unknown(version):
            yield from refused("pipeline_version_id", lambda: _version_id(ctx, version))
        yield from _lookups.refused_models(ctx, desired.models)
        yield from refused_ids("replaces", desired.replaces, partial(_lookups.require_publish, ctx))

    def existing(self, ctx: Context[Client], desired: PipelinePublishInputs) -> str | None:
        found = _match(ctx, desired, _version_id(ctx, desired.pipeline_version_id))
        return str(found.id) if found else None

    def create(self, ctx: Context[Client], desired: PipelinePublishInputs) -> PipelinePublishOutputs:
        version_id = _version_id(ctx, desired.pipeline_version_id)
        name = f"of pipeline version {version_id}"
        with ExitStack() as claimed:
            # Two resources that publish the same must not overtake each other between the lookup and the call.
            with ctx.lock("publishes", version_id):
                found = _match(ctx, desired, version_id)
                id = found.id if found else _publish(ctx, desired, version_id)
                claimed.enter_context(ctx.claim(self.kind, str(id), name, existed=found is not None))
            ctx.call.unfinished = lambda: self.result(desired, **_observed(ctx.client.publishes.get(id)))
            published = _published(ctx, id, desired, "run `pulumi up` again")
        return self.result(desired, **_observed(published))

    def finish(
        self, ctx: Context[Client], id: str, prior: PipelinePublishOutputs, desired: PipelinePublishInputs
    ) -> PipelinePublishOutputs:
        published = _published(ctx, prior.publish_id, desired, "run `pulumi up --replace URN`")
        return self.result(desired, **_observed(published))

    def read(
        self, ctx: Context[Client], id: str, prior: PipelinePublishOutputs | None
    ) -> PipelinePublishOutputs | None:
        found = _find(ctx, id)
        if found is None:
            return None
        if prior is not None:
            if prior.pipeline_version not in (None, found.pipeline_version_name):
                raise ConflictError(
                    f"publish {id} is of pipeline version {found.pipeline_version_name}, but this stack recorded one "
                    f"of {prior.pipeline_version}; nothing was changed: check that the configuration names the stack's "
                    "instance"
                )
            # What was published cannot change: the state has it exactly, the instance with much filled in.
            return prior.model_copy(update=_observed(found))
        return PipelinePublishOutputs.model_validate(
            {
                "pipeline_version_id": found.pipeline_version_id,
                "engine_config": observed_config(found.engine_config or {}),
                "replaces": [earlier.id for earlier in found.replaces],
                **_observed(found),
            }
        )

    def delete(self, ctx: Context[Client], id: str, prior: PipelinePublishOutputs) -> None:
        if _find(ctx, id) is not None:
            ctx.report(
                f"publish {id} of pipeline {prior.pipeline_name!r} stays on the instance and in its registry: "
                "Wallaroo cannot delete publishes"
            )


def _find(ctx: Context[Client], id: str) -> wire.Publish | None:
    """The publish of this id, None when there is none. Raises HiddenError when the caller may not see it."""
    listed = next((publish for publish in ctx.client.publishes.list() if str(publish.id) == id), None)
    if listed or not id.isdecimal():
        return listed
    return _lookups.read_visible(
        ctx,
        f"publish {id}",
        lambda: ctx.client.publishes.get(int(id)),
        lambda: any(str(publish.id) == id for publish in ctx.client.publishes.list(fresh=True)),
    )


def _version_id(ctx: Context[Client], reference: int | str) -> int:
    """The integer id of a pipeline version. For a UUID, an earlier publish of the version contains it, or GraphQL."""
    if isinstance(reference, int):
        return reference
    for publish in ctx.client.publishes.list(fresh=True):
        if publish.pipeline_version_name == reference:
            return publish.pipeline_version_id
    if (id := _pipelines.version_id(ctx, reference)) is not None:
        return id
    raise ObjectError(
        f"this stack did not create pipeline version {reference}, and the instance does not return the integer id that "
        "publishing needs; change the pipeline's steps, which creates a version, or set the integer id"
    )


def _match(ctx: Context[Client], desired: PipelinePublishInputs, version_id: int) -> wire.Publish | None:
    """The newest publish that is as desired, or may become so."""
    config = _config(desired)
    for publish in sorted(ctx.client.publishes.list(fresh=True), key=lambda p: p.id, reverse=True):
        if (
            publish.pipeline_version_id == version_id
            and publish.status != "Error"
            and satisfies(publish.engine_config, config or {})
            and {*desired.replaces} <= {earlier.id for earlier in publish.replaces}
            and not ctx.declared_otherwise("PipelinePublish", str(publish.id), desired, "engine_config")
        ):
            return publish
    return None


def _publish(ctx: Context[Client], desired: PipelinePublishInputs, version_id: int) -> int:
    versions = [ctx.client.models.version(id) for id in desired.models]
    configs = [version.config.id for version in versions if version.config]

    def publish() -> int:
        return ctx.client.publishes.publish(version_id, configs, _config(desired), desired.replaces).id

    def find() -> int | None:
        found = _match(ctx, desired, version_id)
        return found.id if found else None

    return create_once(ctx, publish, find)


def _config(desired: PipelinePublishInputs) -> dict[str, Any] | None:
    """Return the engine configuration as publishing takes it: whether there are GPUs, not how many."""
    config: dict[str, Any] | None = desired.to_wire()["engineConfig"]
    for engine in (config or {}).values():
        if engine and engine.get("gpu") is not None:
            engine["gpu"] = bool(engine["gpu"])
    return config


def _published(ctx: Context[Client], id: int, desired: PipelinePublishInputs, again: str) -> wire.Publish:
    """Wait until it is published. Raises ObjectError with the instance's reason when that fails.

    ``again`` is how the user has the version published once more.
    """

    def poll() -> str | Done[wire.Publish]:
        publish = ctx.client.publishes.get(id)
        if publish.status == "Error":
            why = one_line(redact(publish.error or "the instance returned no reason"))
            raise ObjectError(
                f"publish {id} of pipeline {publish.pipeline_name!r} failed: {why}; check the OCI registry that the "
                f"instance is set up with, and {again}"
            )
        return Done(publish) if publish.status == "Published" else publish.status

    remedy = "run `pulumi up` again, which continues to wait, or raise timeout"
    return wait(ctx, f"publish {id}", poll, timeout=desired.timeout or _TIMEOUT, remedy=remedy)


def _observed(publish: wire.Publish) -> dict[str, Any]:
    """The computed outputs."""
    chart = publish.helm or wire.Chart()
    return {
        "publish_id": publish.id,
        "status": publish.status,
        "pipeline_name": publish.pipeline_name,
        "pipeline_version": publish.pipeline_version_name,
        "pipeline_url": publish.pipeline_url,
        "engine_url": publish.engine_url,
        "chart": chart.chart,
        "chart_version": chart.version,
        "chart_reference": chart.reference,
    }
