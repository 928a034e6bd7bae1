"""Replay real exchanges (data/transcripts.json, anonymised) against the emulator.

Each answer must have the recorded keys and types, and the values that follow from what was seeded.
What the emulator does not serve is listed in docs/emulator.md, with the reason.
"""

import json
import re
import uuid
from collections.abc import Set
from pathlib import Path
from typing import Any

import httpx
import pytest
import serving_seeds
from assay_seeds import assay_seed
from orchestration_seeds import multipart, orchestration_seed
from publish_seeds import WORKSPACE, publish_calls, publish_seed
from serving_seeds import INFERRING, in_order, is_serving, serving_calls, serving_seed, workspaces_of

ROOT = Path(__file__).parents[2]
EXCHANGES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "data" / "transcripts.json").read_text(encoding="utf-8")
)
SERVED = {
    "/v1/api/admin/get_pipeline_external_url",
    "/v1/api/assays/create",
    "/v1/api/assays/get_assay_results",
    "/v1/api/assays/get_results",
    "/v1/api/assays/list",
    "/v1/api/assays/set_active",
    "/v1/api/connections/add_to_workspace",
    "/v1/api/connections/create",
    "/v1/api/features/list",
    "/v1/api/models/get",
    "/v1/api/models/get_by_id",
    "/v1/api/models/get_config_by_id",
    "/v1/api/models/get_version_by_id",
    "/v1/api/models/insert_model_config",
    "/v1/api/models/list",
    "/v1/api/models/list_versions",
    "/v1/api/models/upload",
    "/v1/api/models/upload_and_convert",
    "/v1/api/orchestration/get_by_id",
    "/v1/api/orchestration/list",
    "/v1/api/orchestration/upload",
    "/v1/api/pipelines/add_edge_to_publish",
    "/v1/api/pipelines/copy",
    "/v1/api/pipelines/create",
    "/v1/api/pipelines/deploy",
    "/v1/api/pipelines/get_publish_status",
    "/v1/api/pipelines/infer/{deploy_name}-{deployment_id}/{pipeline_name}",
    "/v1/api/pipelines/list_publishes_for_pipeline",
    "/v1/api/pipelines/publish",
    "/v1/api/pipelines/remove_edge",
    "/v1/api/pipelines/undeploy",
    "/v1/api/status/get_deployment",
    "/v1/api/task/get_by_id",
    "/v1/api/task/get_logs_for_run",
    "/v1/api/task/get_tasks_by_orch_sha",
    "/v1/api/task/kill",
    "/v1/api/task/list_task_runs",
    "/v1/api/task/run_once",
    "/v1/api/task/run_scheduled",
    "/v1/api/users/activate",
    "/v1/api/users/deactivate",
    "/v1/api/users/query",
    "/v1/api/workspaces/add_user",
    "/v1/api/workspaces/create",
    "/v1/api/workspaces/list",
    "/v1/api/workspaces/list_users",
    "/v1/api/workspaces/remove_user",
    "/v2/api/assays/get",
    "/v2/api/assays/get/:id",
    "/v2/api/assays/get_next_run",
    "/v2/api/assays/get_results",
    "/v2/api/assays/set_active",
}

PASSWORD = "password"
CALLER = "user1@example.com"
OTHER = "user2@example.com"

# Keys that newer servers add to the responses of the oldest recordings (2023).
ADDED_SINCE = {
    *("lastLogin", "realmRoles", "workspace_id", "workspace_name", "pipeline_name", "values", "PIPELINE_URL"),
    *("docker_run_variables", "replaces", "created_on_version"),
    *("image_path", "file_size"),
}
# Recordings that a newer one of the same call, or the vendor's SDK, contradicts. The emulator follows the latter.
OUTDATED = {
    # From 2023. Since 2024 a result has `anomaly` instead of `check_failures`, and the version's UUID.
    "pipelines/infer/{deploy_name}-{deployment_id}/{pipeline_name}-cell36",
    # From 2024. Since 2025 the default engine configuration has no null images, and a target of CPU utilization.
    "pipelines/publish-cell20",
    "pipelines/list_publishes_for_pipeline-cell26",
    "pipelines/publish-cell21",
    "pipelines/undeploy-cell41",
    "task/get_by_id-cell24",
}
# Values that the seed or the call determines: they must be equal, not only have the same type.
DETERMINED = {
    *("name", "archived", "models", "pipelines", "user_id", "user_type", "affected_rows", "features"),
    *("is_auth_enabled", "username", "email", "enabled", "firstName", "lastName", "id", "realmRoles"),
    *("emailVerified", "requiredActions", "disableableCredentialTypes", "notBefore"),
}


def label(exchange: dict[str, Any]) -> str:
    return f"{exchange['endpoint'].removeprefix('/v1/api/')}-cell{exchange['source']['cell']}"


