"""Models (`/v1/api/models/…`): uploads, their conversion, versions and configurations.

Conversion takes as long as the setting `model` says (readiness.py). Decided here because the sources do not say:
members of the workspace only (a public version is no exception); deleting the last version leaves the model, without
versions; a version that the latest version of a pipeline, or a deployment, names is in use (409).
"""

import hashlib
import json
import sqlite3
import uuid
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from fastapi import File, Form, UploadFile
from pydantic import Field, ValidationError

from . import readiness
from .accounts import User
from .auth import Caller
from .errors import ApiError
from .services import Db
from .state import State
from .wire import Id, Wire, mlops_router
from .workspaces import role_of_caller

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

SERVER_VERSION = "2026.1.3"
LARGEST_KEPT = 64 * 2**20
"""Bytes of the largest file that is kept, to be run; of a larger one only digest and size are."""
_SUFFIXES = (".zip", ".pt", ".onnx", ".h5", ".pkl")
_RUNTIMES = {"onnx": "onnx", "tensorflow": "tensorflow", "mlflow": "mlflow"}
_NOBODY = '""'
"""The owner of every model, as recorded: the two characters of an empty string in quotes."""
_CHUNK = 2**20

router = mlops_router("/models", "models")

Status = Literal[
    "uploading",
    "pending_load_native",
    "attempting_load_native",
    "pending_load_container",
    "attempting_load_container",
    "ready",
    "error",
]


class Conversion(Wire):
    framework: str
    requirements: list[str] = Field([])
    arch: str | None = None
    accel: str | dict[str, Any] | None = None
    python_version: str = "3.8"
    framework_config: dict[str, Any] | None = None


class Metadata(Wire):
    """The part `metadata` of an upload."""

    name: str = Field(min_length=1)
    visibility: Literal["public", "private"] = "private"
    workspace_id: Id
    conversion: Conversion | None = None
    input_schema: str | None = None
    output_schema: str | None = None
    image_path: str | None = None


class Ids(Wire):
    """The ids of a seeded version, of its model and its configuration."""

    id: Id | None = None
    model_id: Id | None = None
    config_id: Id | None = None


class IdOnly(Wire):
    id: int


class UploadedModels(Wire):
    models: list[IdOnly]


class Returning(Wire):
    returning: list[UploadedModels]


class UploadReply(Wire):
    insert_models: Returning


class VersionIdRequest(Wire):
    model_version_id: Id


class LogsRequest(VersionIdRequest):
    lines: int | None = Field(None, ge=0, le=2**31 - 1)


class LogsReply(Wire):
    logs: list[str]


class FileInfo(Wire):
    version: str
    sha: str
    file_name: str
    size: int


class Version(Wire):
    name: str
    visibility: str
    workspace_id: int
    conversion: dict[str, Any] | None
    id: int
    image_path: str | None
    status: Status
    task_id: str | None
    file_info: FileInfo
    created_on_version: str
    created_by: str
    created_at: str
    deployed: bool
    error_summary: str | None


class Settable(Wire):
    """What insert_model_config sets, by the keys of its answer."""

    filter_threshold: float | None = None
    tensor_fields: list[str] | None = None
    input_schema: str | None = None
    output_schema: str | None = None
    batch_config: str | None = None
    dynamic_batching_config: dict[str, Any] | None = None
    continuous_batching_config: dict[str, Any] | None = None


class InsertConfigRequest(Settable):
    model_version_id: Id
    openai_config: dict[str, Any] | None = None


class Config(Settable):
    id: int
    model_version_id: int
    runtime: str
    queue_depth: int | None = None
    sidekick_uri: str | None = None
    openai: dict[str, Any] | None = None


class ConfigReply(Wire):
    model_config_: Config = Field(serialization_alias="model_config")


class Configured(Wire):
    model_version: Version
    config: Config | None


class VersionReply(Wire):
    model_version: Configured


class Model(Wire):
    id: int
    name: str
    owner_id: str
    created_at: str
    updated_at: str
    workspace_id: int


class HomeWorkspace(Wire):
    """A workspace, as other objects show it."""

    id: int
    name: str
    created_by: str
    archived: bool
    created_at: str
    group_id: int | None = None


class ListedModel(Wire):
    model: Model
    model_versions: list[Configured]
    workspace: HomeWorkspace


class ListReply(Wire):
    models: list[ListedModel]


class ListRequest(Wire):
    workspace_id: Id | None = None
    workspace_name: str | None = None


