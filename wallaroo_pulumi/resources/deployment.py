"""Deployment: a pipeline version at work, behind an inference URL.

Identity: workspace, pipeline and the deployment's id. A pipeline has one deployment, and deploying again changes it in
place, so another pipeline version, other models and another engine configuration need no replacement. Only GraphQL
returns the engine configuration and the integer id of the version that runs. On an instance that rejects it, a refresh
does not find a change of these by hand. Settings of the engines that the program leaves to the instance are no drift.
A deployment that ended is gone, and one that fails is drift: its version reads as none, so that the next `up` deploys
again in place.

Neither create nor update is done before every engine runs with the desired models and no others, as far as the engines
tell: `models` has to name all that the pipeline uses. A first deployment that does not come up is undeployed again, so
that nothing runs that the stack does not know; one that is interrupted goes on starting, and the next `up` takes it
over. A later one keeps running as it can, and the next `up` tries again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Annotated, Any, Self

from pydantic import Field

from ..api import Client, wire
from ..core.context import Context
from ..core.diff import contains_unknown
from ..core.fields import (
    BY_SHAPE,
    FORCES_REPLACEMENT,
    OBJECT,
    PLAIN,
    STABLE,
    STATE_ONLY,
    UNORDERED,
    Adopted,
    Adopting,
    Element,
    KeyText,
    ModelVersionId,
    Seconds,
    WorkspaceId,
)
from ..core.read import read_by_id
from ..core.resource import Examples, InvalidInput, Resource
from ..core.satisfies import satisfies
from ..core.validate import refused
from ..core.wait import Done, wait
from ..errors import (
    ApiError,
    GoneError,
    Interrupted,
    NotFoundError,
    ObjectError,
    TimedOut,
    WallarooError,
    one_line,
)
from ..redaction import redact
from . import _lookups, _pipelines
from ._engine_config import EngineConfig, Engines, set_config
from ._steps import ModelRef
from .pipeline import VersionId

_TIMEOUT = 600.0


Model = Annotated[Annotated[ModelVersionId, PLAIN] | Annotated[ModelRef, OBJECT], BY_SHAPE]


class _Deployment(Adopting):
    workspace_id: Annotated[
        WorkspaceId,
        FORCES_REPLACEMENT,
        Field(description="The workspace: the `workspace_id` of a Workspace."),
    ]
    pipeline_name: Annotated[
        KeyText,
        FORCES_REPLACEMENT,
        Field(description="The pipeline: the `name` of a Pipeline."),
    ]
    pipeline_version_id: Annotated[VersionId | None, Field(description="The version that is deployed.")] = (
        None
    )
    models: Annotated[
        list[Element[Model]] | None,
        UNORDERED,
        Field(
            min_length=1,
            description="All model versions that the pipeline version uses: ModelVersion objects, or their "
            "`model_version_id`. Default: those of its steps. Set them if you pass the integer id of a version that is "
            "not the latest",
        ),
    ] = None
    engine_config: Annotated[
        Engines | None,
        Field(
            description="The configuration of the engines, built with `engine_config(...)`. Default: the instance's."
        ),
    ] = None
    timeout: Annotated[
        Seconds | None,
        STATE_ONLY,
        Field(description="Seconds to wait for the engines to run or to end. Default: 600."),
    ] = None


class DeploymentInputs(_Deployment):
    pipeline_version_id: Annotated[
        VersionId,
        Field(description="The version to deploy: the `version_id` of a Pipeline, or a version's UUID."),
    ]


class DeploymentOutputs(_Deployment, Adopted):
    deployment_id: Annotated[int, STABLE, Field(description="The deployment's id.")]
    status: Annotated[str, Field(description="`Running`, `Starting` or `Error`.")]
    inference_url: Annotated[
        str, STABLE, Field(description="The URL for inference requests with a bearer token.")
    ]


class Deployment(Resource[DeploymentInputs, DeploymentOutputs]):
    """A deployed pipeline version, with an inference URL.

    A pipeline has one deployment. Another version, other models or another engine configuration are deployed in
    place; changing the pipeline or the workspace replaces the resource. Creating and updating wait until every
    engine serves the declared models, and a first deployment that fails is undeployed again. Deleting undeploys the
    pipeline and waits until its engines have ended.
    """

    kind = "Deployment"
    inputs = DeploymentInputs
    outputs = DeploymentOutputs
    id_parts = {"workspace id": "int", "pipeline name": "str", "deployment id": "int"}
    deletion = "The pipeline is undeployed. The engines have ended before the next resource is deleted."
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
        inputs={
            "workspace_id": "$workspace_id",
            "pipeline_name": "$Pipeline.name",
            "pipeline_version_id": "$version_id",
            "models": ["$model_version_id"],
        },
        update={"engine_config": {"engine": {"cpu": 1, "replicas": 2}}},
        replace={},
    )

    def id_of(self, outputs: DeploymentOutputs) -> str:
        return _id(outputs, outputs.deployment_id)

    def validate(self, ctx: Context[Client], desired: DeploymentInputs) -> Iterable[InvalidInput]:
        unseen = list(_pipelines.refused_name(ctx, desired.workspace_id, desired.pipeline_name))
        yield from unseen
        version = desired.pipeline_version_id
        if isinstance(version, str) and not unseen and not contains_unknown(desired.workspace_id):
            yield from refused(
                "pipeline_version_id", lambda: _require_version(ctx, desired.workspace_id, version)
            )
        yield from _lookups.refused_models(ctx, desired.models)

    def existing(self, ctx: Context[Client], desired: DeploymentInputs) -> str | None:
        if not _pipelines.find(ctx, desired.workspace_id, desired.pipeline_name):
            return None
        id, runs = _earlier(ctx, desired)
        return _id(desired, id) if runs and id is not None else None

    def create(self, ctx: Context[Client], desired: DeploymentInputs) -> DeploymentOutputs:
        _lookups.workspace(ctx, desired.workspace_id)
        pipeline = _pipelines.named(ctx, desired.workspace_id, desired.pipeline_name)
        refs = _references(ctx, desired)
        ctx.call.mark = _pipelines.mark(pipeline)
        with ExitStack() as claimed:
            deployment_id, ran_before = self._begun(ctx, desired, pipeline, claimed)
            ctx.call.unfinished = lambda: self._outputs(ctx, desired, deployment_id, "Starting")
            try:
                return self._deployed(ctx, desired, deployment_id, refs)
            except WallarooError as error:
                # An interrupted one goes on starting: the next `up` takes it over, or finishes it.
                kept = isinstance(error, TimedOut | Interrupted) and ctx.call.keeps_unfinished
                if not ran_before and not ctx.cancelled() and not kept:
                    with suppress(WallarooError):  # why it failed matters more
                        ctx.client.pipelines.undeploy(pipeline_id=pipeline.id, deployment_id=deployment_id)
                raise

    def read(
        self, ctx: Context[Client], id: str, prior: DeploymentOutputs | None
    ) -> DeploymentOutputs | None:
        workspace_id, rest = _lookups.split_id(id)
        name, _, deployment_id = rest.partition("/")
        if _lookups.workspace_if_any(ctx, workspace_id) is None:
            return None
        status = _status(ctx, f"{name}-{deployment_id}")
        if status is None or not _is_recorded(ctx, workspace_id, name):
            return None
        deployed = _Deployed.of(ctx, deployment_id, status)
        if prior:
            now: dict[str, Any] = {"status": status.status, **(deployed.drift(prior) if deployed else {})}
            if status.status == "Error":
                now["pipeline_version_id"] = None  # nothing works: a difference that the next `up` puts right
            return prior.model_copy(update=now)
        versions, models = _pipelines.at_work(status)
        known = deployed and deployed.version
        return DeploymentOutputs.model_validate(
            {
                "workspace_id": workspace_id,
                "pipeline_name": name,
                "pipeline_version_id": known.id if known else next(iter(versions), None),
                "models": [ref.model_dump() for ref in models] or None,
                "engine_config": deployed.engine_config if deployed else None,
                "deployment_id": deployment_id,
                "status": status.status,
                "inference_url": ctx.client.pipelines.inference_url(workspace_id, name),
            }
        )

    def update(
        self, ctx: Context[Client], id: str, prior: DeploymentOutputs, desired: DeploymentInputs
    ) -> DeploymentOutputs:
        unchanged = {*DeploymentInputs.model_fields} - {"timeout"}
        if prior.model_dump(include=unchanged) == desired.model_dump(include=unchanged):
            return self.result(
                desired, **prior.model_dump(include={"deployment_id", "status", "inference_url"})
            )
        pipeline = _pipelines.named(ctx, desired.workspace_id, desired.pipeline_name)
        if not _is_recorded(ctx, prior.workspace_id, prior.pipeline_name):
            raise GoneError(f"deployment {id!r} is of another pipeline than this stack recorded")
        refs = _references(ctx, desired)
        return self._deployed(ctx, desired, _deploy(ctx, desired, pipeline), refs)

    def finish(
        self, ctx: Context[Client], id: str, prior: DeploymentOutputs, desired: DeploymentInputs
    ) -> DeploymentOutputs:
        return self._deployed(ctx, desired, prior.deployment_id, _references(ctx, desired))

    def delete(self, ctx: Context[Client], id: str, prior: DeploymentOutputs) -> None:
        name = f"{prior.pipeline_name}-{prior.deployment_id}"
        if _lookups.workspace_if_any(ctx, prior.workspace_id) is None or _status(ctx, name) is None:
            return
        if not _is_recorded(ctx, prior.workspace_id, prior.pipeline_name):
            ctx.report(f"deployment {name!r} stays: it is of another pipeline than this stack deployed")
            return
        ctx.client.pipelines.undeploy(deployment_id=prior.deployment_id)

        def poll() -> str | Done[None]:
            status = ctx.client.pipelines.deployment(name)
            return Done(None) if status is None else f"ending ({status.status})"

        wait(
            ctx,
            f"deployment {name!r}",
            poll,
            timeout=prior.timeout or _TIMEOUT,
            remedy="run the command again, which continues to wait, or raise timeout",
        )

    def _begun(
        self,
        ctx: Context[Client],
        desired: DeploymentInputs,
        pipeline: wire.Pipeline,
        claimed: ExitStack,
    ) -> tuple[int, bool]:
        """Deploy. Returns the deployment's id, and whether it may have run before: then a failure does not end it.

        It is claimed before it is changed, so that one which another resource of the stack has goes on as it is.
        """
        name = desired.pipeline_name
        with ctx.lock("deployments", desired.workspace_id, name):
            prior, runs = _earlier(ctx, desired)
            id = _deploy(ctx, desired, pipeline) if prior is None else prior
            claimed.enter_context(ctx.claim(self.kind, _id(desired, id), name, existed=runs))
            if prior is None or (runs and _is_deployed(ctx, desired, id)):
                return id, runs
            return _deploy(ctx, desired, pipeline), runs

    def _deployed(
        self,
        ctx: Context[Client],
        desired: DeploymentInputs,
        deployment_id: int,
        refs: set[tuple[str, str]],
    ) -> DeploymentOutputs:
        """The outputs, once every engine runs with the desired models, (name, UUID) each."""
        name = f"{desired.pipeline_name}-{deployment_id}"

        def poll() -> str | Done[wire.DeploymentStatus]:
            status = ctx.client.pipelines.deployment(name)
            if status is None:
                return "not there yet"
            if status.status == "Error":
                raise ObjectError(f"deployment {name!r} failed: {_reasons(status)}")
            waiting = _reasons(status) if status.status != "Running" else _stale(status, refs)
            if status.status == "Running" and not waiting:
                return Done(status)
            return status.status + (f" ({waiting})" if waiting else "")

        status = wait(
            ctx,
            f"deployment {name!r}",
            poll,
            timeout=desired.timeout or _TIMEOUT,
            remedy="check the engines' resources in engine_config against what the cluster has, or raise timeout",
        )
        return self._outputs(ctx, desired, deployment_id, status.status)

    def _outputs(
        self, ctx: Context[Client], desired: DeploymentInputs, deployment_id: int, status: str
    ) -> DeploymentOutputs:
        return self.result(
            desired,
            deployment_id=deployment_id,
            status=status,
            inference_url=ctx.client.pipelines.inference_url(desired.workspace_id, desired.pipeline_name),
        )


@dataclass(frozen=True)
class _Deployed:
    """What a deployment runs, as GraphQL returns it."""

    engine_config: EngineConfig | None
    """None if nothing is set."""
    version: wire.VersionRow | None
    """None if it is unknown."""

    @classmethod
    def of(cls, ctx: Context[Client], deployment_id: int | str, status: wire.DeploymentStatus) -> Self | None:
        """Return None on an instance that rejects GraphQL."""
        found = ctx.client.graphql.deployment(int(deployment_id))
        if found is None:
            return None
        versions = found.versions
        if len(versions) > 1:  # the engines report which of them runs
            reported = _pipelines.at_work(status)[0]
            versions = tuple(each for each in versions if each.version in reported)
        return cls(set_config(found.engine_config), versions[0] if len(versions) == 1 else None)

    def drift(self, prior: DeploymentOutputs) -> dict[str, Any]:
        """Return the properties that differ from the recorded ones, with their present values."""
        found: dict[str, Any] = {}
        if self.version and prior.pipeline_version_id not in (None, self.version.id, self.version.version):
            found["pipeline_version_id"] = self.version.id
        if not self._has(prior.engine_config):
            found["engine_config"] = self.engine_config
        return found

    def runs(self, desired: DeploymentInputs) -> bool:
        """Whether the deployment is known to have the desired version and configuration."""
        same = self.version and desired.pipeline_version_id in (self.version.id, self.version.version)
        return bool(same) and self._has(desired.engine_config)

    def _has(self, config: EngineConfig | Mapping[str, Any] | None) -> bool:
        """Whether the configuration has every setting of ``config``; the instance chooses the others.

        State of earlier versions may contain settings that are invalid today.
        """
        valid = set_config(config.to_wire() if isinstance(config, EngineConfig) else config or {})
        return satisfies(_plain(self.engine_config), _plain(valid))


def _plain(config: EngineConfig | None) -> dict[str, Any]:
    return config.model_dump(exclude_none=True) if config else {}


def _is_deployed(ctx: Context[Client], desired: DeploymentInputs, id: int) -> bool:
    """Whether the deployment already is as desired, so that adopting it sends no write."""
    status = ctx.client.pipelines.deployment(f"{desired.pipeline_name}-{id}")
    if status is None or status.status != "Running":
        return False
    deployed = _Deployed.of(ctx, id, status)
    return deployed is not None and deployed.runs(desired)


def _status(ctx: Context[Client], name: str) -> wire.DeploymentStatus | None:
    """How a deployment stands, None when there is none. Raises HiddenError when the caller may not see it."""
    return _lookups.read_visible(
        ctx, f"deployment {name!r}", lambda: ctx.client.pipelines.deployment(name), lambda: True
    )


def _is_recorded(ctx: Context[Client], workspace_id: int, name: str) -> bool:
    """Whether the pipeline that is deployed is the recorded one, by when it was created; notes that time."""
    found = _pipelines.find(ctx, workspace_id, name)
    mark = found and _pipelines.mark(found.pipeline)
    if ctx.call.mark and mark and ctx.call.mark != mark:
        return False
    ctx.call.mark = mark or ctx.call.mark
    return True


def _require_version(ctx: Context[Client], workspace_id: int, version: str) -> None:
    """Raise NotFoundError if no pipeline version has this UUID. Nothing tells whether an integer id is one's."""

    def latest() -> bool:
        listed = ctx.client.pipelines.list(workspace_id)
        return any(p.pipeline_version and p.pipeline_version.version == version for p in listed)

    if read_by_id(lambda: ctx.client.pipelines.version(version), latest) is None:
        raise NotFoundError(
            f"no pipeline version has the UUID {version!r}; check pipeline_version_id, or declare a Pipeline and give "
            "its `version_id`"
        )