def user_seed(recorded: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": recorded["id"],
        "username": recorded["username"],
        "email": recorded.get("email"),
        "password": PASSWORD,
        "first_name": recorded.get("firstName"),
        "last_name": recorded.get("lastName"),
        "email_verified": recorded["emailVerified"],
        "is_admin": "admin" in recorded.get("realmRoles", []),
    }


# Calls that return a generated id.
MAKES_IDS = {
    "/v1/api/connections/create",
    "/v1/api/connections/add_to_workspace",
    "/v1/api/orchestration/upload",
    "/v1/api/task/run_once",
    "/v1/api/task/run_scheduled",
}


def seed_for(exchange: dict[str, Any]) -> dict[str, Any]:
    """Return the seed for the instance at the time of the exchange, as far as the exchange shows it."""
    endpoint, request, response = exchange["endpoint"], exchange["request"], exchange["response"]
    if endpoint.startswith("/v1/api/connections/"):
        return connection_seed(request)
    if endpoint.endswith("users/query"):
        users = [user_seed(user) for user in response["users"].values()]
        return {"users": users}
    if "/assays/" in endpoint:
        seed = assay_seed(exchange, EXCHANGES)
        shared = {"name": "sample-rum-assays", "owner": CALLER}
        workspaces = numbered([shared], [seed.pop("workspace_id")])
        return {"users": [{"email": CALLER, "password": PASSWORD}], "workspaces": workspaces, **seed}
    if endpoint.startswith(("/v1/api/orchestration/", "/v1/api/task/")):
        seed = orchestration_seed(exchange)
        workspaces = numbered([{"name": "code", "owner": CALLER}], [seed.pop("workspace_id")])
        return {"users": [{"email": CALLER, "password": PASSWORD}], "workspaces": workspaces, **seed}
    if any(part in endpoint for part in ("publish", "_edge")):
        workspaces = numbered([{"name": "edges", "owner": CALLER}], [WORKSPACE])
        return {
            "users": [{"email": CALLER, "password": PASSWORD}],
            "workspaces": workspaces,
            **publish_seed(exchange),
        }
    if is_serving(exchange):
        seed = serving_seed(exchange)
        ids = workspaces_of(seed)
        workspaces = numbered([{"name": f"serving-{id}", "owner": CALLER} for id in ids], ids)
        return {"users": [{"email": CALLER, "password": PASSWORD}], "workspaces": workspaces, **seed}
    people = [{"email": CALLER, "password": PASSWORD}, {"email": OTHER, "password": PASSWORD}]
    if endpoint.endswith("workspaces/list"):
        workspaces = [
            {
                "name": item["name"],
                "owner": CALLER,
                "models": len(item["models"]),
                "pipelines": len(item["pipelines"]),
            }
            for item in response["workspaces"]
        ]
        return {
            "users": people,
            "workspaces": numbered(workspaces, [item["id"] for item in response["workspaces"]]),
        }
    members = {} if endpoint.endswith("add_user") else {OTHER: "COLLABORATOR"}
    if endpoint.endswith("list_users"):
        for person, member in zip(people, response["users"], strict=True):
            person["id"] = member["user_id"]
    workspace = {"name": "shared", "owner": CALLER, "members": members}
    return {"users": people, "workspaces": numbered([workspace], [10])}


def connection_seed(request: dict[str, Any]) -> dict[str, Any]:
    """Return a workspace and, if the request refers to one, a connection."""
    seed: dict[str, Any] = {"users": [{"email": CALLER, "password": PASSWORD}]}
    if connection_id := request.get("connection_id"):
        seed["workspaces"] = numbered([{"name": "shared", "owner": CALLER}], [request["workspace_id"]])
        seed["connections"] = [{"id": connection_id, "name": "input", "type": "BIGQUERY"}]
    return seed


def numbered(workspaces: list[dict[str, Any]], ids: list[int]) -> list[dict[str, Any]]:
    """Return the workspaces, with unrelated ones between them, so that they get the recorded ids."""
    by_id = dict(zip(ids, workspaces, strict=True))
    filler = "ops@example.com"
    return [
        by_id.get(number, {"name": f"filler-{number}", "owner": filler}) for number in range(1, max(ids) + 1)
    ]


def login(emulator: httpx.Client, user: str) -> str:
    form = {"grant_type": "password", "username": user, "password": PASSWORD}
    reply = emulator.post(
        "/auth/realms/master/protocol/openid-connect/token",
        data=form,
        auth=("api-client", "api-client-secret"),
    )
    token: str = reply.raise_for_status().json()["access_token"]
    return token


