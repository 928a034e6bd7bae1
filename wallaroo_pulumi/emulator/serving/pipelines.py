"""Pipelines and their versions (`/v1/api/pipelines/…`).

The sources are silent on these points, so the emulator decides: only members of the workspace have access; definitions
are stored as given, unchecked; a pipeline that is deployed or still ending cannot be deleted (409), nor can the version
that is deployed. With readiness `pipeline_version` set to `error`, the next create fails half-way, as recorded: the
pipeline is created, its version is not, and the response is 500.
"""

import json
import sqlite3
import uuid
from typing import Any

from pydantic import Field

from .. import readiness
from ..automation import assays
from ..errors import ApiError
from ..identity import access
from ..identity.accounts import User
from ..identity.auth import Caller
from ..identity.workspaces import HomeWorkspace, home_workspace
from ..services import Db
from ..settings import PLATFORM_VERSION
from ..state import State
from ..wire import Id, Wire, mlops_router

SCHEMA = """
CREATE TABLE IF NOT EXISTS pipelines (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    visibility TEXT NOT NULL DEFAULT 'private',
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (workspace_id, name)
);
CREATE TABLE IF NOT EXISTS pipeline_versions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    pipeline_id INTEGER NOT NULL REFERENCES pipelines (id) ON DELETE CASCADE,
    version TEXT NOT NULL UNIQUE,
    definition TEXT NOT NULL,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS pipeline_versions_by_pipeline ON pipeline_versions (pipeline_id);
"""

router = mlops_router("/pipelines", "pipelines")


class CreateRequest(Wire):
    """`pipeline_id` is the name."""

    pipeline_id: str = Field(min_length=1)
    workspace_id: Id
    definition: dict[str, Any] | None = None


class CreateReply(Wire):
    pipeline_pk_id: int
    pipeline_variant_pk_id: int
    pipeline_variant_version: str


class CopyRequest(Wire):
    """`source_pipeline` is the id."""

    name: str = Field(min_length=1)
    workspace_id: Id
    source_pipeline: Id


class CopyReply(Wire):
    pipeline_pk_id: int
    pipeline_variant_pk_id: int
    pipeline_version: str | None
    deployment: dict[str, Any] | None


class NameRequest(Wire):
    """`pipeline_id` is the name."""

    pipeline_id: str
    workspace_id: Id


class ByNameRequest(Wire):
    pipeline_name: str
    workspace_id: Id


class ListRequest(Wire):
    workspace_id: Id | None = None
    workspace_name: str | None = None


class VersionRequest(Wire):
    version: str


class Pipeline(Wire):
    id: int
    name: str
    created_at: str
    updated_at: str


class PipelineVersion(Wire):
    """`id` is the pipeline's name; only create returns the integer id of a version."""

    id: str
    workspace_id: int
    created_at: str
    created_by: str
    created_on_version: str
    steps: dict[str, Any]
    version: str


class Replicas(Wire):
    maximum_replicas: int
    prewarmed_replicas: int


class ListedPipeline(Wire):
    pipeline: Pipeline
    plateau_topic: str
    workspace: HomeWorkspace
    deployment: Replicas | None
    pipeline_version: PipelineVersion | None


class ListReply(Wire):
    pipelines: list[ListedPipeline]


class VersionsReply(Wire):
    pipeline_versions: list[ListedPipeline]


class ByNameReply(Wire):
    pipeline: Pipeline
    plateau_topic: str
    workspace: HomeWorkspace


class VersionReply(Wire):
    """`pipeline_id` is the name."""

    pipeline_id: str
    version: str
    definition: dict[str, Any]


class DeleteVersions(Wire):
    pipeline_versions: list[str]


@router.post("/create")
async def create(body: CreateRequest, caller: Caller, db: Db) -> CreateReply:
    """Create a pipeline, or a new version of it. Every call creates a version; the call is not atomic."""
    access.require_member(db, body.workspace_id, caller)
    row = find(db, body.workspace_id, body.pipeline_id)
    pipeline_id = row["id"] if row else add(db, body.workspace_id, body.pipeline_id)
    setting = readiness.setting_of(db, "pipeline_version")
    if setting.mode == "error":
        readiness.configure(db, readiness.Readiness(kind="pipeline_version"))  # only this version fails
        raise ApiError(500, "A pipeline was created but variant creation failed")
    with db.transaction():
        version_id, version = add_version(
            db, pipeline_id, body.definition or {}, caller.email or caller.username
        )
    return CreateReply(
        pipeline_pk_id=pipeline_id, pipeline_variant_pk_id=version_id, pipeline_variant_version=version
    )