def _id(deployment: _Deployment, id: int) -> str:
    return f"{deployment.workspace_id}/{deployment.pipeline_name}/{id}"


def _earlier(ctx: Context[Client], desired: DeploymentInputs) -> tuple[int | None, bool]:
    """Return the id of the pipeline's last deployment, if the API returns one, and whether it may be running."""
    name = desired.pipeline_name
    try:
        id = _pipelines.deployment_id(ctx, desired.workspace_id, name)
    except ApiError:
        return None, True
    return id, id is not None and ctx.client.pipelines.deployment(f"{name}-{id}") is not None


def _deploy(ctx: Context[Client], desired: DeploymentInputs, pipeline: wire.Pipeline) -> int:
    by_id = isinstance(desired.pipeline_version_id, int)
    body: dict[str, Any] = {
        "deploy_id": desired.pipeline_name,
        "pipeline_id": pipeline.id,
        "pipeline_version_pk_id" if by_id else "pipeline_version": desired.pipeline_version_id,
    }
    models = _models(ctx, desired)
    refs = [model.model_dump() for model in models if isinstance(model, ModelRef)]
    ids = [model for model in models if not isinstance(model, ModelRef)]
    body |= {key: value for key, value in (("models", refs), ("model_ids", ids)) if value}
    if desired.engine_config is not None:
        body["engine_config"] = {**desired.to_wire()["engineConfig"], "workspace_id": desired.workspace_id}
    return ctx.client.pipelines.deploy(body)


