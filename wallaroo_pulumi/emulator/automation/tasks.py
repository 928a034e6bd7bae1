"""Tasks (`/v1/api/task/…`): orchestrations that run once, on a schedule, or until they are killed.

No code runs. A task that runs once is pending, started, and then ends with its run; a continuous one stays started with
one run; a scheduled one stays started and has a run for each time of its schedule. Starting, runs, pausing and killing
take as long as the settings `task`, `task_run`, `pause` and `kill` say (readiness.py). Killed tasks remain listed.
"""

import json
import sqlite3
from datetime import UTC, datetime
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import Field

from .. import readiness
from ..errors import ApiError
from ..identity import access
from ..identity.accounts import User
from ..identity.auth import Caller
from ..identity.workspaces import HomeWorkspace, home_workspace
from ..services import Db
from ..settings import PLATFORM_VERSION
from ..state import State
from ..wire import Id, Wire, mlops_router
from . import orchestrations, task_store
from .task_store import RunType

router = APIRouter()
_tasks = mlops_router("/task", "tasks")
_orchestrations = mlops_router("/orchestration", "orchestrations")


RunStatus = Literal["failure", "killed", "running", "success", "timed_out", "unknown"]


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


class RunDetailsRequest(Wire):
    """`pod_id` is the id of the run."""

    task: str
    pod_id: str


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


class ListAllRequest(Wire):
    """`workspace_ids` may be empty: all that the caller sees."""

    workspace_ids: list[Id]
    task_run_status: list[RunStatus]
    killed: bool | None = None
    time_range: list[dict[str, Any]] | None = None


class OrchestrationWithTasks(Wire):
    orchestration: orchestrations.ListedOrchestration
    tasks: list[Task]
    workspace: HomeWorkspace


class ListAllReply(Wire):
    orchestrations: list[OrchestrationWithTasks]


@_tasks.post("/run_once", status_code=201)
async def run_once(body: RunRequest, caller: Caller, db: Db) -> IdReply:
    """Start a task that runs once."""
    return _start(db, "Job", body, caller)


@_tasks.post("/run_scheduled", status_code=201)
async def run_scheduled(body: RunScheduledRequest, caller: Caller, db: Db) -> IdReply:
    """Start a task that runs on a schedule. The schedule is a cron expression of five fields (UTC)."""
    task_store.times_of(body.schedule, datetime.now(UTC))
    return _start(db, "CronJob", body, caller, body.schedule)


@_tasks.post("/run_continuously", status_code=201)
async def run_continuously(body: RunContinuouslyRequest, caller: Caller, db: Db) -> IdReply:
    """Start a task that runs until it is killed."""
    return _start(db, "Deployment", body, caller)


@_tasks.post("/get_by_id")
async def get_by_id(body: IdRequest, caller: Caller, db: Db) -> Task:
    """Read a task, killed or not. Unknown id 404."""
    return _task(db, task_store.polled(db, _row(db, body.id, caller)), body.run_limit)


@_tasks.post("/list")
async def list_tasks(body: ListRequest, caller: Caller, db: Db) -> list[Task]:
    """List tasks. Those of one workspace, or of all that the caller sees; killed ones only if requested."""
    access.require_member(db, body.workspace_id, caller)
    rows = db.execute(
        "SELECT * FROM tasks WHERE workspace_id IN"
        " (SELECT workspace_id FROM workspace_members WHERE user_id = :caller)"
        " AND (:workspace_id IS NULL OR workspace_id = :workspace_id)"
        " AND (:orch_id IS NULL OR orch_id = :orch_id) AND (:orch_sha IS NULL OR orch_sha = :orch_sha)"
        " ORDER BY rowid",
        {"caller": caller.id, **body.model_dump(include={"workspace_id", "orch_id", "orch_sha"})},
    ).fetchall()
    tasks = [_task(db, task_store.polled(db, row), body.run_limit) for row in rows]
    return [task for task in tasks if body.killed or not task.killed]


@_tasks.post("/get_tasks_by_orch_sha")
async def get_tasks_by_orch_sha(body: ShaRequest, caller: Caller, db: Db) -> ShaReply:
    """List the ids of tasks by the digest of their orchestration."""
    rows = db.execute(
        "SELECT t.id FROM tasks t JOIN workspace_members m USING (workspace_id)"
        " WHERE m.user_id = ? AND t.orch_sha = ? ORDER BY t.rowid",
        (caller.id, body.sha),
    )
    return ShaReply(ids=[row["id"] for row in rows])


