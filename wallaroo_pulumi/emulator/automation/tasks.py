"""Tasks (`/v1/api/task/…`): orchestrations that run once, on a schedule, or until they are killed.

No code runs: a task started once succeeds, a scheduled or continuous one stays started. Starting, pausing and killing
take as long as the settings `task`, `pause` and `kill` say (readiness.py). Killed tasks remain listed.
"""

import json
import sqlite3
import uuid
from typing import Any, Literal

from pydantic import Field

from .. import readiness
from ..errors import ApiError
from ..identity import access
from ..identity.accounts import User
from ..identity.auth import Caller
from ..services import Db
from ..settings import PLATFORM_VERSION
from ..state import State
from ..wire import Id, Wire, mlops_router
from . import orchestrations

SCHEMA = """
CREATE TABLE IF NOT EXISTS tasks (
    id TEXT PRIMARY KEY,
    orch_id TEXT NOT NULL,
    orch_sha TEXT NOT NULL,
    orch_owner_id TEXT NOT NULL,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name TEXT,
    run_type TEXT NOT NULL,
    schedule TEXT,
    input_data TEXT NOT NULL,
    debug INTEGER NOT NULL,
    reap_threshold_secs INTEGER NOT NULL,
    status TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS task_runs (
    run_id TEXT PRIMARY KEY,
    task_id TEXT NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    status TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    logs TEXT NOT NULL
);
"""

RunType = Literal["Job", "CronJob", "Deployment"]

router = mlops_router("/task", "tasks")


class RunRequest(Wire):
    input_data: dict[str, Any] = Field(alias="json")
    orch_id: str
    workspace_id: Id
    debug: bool | None = None
    name: str | None = None
    timeout: int | None = None


class RunScheduledRequest(RunRequest):
    schedule: str


class RunContinuouslyRequest(RunRequest):
    name: str


class IdReply(Wire):
    id: str


class IdRequest(Wire):
    id: str
    run_limit: int | None = None


class PauseRequest(Wire):
    id: str
    pause: bool


class ListRequest(Wire):
    killed: bool | None = None
    orch_id: str | None = None
    orch_sha: str | None = None
    run_limit: int | None = None
    workspace_id: Id | None = None


class ShaRequest(Wire):
    sha: str


class ShaReply(Wire):
    ids: list[str]


class RunsRequest(Wire):
    task_id: str
    limit: int | None = None
    status: str | None = None


class Run(Wire):
    run_id: str
    status: str
    created_at: str
    updated_at: str


class RunOfTask(Run):
    task: str


class LogsRequest(Wire):
    id: str
    lines: int | None = None


class LogsReply(Wire):
    logs: list[str]


class Task(Wire):
    id: str
    name: str | None
    run_type: RunType
    image: str
    image_tag: str
    arch: str
    bind_secrets: list[str]
    extra_env_vars: dict[str, str]
    auth_init: bool
    workspace_id: int
    schedule: str | None
    reap_threshold_secs: int
    ns_prefix: str | None
    status: str
    input_data: dict[str, Any]
    killed: bool
    created_at: str
    updated_at: str
    last_runs: list[Run]


@router.post("/run_once", status_code=201)
async def run_once(body: RunRequest, caller: Caller, db: Db) -> IdReply:
    """Start a task that ends by itself."""
    return _start(db, "Job", body, caller)


@router.post("/run_scheduled", status_code=201)
async def run_scheduled(body: RunScheduledRequest, caller: Caller, db: Db) -> IdReply:
    """Start a task that runs by a cron schedule of five fields."""
    if len(body.schedule.split()) != 5:
        raise ApiError(400, "schedule: not a cron schedule of five fields")
    return _start(db, "CronJob", body, caller, body.schedule)


@router.post("/run_continuously", status_code=201)
async def run_continuously(body: RunContinuouslyRequest, caller: Caller, db: Db) -> IdReply:
    """Start a task that runs until it is killed."""
    return _start(db, "Deployment", body, caller)


@router.post("/get_by_id")
async def get_by_id(body: IdRequest, caller: Caller, db: Db) -> Task:
    """One task, killed or not; an unknown id is 404."""
    return _current(db, _row(db, body.id, caller))


