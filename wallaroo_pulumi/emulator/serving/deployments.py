"""Deployments: what `pipelines/deploy` starts, `status/get_deployment` reports and inference URLs lead to.

Starting and ending take as long as the settings `deployment` and `undeployment` say (readiness.py). The sources are
silent on these points, so the emulator decides: while a deployment changes to another version its status is Starting
and the old version no longer answers; engines that request more CPUs than the cluster has never start; an unknown
model in the definition is an error of the engine; the URL of a pipeline that was never deployed is 400.
"""

import json
import sqlite3
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request

from .. import readiness
from ..errors import ApiError
from ..identity import access
from ..identity.auth import Caller
from ..models import store as models_store
from ..services import Db
from ..state import State
from ..wire import Empty, Id, Wire, mlops_router
from . import inference, pipelines

SCHEMA = """
CREATE TABLE IF NOT EXISTS deployments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    pipeline_id INTEGER NOT NULL UNIQUE REFERENCES pipelines (id) ON DELETE CASCADE,
    version_id INTEGER NOT NULL REFERENCES pipeline_versions (id) ON DELETE CASCADE,
    engine_config TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT
);
"""

CLUSTER_CPUS = 64
"""What all engines of a deployment together may ask for."""

router = APIRouter()
_pipelines = mlops_router("/pipelines", "pipelines")
_status = mlops_router("/status", "pipelines")
_admin = mlops_router("/admin", "pipelines")


class ModelStub(Wire):
    name: str
    sha: str
    version: str


class DeployRequest(Wire):
    """`deploy_id` is the deployment's name, which must be the pipeline's."""

    deploy_id: str
    engine_config: dict[str, Any] | None = None
    model_configs: list[Id] | None = None
    model_ids: list[Id] | None = None
    models: list[ModelStub] | None = None
    pipeline_id: Id | None = None
    pipeline_version: str | None = None
    pipeline_version_pk_id: Id | None = None


class DeployReply(Wire):
    id: int


class UndeployRequest(Wire):
    deployment_id: Id | None = None
    pipeline_id: Id | None = None


class StatusRequest(Wire):
    """`<deploy name>-<deployment id>`."""

    name: str


class Pod(Wire):
    ip: str | None
    name: str
    status: str
    reason: str | None
    details: list[str]


class Engine(Pod):
    pipeline_statuses: dict[str, Any]
    model_statuses: dict[str, Any]


class Sidekick(Pod):
    statuses: str | None


class StatusReply(Wire):
    status: str
    details: list[str]
    engines: list[Engine]
    engine_lbs: list[Pod]
    sidekicks: list[Sidekick]


class UrlRequest(Wire):
    workspace_id: Id
    pipeline_name: str


class UrlReply(Wire):
    url: str


@_pipelines.post("/deploy")
async def deploy(body: DeployRequest, caller: Caller, db: Db) -> DeployReply:
    """Deploy a pipeline version, or change what its pipeline's one deployment runs."""
    if body.pipeline_version_pk_id is not None:
        version = pipelines.version_by_id(db, body.pipeline_version_pk_id)
    elif body.pipeline_version is not None:
        version = pipelines.version_by_uuid(db, body.pipeline_version)
    elif body.pipeline_id is not None:
        latest = pipelines.latest_version(db, body.pipeline_id)
        version = pipelines.version_by_id(db, latest["id"]) if latest else None
    else:
        raise ApiError(400, "pipeline_version_pk_id, pipeline_version or pipeline_id is required")
    version = access.visible(db, version, caller, ApiError(400, "no such pipeline version"))
    if body.pipeline_id not in (None, version["pipeline_id"]) or body.deploy_id != version["name"]:
        raise ApiError(400, "deploy_id must be the name of the pipeline that the version belongs to")
    with db.transaction():
        db.execute(
            "INSERT INTO deployments (pipeline_id, version_id, engine_config, state) VALUES (?, ?, ?, 'starting')"
            " ON CONFLICT (pipeline_id) DO UPDATE SET version_id = excluded.version_id,"
            " engine_config = excluded.engine_config, state = 'starting', reason = NULL",
            (version["pipeline_id"], version["id"], json.dumps(body.engine_config or {})),
        )
        deployment = _of_pipeline(db, version["pipeline_id"])
        readiness.end(db, "undeployment", deployment["id"])
        readiness.begin(db, "deployment", deployment["id"])
    return DeployReply(id=deployment["id"])


