"""Responses of GraphQL, also those about tags: types of the API's responses."""

from __future__ import annotations

from typing import Annotated, Any, Generic, TypeVar

from pydantic import BeforeValidator, Field

from .. import spelling
from .base import Wire

T = TypeVar("T")


class GraphQLError(Wire):
    """An error in a response of GraphQL."""

    message: str = "an error without a message"


class GraphQLAnswer(Wire, Generic[T]):
    """A response of GraphQL; without ``data`` if there are errors."""

    data: T | None = None
    errors: tuple[GraphQLError, ...] = ()


class AnyAnswer(GraphQLAnswer[dict[str, Any]]):
    """A response of which only the errors matter."""


class VersionRow(Wire):
    """A row of pipeline_version in GraphQL: both ids of a version."""

    id: int
    version: str


class _DeployedVersionRow(Wire):
    pipeline_version: VersionRow


class DeployedVersion(Wire):
    """A row of deployment in GraphQL: the configuration of its engines, and its versions, the newest first."""

    engine_config: Annotated[dict[str, Any], BeforeValidator(spelling.ENGINE_CONFIG.from_api)] = {}
    rows: tuple[_DeployedVersionRow, ...] = Field(alias="deployment_pipeline_versions", default=())

    @property
    def versions(self) -> tuple[VersionRow, ...]:
        return tuple(row.pipeline_version for row in self.rows)


class _DeploymentRow(Wire):
    row: DeployedVersion | None = Field(alias="deployment_by_pk", default=None)


class DeploymentById(GraphQLAnswer[_DeploymentRow]):
    """The response to the query of a deployment."""


class _VersionsOfPipeline(Wire):
    versions: tuple[VersionRow, ...] = Field(alias="pipeline_versions", default=())


class _PipelineRow(Wire):
    row: _VersionsOfPipeline | None = Field(alias="pipeline_by_pk", default=None)


class PipelineById(GraphQLAnswer[_PipelineRow]):
    """The response to the query of a pipeline's versions."""


class _Row(Wire):
    id: int


class _Rows(Wire):
    returning: tuple[_Row, ...] = ()


class _UpdatedModels(Wire):
    update_model: _Rows


class VisibilityUpdated(GraphQLAnswer[_UpdatedModels]):
    """The response to a change of a model version's visibility."""


def _tagged(relation: str) -> BeforeValidator:
    """Read the ids of what has a tag; of others' objects there are none."""
    return BeforeValidator(lambda rows: frozenset(row[relation]["id"] for row in rows if row.get(relation)))


class Tag(Wire):
    """A tag, with the ids of the model versions and pipelines that have it, as far as the caller sees them."""

    id: int
    text: str = Field(alias="tag")
    model: Annotated[frozenset[int], _tagged("model")] = Field(alias="model_tags", default=frozenset())
    pipeline: Annotated[frozenset[int], _tagged("pipeline")] = Field(
        alias="pipeline_tags", default=frozenset()
    )


class _Tags(Wire):
    tag: tuple[Tag, ...]


class TagList(GraphQLAnswer[_Tags]):
    """The response to the query of all tags."""


class _InsertedTag(Wire):
    insert_tag: _Rows


class TagCreated(GraphQLAnswer[_InsertedTag]):
    """The response to the creation of a tag."""
