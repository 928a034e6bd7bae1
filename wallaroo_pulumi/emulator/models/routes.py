"""Models (`/v1/api/models/…`): uploads, their conversion, versions and configurations.

Conversion takes as long as the setting `model` says (readiness.py). The sources are silent on these points, so the
emulator decides: only members of the workspace have access, to public versions too; deleting the last version leaves
the model without versions; a version is in use (409) while the latest version of a pipeline, or a deployment, names it.
"""

import hashlib
from pathlib import PurePosixPath
from typing import Any

from starlette.datastructures import UploadFile

from .. import readiness
from ..errors import ApiError
from ..identity import access
from ..identity.accounts import User
from ..identity.auth import Caller
from ..identity.workspaces import home_workspace
from ..services import Db
from ..state import State
from ..uploads import UploadDep, described
from ..wire import mlops_router
from . import registries
from .store import (
    add_config,
    add_version,
    config_row,
    configured,
    current,
    delete_versions,
    flat,
    listed,
    model_by_id,
    model_row,
    old_config,
    required_config,
    shown_model,
    version_by_uuid,
    version_row,
)
from .wire import (
    ByNameRequest,
    ConfigReply,
    DeleteModelRequest,
    DeleteReply,
    DeleteVersionsRequest,
    FlatVersion,
    FlatVersionWithStatus,
    IdOnly,
    InsertConfigRequest,
    ListReply,
    ListRequest,
    ListVersionsRequest,
    LogsReply,
    LogsRequest,
    Metadata,
    ModelIdRequest,
    ModelReply,
    ModelWithConfig,
    NamedWorkspace,
    OldConfigReply,
    OldConfigRequest,
    RegistryUpload,
    RegistryUploadReply,
    Returning,
    Settable,
    UploadedModels,
    UploadReply,
    VersionIdRequest,
    VersionReply,
)

LARGEST_KEPT = 64 * 2**20
"""Size in bytes of the largest file that is stored for inference; of a larger one only digest and size are stored."""
_SUFFIXES = (".zip", ".pt", ".onnx", ".h5", ".pkl")
_CHUNK = 2**20

router = mlops_router("/models", "models")


_EXAMPLE = {
    "name": "houses",
    "workspace_id": 1,
    "visibility": "private",
    "conversion": {"framework": "onnx", "python_version": "3.8", "requirements": []},
}


@router.post("/upload_and_convert", status_code=202, openapi_extra=described(_EXAMPLE))
async def upload_and_convert(caller: Caller, db: Db, upload: UploadDep) -> UploadReply:
    """Upload a file and begin its conversion. Every upload creates a version, also with the same content."""
    file, metadata = upload.required_file, upload.described_by(Metadata)
    if not upload.file_name.endswith(_SUFFIXES):
        raise ApiError(
            400, "Bad request: The provided file needs to be a .zip, .pt, .onnx, .h5, or .pkl file."
        )
    access.require_member(db, metadata.workspace_id, caller)
    return await _add_uploaded(db, file, metadata, caller, is_converted=True)


@router.post("/upload", openapi_extra=described(_EXAMPLE, required=False))
async def upload_unconverted(caller: Caller, db: Db, upload: UploadDep) -> UploadReply:
    """Upload a file that needs no conversion, or register a container image; the model is ready at once.

    An image has no file, only metadata with `image_path`; its digest is made of that. Without metadata, as in the
    oldest recording, the file goes into the caller's first workspace under its own name.
    """
    if upload.metadata is None:
        row = db.row("SELECT MIN(workspace_id) AS id FROM workspace_members WHERE user_id = ?", (caller.id,))
        if row is None or row["id"] is None:
            raise ApiError(400, "metadata is required: the caller has no workspace")
        metadata = Metadata(name=upload.file_name or "model", workspace_id=row["id"])
    else:
        metadata = upload.described_by(Metadata)
    access.require_member(db, metadata.workspace_id, caller)
    if upload.file is None and metadata.image_path is not None:
        return _uploaded(db, metadata, caller, sha=_digest_of(metadata.image_path))
    return await _add_uploaded(db, upload.required_file, metadata, caller, is_converted=False)


