"""Pipeline versions published for edges, and the edges (`/v1/api/pipelines/…publish…`, `…edge…`).

Nothing is pushed: the addresses in an OCI registry are invented. The sources are silent on these points, so the
emulator decides: members of the pipeline's workspace may do all of this; a constraint refuses an edge name that is in
use; edges move to a publish that replaces theirs once it is published; an unknown edge is 404.
"""

import json
import sqlite3
import uuid
from typing import Any

from fastapi import Request
from pydantic import Field

from .. import readiness
from ..errors import ApiError
from ..identity import access
from ..identity.accounts import User
from ..identity.auth import Caller
from ..services import Db
from ..settings import OCI_REGISTRY, PLATFORM_VERSION
from ..state import State
from ..wire import Id, Wire, mlops_router
from . import edge_config, pipelines

SCHEMA = """
CREATE TABLE IF NOT EXISTS publishes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    pipeline_id INTEGER NOT NULL,
    pipeline_name TEXT NOT NULL,
    pipeline_version_id INTEGER NOT NULL,
    pipeline_version_name TEXT NOT NULL,
    status TEXT NOT NULL,
    error TEXT,
    engine_config TEXT NOT NULL,
    replaces TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    created_by TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS edges (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    tags TEXT NOT NULL,
    publish_id INTEGER NOT NULL REFERENCES publishes (id) ON DELETE CASCADE,
    created_at TEXT NOT NULL
);
"""
# A publish outlives its pipeline, so it has copies of the names.

router = mlops_router("/pipelines", "publishes")


class PublishRequest(Wire):
    pipeline_version_id: Id
    model_config_ids: list[Id]
    engine_config: dict[str, Any] | None = None
    replaces: list[Id] | None = None


class StatusRequest(Wire):
    id: Id
    include_replace_bundles: bool = False


class ListRequest(Wire):
    pipeline_id: Id | None = None
    workspace_id: Id | None = None


class AddEdgeRequest(Wire):
    name: str = Field(min_length=1)
    pipeline_publish_id: Id
    tags: list[str]


class EdgesRequest(Wire):
    publish_id: Id


class RemoveEdgeRequest(Wire):
    name: str


class Helm(Wire):
    reference: str
    chart: str | None
    version: str | None
    values: dict[str, str]


class OldPublish(Wire):
    id: int
    pipeline_name: str
    pipeline_version_name: str


class Publish(Wire):
    id: int
    pipeline_name: str
    pipeline_version_id: int
    pipeline_version_name: str
    status: str
    created_at: str
    updated_at: str
    created_by: str
    pipeline_url: str | None
    engine_url: str | None
    helm: Helm | None
    engine_config: dict[str, Any]
    error: str | None
    user_images: list[str]
    docker_run_variables: dict[str, str]
    replaces: list[OldPublish]
    created_on_version: str


class PublishWithBundles(Publish):
    edge_bundles: dict[str, str]


class Edge(Wire):
    id: str
    name: str
    tags: list[str]
    cpus: float
    memory: str
    created_at: str
    created_on_version: str
    should_run_publish: int
    spiffe_id: str | None


class ListReply(Wire):
    publishes: list[Publish]
    edges: list[Edge]


class EdgesReply(Wire):
    edges: list[Edge]


@router.post("/publish", status_code=202)
async def publish(body: PublishRequest, caller: Caller, db: Db) -> Publish:
    """Publish a pipeline version for edges. Every call creates another publish."""
    absent = ApiError(
        500,
        'error returned from database: insert or update on table "pipeline_publish" violates foreign key'
        ' constraint "pipeline_publish_pipeline_version_id_fkey"',
    )
    version = access.visible(db, pipelines.version_by_id(db, body.pipeline_version_id), caller, absent)
    replaced = [_visible(db, id, caller) for id in body.replaces or []]
    publish_id = add(
        db,
        workspace_id=version["workspace_id"],
        pipeline_id=version["pipeline_id"],
        pipeline_name=version["name"],
        pipeline_version_id=body.pipeline_version_id,
        pipeline_version_name=version["version"],
        engine_config=edge_config.completed(body.engine_config or {}),
        replaces=[row["id"] for row in replaced],
        created_by=caller.id,
    )
    readiness.begin(db, "publish", publish_id)
    return _publish(db, _visible(db, publish_id, caller))


