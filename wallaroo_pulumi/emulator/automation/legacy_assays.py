"""Assays of the first generation (`/v1/api/assays/…`), which `/v2/api/assays` replaces.

They are stored and listed; nothing analyses an inference log, and results come from the seed. The shape of the body
changed over the years, so baseline, window and summarizer are stored as given.
"""

import json
from typing import Any, Literal

from ..errors import ApiError
from ..identity import access
from ..identity.accounts import User
from ..identity.auth import Caller
from ..services import Db
from ..state import State
from ..wire import Id, Wire, mlops_router

SCHEMA = """
CREATE TABLE IF NOT EXISTS old_assays (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    pipeline_id INTEGER NOT NULL,
    active INTEGER NOT NULL,
    assay TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS old_assay_results (
    assay_id INTEGER NOT NULL REFERENCES old_assays (id) ON DELETE CASCADE,
    window_start TEXT NOT NULL,
    result TEXT NOT NULL
);
"""

router = mlops_router("/assays", "assays")


class CreateRequest(Wire):
    name: str
    workspace_id: Id
    pipeline_id: Id
    pipeline_name: str
    active: bool
    baseline: dict[str, Any]
    window: dict[str, Any]
    summarizer: dict[str, Any]
    warning_threshold: float | None = None
    alert_threshold: float
    run_until: str | None = None


class CreateReply(Wire):
    assay_id: int


class Assay(Wire):
    """An assay as listed. `workspace_id` is added: the recordings lack it, the vendor's SDK needs it."""

    id: int
    name: str
    active: bool
    status: str
    warning_threshold: float | None
    alert_threshold: float
    pipeline_id: int
    pipeline_name: str
    workspace_id: int
    workspace_name: str
    last_run: str | None
    next_run: str
    run_until: str | None
    updated_at: str
    baseline: dict[str, Any]
    window: dict[str, Any]
    summarizer: dict[str, Any]


class CreatedAssay(Assay):
    """An assay as read by id."""

    created_at: str


class ListRequest(Wire):
    pipeline_id: Id | None = None
    workspace_id: Id | None = None
    workspace_name: str | None = None


class GetRequest(Wire):
    id: Id


class FilterRequest(Wire):
    workspace_id: Id
    pipeline_id: Id
    sort_by: Literal["CreationDateDesc", "LastRunDateDesc"]
    name: str | None = None
    active: bool | None = None


class SetActive(Wire):
    id: Id
    active: bool


class ResultsRequest(Wire):
    assay_id: Id
    start: str
    end: str


class OldResultsRequest(Wire):
    assay_id: Id


@router.post("/create")
async def create(body: CreateRequest, caller: Caller, db: Db) -> CreateReply:
    """Create an assay of the first generation. A name that is in use is 500."""
    access.require_member(db, body.workspace_id, caller)
    if db.row("SELECT 1 FROM old_assays WHERE name = ?", (body.name,)):
        raise ApiError(
            500,
            'error returned from database: duplicate key value violates unique constraint "assay_name_key"',
        )
    stamp = db.timestamp()
    own = {"status": "created", "last_run": None, "next_run": stamp, "created_at": stamp, "updated_at": stamp}
    return CreateReply(assay_id=add(db, body.workspace_id, body.model_dump() | own))


@router.post("/list")
async def list_assays(body: ListRequest, caller: Caller, db: Db) -> list[Assay]:
    """List assays of the first generation, newest first."""
    access.require_member(db, body.workspace_id, caller)
    return [
        Assay(**assay.model_dump())
        for assay in _all(db, caller)
        if body.pipeline_id in (None, assay.pipeline_id)
        and body.workspace_id in (None, assay.workspace_id)
        and body.workspace_name in (None, assay.workspace_name)
    ]


@router.post("/filter")
async def filter_assays(body: FilterRequest, caller: Caller, db: Db) -> list[CreatedAssay]:
    """List assays of the first generation of one pipeline. The drift window and the locations are ignored."""
    access.require_member(db, body.workspace_id, caller)
    found = [
        assay
        for assay in _all(db, caller)
        if (assay.workspace_id, assay.pipeline_id) == (body.workspace_id, body.pipeline_id)
        and body.active in (None, assay.active)
        and (body.name or "") in assay.name
    ]
    if body.sort_by == "LastRunDateDesc":
        found.sort(key=lambda assay: assay.last_run or "", reverse=True)
    return found


