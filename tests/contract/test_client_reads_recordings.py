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
from pydantic import TypeAdapter

from wallaroo_pulumi.api import Client, wire
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
    "/v1/api/models/upload": lambda c: c.models.register_image({}),
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
    "/v2/api/assays/get/:id": lambda c: c.assays.get(UUID),
    "/v2/api/assays/set_active": lambda c: c.assays.set_active(UUID, False),
}
"""How the client makes each recorded call that it makes at all."""

READ_LIKE: dict[str, Any] = {
    "/v1/api/task/list_task_runs": list[wire.TaskRun],
    "/v1/api/task/run_once": wire.Made,
}
"""Calls that the client does not make, whose answers have the form of others that it reads."""

_OLD_ASSAYS = "assays of the first kind, which the platform no longer makes"
_RESULTS = "what assays and inference found: results, not objects of a stack"
_OLD_MODELS = "the answers of models/list and get_version_by_id hold all of it"
NOT_READ = {
    "/v1/api/assays/create": _OLD_ASSAYS,
    "/v1/api/assays/get_assay_results": _OLD_ASSAYS,
    "/v1/api/assays/get_baseline": _OLD_ASSAYS,
    "/v1/api/assays/get_results": _OLD_ASSAYS,
    "/v1/api/assays/list": _OLD_ASSAYS,
    "/v1/api/assays/run_interactive": _OLD_ASSAYS,
    "/v1/api/assays/run_interactive_baseline": _OLD_ASSAYS,
    "/v1/api/assays/set_active": _OLD_ASSAYS,
    "/v1/api/assays/summarize": _OLD_ASSAYS,
    "/v1/api/features/list": "flags of the instance's own pages",
    "/v1/api/models/get": _OLD_MODELS,
    "/v1/api/models/get_by_id": _OLD_MODELS,
    "/v1/api/models/get_config_by_id": _OLD_MODELS,
    "/v1/api/models/list_versions": _OLD_MODELS,
    "/v1/api/pipelines/copy": "a stack declares the steps; not in the SDK of 2026",
    "/v1/api/pipelines/infer/{deploy_name}-{deployment_id}/{pipeline_name}": _RESULTS,
    "/v1/api/task/get_logs_for_run": "what a run printed is no object of a stack",
    "/v1/api/task/get_tasks_by_orch_sha": "task/list finds tasks by their orchestration's id",
    "/v2/api/assays/get_next_run": _RESULTS,
    "/v2/api/assays/get_results": _RESULTS,
}
"""Calls that the client does not make, and why it has no use for their answers."""

FOLLOWED = {"/v1/api/workspaces/create": ["/v1/api/workspaces/list"]}
"""Calls that the client lets another follow, since the answer is an id alone."""


def label(exchange: dict[str, Any]) -> str:
    return f"{exchange['endpoint'].removeprefix('/v1/api/')}-cell{exchange['source']['cell']}"


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


@pytest.mark.parametrize("exchange", [x for x in EXCHANGES if x["endpoint"] in READ_LIKE], ids=label)
def test_an_answer_of_a_known_form_is_understood(exchange: dict[str, Any]) -> None:
    TypeAdapter(READ_LIKE[exchange["endpoint"]]).validate_python(exchange["response"])


def test_every_recording_is_read_or_left_for_a_reason() -> None:
    assert len(EXCHANGES) == 83
    endpoints = [*CALLS, *READ_LIKE, *NOT_READ]
    assert sorted(endpoints) == sorted({exchange["endpoint"] for exchange in EXCHANGES})


def said(response: Any) -> Any:
    """What the answer is about: below the one key that many have."""
    if isinstance(response, dict) and len(response) == 1:
        return next(iter(response.values()))
    return response
