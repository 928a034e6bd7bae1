"""Storage of tasks: tables, and how tasks and their runs proceed.

Starting, runs, pausing and killing take as long as the readiness settings `task`, `task_run`, `pause` and `kill` say.
"""

import json
import sqlite3
import uuid
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any, Literal

from cronsim import CronSim, CronSimError

from .. import readiness
from ..errors import ApiError
from ..state import State
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

_RUNS_KEPT = 100
"""The largest number of runs of a schedule that are added at once."""


def add_task(
    db: State,
    run_type: RunType,
    *,
    orch_id: str,
    workspace_id: int,
    name: str | None = None,
    input_data: dict[str, Any] | None = None,
    debug: bool | None = None,
    timeout: int | None = None,
    schedule: str | None = None,
    task_id: str | None = None,
    status: str = "pending",
) -> str:
    """Insert a task and return its id. Raises ApiError 404 for an unknown orchestration, 400 for one not ready."""
    orchestration = orchestrations.row_of(db, orch_id)
    if orchestration is None:
        raise ApiError(404, f"no orchestration with id {orch_id}")
    if orchestration["status"] != "ready":
        raise ApiError(400, f"orchestration {orch_id} is not ready")
    task_id, now = task_id or str(uuid.uuid4()), db.timestamp()
    db.execute(
        "INSERT INTO tasks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(task_id, orch_id, orchestration["sha"], orchestration["owner_id"], workspace_id, name),
            *(run_type, schedule, json.dumps(input_data or {}), bool(debug), timeout or 900),
            *(status, now, now),
        ),
    )
    if status == "pending":
        readiness.begin(db, "task", task_id)
    return task_id


def add_run(
    db: State,
    task_id: str,
    status: str,
    logs: list[str] | None = None,
    run_id: str | None = None,
    at: str | None = None,
) -> str:
    """Insert a run of a task, begun `at` or now, and return its id."""
    run_id, at = run_id or str(uuid.uuid4()), at or db.timestamp()
    db.execute(
        "INSERT INTO task_runs VALUES (?, ?, ?, ?, ?, ?)",
        (run_id, task_id, status, at, at, json.dumps(logs or [])),
    )
    return run_id


def set_status(db: State, task_id: str, status: str) -> None:
    db.execute("UPDATE tasks SET status = ?, updated_at = ? WHERE id = ?", (status, db.timestamp(), task_id))


def polled(db: State, row: sqlite3.Row) -> sqlite3.Row:
    """Return the task, updated according to the readiness settings."""
    status = _next_status(db, row)
    if status != row["status"]:
        set_status(db, row["id"], status)
        if status == "started" and row["status"] == "pending":
            _begin_runs(db, row)
        if status == "killed":
            readiness.end(db, "task_run", row["id"])
            _end_runs(db, row["id"], "killed")
    elif row["run_type"] == "CronJob" and status == "started":
        _run_on_schedule(db, row)
    return db.row("SELECT * FROM tasks WHERE id = ?", (row["id"],)) or row


def _next_status(db: State, row: sqlite3.Row) -> str:
    status: str = row["status"]
    match status:
        case "pending":
            failed = "schedule_error" if row["run_type"] == "CronJob" else "failed"
            return _after(db, row, "task", done="started", failed=failed)
        case "started" if readiness.is_known(db, "task_run", row["id"]):
            ended = _after(db, row, "task_run", done="success", failed="failed")
            if ended != status:
                _end_runs(db, row["id"], "success" if ended == "success" else "failure")
            return ended
        case "pending_kill":
            return _after(db, row, "kill", done="killed", failed="failed")
        case "pending_pause":
            return _after(db, row, "pause", done="paused", failed="failed")
        case "pending_resume":
            return _after(db, row, "pause", done="started", failed="failed")
    return status


def _after(db: State, row: sqlite3.Row, kind: readiness.Kind, *, done: str, failed: str) -> str:
    outcome = readiness.poll(db, kind, row["id"])
    ended: dict[readiness.Outcome, str] = {"done": done, "failed": failed}
    status: str = ended.get(outcome) or row["status"]
    return status


def _begin_runs(db: State, row: sqlite3.Row) -> None:
    """Begin the run of a task that has started and does not wait for a schedule."""
    if row["run_type"] != "CronJob":
        add_run(db, row["id"], "running", _log(db, row, db.timestamp()))
    if row["run_type"] == "Job":
        readiness.begin(db, "task_run", row["id"])


def _end_runs(db: State, task_id: str, status: str) -> None:
    db.execute(
        "UPDATE task_runs SET status = ?, updated_at = ? WHERE task_id = ? AND status = 'running'",
        (status, db.timestamp(), task_id),
    )


def _run_on_schedule(db: State, row: sqlite3.Row) -> None:
    """Add the runs that were due since the task started or resumed, or since the last one; of many only the last."""
    last = db.row("SELECT max(created_at) AS at FROM task_runs WHERE task_id = ?", (row["id"],))
    since = datetime.fromisoformat(max(row["updated_at"], (last and last["at"]) or ""))
    now = datetime.fromtimestamp(db.now(), UTC)
    due = deque(takewhile(lambda time: time <= now, times_of(row["schedule"], since)), maxlen=_RUNS_KEPT)
    for time in due:
        stamp = time.isoformat(timespec="microseconds")
        add_run(db, row["id"], "success", _log(db, row, stamp), at=stamp)


def times_of(schedule: str, since: datetime) -> Iterator[datetime]:
    """Return the times of a schedule after `since`. Raises ApiError 400."""
    try:
        if len(schedule.split()) != 5:
            raise CronSimError("not five fields")
        return CronSim(schedule, since)
    except CronSimError as error:
        raise ApiError(400, f"schedule: '{schedule}' is not a cron schedule: {error}") from error


def _log(db: State, row: sqlite3.Row, stamp: str) -> list[str]:
    """Return what a run prints, with time and stream of each line, as recorded."""
    return [
        f"{stamp} stdout F {row['input_data']}",
        f"{stamp} stdout F main.py is not run: this is the emulator",
    ]


def runs(db: State, task_id: str, limit: int | None = None) -> list[sqlite3.Row]:
    """Return the last runs of a task, newest first."""
    return db.execute(
        "SELECT * FROM task_runs WHERE task_id = ? ORDER BY rowid DESC LIMIT ?",
        (task_id, -1 if limit is None else limit),
    ).fetchall()