@_tasks.post("/kill", status_code=202)
async def kill(body: IdRequest, caller: Caller, db: Db) -> Task:
    """Kill a task. It ends later and stays listed."""
    row = _row(db, body.id, caller)
    if row["status"] not in ("killed", "pending_kill"):
        task_store.set_status(db, body.id, "pending_kill")
        readiness.begin(db, "kill", body.id)
    return _task(db, _row(db, body.id, caller))


@_tasks.post("/pause", status_code=202)
async def pause(body: PauseRequest, caller: Caller, db: Db) -> Task:
    """Pause or resume a task. This happens later. A killed task is 400."""
    row = _row(db, body.id, caller)
    if row["status"] in ("killed", "pending_kill"):
        raise ApiError(400, f"task {body.id} is killed")
    if row["status"] != ("paused" if body.pause else "started"):
        task_store.set_status(db, body.id, "pending_pause" if body.pause else "pending_resume")
        readiness.begin(db, "pause", body.id)
    return _task(db, _row(db, body.id, caller))


@_tasks.post("/list_task_runs")
async def list_task_runs(body: RunsRequest, caller: Caller, db: Db) -> list[RunOfTask]:
    """List the runs of a task, newest first."""
    task_store.polled(db, _row(db, body.task_id, caller))
    wanted = None if body.status in (None, "all") else body.status
    return [
        RunOfTask(task=body.task_id, **run.model_dump())
        for run in _runs(db, body.task_id, body.limit)
        if wanted in (None, run.status)
    ]


@_tasks.post("/get_run_details")
async def get_run_details(body: RunDetailsRequest, caller: Caller, db: Db) -> Run:
    """Read a run of a task. Unknown task or run 404."""
    task_store.polled(db, _row(db, body.task, caller))
    found = [run for run in _runs(db, body.task, None) if run.run_id == body.pod_id]
    if not found:
        raise ApiError(404, f"no run with id {body.pod_id}")
    return found[0]


@_tasks.post("/get_logs_for_run")
async def get_logs_for_run(body: LogsRequest, caller: Caller, db: Db) -> LogsReply:
    """Read the last lines that a run printed. Unknown run 404."""
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
    task_id = task_store.add_task(db, run_type, schedule=schedule, **body.model_dump(exclude={"schedule"}))
    return IdReply(id=task_id)


def _row(db: State, task_id: str, caller: User) -> sqlite3.Row:
    row = db.row("SELECT * FROM tasks WHERE id = ?", (task_id,))
    return access.visible(db, row, caller, ApiError(404, f"no task with id {task_id}"))


@_orchestrations.post("/list_all")
async def list_all(body: ListAllRequest, caller: Caller, db: Db) -> ListAllReply:
    """List orchestrations with their tasks.

    Those of several workspaces, or of all that the caller sees. With `task_run_status` only tasks whose last
    run has one of these states.
    """
    for workspace_id in body.workspace_ids:
        access.require_member(db, workspace_id, caller)
    rows = db.execute(
        "SELECT o.* FROM orchestrations o JOIN workspace_members m USING (workspace_id) WHERE m.user_id = :caller"
        " AND (:workspaces = '[]' OR workspace_id IN (SELECT value FROM json_each(:workspaces))) ORDER BY o.rowid",
        {"caller": caller.id, "workspaces": json.dumps(body.workspace_ids)},
    ).fetchall()
    return ListAllReply(
        orchestrations=[
            OrchestrationWithTasks(
                orchestration=orchestrations.listed(db, row),
                tasks=[
                    task
                    for task in _of_orchestration(db, row["id"], killed=bool(body.killed))
                    if not body.task_run_status
                    or (task.last_runs and task.last_runs[-1].status in body.task_run_status)
                ],
                workspace=home_workspace(db, row["workspace_id"]),
            )
            for row in rows
        ]
    )


for _part in (_tasks, _orchestrations):
    router.include_router(_part)


def _of_orchestration(db: State, orchestration_id: str, *, killed: bool) -> list[Task]:
    """Return the tasks of an orchestration; killed ones only if requested."""
    rows = db.execute("SELECT * FROM tasks WHERE orch_id = ? ORDER BY rowid", (orchestration_id,)).fetchall()
    tasks = [_task(db, task_store.polled(db, row)) for row in rows]
    return [task for task in tasks if killed or not task.killed]


def _runs(db: State, task_id: str, limit: int | None) -> list[Run]:
    return [_run(row) for row in task_store.runs(db, task_id, limit)]


def _run(row: sqlite3.Row) -> Run:
    return Run(**{key: row[key] for key in Run.model_fields})


def _task(db: State, row: sqlite3.Row, run_limit: int | None = None) -> Task:
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
        last_runs=list(reversed(_runs(db, row["id"], 5 if run_limit is None else run_limit))),
    )
