"""Storage of model versions: tables, conversion, configurations, and the pipelines that use a version."""

import json
import sqlite3
import uuid
from collections.abc import Iterable
from typing import Any

from .. import readiness
from ..errors import ApiError
from ..identity import access
from ..identity.accounts import User
from ..identity.workspaces import home_workspace
from ..settings import PLATFORM_VERSION
from ..state import State
from .wire import (
    Config,
    Configured,
    Conversion,
    DeleteReply,
    FileInfo,
    Ids,
    ListedModel,
    Metadata,
    Model,
    OldConfig,
    Status,
    Version,
)

SCHEMA = """
CREATE TABLE IF NOT EXISTS models (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (workspace_id, name)
);
CREATE TABLE IF NOT EXISTS model_versions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    model_id INTEGER NOT NULL REFERENCES models (id) ON DELETE CASCADE,
    version TEXT NOT NULL UNIQUE,
    sha TEXT NOT NULL,
    size INTEGER NOT NULL,
    file_name TEXT NOT NULL,
    image_path TEXT,
    visibility TEXT NOT NULL,
    conversion TEXT,
    status TEXT NOT NULL,
    error_summary TEXT,
    task_id TEXT NOT NULL,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    content BLOB
);
CREATE INDEX IF NOT EXISTS versions_by_model ON model_versions (model_id);
CREATE TABLE IF NOT EXISTS model_configs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    model_version_id INTEGER NOT NULL REFERENCES model_versions (id) ON DELETE CASCADE,
    runtime TEXT NOT NULL,
    config TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS configs_by_version ON model_configs (model_version_id);
"""

_RUNTIMES = {"onnx": "onnx", "tensorflow": "tensorflow", "mlflow": "mlflow"}
_NOBODY = '""'
"""The owner of every model, as recorded: the two characters of an empty string in quotes."""


def add(db: State, workspace_id: int, name: str | None = None, model_id: int | None = None) -> int:
    """Insert a model without versions and return its id."""
    now = db.timestamp()
    return db.insert(
        "INSERT INTO models (id, workspace_id, name, created_at, updated_at) VALUES (?, ?, ?, ?, ?)",
        (model_id, workspace_id, name or f"model-{uuid.uuid4().hex[:8]}", now, now),
    )


def add_version(
    db: State,
    wanted: Metadata,
    *,
    sha: str,
    size: int,
    file_name: str,
    created_by: str,
    status: Status,
    content: bytes | None = None,
    error_summary: str | None = None,
    version: str | None = None,
    ids: Ids | None = None,
) -> int:
    """Insert a version, of a new model or the one with this name, with its first configuration; return its id.

    Requires a transaction. `ids` are the ids to use instead of generated ones.
    """
    ids = ids or Ids()
    model = model_row(db, wanted.workspace_id, wanted.name)
    model_id = model["id"] if model else add(db, wanted.workspace_id, wanted.name, ids.model_id)
    now = db.timestamp()
    conversion = wanted.conversion
    version_id = db.insert(
        "INSERT INTO model_versions (id, model_id, version, sha, size, file_name, image_path, visibility, conversion,"
        " status, error_summary, task_id, created_at, created_by, content)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            ids.id,
            model_id,
            version or str(uuid.uuid4()),
            sha,
            size,
            file_name,
            wanted.image_path,
            wanted.visibility,
            json.dumps(_stored(conversion)) if conversion else None,
            status,
            error_summary,
            str(uuid.uuid4()),
            now,
            created_by,
            content,
        ),
    )
    db.execute("UPDATE models SET updated_at = ? WHERE id = ?", (now, model_id))
    framework = conversion.framework if conversion else "onnx"
    schemas = {"input_schema": wanted.input_schema, "output_schema": wanted.output_schema}
    add_config(db, version_id, _RUNTIMES.get(framework, "flight"), schemas, ids.config_id)
    return version_id


def _stored(conversion: Conversion) -> dict[str, Any]:
    """Return the conversion of a response, as recorded: that of the request, always with framework_config."""
    optional = conversion.model_dump(include={"arch", "accel"}, exclude_none=True)
    return conversion.model_dump(exclude={"arch", "accel"}) | optional


