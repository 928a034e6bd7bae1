"""Pipelines, their versions and deployments: types of the API's responses."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from .. import spelling
from .base import Wire


class Pipeline(Wire):
    """A pipeline, without its steps."""

    id: int
    name: str
    created_at: str | None = None


def _steps(value: Any) -> Any:
    # The sources show `steps` as an object without its keys: either the definition or only its list.
    if isinstance(value, dict):
        value = value.get("steps", () if not value else None)
    return tuple(spelling.STEP.from_api(value)) if isinstance(value, list | tuple) else None


Steps = Annotated[tuple[dict[str, Any], ...] | None, BeforeValidator(_steps)]
"""The steps of a pipeline version; None if the response does not contain them in a known format."""


class PipelineVersion(Wire):
    """A version of a pipeline, without its integer id, which lists do not contain."""

    version: str
    steps: Steps = None
    definition: Steps = None
    created_at: str | None = None


class ListedPipeline(Wire):
    """An element of pipelines/list_pipelines (with the latest version) and of pipelines/list_pipeline_versions."""

    pipeline: Pipeline
    pipeline_version: PipelineVersion | None = None


class Pipelines(Wire):
    """The response of pipelines/list_pipelines."""

    pipelines: tuple[ListedPipeline, ...]


class NamedPipeline(Wire):
    """The response of pipelines/get_pipeline_by_name, without versions."""

    pipeline: Pipeline


class PipelineVersions(Wire):
    """The response of pipelines/list_pipeline_versions."""

    pipeline_versions: tuple[ListedPipeline, ...]


class CreatedPipeline(Wire):
    """The response of pipelines/create, the only one that contains a version's integer id."""

    pipeline_id: int = Field(alias="pipeline_pk_id")
    version_id: int = Field(alias="pipeline_variant_pk_id")
    version: str = Field(alias="pipeline_variant_version")


class Deployed(Wire):
    """The response of pipelines/deploy."""

    id: int


class Url(Wire):
    """The response of admin/get_pipeline_external_url."""

    url: str


class Pod(Wire):
    """An engine, load balancer or sidekick: flat as recorded, or inside ``info`` as in the SDK's model."""

    name: str = ""
    status: str = ""
    reason: str | None = None
    details: tuple[str, ...] = ()
    pipeline_statuses: dict[str, Any] | None = None
    model_statuses: dict[str, Any] | None = None
    statuses: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _flat(cls, value: Any) -> Any:
        return (
            {**value, **value["info"]}
            if isinstance(value, dict) and isinstance(value.get("info"), dict)
            else value
        )


Pods = Annotated[tuple[Pod, ...], BeforeValidator(lambda value: value or ())]


class DeploymentStatus(Wire):
    """The response of status/get_deployment."""

    status: str
    details: tuple[str, ...] = ()
    engines: Pods = ()
    engine_lbs: Pods = ()
    sidekicks: Pods = ()
