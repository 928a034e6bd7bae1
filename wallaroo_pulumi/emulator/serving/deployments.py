"""Deployments (`pipelines/deploy`, `status/get_deployment`) and their inference URLs.

Starting and ending take as long as the settings `deployment` and `undeployment` say (readiness.py). The sources are
silent on these points, so the emulator decides: while a deployment changes to another version its status is Starting
and the old version no longer answers; engines that request more CPUs than the cluster has never start; an unknown
model in the definition is an error of the engine; the URL of a pipeline that was never deployed is 400.
"""

import json
import sqlite3
from typing import Any

from fastapi import APIRouter, Request

from .. import readiness
from ..errors import ApiError
from ..identity import access
from ..identity.auth import Caller
from ..models import store as models_store
from ..services import Db
from ..state import State
from ..wire import Empty, Id, Wire, mlops_router
from . import pipelines, pods
from .engine import Ref, models_of

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
"""The CPUs that all engines of a deployment together may request."""

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


class UrlRequest(Wire):
    workspace_id: Id
    pipeline_name: str


class UrlReply(Wire):
    url: str


@_pipelines.post("/deploy")
async def deploy(body: DeployRequest, caller: Caller, db: Db) -> DeployReply:
    """Deploy a pipeline version. A pipeline has one deployment, which changes to the version."""
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
    _shortage(body.engine_config or {})  # raises ApiError for an invalid quantity
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
    """Undeploy a pipeline. A deployment that has ended, or never existed, is no error."""
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
async def get_deployment(body: StatusRequest, caller: Caller, db: Db) -> pods.StatusReply:
    """Read the status of a deployment. It is 404 once the deployment has ended."""
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
    version = pipelines.version_by_id(db, row["version_id"])
    return pods.status_of(db, current(db, row), version, _models(version))


@_admin.post("/get_pipeline_external_url")
async def get_pipeline_external_url(body: UrlRequest, caller: Caller, db: Db, request: Request) -> UrlReply:
    """Read the inference URL of a pipeline. A pipeline that was never deployed is 400."""
    row = _deployed(db, body, caller)
    base = str(request.base_url).rstrip("/")
    name = body.pipeline_name
    return UrlReply(url=f"{base}/v1/api/pipelines/infer/{name}-{row['id']}/{name}")


@_admin.post("/get_pipeline_internal_url")
async def get_pipeline_internal_url(body: UrlRequest, caller: Caller, db: Db) -> UrlReply:
    """Read the inference URL inside the cluster. A pipeline that was never deployed is 400."""
    row = _deployed(db, body, caller)
    name = body.pipeline_name
    return UrlReply(url=f"http://engine-lb.{name}-{row['id']}:29502/pipelines/{name}")


for _part in (_pipelines, _status, _admin):
    router.include_router(_part)


def add(db: State, pipeline_id: int, version_id: int, deployment_id: int | None = None) -> int:
    """Insert a running deployment and return its id."""
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


def steps_of(version: sqlite3.Row | None) -> list[dict[str, Any]]:
    definition = json.loads(version["definition"]) if version else {}
    steps: list[dict[str, Any]] = definition.get("steps") or []
    return steps


def current(db: State, row: sqlite3.Row) -> dict[str, Any]:
    """Return the deployment after its start or end has proceeded."""
    deployment = dict(row)
    if deployment["state"] != "starting":
        return deployment
    if shortage := _shortage(json.loads(deployment["engine_config"])):
        return deployment | {"reason": shortage}
    outcome = readiness.poll(db, "deployment", deployment["id"])
    if readiness.is_under_way(outcome):
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
    """Return why the engines can never be placed, or None."""
    engine = engine_config.get("engine") or {}
    requests = (engine.get("resources") or {}).get("requests") or {}
    cpus = _cpus(engine.get("cpu") or requests.get("cpu") or 1) * float(engine.get("replicas") or 1)
    if cpus <= CLUSTER_CPUS:
        return None
    return f"0/1 nodes are available: Insufficient cpu ({cpus:g} requested, {CLUSTER_CPUS} available)"


def _cpus(quantity: str | float) -> float:
    """Parse a Kubernetes quantity of CPUs: `2`, `"0.5"` or `"500m"`."""
    try:
        text = str(quantity)
        return float(text.removesuffix("m")) / (1000 if text.endswith("m") else 1)
    except ValueError as error:
        raise ApiError(400, f"engine_config: cpu '{quantity}' is not a quantity") from error


def _models(version: sqlite3.Row | None) -> list[Ref]:
    return [ref for step in steps_of(version) for ref in models_of(step)]
