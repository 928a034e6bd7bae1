"""What an instance holds when a recorded exchange about publishes and edges takes place."""

from typing import Any

WORKSPACE = 10


def publish_seed(exchange: dict[str, Any]) -> dict[str, Any]:
    """Publishes and edges, all of workspace 10."""
    endpoint, request, response = exchange["endpoint"], exchange["request"], exchange["response"]
    if endpoint.endswith("/list_publishes_for_pipeline"):
        return {"publishes": [_seed(item, request["pipeline_id"]) for item in response["publishes"]]}
    if endpoint.endswith("/remove_edge"):
        here = {"id": 1, "pipeline_version_id": 1, "pipeline_version_name": "v1", "engine_config": {}}
        return {"publishes": [_seed(here)], "edges": [{"name": request["name"], "publish_id": 1}]}
    if endpoint.endswith("/publish"):
        # The one before, so that the next gets the recorded number.
        return {"publishes": [_seed(response | {"id": response["id"] - 1})]}
    return {"publishes": [_seed(response)]}


def publish_calls(exchange: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The calls to make first: as many versions of a pipeline as the published one has before it."""
    if not exchange["endpoint"].endswith("/publish"):
        return []
    body = {"pipeline_id": exchange["response"]["pipeline_name"], "workspace_id": WORKSPACE, "definition": {}}
    return [("/v1/api/pipelines/create", body)] * exchange["request"]["pipeline_version_id"]


def _seed(recorded: dict[str, Any], pipeline_id: int = 1) -> dict[str, Any]:
    kept = ("id", "pipeline_version_id", "pipeline_version_name", "engine_config")
    name = recorded.get("pipeline_name", "edge-pipeline")
    return {key: recorded[key] for key in kept} | {
        "workspace_id": WORKSPACE,
        "pipeline_id": pipeline_id,
        "pipeline_name": name,
    }
