"""Reads that only GraphQL offers: docs/internals/mlops-api.md#graphql.

They are optional. The first call finds out whether the instance answers this account. If it does not, no further
call is sent, and every read returns None.
"""

from __future__ import annotations

import threading
from typing import TypeVar

from ..errors import ApiError, ConnectionFailed
from . import wire
from .transport import Effect, Transport

T = TypeVar("T")

_DEPLOYMENT = """query DeploymentById($id: bigint!) {
    deployment_by_pk(id: $id) {
        engine_config
        deployment_pipeline_versions(order_by: {pipeline_version: {id: desc}}) { pipeline_version { id version } }
    }
}"""
_PIPELINE = """query PipelineById($id: bigint!) {
    pipeline_by_pk(id: $id) { pipeline_versions(order_by: {id: desc}) { id version } }
}"""
DOCUMENTS = (_DEPLOYMENT, _PIPELINE)


class GraphQL:
    """``/v1/graphql``. Safe for threads."""

    def __init__(self, transport: Transport, *, enabled: bool = True) -> None:
        self._transport = transport
        self._answers = None if enabled else False
        """Whether the instance answers; None until the first call."""
        self._first = threading.Lock()

    def deployment(self, id: int) -> wire.DeployedVersion | None:
        """Return what a deployment runs, or None if it is unknown."""
        answer = self._ask(_DEPLOYMENT, id, wire.DeploymentById)
        return answer.data.row if answer else None

    def version_id(self, pipeline_id: int, version: str) -> int | None:
        """Return the integer id of a pipeline version (a UUID), or None if it is unknown."""
        answer = self._ask(_PIPELINE, pipeline_id, wire.PipelineById)
        versions = answer.data.row.versions if answer and answer.data.row else ()
        return next((each.id for each in versions if each.version == version), None)

    def _ask(self, query: str, id: int, reply: type[T]) -> T | None:
        """Return the response, or None if the instance does not answer. Raises AuthError."""
        if self._answers is None:
            with self._first:  # other threads wait for the first answer instead of asking too
                if self._answers is None:
                    return self._sent(query, id, reply)
        return self._sent(query, id, reply) if self._answers else None

    def _sent(self, query: str, id: int, reply: type[T]) -> T | None:
        body = {"query": query, "variables": {"id": id}}
        try:
            # A rejected query has status 200 and no data, which is a response of an unknown shape.
            answer = self._transport.call("/v1/graphql", body, Effect.READ, reply)
        except (ApiError, ConnectionFailed):
            self._answers = False
            return None
        self._answers = True
        return answer