@router.post("/copy")
async def copy(body: CopyRequest, caller: Caller, db: Db) -> CopyReply:
    """Copy a pipeline. The copy has the latest definition of the other one."""
    access.require_member(db, body.workspace_id, caller)
    source = by_id(db, body.source_pipeline, caller)
    latest = latest_version(db, source["id"])
    row = find(db, body.workspace_id, body.name)
    pipeline_id = row["id"] if row else add(db, body.workspace_id, body.name)
    definition = json.loads(latest["definition"]) if latest else {}
    with db.transaction():
        version_id, _ = add_version(db, pipeline_id, definition, caller.email or caller.username)
    return CopyReply(
        pipeline_pk_id=pipeline_id, pipeline_variant_pk_id=version_id, pipeline_version=None, deployment=None
    )


@router.post("/list_pipelines")
async def list_pipelines(body: ListRequest, caller: Caller, db: Db) -> ListReply:
    """List pipelines with their latest versions. Those of one workspace, or of all that the caller sees."""
    access.require_member(db, body.workspace_id, caller)
    rows = db.execute(
        "SELECT p.* FROM pipelines p JOIN workspaces w ON w.id = p.workspace_id"
        " JOIN workspace_members u ON u.workspace_id = w.id AND u.user_id = :caller"
        " WHERE (:id IS NULL OR w.id = :id) AND (:name IS NULL OR w.name = :name) ORDER BY p.id DESC",
        {"caller": caller.id, "id": body.workspace_id, "name": body.workspace_name},
    ).fetchall()
    return ListReply(pipelines=[_listed(db, row, latest_version(db, row["id"])) for row in rows])


@router.post("/list_pipeline_versions")
async def list_pipeline_versions(body: NameRequest, caller: Caller, db: Db) -> VersionsReply:
    """List the versions of a pipeline, newest first. Unknown name: an empty list."""
    access.require_member(db, body.workspace_id, caller)
    row = find(db, body.workspace_id, body.pipeline_id)
    if row is None:
        return VersionsReply(pipeline_versions=[])
    versions = db.execute(
        "SELECT * FROM pipeline_versions WHERE pipeline_id = ? ORDER BY id DESC", (row["id"],)
    ).fetchall()
    return VersionsReply(pipeline_versions=[_listed(db, row, version) for version in versions])


@router.post("/get_pipeline_by_name")
async def get_pipeline_by_name(body: ByNameRequest, caller: Caller, db: Db) -> ByNameReply:
    """Read a pipeline by its name. Unknown name 404."""
    access.require_member(db, body.workspace_id, caller)
    row = by_name(db, body.workspace_id, body.pipeline_name)
    listed = _listed(db, row, None)
    return ByNameReply(
        pipeline=listed.pipeline, plateau_topic=listed.plateau_topic, workspace=listed.workspace
    )


@router.post("/get_version")
async def get_version(body: VersionRequest, caller: Caller, db: Db) -> VersionReply:
    """Read the definition of a pipeline version. Unknown version 400."""
    absent = ApiError(400, f"no pipeline version {body.version}")
    row = access.visible(db, version_by_uuid(db, body.version), caller, absent)
    return VersionReply(
        pipeline_id=row["name"], version=row["version"], definition=json.loads(row["definition"])
    )


@router.post("/delete_pipeline")
async def delete_pipeline(body: NameRequest, caller: Caller, db: Db) -> NameRequest:
    """Delete a pipeline with its versions and deactivated assays.

    Unknown 404; deployed or monitored by an active assay 409.
    """
    access.require_member(db, body.workspace_id, caller)
    row = by_name(db, body.workspace_id, body.pipeline_id)
    deployment = db.row("SELECT * FROM deployments WHERE pipeline_id = ?", (row["id"],))
    if deployment and is_alive(db, deployment):
        raise ApiError(409, f"pipeline {row['name']} is deployed")
    if assays.watch(db, row["id"]):
        raise ApiError(409, f"pipeline {row['name']} has an active assay")
    with db.transaction():
        assays.end_with(db, row["id"])
        db.execute("DELETE FROM pipelines WHERE id = ?", (row["id"],))
    return body


@router.post("/delete_pipeline_versions")
async def delete_pipeline_versions(body: DeleteVersions, caller: Caller, db: Db) -> DeleteVersions:
    """Delete pipeline versions, all or none. Unknown 404, deployed 409."""
    rows = []
    for version in body.pipeline_versions:
        absent = ApiError(404, f"no pipeline version {version}")
        row = access.visible(db, version_by_uuid(db, version), caller, absent)
        deployment = db.row("SELECT * FROM deployments WHERE version_id = ?", (row["id"],))
        if deployment and is_alive(db, deployment):
            raise ApiError(409, f"pipeline version {version} is deployed")
        rows.append(row)
    with db.transaction():
        for row in rows:
            db.execute("DELETE FROM deployments WHERE version_id = ?", (row["id"],))
            db.execute("DELETE FROM pipeline_versions WHERE id = ?", (row["id"],))
    return body