class ByNameRequest(Wire):
    """`model_id` is the model's name."""

    model_id: str
    workspace_id: Id


class DeleteModelRequest(ByNameRequest):
    confirm_delete: bool = False


class DeleteVersionsRequest(Wire):
    model_versions: list[str]
    confirm_delete: bool = False


class DeleteReply(Wire):
    bytes: int


class FlatVersion(Wire):
    sha: str
    models_pk_id: int
    model_version: str
    owner_id: str
    model_id: str
    id: int
    file_name: str
    image_path: str | None


class FlatVersionWithStatus(FlatVersion):
    status: Status


class ListVersionsRequest(Wire):
    model_id: str | None = None
    models_pk_id: Id | None = None


class ModelIdRequest(Wire):
    id: Id


class NamedWorkspace(Wire):
    id: int
    name: str


class ModelReply(Wire):
    id: int
    name: str
    owner_id: str
    created_at: str
    updated_at: str
    models: list[FlatVersion]
    workspace: NamedWorkspace


class OldConfig(Wire):
    """The first four properties of a configuration."""

    id: int
    runtime: str
    tensor_fields: list[str] | None
    filter_threshold: float | None


class OldConfigReply(Wire):
    model_config_: OldConfig | None = Field(serialization_alias="model_config")


class ModelWithConfig(Model):
    model_config_: OldConfig | None = Field(serialization_alias="model_config")


class OldConfigRequest(Wire):
    """`model_id` is the id of a version."""

    model_id: Id


@router.post("/upload_and_convert", status_code=202)
async def upload_and_convert(
    metadata: Annotated[str, Form()], file: Annotated[UploadFile, File()], caller: Caller, db: Db
) -> UploadReply:
    """Take a file and begin its conversion. Every upload makes a version, also with the same content."""
    try:
        wanted = Metadata.model_validate_json(metadata)
    except ValidationError as error:
        raise ApiError(400, "metadata: not the JSON object that is expected") from error
    if not (file.filename or "").endswith(_SUFFIXES):
        raise ApiError(
            400, "Bad request: The provided file needs to be a .zip, .pt, .onnx, .h5, or .pkl file."
        )
    role_of_caller(db, wanted.workspace_id, caller)
    digest, content = await _taken_in(file)
    with db.transaction():
        version_id = add_version(
            db,
            wanted,
            sha=digest,
            size=file.size or 0,
            content=content,
            file_name=file.filename or "",
            created_by=caller.email or caller.username,
            status="pending_load_container",
        )
        readiness.begin(db, "model", version_id)
    return _uploaded(version_id)


@router.post("/upload")
async def upload(
    file: Annotated[UploadFile, File()],
    caller: Caller,
    db: Db,
    metadata: Annotated[str | None, Form()] = None,
) -> UploadReply:
    """The same without conversion; the model is ready at once.

    Without metadata, as in the oldest recording, the file goes into the caller's first workspace under its own name.
    """
    if metadata is None:
        row = db.row("SELECT MIN(workspace_id) AS id FROM workspace_members WHERE user_id = ?", (caller.id,))
        if row is None or row["id"] is None:
            raise ApiError(400, "metadata is required: the caller has no workspace")
        wanted = Metadata(name=file.filename or "model", workspace_id=row["id"])
    else:
        try:
            wanted = Metadata.model_validate_json(metadata)
        except ValidationError as error:
            raise ApiError(400, "metadata: not the JSON object that is expected") from error
    role_of_caller(db, wanted.workspace_id, caller)
    digest, content = await _taken_in(file)
    with db.transaction():
        version_id = add_version(
            db,
            wanted,
            sha=digest,
            size=file.size or 0,
            content=content,
            file_name=file.filename or "",
            created_by=caller.email or caller.username,
            status="ready",
        )
    return _uploaded(version_id)


@router.post("/get_version_by_id")
async def get_version_by_id(body: VersionIdRequest, caller: Caller, db: Db) -> VersionReply:
    row = _version_row(db, body.model_version_id, caller)
    return VersionReply(model_version=_configured(db, row))


@router.post("/get_model_version_by_id")
async def get_model_version_by_id(body: VersionIdRequest, caller: Caller, db: Db) -> VersionReply:
    """What the SDK's generated client calls get_version_by_id."""
    return await get_version_by_id(body, caller, db)