@router.post("/list")
async def list_tasks(body: ListRequest, caller: Caller, db: Db) -> list[Task]:
    """The tasks of the caller's workspaces, or of one of them; killed ones only if requested."""
    access.require_member(db, body.workspace_id, caller)
    rows = db.execute(
        "SELECT * FROM tasks WHERE workspace_id IN"
        " (SELECT workspace_id FROM workspace_members WHERE user_id = :caller)"
        " AND (:workspace_id IS NULL OR workspace_id = :workspace_id)"
        " AND (:orch_id IS NULL OR orch_id = :orch_id) AND (:orch_sha IS NULL OR orch_sha = :orch_sha)"
        " ORDER BY rowid",
        {"caller": caller.id, **body.model_dump(include={"workspace_id", "orch_id", "orch_sha"})},
    ).fetchall()
    tasks = [_current(db, row) for row in rows]
    return [task for task in tasks if body.killed or not task.killed]


@router.post("/get_tasks_by_orch_sha")
async def get_tasks_by_orch_sha(body: ShaRequest, caller: Caller, db: Db) -> ShaReply:
    """The ids of the caller's tasks that run orchestrations with this digest."""
    rows = db.execute(
        "SELECT t.id FROM tasks t JOIN workspace_members m USING (workspace_id)"
        " WHERE m.user_id = ? AND t.orch_sha = ? ORDER BY t.rowid",
        (caller.id, body.sha),
    )
    return ShaReply(ids=[row["id"] for row in rows])


@router.post("/kill", status_code=202)
async def kill(body: IdRequest, caller: Caller, db: Db) -> Task:
    """Begin to end a task; it has not ended in the answer. A killed one stays killed."""
    row = _row(db, body.id, caller)
    if row["status"] not in ("killed", "pending_kill"):
        _set_status(db, body.id, "pending_kill")
        readiness.begin(db, "kill", body.id)
    return _task(db, _row(db, body.id, caller))


@router.post("/pause", status_code=202)
async def pause(body: PauseRequest, caller: Caller, db: Db) -> Task:
    """Begin to pause a task, or to let it go on."""
    row = _row(db, body.id, caller)
    if row["status"] in ("killed", "pending_kill"):
        raise ApiError(400, f"task {body.id} is killed")
    if row["status"] != ("paused" if body.pause else "started"):
        _set_status(db, body.id, "pending_pause" if body.pause else "pending_resume")
        readiness.begin(db, "pause", body.id)
    return _task(db, _row(db, body.id, caller))


@router.post("/list_task_runs")
async def list_task_runs(body: RunsRequest, caller: Caller, db: Db) -> list[RunOfTask]:
    """The runs of a task, newest first."""
    _row(db, body.task_id, caller)
    wanted = None if body.status in (None, "all") else body.status
    return [
        RunOfTask(task=body.task_id, **run.model_dump())
        for run in _runs(db, body.task_id, body.limit)
        if wanted in (None, run.status)
    ]


@router.post("/get_logs_for_run")
async def get_logs_for_run(body: LogsRequest, caller: Caller, db: Db) -> LogsReply:
    """The last lines that a run printed."""
    run = db.row("SELECT * FROM task_runs WHERE run_id = ?", (body.id,))
    if run is None:
        raise ApiError(404, f"no run with id {body.id}")
    _row(db, run["task_id"], caller)
    logs = json.loads(run["logs"])
    return LogsReply(logs=logs if body.lines is None else logs[max(0, len(logs) - body.lines) :])


def _start(
    db: State, run_type: RunType, body: RunRequest, caller: User, schedule: str | None = None
) -> IdReply:
    access.require_member(db, body.workspace_id, caller)
    orchestrations.visible(db, body.orch_id, caller)
    return IdReply(id=add_task(db, run_type, body, schedule=schedule))