@router.post("/get_publish_status")
async def get_publish_status(
    body: StatusRequest, caller: Caller, db: Db, request: Request
) -> PublishWithBundles | Publish:
    """Read a publish. It has `edge_bundles`, for the edges that it took over, only if requested. Unknown id 400."""
    _advance(db, _visible(db, body.id, caller))
    row = _visible(db, body.id, caller)
    found = _publish(db, row)
    if row["status"] == "Published":
        found.docker_run_variables = {"PIPELINE_URL": found.pipeline_url or ""}
    if not body.include_replace_bundles:
        return found
    edges = _edges(db, {body.id}) if found.replaces else []
    return PublishWithBundles(
        **found.model_dump(),
        edge_bundles={edge.name: _bundle(edge.name, found, request) for edge in edges},
    )


@router.post("/list_publishes_for_pipeline")
async def list_publishes_for_pipeline(body: ListRequest, caller: Caller, db: Db) -> ListReply:
    """List publishes, newest first, and their edges.

    Those of a pipeline, of a workspace, or of all that the caller sees.
    """
    access.require_member(db, body.workspace_id, caller)
    if body.pipeline_id is not None and (pipeline := pipelines.row_of(db, body.pipeline_id)):
        access.require_member(db, pipeline["workspace_id"], caller)
    found = _listed(db, body, caller)
    for row in found:
        _advance(db, row)
    found = _listed(db, body, caller)
    return ListReply(
        publishes=[_publish(db, row) for row in found], edges=_edges(db, {row["id"] for row in found})
    )


@router.post("/add_edge_to_publish", status_code=201)
async def add_edge_to_publish(body: AddEdgeRequest, caller: Caller, db: Db, request: Request) -> Publish:
    """Add an edge to a publish.

    Only this response has its join token, in the bundle. A name that is in use is 500.
    """
    row = _visible(db, body.pipeline_publish_id, caller)
    if db.row("SELECT 1 FROM edges WHERE name = ?", (body.name,)):
        raise ApiError(
            500,
            'error returned from database: duplicate key value violates unique constraint "edge_name_key"',
        )
    add_edge(db, body.name, row["id"], body.tags)
    found = _publish(db, row)
    bundle = _bundle(body.name, found, request)
    found.docker_run_variables = {"EDGE_BUNDLE": bundle, "PIPELINE_URL": found.pipeline_url or ""}
    if found.helm:
        found.helm.values = {"edgeBundle": bundle}
    return found


@router.post("/list_edges_by_publish_id")
async def list_edges_by_publish_id(body: EdgesRequest, caller: Caller, db: Db) -> EdgesReply:
    """List the edges of a publish. Unknown id 400."""
    _visible(db, body.publish_id, caller)
    return EdgesReply(edges=_edges(db, {body.publish_id}))


@router.post("/remove_edge")
async def remove_edge(body: RemoveEdgeRequest, caller: Caller, db: Db) -> None:
    """Remove an edge by its name. Unknown name 404."""
    row = db.row("SELECT * FROM edges WHERE name = ?", (body.name,))
    if row is None:
        raise ApiError(404, f"no edge named {body.name}")
    _visible(db, row["publish_id"], caller)
    db.execute("DELETE FROM edges WHERE id = ?", (row["id"],))


def add(
    db: State,
    *,
    workspace_id: int,
    pipeline_id: int,
    pipeline_name: str,
    pipeline_version_id: int,
    pipeline_version_name: str,
    engine_config: dict[str, Any],
    replaces: list[int],
    created_by: str,
    status: str = "PendingPublish",
    error: str | None = None,
    id: int | None = None,
) -> int:
    """Insert a publish and return its id."""
    stamp = db.timestamp()
    pipeline = (workspace_id, pipeline_id, pipeline_name, pipeline_version_id, pipeline_version_name)
    made = (json.dumps(engine_config), json.dumps(replaces), stamp, stamp, created_by)
    return db.insert(
        "INSERT INTO publishes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (id, *pipeline, status, error, *made),
    )