@router.post("/get_upload_logs")
async def get_upload_logs(body: LogsRequest, caller: Caller, db: Db) -> LogsReply:
    row = _version_row(db, body.model_version_id, caller)
    logs = [f"{row['created_at']} INFO converting {row['file_name']}"]
    if row["error_summary"] is not None:
        logs.append(f"{row['created_at']} ERROR {row['error_summary']}")
    return LogsReply(logs=logs if body.lines is None else logs[len(logs) - min(body.lines, len(logs)) :])


@router.post("/insert_model_config")
async def insert_model_config(body: InsertConfigRequest, caller: Caller, db: Db) -> ConfigReply:
    """Give a version a new configuration; what is left out is not taken from the last one."""
    _version_row(db, body.model_version_id, caller)
    config = body.model_dump(include=set(Settable.model_fields)) | {"openai": body.openai_config}
    last = _config_row(db, body.model_version_id)
    _add_config(db, body.model_version_id, last["runtime"] if last else "onnx", config)
    return ConfigReply(model_config_=_required_config(db, body.model_version_id))


@router.post("/list")
async def list_models(body: ListRequest, caller: Caller, db: Db) -> ListReply:
    """The models of the caller's workspaces, or of one of them."""
    rows = db.execute(
        "SELECT m.* FROM models m JOIN workspaces w ON w.id = m.workspace_id"
        " JOIN workspace_members u ON u.workspace_id = w.id AND u.user_id = :caller"
        " WHERE (:id IS NULL OR w.id = :id) AND (:name IS NULL OR w.name = :name) ORDER BY m.id DESC",
        {"caller": caller.id, "id": body.workspace_id, "name": body.workspace_name},
    ).fetchall()
    return ListReply(models=[_listed(db, row) for row in rows])


@router.post("/list_versions_for_model")
async def list_versions_for_model(body: ByNameRequest, caller: Caller, db: Db) -> ListReply:
    role_of_caller(db, body.workspace_id, caller)
    row = _model_row(db, body.workspace_id, body.model_id)
    return ListReply(models=[_listed(db, row)] if row else [])


@router.post("/list_versions")
async def list_versions(body: ListVersionsRequest, caller: Caller, db: Db) -> list[FlatVersionWithStatus]:
    """The versions of every model of this name, and of the model of this id (the selectors are OR-ed)."""
    rows = db.execute(
        "SELECT v.*, m.name, m.workspace_id FROM model_versions v JOIN models m ON m.id = v.model_id"
        " JOIN workspace_members u ON u.workspace_id = m.workspace_id AND u.user_id = :caller"
        " WHERE m.name = :name OR m.id = :id ORDER BY v.id DESC",
        {"caller": caller.id, "name": body.model_id, "id": body.models_pk_id},
    ).fetchall()
    return [
        FlatVersionWithStatus(**_flat(_settled(db, row)), status=_settled(db, row)["status"]) for row in rows
    ]


@router.post("/get")
async def get(body: ModelIdRequest, caller: Caller, db: Db) -> ModelReply:
    row = _model_by_id(db, body.id, caller)
    versions = db.execute(
        "SELECT v.*, m.name, m.workspace_id FROM model_versions v JOIN models m ON m.id = v.model_id"
        " WHERE m.id = ? ORDER BY v.id DESC",
        (body.id,),
    ).fetchall()
    workspace = workspace_of(db, row["workspace_id"])
    return ModelReply(
        **_model(row).model_dump(exclude={"workspace_id"}),
        models=[FlatVersion(**_flat(version)) for version in versions],
        workspace=NamedWorkspace(id=workspace.id, name=workspace.name),
    )


@router.post("/get_by_id")
async def get_by_id(body: ModelIdRequest, caller: Caller, db: Db) -> ModelWithConfig:
    row = _model_by_id(db, body.id, caller)
    latest = db.row("SELECT MAX(id) AS id FROM model_versions WHERE model_id = ?", (body.id,))
    version_id = latest["id"] if latest else None
    return ModelWithConfig(
        **_model(row).model_dump(), model_config_=_old_config(db, version_id) if version_id else None
    )


@router.post("/get_config_by_id")
async def get_config_by_id(body: OldConfigRequest, caller: Caller, db: Db) -> OldConfigReply:
    _version_row(db, body.model_id, caller)
    return OldConfigReply(model_config_=_old_config(db, body.model_id))