@_pipelines.post("/undeploy")
async def undeploy(body: UndeployRequest, caller: Caller, db: Db) -> Empty:
    """End a deployment; one that has ended, or never was, is no error.

    The answer was null once (a recording of 2023); the vendor's SDK of 2026 cannot read that.
    """
    row = db.row(
        "SELECT d.*, p.workspace_id FROM deployments d JOIN pipelines p ON p.id = d.pipeline_id"
        " WHERE d.id = ? OR d.pipeline_id = ?",
        (body.deployment_id, body.pipeline_id),
    )
    if row is None:
        return Empty()
    access.require_member(db, row["workspace_id"], caller)
    if row["state"] in ("ending", "ended"):
        return Empty()
    with db.transaction():
        db.execute("UPDATE deployments SET state = 'ending' WHERE id = ?", (row["id"],))
        readiness.end(db, "deployment", row["id"])
        readiness.begin(db, "undeployment", row["id"])
    return Empty()


@_status.post("/get_deployment")
async def get_deployment(body: StatusRequest, caller: Caller, db: Db) -> StatusReply:
    """How a deployment stands; 404 when it has ended."""
    name, _, number = body.name.rpartition("-")
    row = db.row(
        "SELECT d.*, p.name, p.workspace_id FROM deployments d JOIN pipelines p ON p.id = d.pipeline_id"
        " WHERE d.id = ? AND p.name = ?",
        (number if number.isascii() and number.isdecimal() and len(number) < 10 else -1, name),
    )
    absent = ApiError(404, f"deployment {body.name} not found")
    row = access.visible(db, row, caller, absent)
    if not pipelines.is_alive(db, row):
        raise absent
    return _status_response(db, _current(db, row))


@_admin.post("/get_pipeline_external_url")
async def get_pipeline_external_url(body: UrlRequest, caller: Caller, db: Db, request: Request) -> UrlReply:
    row = _deployed(db, body, caller)
    base = str(request.base_url).rstrip("/")
    name = body.pipeline_name
    return UrlReply(url=f"{base}/v1/api/pipelines/infer/{name}-{row['id']}/{name}")


@_admin.post("/get_pipeline_internal_url")
async def get_pipeline_internal_url(body: UrlRequest, caller: Caller, db: Db) -> UrlReply:
    row = _deployed(db, body, caller)
    name = body.pipeline_name
    return UrlReply(url=f"http://engine-lb.{name}-{row['id']}:29502/pipelines/{name}")


@_pipelines.post("/infer/{deploy_name}-{deployment_id}/{pipeline_name}")
async def infer(
    deploy_name: str,
    deployment_id: Id,
    pipeline_name: str,
    records: Annotated[list[dict[str, Any]], Body()],
    caller: Caller,
    db: Db,
) -> list[dict[str, Any]]:
    """Run the deployed pipeline on records (`pandas-records`): ONNX models really, with the extra `inference`."""
    row = db.row(
        "SELECT d.*, p.name, p.workspace_id FROM deployments d JOIN pipelines p ON p.id = d.pipeline_id"
        " WHERE d.id = ? AND p.name = ?",
        (deployment_id, pipeline_name),
    )
    absent = ApiError(404, f"pipeline {pipeline_name} is not deployed")
    row = access.visible(db, row, caller, absent)
    if deploy_name != pipeline_name or not pipelines.is_alive(db, row):
        raise absent
    if _current(db, row)["state"] != "running":
        raise ApiError(503, f"pipeline {pipeline_name} does not run yet")
    version = pipelines.version_by_id(db, row["version_id"])
    steps = _steps(version)
    return [inference.answer(db, steps, record) for record in records]


for _part in (_pipelines, _status, _admin):
    router.include_router(_part)


