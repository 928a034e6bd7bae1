"""Pipelines, their versions and deployments: docs/internals/mlops-api.md#pipelines and #deployments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from ..errors import ApiError
from . import models as wire
from . import spelling
from .listings import SharedListings
from .models import CreatedPipeline, DeploymentStatus, ListedPipeline, PipelineVersion
from .transport import Effect, Transport

T = TypeVar("T")


class Pipelines:
    """``pipelines/*``. Listings are shared by all threads and follow this process's own writes."""

    def __init__(self, transport: Transport, written: Callable[[], None]) -> None:
        """``written`` is called after every write: the listing of workspaces tells what they hold."""
        self._transport = transport
        self._written = written
        self._listings: SharedListings[int, ListedPipeline] = SharedListings(self._fetch)

    def list(self, workspace_id: int, *, fresh: bool = False) -> tuple[ListedPipeline, ...]:
        """The pipelines of a workspace with their latest versions. ``pipelines/list_pipelines``."""
        listing = self._listings.of(workspace_id)
        return listing.fresh() if fresh else listing.items()

    def _fetch(self, workspace_id: int) -> Sequence[ListedPipeline]:
        body = {"workspace_id": workspace_id}
        reply = self._transport.call("pipelines/list_pipelines", body, Effect.READ, wire.Pipelines)
        return reply.pipelines

    def versions(self, workspace_id: int, name: str) -> frozenset[str]:
        """The UUIDs of all versions of a pipeline. ``pipelines/list_pipeline_versions``."""
        body = {"workspace_id": workspace_id, "pipeline_id": name}
        reply = self._transport.call(
            "pipelines/list_pipeline_versions", body, Effect.READ, wire.PipelineVersions
        )
        listed = (each.pipeline_version for each in reply.pipeline_versions)
        return frozenset(version.version for version in listed if version)

    def version(self, version: str) -> PipelineVersion:
        """One version, by its UUID, with its definition. ``pipelines/get_version``."""
        return self._transport.call(
            "pipelines/get_version", {"version": version}, Effect.READ, PipelineVersion
        )

    def create(self, workspace_id: int, name: str, steps: Sequence[Mapping[str, Any]]) -> CreatedPipeline:
        """Make a pipeline, or a new version of the one of this name; never idempotent. ``pipelines/create``.

        ApiError 500 may mean that the pipeline was made, and its version not.
        """
        body = {
            "workspace_id": workspace_id,
            "pipeline_id": name,
            "definition": {"steps": spelling.STEP.to_api(steps)},
        }
        return self._write("create", body, Effect.WRITE, CreatedPipeline)

    def delete(self, workspace_id: int, name: str) -> None:
        """Delete a pipeline with its versions. ApiError 409 while it is deployed. ``pipelines/delete_pipeline``."""
        self._write(
            "delete_pipeline", {"workspace_id": workspace_id, "pipeline_id": name}, Effect.WRITE, object
        )

    def deploy(self, body: Mapping[str, Any]) -> int:
        """Deploy, or change what is deployed; returns the deployment's id. ``pipelines/deploy``.

        A pipeline has one deployment, so that a repetition gives the same one again.
        """
        if "engine_config" in body:
            body = {**body, "engine_config": spelling.ENGINE_CONFIG.to_api(body["engine_config"])}
        return self._write("deploy", body, Effect.IDEMPOTENT, wire.Deployed).id

    def undeploy(self, *, pipeline_id: int | None = None, deployment_id: int | None = None) -> None:
        """End a deployment, named by its pipeline or by its id; repeating it is harmless. ``pipelines/undeploy``."""
        named = {"pipeline_id": pipeline_id, "deployment_id": deployment_id}
        body = {key: id for key, id in named.items() if id is not None}
        self._write("undeploy", body, Effect.IDEMPOTENT, object)

    def deployment(self, name: str) -> DeploymentStatus | None:
        """How a deployment (``<pipeline>-<id>``) stands, None if there is none. ``status/get_deployment``."""
        try:
            return self._transport.call(
                "status/get_deployment", {"name": name}, Effect.READ, DeploymentStatus
            )
        except ApiError as error:
            if error.answered(404):
                return None
            raise

    def inference_url(self, workspace_id: int, name: str) -> str:
        """Where a deployed pipeline takes inference requests. ``admin/get_pipeline_external_url``."""
        body = {"workspace_id": workspace_id, "pipeline_name": name}
        return self._transport.call("admin/get_pipeline_external_url", body, Effect.READ, wire.Url).url

    def _write(self, call: str, body: Mapping[str, Any], effect: Effect, reply: type[T]) -> T:
        try:
            return self._transport.call(f"pipelines/{call}", body, effect, reply)
        finally:
            self._listings.forget()
            self._written()
