"""The inference log as it is stored: the last results of each pipeline, numbered in the order of their arrival.

A page contains records of one schema only: where the schema changes, it ends with status `SchemaChange`.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any, Literal

from ..state import State
from ..wire import Wire

SCHEMA = """
CREATE TABLE IF NOT EXISTS inference_log (
    pipeline_id INTEGER NOT NULL REFERENCES pipelines (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    time_ms INTEGER NOT NULL,
    anomalies INTEGER NOT NULL,
    schema TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (pipeline_id, number)
);
"""
LARGEST_PAGE = 10_000

Order = Literal["asc", "desc"]


class Page(Wire):
    """Records of one schema, and where the next page begins."""

    records: list[dict[str, Any]]
    columns: dict[str, Any]
    status: Literal["All", "RecordLimited", "SchemaChange"]
    next: int | None


class PageRequest(Wire):
    """Which records of a topic: from `position` on (before it, for `desc`), with times in milliseconds."""

    position: int | None = None
    order: Order = "asc"
    size: int = 1000
    start: int | None = None
    end: int | None = None
    only_anomalies: bool = False


def append(
    db: State, pipeline_id: int, records: list[dict[str, Any]], schema: dict[str, Any], *, keep: int
) -> None:
    """Add results of one schema to a pipeline's log, which keeps the last `keep` records."""
    row = db.row("SELECT max(number) AS last FROM inference_log WHERE pipeline_id = ?", (pipeline_id,))
    end = (row["last"] + 1 if row and row["last"] is not None else 0) + len(records)
    kept = records[-keep:] if keep else []
    encoded = json.dumps(schema)
    with db.transaction():
        db.execute_many(
            "INSERT INTO inference_log VALUES (?, ?, ?, ?, ?, ?)",
            (
                (pipeline_id, number, record["time"], record["anomaly"]["count"], encoded, _encoded(record))
                for number, record in enumerate(kept, end - len(kept))
            ),
        )
        db.execute(
            "DELETE FROM inference_log WHERE pipeline_id = ? AND number < ?", (pipeline_id, end - keep)
        )


def page(db: State, pipeline_id: int, wanted: PageRequest) -> Page | None:
    """The page, or None when there are no (more) records."""
    size = min(wanted.size, LARGEST_PAGE)
    descending = wanted.order == "desc"
    rows = db.execute(
        "SELECT number, schema, record FROM inference_log WHERE pipeline_id = :pipeline"  # noqa: S608 -- constants
        f" AND (:position IS NULL OR number {'<' if descending else '>='} :position)"
        " AND (:start IS NULL OR time_ms >= :start) AND (:end IS NULL OR time_ms <= :end)"
        " AND (NOT :only_anomalies OR anomalies > 0)"
        f" ORDER BY number {'DESC' if descending else 'ASC'} LIMIT :limit",
        {
            "pipeline": pipeline_id,
            "limit": size + 1,
            **wanted.model_dump(include={"position", "start", "end", "only_anomalies"}),
        },
    ).fetchall()
    if not rows:
        return None
    taken = list(_same_schema(rows))[:size]
    last = taken[-1]["number"]
    return Page(
        records=[json.loads(row["record"]) for row in taken],
        columns=json.loads(taken[0]["schema"]),
        status="All"
        if len(taken) == len(rows)
        else "RecordLimited"
        if len(taken) == size
        else "SchemaChange",
        next=last if descending else last + 1,
    )


def _same_schema(rows: list[sqlite3.Row]) -> Iterator[sqlite3.Row]:
    yield rows[0]
    for before, row in pairwise(rows):
        if row["schema"] != before["schema"]:
            return
        yield row


def _encoded(record: dict[str, Any]) -> str:
    return json.dumps(record, default=str)


def values(
    db: State, pipeline_id: int, path: Iterable[str | int], start: datetime, end: datetime
) -> list[float]:
    """The numbers at a path of a pipeline's records between two times, both included."""
    rows = db.execute(
        "SELECT record FROM inference_log WHERE pipeline_id = ? AND time_ms BETWEEN ? AND ? ORDER BY number",
        (pipeline_id, milliseconds(start), milliseconds(end)),
    )
    path = list(path)
    found = [_value(json.loads(row["record"]), path) for row in rows]
    return [float(value) for value in found if isinstance(value, int | float)]


def _value(record: Any, path: list[str | int]) -> Any:
    for key in path:
        try:
            record = record[key]
        except (KeyError, IndexError, TypeError):
            return None
    return record


def milliseconds(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)
