"""Assays (`/v2/api/assays/…`): monitor a pipeline's inputs and outputs for drift.

The emulator stores schedules and computes when they run, but analyses nothing: results come from the seed. The
sources are silent on these points, so the emulator decides: only members of the pipeline's workspace see and change
an assay; whether the pipeline exists is not checked; an unknown id is 404; names are unique on the instance (the
tutorials say so), deactivated assays included; a pipeline with an active assay cannot be deleted (409), one with
deactivated assays is deleted with them.
"""

import json
import math
import uuid
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field, TypeAdapter

from ..errors import ApiError
from ..identity import access
from ..identity.accounts import User
from ..identity.auth import Caller
from ..services import Db
from ..state import State
from ..wire import Id, Wire, mlops_router

SCHEMA = """
CREATE TABLE IF NOT EXISTS assays (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    pipeline_id INTEGER NOT NULL,
    pipeline_name TEXT NOT NULL,
    definition TEXT NOT NULL,
    active INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS assay_results (
    id INTEGER PRIMARY KEY,
    assay_id TEXT NOT NULL REFERENCES assays (id) ON DELETE CASCADE,
    window_start TEXT NOT NULL,
    result TEXT NOT NULL
);
"""

router = mlops_router("/assays", "assays", version="v2")

Instant = Annotated[AwareDatetime, Field(strict=False)]
instant: TypeAdapter[datetime] = TypeAdapter(Instant)


class Duration(Wire):
    seconds: int = Field(gt=0)


class Window(Wire):
    width: Duration


class Bins(Wire):
    mode: dict[str, Any] | Literal["None"]
    edges: list[float | str]  # the last one may be "INFINITY"
    labels: list[str]


class Statistics(Wire):
    count: int
    min: float
    max: float
    mean: float
    median: float
    std: float


class Series(Wire):
    name: str | None = None
    bins: Bins
    aggregated_values: list[float]
    aggregation: Literal["Cumulative", "Density", "Edges"]
    statistics: Statistics
    start: str | None = None
    end: str | None = None


class SummaryBaseline(Wire):
    Summary: dict[str, Series]


class StaticBaseline(Wire):
    Static: tuple[str, str] = Field(strict=False)


class RollingStart(Wire):
    start: str
    width: Duration


class RollingBaseline(Wire):
    Rolling: RollingStart


class VectorBaseline(Wire):
    Vector: list[float | None]  # null stands for NaN


class Univariate(Wire):
    bin_mode: dict[str, Any] | Literal["None"]
    aggregation: Literal["Cumulative", "Density", "Edges"]
    metric: Literal["MaxDiff", "PSI", "SumDiff"]
    bin_weights: list[float] | None = None


class UnivariateSummarizer(Wire):
    UnivariateContinuous: Univariate


class MultivariateSummarizer(Wire):
    MultivariateContinuous: dict[str, Any]


class Interval(Wire):
    unit: Literal["Minute", "Hour", "Day", "Week"]
    quantity: int = Field(gt=0)


class SimpleFrequency(Wire):
    SimpleRunFrequency: Interval


class CronFrequency(Wire):
    Cron: str


class Scheduling(Wire):
    first_run: str
    end: str | None = None
    run_frequency: SimpleFrequency | CronFrequency


class DataOrigin(Wire):
    pipeline_name: str
    pipeline_id: Id
    workspace_name: str
    workspace_id: Id
    model_id: str | None = None
    locations: list[str] | None = None


class Thresholds(Wire):
    warning: float | None = None
    alert: float | None = None


class DataPath(Wire):
    field: str
    indexes: list[int] | None = None
    thresholds: Thresholds | None = None


class Targeting(Wire):
    data_origin: DataOrigin
    iopath: list[DataPath]


class ScheduleRequest(Wire):
    name: str
    scheduling: Scheduling
    baseline: SummaryBaseline | StaticBaseline | RollingBaseline | VectorBaseline
    window: Window
    summarizer: UnivariateSummarizer | MultivariateSummarizer
    targeting: Targeting


class Assay(ScheduleRequest):
    id: str
    created_at: str
    updated_at: str
    active: bool


class Score(Wire):
    score: float
    scores: list[float]
    bin_index: int | None = None


class Result(Wire):
    id: int
    assay_id: str
    analyzed_at: str
    elapsed_millis: int
    scores: dict[str, Score | str] | None = None
    status: Literal["Ok", "Warning", "Alert"]
    summaries: dict[str, Series] | None = None
    window_start: str
    window_end: str
    created_at: str
    updated_at: str
    workspace_id: int
    workspace_name: str
    pipeline_id: int
    warning_threshold: float | None = None
    alert_threshold: float | None = None


class ListRequest(Wire):
    active: Literal["ActiveOnly", "All", "InactiveOnly"]
    pipeline_name: str | None = None
    workspace_id: Id | None = None


class IdRequest(Wire):
    id: str


class AssayIdRequest(Wire):
    assay_id: str


class SetActiveRequest(AssayIdRequest):
    active: bool


class NextRunReply(Wire):
    last_run: str | None
    next_run: str | None


class ResultsRequest(IdRequest):
    start: Instant | None = None
    end: Instant | None = None
    workspace_id: Id | None = None
    debug: bool = False


