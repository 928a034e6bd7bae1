"""Pipeline versions published for edges, and the edges: docs/internals/mlops-api.md#publishes-and-edges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from . import spelling
from .listing import SharedListing
from .transport import Effect, Transport
from .wire.publishes import Edge, EdgeList, Publish, PublishList

T = TypeVar("T")


class Publishes:
    """``pipelines/*publish*`` and ``*edge*``. The list is shared and reflects this process's own writes."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._listing: SharedListing[PublishList] = SharedListing(self._fetch)

    def list(self, *, fresh: bool = False) -> tuple[Publish, ...]:
        """Return every publish that the caller can see. ``pipelines/list_publishes_for_pipeline``."""
        return self._listed(fresh).publishes

    def look_up(self, id: int) -> Publish | None:
        """Return the visible publish with this id, or None. Requests the list if the cached one lacks it."""
        return self._listing.look_up(lambda lists: next((p for p in lists[0].publishes if p.id == id), None))

    def edges(self, *, fresh: bool = False) -> tuple[Edge, ...]:
        """Return the visible edges, without join tokens. ``pipelines/list_publishes_for_pipeline``."""
        return self._listed(fresh).edges

    def of_workspace(self, workspace_id: int) -> PublishList:
        """Return a workspace's publishes and their edges. ``pipelines/list_publishes_for_pipeline``."""
        body = {"workspace_id": workspace_id}
        return self._transport.call("pipelines/list_publishes_for_pipeline", body, Effect.READ, PublishList)

    def _listed(self, fresh: bool) -> PublishList:
        (found,) = self._listing.items(fresh=fresh)
        return found

    def _fetch(self) -> Sequence[PublishList]:
        # One response contains both lists.
        return [self._transport.call("pipelines/list_publishes_for_pipeline", {}, Effect.READ, PublishList)]

    def edges_of(self, publish_id: int) -> tuple[Edge, ...]:
        """The edges of one publish; ApiError when there is none. ``pipelines/list_edges_by_publish_id``."""
        body = {"publish_id": publish_id}
        return self._transport.call("pipelines/list_edges_by_publish_id", body, Effect.READ, EdgeList).edges

    def get(self, publish_id: int, *, bundles: bool = False) -> Publish:
        """Return a publish, optionally with the bundles of moved edges. ``pipelines/get_publish_status``."""
        body = {"id": publish_id, **({"include_replace_bundles": True} if bundles else {})}
        return self._transport.call("pipelines/get_publish_status", body, Effect.READ, Publish)

    def publish(
        self,
        pipeline_version_id: int,
        model_config_ids: Sequence[int],
        engine_config: Mapping[str, Any] | None,
        replaces: Sequence[int],
    ) -> Publish:
        """Start a publish; every call creates another one. ``pipelines/publish``."""
        body: dict[str, Any] = {
            "pipeline_version_id": pipeline_version_id,
            "model_config_ids": [*model_config_ids],
        }
        if engine_config is not None:
            body["engine_config"] = spelling.ENGINE_CONFIG.to_api(engine_config)
        if replaces:
            body["replaces"] = [*replaces]
        return self._write("publish", body, Publish)

    def add_edge(self, publish_id: int, name: str, tags: Sequence[str]) -> str | None:
        """Create an edge and return its bundle. No other call returns its join token. ``add_edge_to_publish``."""
        body = {"pipeline_publish_id": publish_id, "name": name, "tags": [*tags]}
        answer = self._write("add_edge_to_publish", body, Publish)
        return answer.docker_run_variables.get("EDGE_BUNDLE")

    def remove_edge(self, name: str) -> None:
        """Remove the edge that has this name now. ``pipelines/remove_edge``."""
        self._write("remove_edge", {"name": name}, object)

    def _write(self, call: str, body: Mapping[str, Any], reply: type[T]) -> T:
        try:
            return self._transport.call(f"pipelines/{call}", body, Effect.WRITE, reply)
        finally:
            self._listing.forget()
