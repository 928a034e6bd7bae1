"""Publishes and edges: types of the API's responses."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, Field

from .. import spelling
from .base import Wire


class Chart(Wire):
    """The Helm chart of a publish."""

    reference: str | None = None
    chart: str | None = None
    version: str | None = None


class OldPublish(Wire):
    """An earlier publish that a publish replaces."""

    id: int


class Publish(Wire):
    """A pipeline version packaged for edges. After an edge was added, ``docker_run_variables`` contain a join token."""

    id: int
    pipeline_name: str | None = None
    pipeline_version_id: int
    pipeline_version_name: str | None = None
    status: str
    error: str | None = None
    pipeline_url: str | None = None
    engine_url: str | None = None
    helm: Chart | None = None
    engine_config: Annotated[dict[str, Any] | None, BeforeValidator(spelling.ENGINE_CONFIG.from_api)] = None
    docker_run_variables: dict[str, str] = Field(default_factory=dict, repr=False)
    replaces: tuple[OldPublish, ...] = ()
    edge_bundles: dict[str, str] = Field(default_factory=dict, repr=False)


class Edge(Wire):
    """An element of ``edges`` in pipelines/list_publishes_for_pipeline."""

    id: str
    name: str
    tags: tuple[str, ...] = ()
    should_run_publish: int | None = None
    """The id of its publish."""


class PublishList(Wire):
    """The response of pipelines/list_publishes_for_pipeline; the key of the publishes was different in 2023."""

    # Required: a response without it is invalid, not an instance without publishes.
    publishes: tuple[Publish, ...] = Field(validation_alias=AliasChoices("publishes", "pipelines"))
    edges: tuple[Edge, ...] = ()


class EdgeList(Wire):
    """The response of pipelines/list_edges_by_publish_id."""

    edges: tuple[Edge, ...]