@router.post("/delete_model_versions")
async def delete_model_versions(body: DeleteVersionsRequest, caller: Caller, db: Db) -> DeleteReply:
    """Delete, all or none; without `confirm_delete` only tell the bytes. Unknown 404, in use 409."""
    rows = []
    for version in body.model_versions:
        row = version_by_uuid(db, version)
        if row is None:
            raise ApiError(404, f"no model version {version}")
        role_of_caller(db, row["workspace_id"], caller)
        rows.append(row)
    return _deleted(db, rows, confirmed=body.confirm_delete)


@router.post("/delete_model")
async def delete_model(body: DeleteModelRequest, caller: Caller, db: Db) -> DeleteReply:
    """Delete a model with its versions; without `confirm_delete` only tell the bytes. Unknown 404, in use 409."""
    role_of_caller(db, body.workspace_id, caller)
    model = _model_row(db, body.workspace_id, body.model_id)
    if model is None:
        raise ApiError(404, f"no model {body.model_id} in workspace {body.workspace_id}")
    rows = db.execute(
        "SELECT v.*, m.name, m.workspace_id FROM model_versions v JOIN models m ON m.id = v.model_id"
        " WHERE m.id = ?",
        (model["id"],),
    ).fetchall()
    reply = _deleted(db, rows, confirmed=body.confirm_delete)
    if body.confirm_delete:
        db.execute("DELETE FROM models WHERE id = ?", (model["id"],))
    return reply


def add(db: State, workspace_id: int, name: str | None = None, model_id: int | None = None) -> int:
    """A model without versions. Gives its id."""
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
    """A version, of a new model or of the one of this name, with its first configuration. Gives its id.

    Wants a transaction around it. `ids` are those to give, where they are not left to chance.
    """
    ids = ids or Ids()
    model = _model_row(db, wanted.workspace_id, wanted.name)
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
    _add_config(db, version_id, _RUNTIMES.get(framework, "flight"), schemas, ids.config_id)
    return version_id


def _stored(conversion: Conversion) -> dict[str, Any]:
    """What comes back of a conversion, as recorded: what was given, and framework_config in any case."""
    optional = conversion.model_dump(include={"arch", "accel"}, exclude_none=True)
    return conversion.model_dump(exclude={"arch", "accel"}) | optional


def version_by_uuid(db: State, version: str) -> sqlite3.Row | None:
    """The version with its model's name and workspace."""
    return db.row(
        "SELECT v.*, m.name, m.workspace_id FROM model_versions v JOIN models m ON m.id = v.model_id"
        " WHERE v.version = ?",
        (version,),
    )


def version_by_id(db: State, version_id: int) -> sqlite3.Row | None:
    """The version with its model's name and workspace."""
    return db.row(
        "SELECT v.*, m.name, m.workspace_id FROM model_versions v JOIN models m ON m.id = v.model_id"
        " WHERE v.id = ?",
        (version_id,),
    )


def tensor_fields(db: State, version_id: int) -> list[str] | None:
    """The names that the latest configuration gives to the inputs of a model."""
    config = _config(db, version_id)
    return config.tensor_fields if config else None


def workspace_of(db: State, workspace_id: int) -> HomeWorkspace:
    row = db.row("SELECT * FROM workspaces WHERE id = ?", (workspace_id,))
    if row is None:
        raise ApiError(500, f"no workspace {workspace_id}")
    return HomeWorkspace(
        id=row["id"],
        name=row["name"],
        created_by=row["created_by"],
        archived=bool(row["archived"]),
        created_at=row["created_at"],
    )


async def _taken_in(file: UploadFile) -> tuple[str, bytes | None]:
    """The digest of a file, and its content when it is small enough to be kept."""
    digest, content = hashlib.sha256(), bytearray()
    while chunk := await file.read(_CHUNK):
        digest.update(chunk)
        if len(content) <= LARGEST_KEPT:
            content += chunk
    return digest.hexdigest(), bytes(content) if len(content) <= LARGEST_KEPT else None


def _uploaded(version_id: int) -> UploadReply:
    return UploadReply(insert_models=Returning(returning=[UploadedModels(models=[IdOnly(id=version_id)])]))


def _settled(db: State, row: sqlite3.Row) -> dict[str, Any]:
    """The version as a client finds it that looks now."""
    version = dict(row)
    if version["status"] in ("ready", "error"):
        return version
    outcome = readiness.look(db, "model", version["id"])
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


