"""The inference URL: records or an Arrow file in, records or an Arrow file out."""

import json
from typing import Annotated, Any

from fastapi import Depends, Request, Response

from ..data import inference_log
from ..errors import ApiError, InferenceError
from ..identity import access
from ..identity.auth import Caller
from ..services import Db, SettingsDep
from ..wire import Id, mlops_router
from . import arrow, deployments, pipelines, pods
from .columns import Focus, Record, Schema, requested_focus, select
from .engine import Engine

RECORDS = "application/json; format=pandas-records"

router = mlops_router("/pipelines", "pipelines")
_RECORD_SCHEMA = {"type": "array", "items": {"type": "object"}}
_ARROW_SCHEMA = {"type": "string", "format": "binary"}
_EXAMPLE = [{"tensor": [1.0, 2.5, 2900.0]}]


@router.post(
    "/infer/{deploy_name}-{deployment_id}/{pipeline_name}",
    response_model=list[dict[str, Any]],
    responses={200: {"content": {arrow.CONTENT_TYPE: {"schema": _ARROW_SCHEMA}}}},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": _RECORD_SCHEMA, "example": _EXAMPLE},
                arrow.CONTENT_TYPE: {"schema": _ARROW_SCHEMA},
            },
        }
    },
)
async def infer(
    deploy_name: str,
    deployment_id: Id,
    pipeline_name: str,
    request: Request,
    focus: Annotated[Focus, Depends(requested_focus)],
    caller: Caller,
    db: Db,
    settings: SettingsDep,
) -> Response:
    """Run inferences on a deployed pipeline.

    ONNX models really run, with the extra `inference`. Members of the pipeline's workspace may call it, and
    clients with a token of their own (client_credentials).
    """
    row = db.row(
        "SELECT d.*, p.name, p.workspace_id FROM deployments d JOIN pipelines p ON p.id = d.pipeline_id"
        " WHERE d.id = ? AND p.name = ?",
        (deployment_id, pipeline_name),
    )
    absent = ApiError(404, f"pipeline {pipeline_name} is not deployed")
    if row is None or not caller.is_service_account:
        row = access.visible(db, row, caller, absent)
    if deploy_name != pipeline_name or not pipelines.is_alive(db, row):
        raise absent
    if deployments.current(db, row)["state"] != "running":
        raise InferenceError(503, f"pipeline {pipeline_name} is not running yet")
    version = pipelines.version_by_id(db, row["version_id"])
    engine = Engine(
        db,
        deployments.steps_of(version),
        pipeline_version=version["version"] if version else "",
        partition=pods.engine_name(deployment_id),
    )
    records, types = await _records(request)
    run = engine.run(records, types)
    inference_log.append(db, row["pipeline_id"], run.records, run.schema, keep=settings.inference_log_length)
    if arrow.is_accepted(request):
        return Response(arrow.write(run.records, run.schema, focus), media_type=arrow.CONTENT_TYPE)
    return Response(json.dumps(select(run.records, run.schema, focus)), media_type=RECORDS)


async def _records(request: Request) -> tuple[list[Record], Schema | None]:
    """Return the records of the request and the types of an Arrow file's columns. Raises InferenceError 400 or 415."""
    content_type = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    body = await request.body()
    if content_type == arrow.CONTENT_TYPE:
        return arrow.read(body)
    if content_type != "application/json":
        raise InferenceError(
            415, f"content type '{content_type}' is not supported; send {RECORDS} or {arrow.CONTENT_TYPE}"
        )
    try:
        records = json.loads(body)
    except ValueError as error:
        raise InferenceError(400, f"the body is not JSON: {error}") from error
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise InferenceError(400, "the body must be a list of records (pandas-records)")
    return records, None