def version_by_uuid(db: State, version: str) -> sqlite3.Row | None:
    """Return the version with its model's name and workspace."""
    return db.row(
        "SELECT v.*, m.name, m.workspace_id FROM model_versions v JOIN models m ON m.id = v.model_id"
        " WHERE v.version = ?",
        (version,),
    )


def version_by_id(db: State, version_id: int) -> sqlite3.Row | None:
    """Return the version with its model's name and workspace."""
    return db.row(
        "SELECT v.*, m.name, m.workspace_id FROM model_versions v JOIN models m ON m.id = v.model_id"
        " WHERE v.id = ?",
        (version_id,),
    )


def tensor_fields(db: State, version_id: int) -> list[str] | None:
    """Return the `tensor_fields` of the latest configuration."""
    config = _config(db, version_id)
    return config.tensor_fields if config else None


def current(db: State, row: sqlite3.Row) -> dict[str, Any]:
    """Return the version after its conversion has proceeded."""
    version = dict(row)
    if version["status"] in ("ready", "error"):
        return version
    outcome = readiness.poll(db, "model", version["id"])
    if outcome == "held":
        return version
    if outcome == "pending":
        version["status"] = "attempting_load_container"
    elif outcome == "failed":
        version["status"], version["error_summary"] = "error", readiness.setting_of(db, "model").message
    else:
        version["status"] = "ready"
    db.execute(
        "UPDATE model_versions SET status = :status, error_summary = :error_summary WHERE id = :id", version
    )
    return version


def poll(db: State, version_id: int) -> None:
    """Update a version according to the readiness of its conversion."""
    row = version_by_id(db, version_id)
    if row is not None:
        current(db, row)


def version_row(db: State, version_id: int, caller: User) -> sqlite3.Row:
    """Return the version. Raises ApiError 400 for an unknown id, as recorded for models."""
    absent = ApiError(400, "The provided model version id was not found.")
    return access.visible(db, version_by_id(db, version_id), caller, absent)


def model_by_id(db: State, model_id: int, caller: User) -> sqlite3.Row:
    row = db.row("SELECT * FROM models WHERE id = ?", (model_id,))
    return access.visible(db, row, caller, ApiError(400, "The provided model id was not found."))


def model_row(db: State, workspace_id: int, name: str) -> sqlite3.Row | None:
    return db.row("SELECT * FROM models WHERE workspace_id = ? AND name = ?", (workspace_id, name))


def shown_model(row: sqlite3.Row) -> Model:
    return Model(
        id=row["id"],
        name=row["name"],
        owner_id=_NOBODY,
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        workspace_id=row["workspace_id"],
    )


def listed(db: State, row: sqlite3.Row) -> ListedModel:
    versions = db.execute(
        "SELECT v.*, m.name, m.workspace_id FROM model_versions v JOIN models m ON m.id = v.model_id"
        " WHERE m.id = ? ORDER BY v.id DESC",
        (row["id"],),
    ).fetchall()
    return ListedModel(
        model=shown_model(row),
        model_versions=[configured(db, version) for version in versions],
        workspace=home_workspace(db, row["workspace_id"]),
    )


def flat(row: sqlite3.Row | dict[str, Any]) -> dict[str, Any]:
    return {
        "sha": row["sha"],
        "models_pk_id": row["model_id"],
        "model_version": row["version"],
        "owner_id": _NOBODY,
        "model_id": row["name"],
        "id": row["id"],
        "file_name": row["file_name"],
        "image_path": row["image_path"],
    }


