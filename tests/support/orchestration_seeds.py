"""What an instance holds when a recorded exchange about orchestrations and tasks takes place."""

import json
from typing import Any

WORKSPACE = 10
ORCHESTRATION = "00000000-0000-4000-8000-000000000044"


def orchestration_seed(exchange: dict[str, Any]) -> dict[str, Any]:
    """Orchestrations and tasks; ``workspace_id`` is where they are."""
    endpoint, request, response = exchange["endpoint"], exchange["request"], exchange["response"]
    if endpoint.startswith("/v1/api/orchestration/"):
        if endpoint.endswith("/upload"):
            return {"workspace_id": WORKSPACE}
        found = response if isinstance(response, list) else [response]
        keys = ("id", "name", "workspace_id", "sha", "file_name", "status")
        return {
            "workspace_id": found[0]["workspace_id"],
            "orchestrations": [{key: item[key] for key in keys} for item in found],
        }
    if endpoint.endswith(("/get_by_id", "/kill")):
        return _recorded_task(response)
    if endpoint.endswith("/get_logs_for_run"):
        return _tasks([{"runs": [{"run_id": request["id"], "logs": response["logs"]}]}])
    if endpoint.endswith("/list_task_runs"):
        runs = [{"run_id": run["run_id"], "status": run["status"]} for run in response]
        return _tasks([{"id": request["task_id"], "runs": runs}])
    if endpoint.endswith("/get_tasks_by_orch_sha"):
        return _tasks([{"id": id} for id in response["ids"]], sha=request["sha"])
    return _tasks([])


def _tasks(tasks: list[dict[str, Any]], sha: str = "d3b9", workspace_id: int = WORKSPACE) -> dict[str, Any]:
    where = {"workspace_id": workspace_id, "orch_id": ORCHESTRATION}
    return {
        "workspace_id": workspace_id,
        "orchestrations": [{"workspace_id": workspace_id, "id": ORCHESTRATION, "sha": sha}],
        "tasks": [where | task for task in tasks],
    }


def _recorded_task(recorded: dict[str, Any]) -> dict[str, Any]:
    runs = [{"run_id": run["run_id"], "status": run["status"]} for run in recorded["last_runs"]]
    keys = ("id", "name", "schedule", "input_data")
    task = {key: recorded[key] for key in keys} | {"runs": runs}
    return _tasks([task], recorded["extra_env_vars"]["ORCH_SHA"], recorded["workspace_id"])


Part = tuple[str | None, str | bytes, str]
"""A part of a form: file name, content and content type."""


def multipart(request: dict[str, Any], content: bytes) -> dict[str, Part]:
    """The parts of an upload, as they were sent."""
    file, metadata = request["file"], request.get("metadata")  # the oldest recording lacks it
    parts: dict[str, Part] = {"file": (file["filename"], content, file["content_type"])}
    if metadata:
        parts["metadata"] = (None, json.dumps(metadata["json"]), metadata["content_type"])
    return parts
