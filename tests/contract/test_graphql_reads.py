"""The client's calls of GraphQL: their documents, and responses as Hasura gives them.

No public recording contains GraphQL. The documents are parts of those in the vendor's SDK, whose types and fields the
emulator's schema lists.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import graphql
import httpx
import pytest

from wallaroo_pulumi.api import Client, tags
from wallaroo_pulumi.api import graphql as calls
from wallaroo_pulumi.config import load
from wallaroo_pulumi.emulator.graphql.schema import SDL
from wallaroo_pulumi.errors import AuthError

DEPLOYMENT = {
    "deployment_by_pk": {
        "engine_config": {
            "engine": {"cpu": 1, "gpu": 1, "resources": {"limits": {"nvidia.com/gpu": 1}}},
            "workspace_id": 5,
        },
        "deployment_pipeline_versions": [{"pipeline_version": {"id": 7, "version": "v7"}}],
    }
}
PIPELINE = {"pipeline_by_pk": {"pipeline_versions": [{"id": 7, "version": "v7"}, {"id": 3, "version": "v3"}]}}


def client(answer: Callable[[httpx.Request], httpx.Response], **settings: str) -> Client:
    given = {"apiUrl": "https://wallaroo.example.com", "token": "opaque-token", "maxRetries": "0", **settings}
    return Client(load(given.get, {}), transport=httpx.MockTransport(answer))


def answering(status: int = 200, **body: Any) -> tuple[Client, list[httpx.Request]]:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(status, json=body)

    return client(answer), asked


@pytest.mark.parametrize("document", [*calls.DOCUMENTS, *tags.DOCUMENTS])
def test_the_documents_are_parts_of_those_of_the_sdk(document: str) -> None:
    assert graphql.validate(graphql.build_schema(SDL), graphql.parse(document)) == []


def test_a_deployment_has_a_configuration_and_a_version() -> None:
    api, asked = answering(data=DEPLOYMENT)
    found = api.graphql.deployment(4)
    assert found is not None
    assert found.engine_config["engine"]["resources"] == {"limits": {"gpu": 1}}
    assert [(version.id, version.version) for version in found.versions] == [(7, "v7")]
    assert [(request.method, request.url.path) for request in asked] == [("POST", "/v1/graphql")]


def test_a_version_has_an_integer_id() -> None:
    api, _ = answering(data=PIPELINE)
    assert [api.graphql.version_id(1, version) for version in ("v3", "v7", "v9")] == [3, 7, None]


@pytest.mark.parametrize("row", [None, {"engine_config": None, "deployment_pipeline_versions": []}])
def test_a_row_may_be_missing_or_empty(row: Any) -> None:
    api, asked = answering(data={"deployment_by_pk": row})
    found = api.graphql.deployment(4)
    assert (found and found.engine_config) == (None if row is None else {})
    api.graphql.deployment(4)
    assert len(asked) == 2


REJECTIONS: list[tuple[int, dict[str, Any]]] = [
    (200, {"errors": [{"message": "field 'x' not found", "extensions": {"code": "validation-failed"}}]}),
    (200, {"data": None, "errors": [{"message": "denied", "extensions": {"code": "access-denied"}}]}),
    (200, {}),
    (401, {"msg": "no", "code": 401}),
    (403, {"msg": "no", "code": 403}),
    (404, {"msg": "no such route", "code": 404}),
    (502, {}),
]


@pytest.mark.parametrize(("status", "body"), REJECTIONS)
def test_an_instance_that_rejects_graphql_is_asked_once(status: int, body: dict[str, Any]) -> None:
    api, asked = answering(status, **body)
    assert [api.graphql.deployment(4), api.graphql.version_id(1, "v3"), api.graphql.deployment(5)] == [
        None
    ] * 3
    assert len(asked) == 1


def test_a_gateway_that_cuts_the_connection_rejects_graphql() -> None:
    def cut(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("cut", request=request)

    assert client(cut).graphql.deployment(4) is None


def test_threads_wait_for_the_first_answer() -> None:
    asked, go = [], threading.Event()

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        go.wait(5)
        return httpx.Response(403, json={})

    api = client(answer)
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(api.graphql.deployment, id) for id in range(8)]
        go.set()
        assert [future.result() for future in waiting] == [None] * 8
    assert len(asked) == 1


def test_switched_off_it_is_never_asked() -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        raise AssertionError

    assert client(answer, graphql="off").graphql.deployment(4) is None


def test_a_login_that_fails_is_an_error() -> None:
    api = client(
        lambda _: httpx.Response(401, json={"error": "invalid_grant"}),
        token="",
        username="ops",
        password="wrong-password",
    )
    with pytest.raises(AuthError):
        api.graphql.deployment(4)