def _version_row(db: State, version_id: int, caller: User) -> sqlite3.Row:
    """Raises ApiError 400 for an unknown id, as recorded for a model's."""
    row = version_by_id(db, version_id)
    if row is None:
        raise ApiError(400, "The provided model version id was not found.")
    role_of_caller(db, row["workspace_id"], caller)
    return row


def _model_by_id(db: State, model_id: int, caller: User) -> sqlite3.Row:
    row = db.row("SELECT * FROM models WHERE id = ?", (model_id,))
    if row is None:
        raise ApiError(400, "The provided model id was not found.")
    role_of_caller(db, row["workspace_id"], caller)
    return row


def _model_row(db: State, workspace_id: int, name: str) -> sqlite3.Row | None:
    return db.row("SELECT * FROM models WHERE workspace_id = ? AND name = ?", (workspace_id, name))


def _model(row: sqlite3.Row) -> Model:
    return Model(
        id=row["id"],
        name=row["name"],
        owner_id=_NOBODY,
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        workspace_id=row["workspace_id"],
    )


def _listed(db: State, row: sqlite3.Row) -> ListedModel:
    versions = db.execute(
        "SELECT v.*, m.name, m.workspace_id FROM model_versions v JOIN models m ON m.id = v.model_id"
        " WHERE m.id = ? ORDER BY v.id DESC",
        (row["id"],),
    ).fetchall()
    return ListedModel(
        model=_model(row),
        model_versions=[_configured(db, version) for version in versions],
        workspace=workspace_of(db, row["workspace_id"]),
    )


def _flat(row: sqlite3.Row | dict[str, Any]) -> dict[str, Any]:
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


def _configured(db: State, row: sqlite3.Row) -> Configured:
    version = _settled(db, row)
    config = _config(db, version["id"])
    # What the engine runs itself needs no container, so that no task is left when it is ready, as recorded.
    native = config is not None and config.runtime != "flight" and version["status"] == "ready"
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
            created_on_version=SERVER_VERSION,
            created_by=version["created_by"],
            created_at=version["created_at"],
            deployed=any(deployed for _, deployed in _users(db, version["version"])),
            error_summary=version["error_summary"],
        ),
        config=config,
    )


def _add_config(
    db: State, version_id: int, runtime: str, config: dict[str, Any], config_id: int | None = None
) -> None:
    db.insert(
        "INSERT INTO model_configs (id, model_version_id, runtime, config) VALUES (?, ?, ?, ?)",
        (config_id, version_id, runtime, json.dumps(config)),
    )


def _config_row(db: State, version_id: int) -> sqlite3.Row | None:
    return db.row("SELECT * FROM model_configs WHERE model_version_id = ? ORDER BY id DESC", (version_id,))


def _config(db: State, version_id: int) -> Config | None:
    row = _config_row(db, version_id)
    if row is None:
        return None
    return Config(
        id=row["id"], model_version_id=version_id, runtime=row["runtime"], **json.loads(row["config"])
    )


def _required_config(db: State, version_id: int) -> Config:
    config = _config(db, version_id)
    if config is None:
        raise ApiError(500, "the configuration has gone")
    return config


def _old_config(db: State, version_id: int) -> OldConfig | None:
    config = _config(db, version_id)
    return OldConfig(**config.model_dump(include=set(OldConfig.model_fields))) if config else None


def _users(db: State, version: str) -> list[tuple[str, bool]]:
    """The pipelines that name a version in their latest definition or run it, and whether they are deployed."""
    rows = db.execute(
        "SELECT p.name, p.id, EXISTS (SELECT 1 FROM deployments d JOIN pipeline_versions r ON r.id = d.version_id"
        "  WHERE d.pipeline_id = p.id AND d.state != 'ended' AND instr(r.definition, :version)) AS deployed,"
        " (SELECT instr(v.definition, :version) FROM pipeline_versions v WHERE v.pipeline_id = p.id"
        "  ORDER BY v.id DESC LIMIT 1) AS named FROM pipelines p ORDER BY p.id",
        {"version": version},
    ).fetchall()
    return [(row["name"], bool(row["deployed"])) for row in rows if row["named"] or row["deployed"]]


def _deleted(db: State, rows: Iterable[sqlite3.Row], *, confirmed: bool) -> DeleteReply:
    rows = list(rows)
    for ending in db.execute("SELECT id FROM deployments WHERE state = 'ending'").fetchall():
        if readiness.look(db, "undeployment", ending["id"]) != "pending":
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