def configured(db: State, row: sqlite3.Row) -> Configured:
    version = current(db, row)
    config = _config(db, version["id"])
    # A model that the engine runs itself needs no container and has no task when it is ready, as recorded.
    native = not runs_in_container(db, version["id"]) and version["status"] == "ready"
    return Configured(
        model_version=Version(
            name=version["name"],
            visibility=version["visibility"],
            workspace_id=version["workspace_id"],
            conversion=json.loads(version["conversion"]) if version["conversion"] else None,
            id=version["id"],
            image_path=version["image_path"],
            status=version["status"],
            task_id=None if native else version["task_id"],
            file_info=FileInfo(
                version=version["version"],
                sha=version["sha"],
                file_name=version["file_name"],
                size=version["size"],
            ),
            created_on_version=PLATFORM_VERSION,
            created_by=version["created_by"],
            created_at=version["created_at"],
            deployed=any(deployed for _, deployed in _users(db, version["version"])),
            error_summary=version["error_summary"],
        ),
        config=config,
    )


def runs_in_container(db: State, version_id: int) -> bool:
    """Return whether a version runs in a container of its own beside the engine."""
    config = config_row(db, version_id)
    return config is not None and config["runtime"] == "flight"


def label_of(db: State, version: str) -> str:
    """Return a configured version as JSON text, as results of a split contain it."""
    row = version_by_uuid(db, version)
    if row is None:
        return "{}"
    label = configured(db, row).model_dump(mode="json")
    label["model_version"]["created_at"] = None  # as recorded
    return json.dumps(label, separators=(",", ":"))


def add_config(
    db: State, version_id: int, runtime: str, config: dict[str, Any], config_id: int | None = None
) -> None:
    db.insert(
        "INSERT INTO model_configs (id, model_version_id, runtime, config) VALUES (?, ?, ?, ?)",
        (config_id, version_id, runtime, json.dumps(config)),
    )


def config_row(db: State, version_id: int) -> sqlite3.Row | None:
    return db.row("SELECT * FROM model_configs WHERE model_version_id = ? ORDER BY id DESC", (version_id,))


def _config(db: State, version_id: int) -> Config | None:
    row = config_row(db, version_id)
    if row is None:
        return None
    return Config(
        id=row["id"], model_version_id=version_id, runtime=row["runtime"], **json.loads(row["config"])
    )


def required_config(db: State, version_id: int) -> Config:
    config = _config(db, version_id)
    if config is None:
        raise ApiError(500, "the configuration has gone")
    return config


def old_config(db: State, version_id: int) -> OldConfig | None:
    config = _config(db, version_id)
    return OldConfig(**config.model_dump(include=set(OldConfig.model_fields))) if config else None


def _users(db: State, version: str) -> list[tuple[str, bool]]:
    """Return the pipelines whose latest definition or deployment names a version, and whether they are deployed."""
    rows = db.execute(
        "SELECT p.name, p.id, EXISTS (SELECT 1 FROM deployments d JOIN pipeline_versions r ON r.id = d.version_id"
        "  WHERE d.pipeline_id = p.id AND d.state != 'ended' AND instr(r.definition, :version)) AS deployed,"
        " (SELECT instr(v.definition, :version) FROM pipeline_versions v WHERE v.pipeline_id = p.id"
        "  ORDER BY v.id DESC LIMIT 1) AS named FROM pipelines p ORDER BY p.id",
        {"version": version},
    ).fetchall()
    return [(row["name"], bool(row["deployed"])) for row in rows if row["named"] or row["deployed"]]


def delete_versions(db: State, rows: Iterable[sqlite3.Row], *, confirmed: bool) -> DeleteReply:
    rows = list(rows)
    for ending in db.execute("SELECT id FROM deployments WHERE state = 'ending'").fetchall():
        if not readiness.is_under_way(readiness.poll(db, "undeployment", ending["id"])):
            db.execute("UPDATE deployments SET state = 'ended' WHERE id = ?", (ending["id"],))
    for row in rows:
        if users := _users(db, row["version"]):
            raise ApiError(409, f"model version {row['version']} is used by pipeline {users[0][0]}")
    if confirmed:
        with db.transaction():
            for row in rows:
                readiness.end(db, "model", row["id"])
                db.execute("DELETE FROM model_versions WHERE id = ?", (row["id"],))
    return DeleteReply(bytes=sum(row["size"] for row in rows))
