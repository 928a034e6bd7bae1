"""The client is answered with each recorded response (data/transcripts.json) and has to make sense of it.

No emulator here: the recordings are the platform's own words, of 2023 to 2026.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from wallaroo_pulumi.api import Client
from wallaroo_pulumi.config import load
from wallaroo_pulumi.errors import ApiError

EXCHANGES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "data" / "transcripts.json").read_text(encoding="utf-8")
)
FILE = Path(__file__)  # what is uploaded does not matter: the answer is recorded
UUID = "00000000-0000-4000-8000-000000000001"

CALLS: dict[str, Callable[[Client], Any]] = {
    "/v1/api/admin/get_pipeline_external_url": lambda c: c.pipelines.inference_url(1, "p"),
    "/v1/api/connections/add_to_workspace": lambda c: c.connections.add_to_workspace(1, UUID),
    "/v1/api/connections/create": lambda c: c.connections.create("c", "s3", {}),
    "/v1/api/models/get_version_by_id": lambda c: c.models.version(1),
    "/v1/api/models/insert_model_config": lambda c: c.models.configure(1, {}),
    "/v1/api/models/list": lambda c: c.models.list(1),
    "/v1/api/models/upload_and_convert": lambda c: c.models.upload({}, FILE, 30.0),
    "/v1/api/orchestration/get_by_id": lambda c: c.orchestrations.get(UUID),
    "/v1/api/orchestration/list": lambda c: c.orchestrations.list(1),
    "/v1/api/orchestration/upload": lambda c: c.orchestrations.upload(1, "o", FILE),
    "/v1/api/pipelines/add_edge_to_publish": lambda c: c.publishes.add_edge(1, "e", []),
    "/v1/api/pipelines/create": lambda c: c.pipelines.create(1, "p", []),
    "/v1/api/pipelines/deploy": lambda c: c.pipelines.deploy({}),
    "/v1/api/pipelines/get_publish_status": lambda c: c.publishes.get(1),
    "/v1/api/pipelines/list_publishes_for_pipeline": lambda c: c.publishes.list(),
    "/v1/api/pipelines/publish": lambda c: c.publishes.publish(1, [], None, []),
    "/v1/api/pipelines/remove_edge": lambda c: c.publishes.remove_edge("e"),
    "/v1/api/pipelines/undeploy": lambda c: c.pipelines.undeploy(pipeline_id=1),
    "/v1/api/status/get_deployment": lambda c: c.pipelines.deployment("p-1"),
    "/v1/api/task/get_by_id": lambda c: c.tasks.get(UUID),
    "/v1/api/task/kill": lambda c: c.tasks.kill(UUID),
    "/v1/api/task/run_scheduled": lambda c: c.tasks.run_scheduled(
        1, UUID, "t", "* * * * *", {}, debug=False, timeout=None
    ),
    "/v1/api/users/activate": lambda c: c.users.activate("a@example.com"),
    "/v1/api/users/deactivate": lambda c: c.users.deactivate("a@example.com"),
    "/v1/api/users/query": lambda c: c.users.list(),
    "/v1/api/workspaces/add_user": lambda c: c.workspaces.add_user(1, UUID, None, "OWNER"),
    "/v1/api/workspaces/create": lambda c: c.workspaces.create("w"),
    "/v1/api/workspaces/list": lambda c: c.workspaces.list(),
    "/v1/api/workspaces/list_users": lambda c: c.workspaces.members(1),
    "/v1/api/workspaces/remove_user": lambda c: c.workspaces.remove_user(1, UUID),
    "/v2/api/assays/get": lambda c: c.assays.list(),
    "/v2/api/assays/set_active": lambda c: c.assays.set_active(UUID, False),
}
"""How the client makes each recorded call that it makes at all."""

FOLLOWED = {"/v1/api/workspaces/create": ["/v1/api/workspaces/list"]}
"""Calls that the client lets another follow, since the answer is an id alone."""


def label(exchange: dict[str, Any]) -> str:
    return exchange["endpoint"].removeprefix("/v1/api/") + f"-cell{exchange['source']['cell']}"


@pytest.mark.parametrize("exchange", [x for x in EXCHANGES if x["endpoint"] in CALLS], ids=label)
def test_the_client_understands_the_recorded_answer(exchange: dict[str, Any]) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        request.read()
        asked.append(f"{request.method} {request.url.path}")
        return httpx.Response(exchange["status"], json=exchange["response"])

    settings = load(
        {"apiUrl": "https://wallaroo.example.com", "token": "opaque-token", "maxRetries": "0"}.get, {}
    )
    client = Client(settings, transport=httpx.MockTransport(answer))
    if exchange["status"] >= 400:
        with pytest.raises(ApiError) as caught:
            CALLS[exchange["endpoint"]](client)
        assert caught.value.status == exchange["status"]
        assert caught.value.message in " ".join(exchange["response"]["msg"].split())
    else:
        understood = CALLS[exchange["endpoint"]](client)
        # Where the platform listed something, something is understood.
        assert bool(understood) == bool(said(exchange["response"])) or understood is None
    endpoint = exchange["endpoint"]
    assert asked == [f"{exchange['method']} {path}" for path in (endpoint, *FOLLOWED.get(endpoint, ()))]


def test_the_calls_are_recorded_ones() -> None:
    assert CALLS.keys() <= {exchange["endpoint"] for exchange in EXCHANGES}


def said(response: Any) -> Any:
    """What the answer is about: below the one key that many have."""
    if isinstance(response, dict) and len(response) == 1:
        return next(iter(response.values()))
    return response