@router.post("/schedule")
async def schedule(body: ScheduleRequest, caller: Caller, db: Db) -> str:
    """Schedule an assay. It is active from the start; the response is its id. A name that is in use is 500."""
    access.require_member(db, body.targeting.data_origin.workspace_id, caller)
    if db.row("SELECT 1 FROM assays WHERE name = ?", (body.name,)):
        raise ApiError(
            500,
            'error returned from database: duplicate key value violates unique constraint "assay_name_key"',
        )
    stamp = db.timestamp()
    assay = Assay(**body.model_dump(), id=str(uuid.uuid4()), created_at=stamp, updated_at=stamp, active=True)
    add(db, assay)
    return assay.id


@router.post("/get")
async def get(body: ListRequest, caller: Caller, db: Db) -> list[Assay]:
    """List assays. Those of one workspace, or of all that the caller sees."""
    access.require_member(db, body.workspace_id, caller)
    rows = db.execute(
        "SELECT a.* FROM assays a JOIN workspace_members m USING (workspace_id) WHERE m.user_id = :caller"
        " AND (:active = 'All' OR a.active = (:active = 'ActiveOnly'))"
        " AND (:pipeline IS NULL OR a.pipeline_name = :pipeline)"
        " AND (:workspace IS NULL OR a.workspace_id = :workspace) ORDER BY a.rowid",
        {
            "caller": caller.id,
            "active": body.active,
            "pipeline": body.pipeline_name,
            "workspace": body.workspace_id,
        },
    )
    return [_assay(row) for row in rows]


@router.post("/get/:id")
async def get_by_id(body: IdRequest, caller: Caller, db: Db) -> Assay:
    """Read an assay. The path contains `:id` literally, and the body the id. Unknown id 404."""
    return _visible(db, body.id, caller)


@router.post("/set_active")
async def set_active(body: SetActiveRequest, caller: Caller, db: Db) -> None:
    """Activate or deactivate an assay. Nothing else can be changed. Unknown id 404."""
    _visible(db, body.assay_id, caller)
    db.execute(
        "UPDATE assays SET active = ?, updated_at = ? WHERE id = ?",
        (body.active, db.timestamp(), body.assay_id),
    )


@router.post("/get_next_run")
async def get_next_run(body: AssayIdRequest, caller: Caller, db: Db) -> NextRunReply:
    """Read when an assay runs. Both times are null for a cron schedule, which is not computed."""
    assay = _visible(db, body.assay_id, caller)
    frequency = assay.scheduling.run_frequency
    if isinstance(frequency, CronFrequency):
        return NextRunReply(last_run=None, next_run=None)
    interval = frequency.SimpleRunFrequency
    step = timedelta(**{f"{interval.unit.lower()}s": interval.quantity})
    first, now = instant.validate_python(assay.scheduling.first_run), datetime.fromtimestamp(db.now(), UTC)
    end = instant.validate_python(assay.scheduling.end) if assay.scheduling.end else None
    runs_so_far = max(0, math.floor((min(now, end or now) - first) / step) + 1)
    last, following = first + (runs_so_far - 1) * step, first + runs_so_far * step
    is_over = not assay.active or (end is not None and following > end)
    return NextRunReply(
        last_run=_stamp(last) if runs_so_far else None, next_run=None if is_over else _stamp(following)
    )


@router.post("/get_results")
async def get_results(body: ResultsRequest, caller: Caller, db: Db) -> list[Result]:
    """Read the results of an assay. Those of the seed whose window begins between `start` and `end`."""
    _visible(db, body.id, caller)
    rows = db.execute("SELECT * FROM assay_results WHERE assay_id = ? ORDER BY window_start", (body.id,))
    found = [Result.model_validate_json(row["result"]) for row in rows]
    return [
        result
        for result in found
        if (body.start is None or instant.validate_python(result.window_start) >= body.start)
        and (body.end is None or instant.validate_python(result.window_start) <= body.end)
    ]


def add(db: State, assay: Assay) -> None:
    origin = assay.targeting.data_origin
    definition = assay.model_dump(include=set(ScheduleRequest.model_fields))
    db.execute(
        "INSERT INTO assays VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            assay.id,
            assay.name,
            origin.workspace_id,
            origin.pipeline_id,
            origin.pipeline_name,
            json.dumps(definition),
            assay.active,
            assay.created_at,
            assay.updated_at,
        ),
    )


def add_result(db: State, result: Result) -> None:
    db.execute(
        "INSERT INTO assay_results VALUES (?, ?, ?, ?)",
        (result.id, result.assay_id, result.window_start, result.model_dump_json()),
    )


def watch(db: State, pipeline_id: int) -> bool:
    """Return whether an active assay monitors the pipeline."""
    return db.row("SELECT 1 FROM assays WHERE active AND pipeline_id = ?", (pipeline_id,)) is not None


def end_with(db: State, pipeline_id: int) -> None:
    """Delete the assays of a pipeline."""
    db.execute("DELETE FROM assays WHERE pipeline_id = ?", (pipeline_id,))


def _visible(db: State, assay_id: str, caller: User) -> Assay:
    """Return the assay. Raises ApiError: 404 for an unknown one, 403 for a non-member."""
    row = db.row("SELECT * FROM assays WHERE id = ?", (assay_id,))
    return _assay(access.visible(db, row, caller, ApiError(404, f"no assay {assay_id}")))


def _assay(row: Any) -> Assay:
    own = {key: row[key] for key in ("id", "created_at", "updated_at")}
    return Assay(**json.loads(row["definition"]), **own, active=bool(row["active"]))


def _stamp(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
