"""What an instance holds when a recorded exchange about models, pipelines and deployments takes place."""

import base64
from typing import Any

from linear_model import linear_model

WORKSPACE = 10
INFERRING = "api-pipeline"
AREAS = ("/v1/api/models/", "/v1/api/pipelines/", "/v1/api/status/", "/v1/api/admin/")

# Values that follow from the seed; the ids of what a call makes do not.
DETERMINED = {
    *("visibility", "framework", "requirements", "sha", "file_name", "size", "tensor_fields", "runtime"),
    *("code", "workspace_id", "model_id", "models_pk_id", "model_version_id"),
}
# Keys that newer servers add to what older recordings show.
ADDED_SINCE = {
    *("framework_config", "deployed", "error_summary", "dynamic_batching_config", "queue_depth", "openai"),
    *("continuous_batching_config", "workspace", "version", "created_by"),
}


def is_serving(exchange: dict[str, Any]) -> bool:
    endpoint: str = exchange["endpoint"]
    return endpoint.startswith(AREAS) and not any(part in endpoint for part in ("publish", "_edge"))


def serving_seed(exchange: dict[str, Any]) -> dict[str, Any]:
    """The objects that the exchange shows, in the workspaces that it names (see :func:`workspaces_of`)."""
    endpoint, request, response = exchange["endpoint"], exchange["request"], exchange["response"]
    call = endpoint.rpartition("/")[2]
    seed: dict[str, Any] = {}
    if exchange["status"] != 200:
        return seed
    if call == "get_version_by_id":
        seed["model_versions"] = [_configured(response["model_version"])]
    elif call == "list":
        seed["model_versions"] = [
            _configured(item, model["model"]["id"])
            for model in reversed(response["models"])
            for item in reversed(model["model_versions"])
        ]
    elif call in ("list_versions", "get"):
        rows = response if call == "list_versions" else response["models"]
        # A name may belong to models of several workspaces: one workspace for each.
        parents = sorted({row["models_pk_id"] for row in rows})
        seed["model_versions"] = [
            {
                "workspace_id": WORKSPACE + parents.index(row["models_pk_id"]),
                "name": row["model_id"],
                "id": row["id"],
                "model_id": row["models_pk_id"],
                "version": row["model_version"],
                "sha": row["sha"],
                "file_name": row["file_name"],
                "image_path": row["image_path"],
                "status": row.get("status", "ready"),
            }
            for row in sorted(rows, key=lambda row: row["id"])
        ]
    elif call in ("get_by_id", "get_config_by_id", "insert_model_config"):
        config = response["model_config"]
        version = request.get("model_version_id") or request.get("model_id") or 275
        named = response.get("name", "api-sample-model")
        seed["model_versions"] = [
            {"workspace_id": response.get("workspace_id", WORKSPACE), "name": named, "id": version,
             "model_id": response.get("id"), "config_id": config["id"],
             "conversion": {"framework": "onnx"}}
        ]  # fmt: skip
    elif call in ("deploy", "undeploy", "copy", "get_pipeline_external_url"):
        seed["pipeline_versions"] = [
            {
                "workspace_id": WORKSPACE,
                "name": request.get("deploy_id") or request.get("pipeline_name") or "to-copy",
                "id": request.get("pipeline_version_pk_id"),
                "pipeline_id": request.get("pipeline_id") or request.get("source_pipeline"),
                "deployment_id": request.get("deployment_id") or (14 if "pipeline_name" in request else None),
            }
        ]
    elif "/infer/" in endpoint:
        (record,) = request
        ((field, values),) = record.items()
        (output,) = response[0]["out"]
        content = base64.b64encode(linear_model([0.5] * len(values), field=field, output=output)).decode()
        ref = {"name": "api-sample-model", "version": "00000000-0000-4000-8000-000000000020", "sha": ""}
        seed["model_versions"] = [
            {"workspace_id": WORKSPACE, "name": ref["name"], "version": ref["version"], "content": content}
        ]
        seed["pipeline_versions"] = [
            {
                "workspace_id": WORKSPACE,
                "name": INFERRING,
                "definition": {"steps": [{"ModelInference": {"models": [ref]}}]},
                "deployment_id": 14,
            }
        ]
    elif call == "get_deployment":
        (engine,) = response["engines"]
        (model,) = engine["model_statuses"]["models"]
        ref = {key: model[key] for key in ("name", "version", "sha")}
        name, _, number = request["name"].rpartition("-")
        seed["pipeline_versions"] = [
            {
                "workspace_id": WORKSPACE,
                "name": name,
                "definition": {"steps": [{"ModelInference": {"models": [ref]}}]},
                "deployment_id": int(number),
            }
        ]
    return seed


def serving_calls(exchange: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The calls to make first: nothing is converted meanwhile; the recorded 500 is a pipeline without its version."""
    if "/models/" in exchange["endpoint"]:
        return [("/__emulator__/readiness", {"kind": "model", "mode": "never"})]
    if exchange["endpoint"].endswith("pipelines/create") and exchange["status"] == 500:
        return [("/__emulator__/readiness", {"kind": "pipeline_version", "mode": "error"})]
    return []


def in_order(value: Any) -> Any:
    """Listed objects by id: in which order an instance lists them is left to it."""
    if isinstance(value, dict):
        return {key: in_order(item) for key, item in value.items()}
    if isinstance(value, list):
        return sorted((in_order(item) for item in value), key=_id)
    return value


def _id(item: Any) -> int:
    while isinstance(item, dict) and "id" not in item:
        item = item.get("model_version") or item.get("model")
    number = item["id"] if isinstance(item, dict) else 0
    return number if isinstance(number, int) else 0


def workspaces_of(seed: dict[str, Any]) -> list[int]:
    """The ids of the workspaces that a seed needs."""
    parts = [*seed.get("model_versions", ()), *seed.get("pipeline_versions", ())]
    return sorted({WORKSPACE, *(part["workspace_id"] for part in parts)})


def _configured(recorded: dict[str, Any], model_id: int | None = None) -> dict[str, Any]:
    version, config = recorded["model_version"], recorded["config"]
    return {
        "workspace_id": version["workspace_id"],
        "name": version["name"],
        "visibility": version["visibility"],
        "conversion": version["conversion"],
        "input_schema": config["input_schema"],
        "output_schema": config["output_schema"],
        "id": version["id"],
        "model_id": model_id,
        "config_id": config["id"],
        "version": version["file_info"]["version"],
        "sha": version["file_info"]["sha"],
        "size": version["file_info"]["size"],
        "file_name": version["file_info"]["file_name"],
        "image_path": version["image_path"],
        "status": version["status"],
        "error_summary": version.get("error_summary"),
    }
