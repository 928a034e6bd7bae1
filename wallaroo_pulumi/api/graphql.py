"""Calls that only GraphQL offers: docs/internals/mlops-api.md#graphql.

Most are optional reads. The first of these finds out whether the instance answers this account. If it does not, no
further one is sent, and each returns None. What a program cannot do without GraphQL is sent all the same, and fails.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ..errors import ApiError, BadReply, ConnectionFailed, ObjectError
from ..redaction import redact
from .transport import Effect, Transport
from .wire import graphql as wire

T = TypeVar("T")

_ENDPOINT = "/v1/graphql"
_DEPLOYMENT = """query DeploymentById($id: bigint!) {
    deployment_by_pk(id: $id) {
        engine_config
        deployment_pipeline_versions(order_by: {pipeline_version: {id: desc}}) { pipeline_version { id version } }
    }
}"""
_PIPELINE = """query PipelineById($id: bigint!) {
    pipeline_by_pk(id: $id) { pipeline_versions(order_by: {id: desc}) { id version } }
}"""
_MODEL_VISIBILITY = """mutation UpdateModelVisibility($id: bigint!, $visibility: String) {
    update_model(where: {id: {_eq: $id}}, _set: {visibility: $visibility}) { returning { id } }
}"""
DOCUMENTS = (_DEPLOYMENT, _PIPELINE, _MODEL_VISIBILITY)


class GraphQL:
    """``/v1/graphql``. Safe for threads."""

    def __init__(self, transport: Transport, *, enabled: bool = True) -> None:
        self._transport = transport
        self._enabled = enabled
        self._answers = None if enabled else False
        """Whether the instance answers; None until the first optional read."""
        self._first = threading.Lock()

    def deployment(self, id: int) -> wire.DeployedVersion | None:
        """Return what a deployment runs, or None if it is unknown."""
        found = self.optional(lambda: self._by_id(_DEPLOYMENT, id, wire.DeploymentById))
        return found.row if found else None

    def version_id(self, pipeline_id: int, version: str) -> int | None:
        """Return the integer id of a pipeline version (a UUID), or None if it is unknown."""
        found = self.optional(lambda: self._by_id(_PIPELINE, pipeline_id, wire.PipelineById))
        versions = found.row.versions if found and found.row else ()
        return next((each.id for each in versions if each.version == version), None)

    def set_model_visibility(self, model_version_id: int, visibility: str) -> None:
        """Set the visibility of a model version. Idempotent. Raises what :meth:`execute` raises."""
        variables = {"id": model_version_id, "visibility": visibility}
        changed = self.execute(_MODEL_VISIBILITY, variables, Effect.IDEMPOTENT, wire.VisibilityUpdated)
        if not changed.update_model.returning:
            raise BadReply(200, _ENDPOINT, f"no model version {model_version_id} was changed")

    def optional(self, read: Callable[[], T]) -> T | None:
        """Return what ``read`` returns, or None if the instance does not answer. Raises AuthError."""
        if self._answers is None:
            with self._first:  # other threads wait for the first answer instead of asking too
                if self._answers is None:
                    return self._answered(read)
        return self._answered(read) if self._answers else None

    def _answered(self, read: Callable[[], T]) -> T | None:
        try:
            answer = read()
        except (ApiError, ConnectionFailed):
            self._answers = False
            return None
        self._answers = True
        return answer

    def execute(
        self, document: str, variables: Mapping[str, Any], effect: Effect, reply: type[wire.GraphQLAnswer[T]]
    ) -> T:
        """Execute a document and return the data of the response.

        Raises ApiError if the instance rejects it, ObjectError if GraphQL is switched off, and what `Transport.call`
        raises.
        """
        if not self._enabled:
            raise ObjectError("GraphQL is switched off by wallaroo:graphql (WALLAROO_GRAPHQL)")
        body = {"query": document, "variables": dict(variables)}
        answer = self._transport.call(_ENDPOINT, body, effect, reply)
        if answer.errors:  # with status 200
            raise ApiError(200, _ENDPOINT, redact(answer.errors[0].message))
        if answer.data is None:
            raise BadReply(200, _ENDPOINT, "a reply without data")
        return answer.data

    def _by_id(self, query: str, id: int, reply: type[wire.GraphQLAnswer[T]]) -> T:
        return self.execute(query, {"id": id}, Effect.READ, reply)
