"""Orchestrations (`/v1/api/orchestration/…`): zip files of Python code, packaged after the upload.

Packaging takes as long as the setting `orchestration` says (readiness.py). The sources are silent on these points, so
the emulator decides: members only; a file that is not a zip with a main.py ends in `error`; an orchestration with
live tasks cannot be deleted.
"""

import hashlib
import io
import sqlite3
import uuid
import zipfile
from pathlib import PurePosixPath
from typing import Any

from pydantic import Field

from .. import readiness
from ..errors import ApiError
from ..identity import access
from ..identity.accounts import User
from ..identity.auth import Caller
from ..services import Db
from ..settings import OCI_REGISTRY, PLATFORM_VERSION
from ..state import State
from ..uploads import UploadDep, described
from ..wire import Id, Wire, mlops_router

SCHEMA = """
CREATE TABLE IF NOT EXISTS orchestrations (
    id TEXT PRIMARY KEY,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name TEXT,
    file_name TEXT NOT NULL,
    file_size INTEGER NOT NULL,
    sha TEXT NOT NULL,
    task_id TEXT NOT NULL,
    owner_id TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
"""

IMAGE = f"{OCI_REGISTRY}/arbex-orch-deploy"

router = mlops_router("/orchestration", "orchestrations")


class Metadata(Wire):
    """The part `metadata` of an upload."""

    workspace_id: Id
    name: str | None = None


class IdReply(Wire):
    id: str


class IdRequest(Wire):
    id: str


class ListRequest(Wire):
    workspace_id: Id


class Orchestration(Wire):
    """An orchestration as read by id."""

    id: str
    name: str | None
    created_at: str
    workspace_id: int
    sha: str
    file_name: str
    task_id: str
    owner_id: str
    status: str


class ListedOrchestration(Orchestration):
    """An orchestration as listed."""

    updated_at: str
    image_path: str
    created_on_version: str
    file_size: int


class DeleteRequest(Wire):
    orchestrations: list[str]
    confirm_delete: bool = Field(False, examples=[True])


class DeleteReply(Wire):
    bytes: int


@router.post(
    "/upload", status_code=202, openapi_extra=described({"workspace_id": 1, "name": "nightly-scores"})
)
async def upload(caller: Caller, db: Db, upload: UploadDep) -> IdReply:
    """Upload a zip file. Every upload creates an orchestration, whatever its name and content."""
    file, metadata = upload.required_file, upload.described_by(Metadata)
    access.require_member(db, metadata.workspace_id, caller)
    content = await file.read()
    return IdReply(
        id=add_orchestration(
            db,
            metadata.workspace_id,
            metadata.name,
            owner_id=caller.id,
            file_name=upload.file_name,
            size=len(content),
            sha=hashlib.sha256(content).hexdigest(),
            status="pending_packaging" if _is_package(content) else "error",
        )
    )


@router.post("/get_by_id")
async def get_by_id(body: IdRequest, caller: Caller, db: Db) -> Orchestration:
    """Read an orchestration. Unknown id 404."""
    return Orchestration(**_polled(db, visible(db, body.id, caller)))


@router.post("/list")
async def list_orchestrations(body: ListRequest, caller: Caller, db: Db) -> list[ListedOrchestration]:
    """List the orchestrations of a workspace."""
    access.require_member(db, body.workspace_id, caller)
    rows = db.execute(
        "SELECT * FROM orchestrations WHERE workspace_id = ? ORDER BY rowid", (body.workspace_id,)
    ).fetchall()
    return [listed(db, row) for row in rows]


@router.post("/delete_orchestrations")
async def delete(body: DeleteRequest, caller: Caller, db: Db) -> DeleteReply:
    """Delete orchestrations, all or none, and return the space that this frees. Live tasks 409."""
    rows = [visible(db, id, caller) for id in body.orchestrations]
    for row in rows:
        if db.row("SELECT 1 FROM tasks WHERE orch_id = ? AND status != 'killed'", (row["id"],)):
            raise ApiError(409, f"orchestration {row['id']} is used by tasks")
    if body.confirm_delete:
        with db.transaction():
            db.execute_many("DELETE FROM orchestrations WHERE id = ?", [(row["id"],) for row in rows])
    return DeleteReply(bytes=sum(row["file_size"] for row in rows))


def add_orchestration(
    db: State,
    workspace_id: int,
    name: str | None,
    *,
    owner_id: str,
    file_name: str,
    size: int,
    sha: str,
    status: str = "ready",
    orchestration_id: str | None = None,
) -> str:
    """Insert an orchestration and return its id; packaging begins if it is pending."""
    orchestration_id = orchestration_id or str(uuid.uuid4())
    now = db.timestamp()
    db.execute(
        "INSERT INTO orchestrations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(orchestration_id, workspace_id, name, file_name, size, sha, str(uuid.uuid4()), owner_id),
            *(status, now, now),
        ),
    )
    if status == "pending_packaging":
        readiness.begin(db, "orchestration", orchestration_id)
    return orchestration_id


def row_of(db: State, orchestration_id: str) -> sqlite3.Row | None:
    return db.row("SELECT * FROM orchestrations WHERE id = ?", (orchestration_id,))


def visible(db: State, orchestration_id: str, caller: User) -> sqlite3.Row:
    """Return the orchestration's row. Raises ApiError: 404 for an unknown one, 403 for a non-member."""
    absent = ApiError(404, f"no orchestration with id {orchestration_id}")
    return access.visible(db, row_of(db, orchestration_id), caller, absent)


def listed(db: State, row: sqlite3.Row) -> ListedOrchestration:
    return ListedOrchestration(
        **_polled(db, row), image_path=f"{IMAGE}:v{PLATFORM_VERSION}", created_on_version=PLATFORM_VERSION
    )


def poll(db: State, orchestration_id: str) -> None:
    """Update an orchestration according to the readiness of its packaging."""
    row = row_of(db, orchestration_id)
    if row is not None:
        _polled(db, row)


def _polled(db: State, row: sqlite3.Row) -> dict[str, Any]:
    """Return the row's columns, with packaging updated according to its readiness."""
    polled = dict(row)
    if polled["status"] in ("pending_packaging", "packaging"):
        after = {"held": polled["status"], "pending": "packaging", "done": "ready", "failed": "error"}
        polled["status"] = after[readiness.poll(db, "orchestration", row["id"])]
        polled["updated_at"] = db.timestamp()
        db.execute(
            "UPDATE orchestrations SET status = :status, updated_at = :updated_at WHERE id = :id", polled
        )
    return polled


def _is_package(content: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            names = [PurePosixPath(name).name for name in package.namelist()]
    except zipfile.BadZipFile:
        return False
    return "main.py" in names and names.count("requirements.txt") <= 1