def add_edge(db: State, name: str, publish_id: int, tags: list[str]) -> None:
    db.execute(
        "INSERT INTO edges VALUES (?, ?, ?, ?, ?)",
        (str(uuid.uuid4()), name, json.dumps(tags), publish_id, db.timestamp()),
    )


def _visible(db: State, publish_id: int, caller: User) -> sqlite3.Row:
    """Return the publish. Raises ApiError: 400 for an unknown one, 403 for a non-member."""
    row = db.row("SELECT * FROM publishes WHERE id = ?", (publish_id,))
    return access.visible(db, row, caller, ApiError(400, f"no publish with id {publish_id}"))


def _listed(db: State, body: ListRequest, caller: User) -> list[sqlite3.Row]:
    return db.execute(
        "SELECT p.* FROM publishes p JOIN workspace_members m USING (workspace_id) WHERE m.user_id = :caller"
        " AND (:pipeline IS NULL OR p.pipeline_id = :pipeline)"
        " AND (:workspace IS NULL OR p.workspace_id = :workspace) ORDER BY p.id DESC",
        {"caller": caller.id, "pipeline": body.pipeline_id, "workspace": body.workspace_id},
    ).fetchall()


def _advance(db: State, row: sqlite3.Row) -> None:
    """Update a publish according to its readiness."""
    if row["status"] in ("Published", "Error"):
        return
    outcome = readiness.poll(db, "publish", row["id"])
    if outcome == "held":
        return
    status = {"pending": "Publishing", "done": "Published", "failed": "Error"}[outcome]
    error = readiness.setting_of(db, "publish").message if outcome == "failed" else None
    with db.transaction():
        db.execute(
            "UPDATE publishes SET status = ?, error = ?, updated_at = ? WHERE id = ?",
            (status, error, db.timestamp(), row["id"]),
        )
        if outcome == "done":
            for replaced in json.loads(row["replaces"]):
                db.execute("UPDATE edges SET publish_id = ? WHERE publish_id = ?", (row["id"], replaced))


def _publish(db: State, row: sqlite3.Row) -> Publish:
    is_published = row["status"] == "Published"
    package = f"{row['pipeline_name']}:{row['pipeline_version_name']}"
    chart = Helm(
        reference=f"{OCI_REGISTRY}/charts@sha256:{row['id']:064x}",
        chart=f"{OCI_REGISTRY}/charts/{row['pipeline_name']}",
        version=f"0.0.1-{row['pipeline_version_name']}",
        values={},
    )
    own = ("id", "pipeline_name", "pipeline_version_id", "pipeline_version_name", "status", "error")
    stamps = ("created_at", "updated_at", "created_by")
    replaced = [
        db.row("SELECT id, pipeline_name, pipeline_version_name FROM publishes WHERE id = ?", (id,))
        for id in json.loads(row["replaces"])
    ]
    return Publish(
        **{key: row[key] for key in (*own, *stamps)},
        pipeline_url=f"{OCI_REGISTRY}/pipelines/{package}" if is_published else None,
        engine_url=f"{OCI_REGISTRY}/engines/fitzroy-mini:v{PLATFORM_VERSION}" if is_published else None,
        helm=chart if is_published else None,
        engine_config=json.loads(row["engine_config"]),
        user_images=[],
        docker_run_variables={},
        replaces=[OldPublish(**dict(old)) for old in replaced if old],
        created_on_version=PLATFORM_VERSION,
    )


def _edges(db: State, publish_ids: set[int]) -> list[Edge]:
    return [
        Edge(
            id=row["id"],
            name=row["name"],
            tags=json.loads(row["tags"]),
            **edge_config.size_of(json.loads(row["engine_config"])),
            created_at=row["created_at"],
            created_on_version=PLATFORM_VERSION,
            should_run_publish=row["publish_id"],
            spiffe_id=f"wallaroo.ai/ns/deployments/edge/{row['id']}",
        )
        for row in db.execute(
            "SELECT e.*, p.engine_config FROM edges e JOIN publishes p ON p.id = e.publish_id ORDER BY e.rowid"
        )
        if row["publish_id"] in publish_ids
    ]


def _bundle(name: str, publish: Publish, request: Request) -> str:
    host = request.url.hostname or "127.0.0.1"
    return edge_config.bundle(name, publish.pipeline_url, publish.engine_config, host)