def add(db: State, pipeline_id: int, version_id: int, deployment_id: int | None = None) -> int:
    """A deployment that runs. Gives its id."""
    return db.insert(
        "INSERT INTO deployments (id, pipeline_id, version_id, engine_config, state) VALUES (?, ?, ?, '{}', 'running')",
        (deployment_id, pipeline_id, version_id),
    )


def _of_pipeline(db: State, pipeline_id: int) -> sqlite3.Row:
    row = db.row("SELECT * FROM deployments WHERE pipeline_id = ?", (pipeline_id,))
    if row is None:
        raise ApiError(500, "the deployment has gone")
    return row


def _deployed(db: State, body: UrlRequest, caller: Caller) -> sqlite3.Row:
    access.require_member(db, body.workspace_id, caller)
    pipeline = pipelines.by_name(db, body.workspace_id, body.pipeline_name)
    row = db.row("SELECT * FROM deployments WHERE pipeline_id = ?", (pipeline["id"],))
    if row is None:
        raise ApiError(400, f"pipeline {body.pipeline_name} was never deployed")
    return row


def _steps(version: sqlite3.Row | None) -> list[dict[str, Any]]:
    definition = json.loads(version["definition"]) if version else {}
    steps: list[dict[str, Any]] = definition.get("steps") or []
    return steps


def _current(db: State, row: sqlite3.Row) -> dict[str, Any]:
    """The deployment as a client finds it that looks now."""
    deployment = dict(row)
    if deployment["state"] != "starting":
        return deployment
    if shortage := _shortage(json.loads(deployment["engine_config"])):
        return deployment | {"reason": shortage}
    outcome = readiness.poll(db, "deployment", deployment["id"])
    if outcome == "pending":
        return deployment
    version = pipelines.version_by_id(db, deployment["version_id"])
    missing = [
        ref["name"] for ref in _models(version) if models_store.version_by_uuid(db, ref["version"]) is None
    ]
    if missing:
        deployment |= {"state": "failed", "reason": f"model {missing[0]} cannot be loaded: no such version"}
    elif outcome == "failed":
        deployment |= {"state": "failed", "reason": readiness.setting_of(db, "deployment").message}
    else:
        deployment |= {"state": "running", "reason": None}
    db.execute("UPDATE deployments SET state = :state, reason = :reason WHERE id = :id", deployment)
    return deployment


def _shortage(engine_config: dict[str, Any]) -> str | None:
    """Why the engines can never be placed, if so."""
    engine = engine_config.get("engine") or {}
    limits = (engine.get("resources") or {}).get("requests") or {}
    cpus = float(engine.get("cpu") or limits.get("cpu") or 1) * float(engine.get("replicas") or 1)
    if cpus <= CLUSTER_CPUS:
        return None
    return f"0/1 nodes are available: Insufficient cpu ({cpus:g} asked for, {CLUSTER_CPUS} there)"


def _models(version: sqlite3.Row | None) -> list[dict[str, str]]:
    return [ref for step in _steps(version) for ref in inference.models_of(step)]


def _status_response(db: State, deployment: dict[str, Any]) -> StatusReply:
    status = {"starting": "Starting", "failed": "Error"}.get(deployment["state"], "Running")
    pod = {"starting": "Pending", "failed": "Failed"}.get(deployment["state"], "Running")
    version = pipelines.version_by_id(db, deployment["version_id"])
    refs = _models(version)
    reason = deployment["reason"]
    return StatusReply(
        status=status,
        details=[],
        engines=[
            Engine(
                ip="192.0.2.1" if pod == "Running" else None,
                name=f"engine-{deployment['id']:05d}",
                status=pod,
                reason=reason,
                details=[],
                pipeline_statuses={
                    "pipelines": [{"id": deployment["name"], "status": pod, "version": version["version"]}]
                }
                if version
                else {"pipelines": []},
                model_statuses={"models": [{**ref, "status": pod} for ref in refs]},
            )
        ],
        engine_lbs=[
            Pod(
                ip="192.0.2.2",
                name=f"engine-lb-{deployment['id']:05d}",
                status="Running",
                reason=None,
                details=[],
            )
        ],
        sidekicks=[],
    )
