"""Pipelines, their versions and deployments: docs/internals/mlops-api.md#pipelines and #deployments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from ..errors import ApiError
from . import spelling
from .listings import SharedListings
from .transport import Effect, Transport
from .wire import pipelines as wire
from .wire.pipelines import CreatedPipeline, DeploymentStatus, ListedPipeline, PipelineVersion

T = TypeVar("T")


class Pipelines:
    """``pipelines/*``. Lists are shared by all threads and reflect this process's own writes."""

    def __init__(self, transport: Transport, written: Callable[[], None]) -> None:
        """``written`` is called after every write, because the list of workspaces contains their contents."""
        self._transport = transport
        self._written = written
        self._listings: SharedListings[int, ListedPipeline] = SharedListings(self._fetch)

    def list(self, workspace_id: int, *, fresh: bool = False) -> tuple[ListedPipeline, ...]:
        """Return the pipelines of a workspace with their latest versions. ``pipelines/list_pipelines``."""
        return self._listings.of(workspace_id).items(fresh=fresh)

    def look_up(self, workspace_id: int, name: str) -> ListedPipeline | None:
        """Return the pipeline with this name, or None. Requests the list if the cached one lacks it."""
        return self._listings.of(workspace_id).look_up(
            lambda pipelines: next((p for p in pipelines if p.pipeline.name == name), None)
        )

    def get(self, workspace_id: int, name: str) -> wire.Pipeline:
        """Return the pipeline with this name; ApiError 404 if there is none. ``pipelines/get_pipeline_by_name``."""
        body = {"workspace_id": workspace_id, "pipeline_name": name}
        reply = self._transport.call("pipelines/get_pipeline_by_name", body, Effect.READ, wire.NamedPipeline)
        return reply.pipeline

    def _fetch(self, workspace_id: int) -> Sequence[ListedPipeline]:
        body = {"workspace_id": workspace_id}
        reply = self._transport.call("pipelines/list_pipelines", body, Effect.READ, wire.Pipelines)
        return reply.pipelines

    def versions(self, workspace_id: int, name: str) -> frozenset[str]:
        """Return the UUIDs of all versions of a pipeline. ``pipelines/list_pipeline_versions``."""
        body = {"workspace_id": workspace_id, "pipeline_id": name}
        reply = self._transport.call(
            "pipelines/list_pipeline_versions", body, Effect.READ, wire.PipelineVersions
        )
        listed = (each.pipeline_version for each in reply.pipeline_versions)
        return frozenset(version.version for version in listed if version)

    def version(self, version: str) -> PipelineVersion:
        """Return the version with this UUID and its definition. ``pipelines/get_version``."""
        return self._transport.call(
            "pipelines/get_version", {"version": version}, Effect.READ, PipelineVersion
        )

    def create(self, workspace_id: int, name: str, steps: Sequence[Mapping[str, Any]]) -> CreatedPipeline:
        """Create a pipeline, or a version of an existing one. Never idempotent. ``pipelines/create``.

        ApiError 500 may mean that the pipeline was created, but not its version.
        """
        body = {
            "workspace_id": workspace_id,
            "pipeline_id": name,
            "definition": {"steps": spelling.STEP.to_api(steps)},
        }
        return self._write("create", body, Effect.WRITE, CreatedPipeline)

    def delete(self, workspace_id: int, name: str) -> None:
        """Delete a pipeline and its versions. ApiError 409 while it is deployed. ``pipelines/delete_pipeline``."""
        self._write(
            "delete_pipeline", {"workspace_id": workspace_id, "pipeline_id": name}, Effect.WRITE, object
        )

    def deploy(self, body: Mapping[str, Any]) -> int:
        """Deploy, or change a deployment, and return its id. Idempotent. ``pipelines/deploy``.

        A pipeline has one deployment, so a repeated call returns the same one.
        """
        if "engine_config" in body:
            body = {**body, "engine_config": spelling.ENGINE_CONFIG.to_api(body["engine_config"])}
        return self._write("deploy", body, Effect.IDEMPOTENT, wire.Deployed).id

    def undeploy(self, *, pipeline_id: int | None = None, deployment_id: int | None = None) -> None:
        """End the deployment with this id or of this pipeline. Idempotent. ``pipelines/undeploy``."""
        named = {"pipeline_id": pipeline_id, "deployment_id": deployment_id}
        body = {key: id for key, id in named.items() if id is not None}
        self._write("undeploy", body, Effect.IDEMPOTENT, object)

    def deployment(self, name: str) -> DeploymentStatus | None:
        """Return the status of a deployment (``<pipeline>-<id>``), or None. ``status/get_deployment``."""
        try:
            return self._transport.call(
                "status/get_deployment", {"name": name}, Effect.READ, DeploymentStatus
            )
        except ApiError as error:
            if error.answered(404):
                return None
            raise

    def inference_url(self, workspace_id: int, name: str) -> str:
        """Return the inference URL of a deployed pipeline. ``admin/get_pipeline_external_url``."""
        body = {"workspace_id": workspace_id, "pipeline_name": name}
        return self._transport.call("admin/get_pipeline_external_url", body, Effect.READ, wire.Url).url

    def _write(self, call: str, body: Mapping[str, Any], effect: Effect, reply: type[T]) -> T:
        try:
            return self._transport.call(f"pipelines/{call}", body, effect, reply)
        finally:
            self._listings.forget()
            self._written()