@router.post("/get_assay_by_id")
async def get_assay_by_id(body: GetRequest, caller: Caller, db: Db) -> CreatedAssay:
    """Read an assay of the first generation. Unknown id 400."""
    return _visible(db, body.id, caller)


@router.post("/set_active")
async def set_active(body: SetActive, caller: Caller, db: Db) -> SetActive:
    """Activate or deactivate an assay of the first generation. Unknown id 400."""
    _visible(db, body.id, caller)
    db.execute("UPDATE old_assays SET active = ? WHERE id = ?", (body.active, body.id))
    return SetActive(id=body.id, active=body.active)


@router.post("/get_assay_results")
async def get_assay_results(body: ResultsRequest, caller: Caller, db: Db) -> list[dict[str, Any]]:
    """Read the results of an assay of the first generation.

    Those of the seed whose window begins between `start` and `end`.
    """
    _visible(db, body.assay_id, caller)
    rows = db.execute(
        "SELECT result FROM old_assay_results WHERE assay_id = ?"
        " AND julianday(window_start) BETWEEN julianday(?) AND julianday(?) ORDER BY window_start",
        (body.assay_id, body.start, body.end),
    )
    return [json.loads(row["result"]) for row in rows]


@router.post("/get_results")
async def get_results(_: OldResultsRequest, __: Caller) -> None:
    """Read results the old way. Always refused (500), as recorded."""
    raise ApiError(500, "unknown error.")


def add(db: State, workspace_id: int, assay: dict[str, Any]) -> int:
    """Insert an assay with all its keys and return its id, which may be `assay["id"]`."""
    keys = (assay.get("id"), assay["name"], workspace_id, assay["pipeline_id"], assay["active"])
    return db.insert("INSERT INTO old_assays VALUES (?, ?, ?, ?, ?, ?)", (*keys, json.dumps(assay)))


def add_result(db: State, result: dict[str, Any]) -> None:
    db.execute(
        "INSERT INTO old_assay_results VALUES (?, ?, ?)",
        (result["assay_id"], result["window_start"], json.dumps(result)),
    )


def set_thresholds(db: State, assay_id: int, thresholds: dict[str, float]) -> None:
    """Write `alert_threshold` and `warning_threshold` if they are set."""
    row = db.row("SELECT assay FROM old_assays WHERE id = ?", (assay_id,))
    if row is not None:
        changed = json.loads(row["assay"]) | thresholds | {"updated_at": db.timestamp()}
        db.execute("UPDATE old_assays SET assay = ? WHERE id = ?", (json.dumps(changed), assay_id))


def _all(db: State, caller: User) -> list[CreatedAssay]:
    rows = db.execute(
        "SELECT a.*, w.name AS workspace_name FROM old_assays a JOIN workspaces w ON w.id = a.workspace_id"
        " JOIN workspace_members m ON m.workspace_id = w.id WHERE m.user_id = ? ORDER BY a.id DESC",
        (caller.id,),
    )
    return [_assay(row) for row in rows]


def _visible(db: State, assay_id: int, caller: User) -> CreatedAssay:
    """Return the assay. Raises ApiError: 400 for an unknown one, 403 for a non-member."""
    row = db.row(
        "SELECT a.*, w.name AS workspace_name FROM old_assays a JOIN workspaces w ON w.id = a.workspace_id"
        " WHERE a.id = ?",
        (assay_id,),
    )
    return _assay(access.visible(db, row, caller, ApiError(400, f"no assay {assay_id}")))


def _assay(row: Any) -> CreatedAssay:
    kept = json.loads(row["assay"])
    own = {key: row[key] for key in ("id", "workspace_id", "workspace_name")}
    return CreatedAssay(**{"created_at": kept["updated_at"], **kept, **own, "active": bool(row["active"])})