def add(db: State, workspace_id: int, name: str | None = None, pipeline_id: int | None = None) -> int:
    """Insert a pipeline without versions and return its id."""
    now = db.timestamp()
    return db.insert(
        "INSERT INTO pipelines (id, workspace_id, name, created_at, updated_at) VALUES (?, ?, ?, ?, ?)",
        (pipeline_id, workspace_id, name or f"pipeline-{uuid.uuid4().hex[:8]}", now, now),
    )


def add_version(
    db: State,
    pipeline_id: int,
    definition: dict[str, Any],
    created_by: str,
    version: str | None = None,
    version_id: int | None = None,
) -> tuple[int, str]:
    """Insert a version and return its id and UUID. Requires a transaction."""
    version = version or str(uuid.uuid4())
    now = db.timestamp()
    version_id = db.insert(
        "INSERT INTO pipeline_versions (id, pipeline_id, version, definition, created_at, created_by)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (version_id, pipeline_id, version, json.dumps(definition), now, created_by),
    )
    db.execute("UPDATE pipelines SET updated_at = ? WHERE id = ?", (now, pipeline_id))
    return version_id, version


def is_alive(db: State, deployment: sqlite3.Row) -> bool:
    """Return whether a deployment runs, starts or has not ended yet."""
    if deployment["state"] == "ending" and not readiness.is_under_way(
        readiness.poll(db, "undeployment", deployment["id"])
    ):
        db.execute("UPDATE deployments SET state = 'ended' WHERE id = ?", (deployment["id"],))
        return False
    return bool(deployment["state"] != "ended")


def topic_of(row: sqlite3.Row) -> str:
    """Return the topic of a pipeline's inference log."""
    return f"workspace-{row['workspace_id']}-pipeline-{row['name']}-inference"


def row_of(db: State, pipeline_id: int) -> sqlite3.Row | None:
    return db.row("SELECT * FROM pipelines WHERE id = ?", (pipeline_id,))


def by_id(db: State, pipeline_id: int, caller: User) -> sqlite3.Row:
    """Return the pipeline. Raises ApiError 404."""
    row = row_of(db, pipeline_id)
    return access.visible(db, row, caller, ApiError(404, f"no pipeline {pipeline_id}"))


def by_name(db: State, workspace_id: int, name: str) -> sqlite3.Row:
    """Return the pipeline with this name. Raises ApiError 404."""
    row = find(db, workspace_id, name)
    if row is None:
        raise ApiError(404, f"no pipeline {name} in workspace {workspace_id}")
    return row


def latest_version(db: State, pipeline_id: int) -> sqlite3.Row | None:
    return db.row("SELECT * FROM pipeline_versions WHERE pipeline_id = ? ORDER BY id DESC", (pipeline_id,))


def version_by_uuid(db: State, version: str) -> sqlite3.Row | None:
    """Return the version with its pipeline's name and workspace."""
    return db.row(
        "SELECT v.*, p.name, p.workspace_id FROM pipeline_versions v JOIN pipelines p ON p.id = v.pipeline_id"
        " WHERE v.version = ?",
        (version,),
    )


def version_by_id(db: State, version_id: int) -> sqlite3.Row | None:
    """Return the version with its pipeline's name and workspace."""
    return db.row(
        "SELECT v.*, p.name, p.workspace_id FROM pipeline_versions v JOIN pipelines p ON p.id = v.pipeline_id"
        " WHERE v.id = ?",
        (version_id,),
    )


def find(db: State, workspace_id: int, name: str) -> sqlite3.Row | None:
    return db.row("SELECT * FROM pipelines WHERE workspace_id = ? AND name = ?", (workspace_id, name))


def _listed(db: State, row: sqlite3.Row, version: sqlite3.Row | None) -> ListedPipeline:
    deployment = db.row("SELECT * FROM deployments WHERE pipeline_id = ?", (row["id"],))
    workspace = home_workspace(db, row["workspace_id"])
    return ListedPipeline(
        pipeline=Pipeline(
            id=row["id"], name=row["name"], created_at=row["created_at"], updated_at=row["updated_at"]
        ),
        plateau_topic=topic_of(row),
        workspace=workspace,
        deployment=Replicas(maximum_replicas=1, prewarmed_replicas=1) if deployment else None,
        pipeline_version=PipelineVersion(
            id=row["name"],
            workspace_id=row["workspace_id"],
            created_at=version["created_at"],
            created_by=version["created_by"],
            created_on_version=PLATFORM_VERSION,
            steps=json.loads(version["definition"]),
            version=version["version"],
        )
        if version
        else None,
    )