def _models(ctx: Context[Client], desired: DeploymentInputs) -> list[int | ModelRef]:
    """The desired models: by default those of the pipeline version's steps.

    The API tells the steps of a version by its UUID, and those of the latest version. An integer id is taken for that
    of the latest one.
    """
    if desired.models is not None:
        return desired.models
    if isinstance(desired.pipeline_version_id, str):
        version = ctx.client.pipelines.version(desired.pipeline_version_id)
        steps = version.steps or version.definition or ()
    else:
        found = _pipelines.find(ctx, desired.workspace_id, desired.pipeline_name, fresh=True)
        steps = _pipelines.steps_of(ctx, found) if found else ()
    return list({ref.version: ref for ref in _pipelines.refs_in(steps)}.values())


def _references(ctx: Context[Client], desired: DeploymentInputs) -> set[tuple[str, str]]:
    """(name, UUID) of the desired models. Raises NotFoundError if one does not exist: before anything is deployed."""
    refs = set()
    for model in _models(ctx, desired):
        if isinstance(model, ModelRef):
            refs.add((model.name, model.version))
        else:
            version = _lookups.model_version(ctx, model).model_version
            refs.add((version.name, version.file_info.version))
    return refs


def _stale(status: wire.DeploymentStatus, desired: set[tuple[str, str]]) -> str:
    """How the models that the engines serve differ from the desired ones; nothing where either list tells nothing."""
    served = {(ref.name, ref.version) for ref in _pipelines.at_work(status)[1]}
    if not served or not desired:
        return ""
    missing = [
        f"do not serve model {name!r} version {version} yet" for name, version in sorted(desired - served)
    ]
    left = [f"still serve model {name!r} version {version}" for name, version in sorted(served - desired)]
    return f"the engines {', '.join(missing + left)}" if missing or left else ""


def _reasons(status: wire.DeploymentStatus) -> str:
    """Why the deployment does not run, in the words of its parts."""
    reasons = list(status.details)
    for pod in (*status.engines, *status.engine_lbs, *status.sidekicks):
        if pod.status != "Running":
            why = "; ".join(text for text in (pod.reason, *pod.details) if text)
            reasons.append(f"{pod.name} is {pod.status}" + (f": {why}" if why else ""))
    return one_line(redact(", ".join(dict.fromkeys(reasons))))