@router.post("/upload_from_registry")
async def upload_from_registry(body: RegistryUpload, caller: Caller, db: Db) -> RegistryUploadReply:
    """Begin the conversion of a model in a registry that the workspace uses; 400 if it uses none with this id.

    There is no registry behind it: any path is accepted, and the digest is made of it.
    """
    access.require_member(db, body.workspace_id, caller)
    registries.require_attached(db, body.registry_id, body.workspace_id, caller)
    sha = _digest_of(f"{body.registry_id}/{body.path}")
    file_name = PurePosixPath(body.path).name
    id = _add(db, body, caller, is_converted=True, sha=sha, file_name=file_name)
    return RegistryUploadReply(model_id=id)


@router.post("/get_version_by_id")
async def get_version_by_id(body: VersionIdRequest, caller: Caller, db: Db) -> VersionReply:
    """Read a model version. Unknown id 400."""
    row = version_row(db, body.model_version_id, caller)
    return VersionReply(model_version=configured(db, row))


@router.post("/get_model_version_by_id")
async def get_model_version_by_id(body: VersionIdRequest, caller: Caller, db: Db) -> VersionReply:
    """Read a model version, as the generated client does. The same as `get_version_by_id`."""
    return await get_version_by_id(body, caller, db)


@router.post("/get_upload_logs")
async def get_upload_logs(body: LogsRequest, caller: Caller, db: Db) -> LogsReply:
    """Read the log of an upload. Its lines are invented."""
    row = version_row(db, body.model_version_id, caller)
    # The format of a container's log, which the vendor's SDK takes apart.
    logs = [f"{row['created_at']} stdout F converting {row['file_name']}"]
    if row["error_summary"] is not None:
        logs.append(f"{row['created_at']} stderr F {row['error_summary']}")
    return LogsReply(logs=logs if body.lines is None else logs[len(logs) - min(body.lines, len(logs)) :])


@router.post("/insert_model_config")
async def insert_model_config(body: InsertConfigRequest, caller: Caller, db: Db) -> ConfigReply:
    """Configure a model version. The new configuration replaces the last one as a whole."""
    version_row(db, body.model_version_id, caller)
    config = body.model_dump(include=set(Settable.model_fields)) | {"openai": body.openai_config}
    last = config_row(db, body.model_version_id)
    add_config(db, body.model_version_id, last["runtime"] if last else "onnx", config)
    return ConfigReply(model_config_=required_config(db, body.model_version_id))


@router.post("/list")
async def list_models(body: ListRequest, caller: Caller, db: Db) -> ListReply:
    """List models. Those of one workspace, or of all that the caller sees."""
    access.require_member(db, body.workspace_id, caller)
    rows = db.execute(
        "SELECT m.* FROM models m JOIN workspaces w ON w.id = m.workspace_id"
        " JOIN workspace_members u ON u.workspace_id = w.id AND u.user_id = :caller"
        " WHERE (:id IS NULL OR w.id = :id) AND (:name IS NULL OR w.name = :name) ORDER BY m.id DESC",
        {"caller": caller.id, "id": body.workspace_id, "name": body.workspace_name},
    ).fetchall()
    return ListReply(models=[listed(db, row) for row in rows])


@router.post("/list_versions_for_model")
async def list_versions_for_model(body: ByNameRequest, caller: Caller, db: Db) -> ListReply:
    """List the versions of a model by its name. Unknown name: an empty list."""
    access.require_member(db, body.workspace_id, caller)
    row = model_row(db, body.workspace_id, body.model_id)
    return ListReply(models=[listed(db, row)] if row else [])


@router.post("/list_versions")
async def list_versions(body: ListVersionsRequest, caller: Caller, db: Db) -> list[FlatVersionWithStatus]:
    """List versions by model. Those of every model with this name, and those of the model with this id."""
    rows = db.execute(
        "SELECT v.*, m.name, m.workspace_id FROM model_versions v JOIN models m ON m.id = v.model_id"
        " JOIN workspace_members u ON u.workspace_id = m.workspace_id AND u.user_id = :caller"
        " WHERE m.name = :name OR m.id = :id ORDER BY v.id DESC",
        {"caller": caller.id, "name": body.model_id, "id": body.models_pk_id},
    ).fetchall()
    versions = [current(db, row) for row in rows]
    return [FlatVersionWithStatus(**flat(version), status=version["status"]) for version in versions]


@router.post("/get")
async def get(body: ModelIdRequest, caller: Caller, db: Db) -> ModelReply:
    """Read a model with its versions. Unknown id 400."""
    row = model_by_id(db, body.id, caller)
    versions = db.execute(
        "SELECT v.*, m.name, m.workspace_id FROM model_versions v JOIN models m ON m.id = v.model_id"
        " WHERE m.id = ? ORDER BY v.id DESC",
        (body.id,),
    ).fetchall()
    workspace = home_workspace(db, row["workspace_id"])
    return ModelReply(
        **shown_model(row).model_dump(exclude={"workspace_id"}),
        models=[FlatVersion(**flat(version)) for version in versions],
        workspace=NamedWorkspace(id=workspace.id, name=workspace.name),
    )