def differences(
    recorded: Any,
    answered: Any,
    path: str = "",
    *,
    equal: bool = False,
    determined: Set[str] = frozenset(DETERMINED),
    added_since: Set[str] = frozenset(ADDED_SINCE),
) -> list[str]:
    """Yield where the response differs from the recording in keys, types or determined values."""
    sets = {"determined": determined, "added_since": added_since}
    if type(recorded) is not type(answered):
        return [f"{path}: {type(answered).__name__} instead of {type(recorded).__name__}"]
    if isinstance(recorded, dict):
        found = [f"{path}/{key}: missing" for key in recorded.keys() - answered.keys()]
        found += [
            f"{path}/{key}: not in the recording" for key in answered.keys() - recorded.keys() - added_since
        ]
        for key in recorded.keys() & answered.keys():
            found += differences(
                recorded[key], answered[key], f"{path}/{key}", equal=equal or key in determined, **sets
            )
        return found
    if isinstance(recorded, list):
        if len(recorded) != len(answered):
            return [f"{path}: {len(answered)} items instead of {len(recorded)}"]
        return [
            line
            for index, (left, right) in enumerate(zip(recorded, answered, strict=True))
            for line in differences(left, right, f"{path}/{index}", equal=equal, **sets)
        ]
    return [f"{path}: {answered!r} instead of {recorded!r}"] if equal and recorded != answered else []


@pytest.mark.parametrize(
    "exchange", [x for x in EXCHANGES if x["endpoint"] in SERVED and label(x) not in OUTDATED], ids=label
)
def test_answers_as_recorded(emulator: httpx.Client, exchange: dict[str, Any]) -> None:
    seed = seed_for(exchange)
    emulator.post("/__emulator__/seed", json=seed).raise_for_status()
    caller = CALLER
    if exchange["endpoint"].endswith("users/query"):
        recorded_users = exchange["response"]["users"].values()
        logged_in = [user["username"] for user in recorded_users if user.get("lastLogin")]
        for username in logged_in:
            login(emulator, username)
        # The caller has logged in, so the caller is a user whose recorded lastLogin is not null.
        caller = logged_in[0] if logged_in else "admin"
    bearer = {"Authorization": f"Bearer {login(emulator, caller)}"}
    for path, first in publish_calls(exchange) + serving_calls(exchange):
        emulator.post(path, json=first, headers=bearer).raise_for_status()
    body = {"json": exchange["request"]}
    if exchange["content_type"] == "multipart/form-data":
        body = {"files": multipart(exchange["request"], b"a file")}
    path = exchange["endpoint"].format(deploy_name=INFERRING, deployment_id=14, pipeline_name=INFERRING)
    reply = emulator.request(exchange["method"], path, headers=bearer, **body)
    answered = reply.json()
    if exchange["endpoint"].endswith("users/query"):
        # The list also contains the emulator's own seed.
        ids = exchange["response"]["users"].keys()
        answered["users"] = {key: user for key, user in answered["users"].items() if key in ids}
    assert reply.status_code == exchange["status"]
    if exchange["endpoint"] in MAKES_IDS:
        uuid.UUID(answered["id"])
        answered["id"] = exchange["response"]["id"]
    if is_serving(exchange):
        assert (
            differences(
                in_order(exchange["response"]),
                in_order(answered),
                determined=serving_seeds.DETERMINED,
                added_since=serving_seeds.ADDED_SINCE,
            )
            == []
        )
    else:
        assert differences(exchange["response"], answered) == []


def table() -> dict[str, str]:
    """Return the fidelity table of docs/emulator.md: endpoint → second column."""
    text = (ROOT / "docs" / "emulator.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(?:POST|GET) (/v[12]/[^`]+)` \| ([^|]+) \|", text, flags=re.MULTILINE)
    return {path: state.strip() for path, state in rows}


def test_every_recorded_endpoint_is_in_the_fidelity_table() -> None:
    assert {exchange["endpoint"] for exchange in EXCHANGES} <= table().keys()


def test_the_fidelity_table_lists_every_described_call(emulator: httpx.Client) -> None:
    described = set(emulator.get("/v1/api/openapi.json").json()["paths"])
    assert {path for path, state in table().items() if state == "yes"} == described, (
        "list each call that the emulator serves as `yes` in the fidelity table of docs/emulator.md"
    )
    assert set(table().values()) == {"yes", "no"}


def test_what_is_not_served_has_a_reason() -> None:
    text = (ROOT / "docs" / "emulator.md").read_text(encoding="utf-8")
    notes = re.findall(r"^\| `(?:POST|GET) [^`]+` \| no \|([^|]*)\|", text, flags=re.MULTILINE)
    assert len(notes) == list(table().values()).count("no")
    assert all(note.strip() for note in notes)


def test_served_exchanges_are_those_of_the_table() -> None:
    recorded = {exchange["endpoint"] for exchange in EXCHANGES}
    assert {path for path, state in table().items() if state == "yes"} & recorded == SERVED


def test_outdated_recordings_are_recordings() -> None:
    assert {label(exchange) for exchange in EXCHANGES} >= OUTDATED


def test_differences_are_found() -> None:
    assert differences({"a": 1}, {"a": "1"}) == ["/a: str instead of int"]
    assert differences({"a": 1}, {"b": 1}) == ["/a: missing", "/b: not in the recording"]
    assert differences([{"name": "x"}], [{"name": "y"}]) == ["/0/name: 'y' instead of 'x'"]
    assert differences({"name": "x", "t": 1}, {"name": "x", "t": 2, "lastLogin": None}) == []