def add_task(
    db: State,
    run_type: RunType,
    body: RunRequest,
    *,
    schedule: str | None = None,
    task_id: str | None = None,
    status: str = "pending",
) -> str:
    """Insert a task and return its id. Raises ApiError 404 for an unknown orchestration, 400 for one not ready."""
    orchestration = orchestrations.row_of(db, body.orch_id)
    if orchestration is None:
        raise ApiError(404, f"no orchestration with id {body.orch_id}")
    if orchestration["status"] != "ready":
        raise ApiError(400, f"orchestration {body.orch_id} is not ready")
    task_id, now = task_id or str(uuid.uuid4()), db.timestamp()
    db.execute(
        "INSERT INTO tasks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(task_id, body.orch_id, orchestration["sha"], orchestration["owner_id"], body.workspace_id),
            *(body.name, run_type, schedule, json.dumps(body.input_data), bool(body.debug)),
            *(body.timeout or 900, status, now, now),
        ),
    )
    if status == "pending":
        readiness.begin(db, "task", task_id)
    return task_id


def add_run(
    db: State, task_id: str, status: str, logs: list[str] | None = None, run_id: str | None = None
) -> str:
    """Insert a run of a task and give its id."""
    run_id, now = run_id or str(uuid.uuid4()), db.timestamp()
    db.execute(
        "INSERT INTO task_runs VALUES (?, ?, ?, ?, ?, ?)",
        (run_id, task_id, status, now, now, json.dumps(logs or [])),
    )
    return run_id


def _row(db: State, task_id: str, caller: User) -> sqlite3.Row:
    row = db.row("SELECT * FROM tasks WHERE id = ?", (task_id,))
    return access.visible(db, row, caller, ApiError(404, f"no task with id {task_id}"))


def _set_status(db: State, task_id: str, status: str) -> None:
    db.execute("UPDATE tasks SET status = ?, updated_at = ? WHERE id = ?", (status, db.timestamp(), task_id))


def _current(db: State, row: sqlite3.Row) -> Task:
    """The task, moved on as a look at it does."""
    if (status := _next_status(db, row)) != row["status"]:
        _set_status(db, row["id"], status)
        if row["run_type"] == "Job" and row["status"] == "pending":
            add_run(db, row["id"], "success" if status == "success" else "failure")
        row = db.row("SELECT * FROM tasks WHERE id = ?", (row["id"],)) or row
    return _task(db, row)


def _next_status(db: State, row: sqlite3.Row) -> str:
    status: str = row["status"]
    match status:
        case "pending":
            failure = "schedule_error" if row["run_type"] == "CronJob" else "failed"
            success = "success" if row["run_type"] == "Job" else "started"
            after = {"pending": status, "done": success, "failed": failure}
            return after[readiness.poll(db, "task", row["id"])]
        case "pending_kill":
            after = {"pending": status, "done": "killed", "failed": "failed"}
            return after[readiness.poll(db, "kill", row["id"])]
        case "pending_pause" | "pending_resume":
            done = "paused" if status == "pending_pause" else "started"
            after = {"pending": status, "done": done, "failed": "failed"}
            return after[readiness.poll(db, "pause", row["id"])]
    return status


def _runs(db: State, task_id: str, limit: int | None) -> list[Run]:
    rows = db.execute(
        "SELECT run_id, status, created_at, updated_at FROM task_runs WHERE task_id = ?"
        " ORDER BY rowid DESC LIMIT ?",
        (task_id, -1 if limit is None else limit),
    )
    return [Run(**dict(row)) for row in rows]


def _task(db: State, row: sqlite3.Row) -> Task:
    return Task(
        id=row["id"],
        name=row["name"],
        run_type=row["run_type"],
        image=orchestrations.IMAGE,
        image_tag=f"v{PLATFORM_VERSION}",
        arch="x86",
        bind_secrets=["minio"],
        extra_env_vars={
            "MINIO_URL": "http://minio.example.com:9000",
            "ORCH_ID": row["orch_id"],
            "ORCH_OWNER_ID": row["orch_owner_id"],
            "ORCH_SHA": row["orch_sha"],
            "TASK_DEBUG": "true" if row["debug"] else "false",
            "TASK_ID": row["id"],
        },
        auth_init=True,
        workspace_id=row["workspace_id"],
        schedule=row["schedule"],
        reap_threshold_secs=row["reap_threshold_secs"],
        ns_prefix=None,
        status=row["status"],
        input_data=json.loads(row["input_data"]),
        killed=row["status"] == "killed",
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        last_runs=_runs(db, row["id"], 5),
    )