@router.post("/get_by_id")
async def get_by_id(body: ModelIdRequest, caller: Caller, db: Db) -> ModelWithConfig:
    """Read a model with its latest configuration. Unknown id 400."""
    row = model_by_id(db, body.id, caller)
    latest = db.row("SELECT MAX(id) AS id FROM model_versions WHERE model_id = ?", (body.id,))
    version_id = latest["id"] if latest else None
    return ModelWithConfig(
        **shown_model(row).model_dump(), model_config_=old_config(db, version_id) if version_id else None
    )


@router.post("/get_config_by_id")
async def get_config_by_id(body: OldConfigRequest, caller: Caller, db: Db) -> OldConfigReply:
    """Read the latest configuration of a model version. Unknown id 400."""
    version_row(db, body.model_id, caller)
    return OldConfigReply(model_config_=old_config(db, body.model_id))


@router.post("/delete_model_versions")
async def delete_model_versions(body: DeleteVersionsRequest, caller: Caller, db: Db) -> DeleteReply:
    """Delete model versions, all or none.

    Without `confirm_delete` the response only has the size. Unknown 404, in use 409.
    """
    rows = []
    for version in body.model_versions:
        absent = ApiError(404, f"no model version {version}")
        rows.append(access.visible(db, version_by_uuid(db, version), caller, absent))
    return delete_versions(db, rows, confirmed=body.confirm_delete)


@router.post("/delete_model")
async def delete_model(body: DeleteModelRequest, caller: Caller, db: Db) -> DeleteReply:
    """Delete a model with its versions.

    Without `confirm_delete` the response only has the size. Unknown 404, in use 409.
    """
    access.require_member(db, body.workspace_id, caller)
    model = model_row(db, body.workspace_id, body.model_id)
    if model is None:
        raise ApiError(404, f"no model {body.model_id} in workspace {body.workspace_id}")
    rows = db.execute(
        "SELECT v.*, m.name, m.workspace_id FROM model_versions v JOIN models m ON m.id = v.model_id"
        " WHERE m.id = ?",
        (model["id"],),
    ).fetchall()
    reply = delete_versions(db, rows, confirmed=body.confirm_delete)
    if body.confirm_delete:
        db.execute("DELETE FROM models WHERE id = ?", (model["id"],))
    return reply


async def _add_uploaded(
    db: State, file: UploadFile, metadata: Metadata, caller: User, *, is_converted: bool
) -> UploadReply:
    digest, content = await _read(file)
    of_file = {"size": file.size or 0, "content": content, "file_name": file.filename or ""}
    return _uploaded(db, metadata, caller, sha=digest, is_converted=is_converted, **of_file)


def _uploaded(
    db: State, metadata: Metadata, caller: User, *, is_converted: bool = False, **of_file: Any
) -> UploadReply:
    version_id = _add(db, metadata, caller, is_converted=is_converted, **of_file)
    return UploadReply(insert_models=Returning(returning=[UploadedModels(models=[IdOnly(id=version_id)])]))


def _add(db: State, metadata: Metadata, caller: User, *, is_converted: bool, **of_file: Any) -> int:
    """Add a version, begin its conversion if it needs one, and return its id."""
    with db.transaction():
        version_id = add_version(
            db,
            metadata,
            **{"size": 0, "content": None, "file_name": "", **of_file},
            created_by=caller.email or caller.username,
            status="pending_load_container" if is_converted else "ready",
        )
        if is_converted:
            readiness.begin(db, "model", version_id)
    return version_id


def _digest_of(text: str) -> str:
    """Return a digest for a model whose content is not here."""
    return hashlib.sha256(text.encode()).hexdigest()


async def _read(file: UploadFile) -> tuple[str, bytes | None]:
    """Return the digest and size of a file, and its content if it is small enough to store."""
    digest, content = hashlib.sha256(), bytearray()
    while chunk := await file.read(_CHUNK):
        digest.update(chunk)
        if len(content) <= LARGEST_KEPT:
            content += chunk
    return digest.hexdigest(), bytes(content) if len(content) <= LARGEST_KEPT else None
