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
from typing import Annotated, Any

from fastapi import File, Form, UploadFile
from pydantic import ValidationError

from .. import readiness
from ..errors import ApiError
from ..identity import access
from ..identity.accounts import User
from ..identity.auth import Caller
from ..services import Db
from ..settings import OCI_REGISTRY, PLATFORM_VERSION
from ..state import State
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
    workspace_id: Id
    name: str | None = None


class IdReply(Wire):
    id: str


class IdRequest(Wire):
    id: str


class ListRequest(Wire):
    workspace_id: Id


class Orchestration(Wire):
    """As got by id."""

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
    """As listed."""

    updated_at: str
    image_path: str
    created_on_version: str
    file_size: int


class DeleteRequest(Wire):
    orchestrations: list[str]
    confirm_delete: bool = False


class DeleteReply(Wire):
    bytes: int


@router.post("/upload", status_code=202)
async def upload(
    metadata: Annotated[str, Form()], file: Annotated[UploadFile, File()], caller: Caller, db: Db
) -> IdReply:
    """Take a file; every upload makes an orchestration, whatever its name and content."""
    try:
        wanted = Metadata.model_validate_json(metadata)
    except ValidationError as error:
        raise ApiError(400, "metadata: not the JSON object that is expected") from error
    access.require_member(db, wanted.workspace_id, caller)
    content = await file.read()
    return IdReply(
        id=add_orchestration(
            db,
            wanted.workspace_id,
            wanted.name,
            owner_id=caller.id,
            file_name=file.filename or "",
            size=len(content),
            sha=hashlib.sha256(content).hexdigest(),
            status="pending_packaging" if _is_package(content) else "error",
        )
    )


@router.post("/get_by_id")
async def get_by_id(body: IdRequest, caller: Caller, db: Db) -> Orchestration:
    """One orchestration; an unknown id is 404."""
    return Orchestration(**_current(db, visible(db, body.id, caller)))


@router.post("/list")
async def list_orchestrations(body: ListRequest, caller: Caller, db: Db) -> list[ListedOrchestration]:
    access.require_member(db, body.workspace_id, caller)
    rows = db.execute(
        "SELECT * FROM orchestrations WHERE workspace_id = ? ORDER BY rowid", (body.workspace_id,)
    ).fetchall()
    return [
        ListedOrchestration(
            **_current(db, row),
            image_path=f"{IMAGE}:v{PLATFORM_VERSION}",
            created_on_version=PLATFORM_VERSION,
        )
        for row in rows
    ]


@router.post("/delete_orchestrations")
async def delete(body: DeleteRequest, caller: Caller, db: Db) -> DeleteReply:
    """Delete, all or none; the answer is the space that this frees. Live tasks are 409."""
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
    """Insert an orchestration and give its id; one that is pending begins to be packaged."""
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


def _current(db: State, row: sqlite3.Row) -> dict[str, Any]:
    """The row's columns, its packaging moved on as a look at it does."""
    shown = dict(row)
    if shown["status"] in ("pending_packaging", "packaging"):
        after = {"pending": "packaging", "done": "ready", "failed": "error"}
        shown["status"] = after[readiness.poll(db, "orchestration", row["id"])]
        db.execute(
            "UPDATE orchestrations SET status = ?, updated_at = ? WHERE id = ?",
            (shown["status"], db.timestamp(), row["id"]),
        )
    return shown


def _is_package(content: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            names = [PurePosixPath(name).name for name in package.namelist()]
    except zipfile.BadZipFile:
        return False
    return "main.py" in names and names.count("requirements.txt") <= 1
