"""Changes to objects that bypass the rules of the API, like those of other people or of a restored backup.

Columns are those that `GET /__emulator__/contents` shows.
"""

import sqlite3
import uuid
from typing import Any, Literal

from ..errors import ApiError
from ..state import State
from .body import Body, unknown

Kind = Literal[
    "user",
    "workspace",
    "member",
    "model",
    "model_version",
    "pipeline",
    "pipeline_version",
    "deployment",
    "publish",
    "edge",
    "connection",
    "workspace_connection",
    "registry",
    "workspace_registry",
    "orchestration",
    "task",
    "assay",
    "old_assay",
]
Value = str | int | float | bool | None

_TABLES: dict[Kind, str] = {
    "member": "workspace_members",
    "publish": "publishes",
    "registry": "registries",
    "workspace_registry": "workspace_registries",
}
_FRESH_UUIDS = ("version", "task_id")


class Selection(Body):
    """The objects of a kind whose columns have these values: `{"kind": "user", "where": {"email": …}}`."""

    kind: Kind
    where: dict[str, Value]


class Change(Selection):
    """New values of columns: `{"kind": "workspace", "where": {"id": 1}, "set": {"name": "renamed"}}`."""

    set: dict[str, Value]


def delete(db: State, selection: Selection) -> int:
    """Delete the selected objects with what belongs to them, and return how many they were."""
    table, condition = _parts(db, selection)
    return db.execute(f"DELETE FROM {table} WHERE {condition}", selection.where).rowcount  # noqa: S608 -- checked names


def change(db: State, body: Change) -> int:
    """Write columns of the selected objects, and return how many they were. Raises ApiError 400 on a constraint."""
    table, condition = _parts(db, body)
    _check_columns(db, body.kind, table, body.set)
    assignments = ", ".join(f"{column} = :new_{column}" for column in body.set)
    values = body.where | {f"new_{column}": value for column, value in body.set.items()}
    try:
        return db.execute(f"UPDATE {table} SET {assignments} WHERE {condition}", values).rowcount  # noqa: S608
    except sqlite3.IntegrityError as error:
        raise ApiError(400, f"cannot change {body.kind}: {error}") from error


def recreate(db: State, selection: Selection) -> int:
    """Replace the selected objects by new, empty ones with the same name, and return how many they were.

    Integer ids stay; UUIDs and times of creation are new. The members of a workspace stay members; a user's password
    and memberships end.
    """
    table, condition = _parts(db, selection)
    if "id" not in _columns(db, table):
        raise ApiError(400, f"a {selection.kind} has no id; delete it and seed it again")
    rows = db.execute(f"SELECT * FROM {table} WHERE {condition}", selection.where).fetchall()  # noqa: S608
    with db.transaction():
        for row in rows:
            members = db.execute(
                "SELECT * FROM workspace_members WHERE workspace_id = ?",
                (row["id"] if selection.kind == "workspace" else None,),
            ).fetchall()
            db.execute(f"DELETE FROM {table} WHERE id = ?", (row["id"],))  # noqa: S608
            _insert(db, table, _renewed(db, dict(row)))
            for member in members:
                _insert(db, "workspace_members", dict(member))
    return len(rows)


def _renewed(db: State, values: dict[str, Any]) -> dict[str, Any]:
    fresh: dict[str, Any] = {column: str(uuid.uuid4()) for column in _FRESH_UUIDS}
    fresh |= {"created_at": db.timestamp(), "updated_at": db.timestamp(), "created_ms": db.now_ms()}
    fresh["password_hash"] = None
    if isinstance(values["id"], str):
        fresh["id"] = str(uuid.uuid4())
    return values | {column: value for column, value in fresh.items() if column in values}


def _insert(db: State, table: str, values: dict[str, Any]) -> None:
    columns = ", ".join(f":{column}" for column in values)
    db.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({columns})", values)  # noqa: S608


def _parts(db: State, selection: Selection) -> tuple[str, str]:
    """The table, and the condition on its checked columns."""
    table = _TABLES.get(selection.kind, f"{selection.kind}s")
    _check_columns(db, selection.kind, table, selection.where)
    return table, " AND ".join(f"{column} IS :{column}" for column in selection.where) or "true"


def _check_columns(db: State, kind: Kind, table: str, given: dict[str, Value]) -> None:
    columns = _columns(db, table)
    for column in given:
        if column not in columns:
            raise ApiError(400, unknown(column, columns, f"column of a {kind}"))


def _columns(db: State, table: str) -> list[str]:
    return [row["name"] for row in db.execute(f"PRAGMA table_info({table})")]
