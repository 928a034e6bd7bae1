"""Connections to data sources (`/v1/api/connections/…`): objects of the instance that workspaces use.

The sources are silent on these points, so the emulator decides: every user sees and may delete every connection; only
members use one in a workspace; the database refuses to attach one twice; deleting a connection ends its use.
"""

import json
import uuid
from typing import Any

from fastapi import Response

from ..errors import ApiError
from ..identity import access
from ..identity.auth import Caller
from ..services import Db
from ..state import State
from ..wire import Id, Wire, mlops_router

SCHEMA = """
CREATE TABLE IF NOT EXISTS connections (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL,
    details TEXT NOT NULL,
    created_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS workspace_connections (
    id TEXT PRIMARY KEY,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    UNIQUE (workspace_id, connection_id)
);
"""

router = mlops_router("/connections", "connections")


class CreateRequest(Wire):
    name: str
    type: str
    details: dict[str, Any] | None = None


class IdReply(Wire):
    id: str


class NameRequest(Wire):
    name: str


class IdRequest(Wire):
    id: str


class ListRequest(Wire):
    workspace_id: Id | None = None


class Connection(Wire):
    id: str
    name: str
    type: str
    created_at: str
    workspace_names: list[str]
    details: dict[str, Any] | None


class ListReply(Wire):
    connections: list[Connection]


class LinkRequest(Wire):
    workspace_id: Id
    connection_id: str


@router.post("/create")
async def create(body: CreateRequest, _: Caller, db: Db) -> IdReply:
    """Create a connection. A name that is in use is 409."""
    if db.row("SELECT 1 FROM connections WHERE name = ?", (body.name,)) is not None:
        raise ApiError(409, f"a connection named {body.name} exists already")
    return IdReply(id=add_connection(db, body.name, body.type, body.details))


@router.post("/get")
async def get(body: NameRequest, _: Caller, db: Db) -> Connection:
    """Read a connection by its name. Details are in clear. Unknown name 404."""
    return _one(db, "name", body.name)


@router.post("/get_by_id")
async def get_by_id(body: IdRequest, _: Caller, db: Db) -> Connection:
    """Read a connection. Details are in clear. Unknown id 404."""
    return _one(db, "id", body.id)


@router.post("/list")
async def list_connections(body: ListRequest, caller: Caller, db: Db) -> ListReply:
    """List connections. All of the instance, or those that a workspace uses; details are in clear."""
    access.require_member(db, body.workspace_id, caller)
    found = _connections(
        db,
        ":workspace IS NULL OR c.id IN"
        " (SELECT connection_id FROM workspace_connections WHERE workspace_id = :workspace)",
        {"workspace": body.workspace_id},
    )
    return ListReply(connections=found)


@router.post("/delete", status_code=204)
async def delete(body: NameRequest, _: Caller, db: Db) -> Response:
    """Delete a connection by its name. Its use in workspaces ends. Unknown name 400."""
    if not remove_connection(db, body.name):
        raise ApiError(400, f"no connection named {body.name}")
    return Response(status_code=204)


@router.post("/add_to_workspace")
async def add_to_workspace(body: LinkRequest, caller: Caller, db: Db) -> IdReply:
    """Attach a connection to a workspace. A second time is 500."""
    access.require_member(db, body.workspace_id, caller)
    _one(db, "id", body.connection_id)
    if db.row(
        "SELECT 1 FROM workspace_connections WHERE workspace_id = ? AND connection_id = ?",
        (body.workspace_id, body.connection_id),
    ):
        raise ApiError(
            500,
            "error returned from database: duplicate key value violates unique constraint"
            ' "workspace_connections_pkey"',
        )
    return IdReply(id=link(db, body.workspace_id, body.connection_id))


@router.post("/remove_from_workspace", status_code=204)
async def remove_from_workspace(body: LinkRequest, caller: Caller, db: Db) -> Response:
    """Detach a connection from a workspace. Nothing happens if it is not attached."""
    access.require_member(db, body.workspace_id, caller)
    db.execute(
        "DELETE FROM workspace_connections WHERE workspace_id = ? AND connection_id = ?",
        (body.workspace_id, body.connection_id),
    )
    return Response(status_code=204)


def add_connection(
    db: State, name: str, type: str, details: dict[str, Any] | None, connection_id: str | None = None
) -> str:
    """Insert a connection and return its id."""
    connection_id = connection_id or str(uuid.uuid4())
    db.execute(
        "INSERT INTO connections VALUES (?, ?, ?, ?, ?)",
        (connection_id, name, type, json.dumps(details), db.timestamp()),
    )
    return connection_id


def link(db: State, workspace_id: int, connection_id: str) -> str:
    """Let a workspace use a connection and return the id of the link."""
    link_id = str(uuid.uuid4())
    db.execute("INSERT INTO workspace_connections VALUES (?, ?, ?)", (link_id, workspace_id, connection_id))
    return link_id


def remove_connection(db: State, name: str) -> int:
    """Delete a connection and return how many were deleted: 0 or 1."""
    return db.execute("DELETE FROM connections WHERE name = ?", (name,)).rowcount


def _one(db: State, column: str, value: str) -> Connection:
    found = _connections(db, f"c.{column} = :value", {"value": value})
    if not found:
        raise ApiError(404, f"no connection with {column} {value}")
    return found[0]


def _connections(db: State, condition: str, parameters: dict[str, Any]) -> list[Connection]:
    rows = db.execute(
        "SELECT c.*, (SELECT json_group_array(w.name) FROM workspace_connections l"  # noqa: S608 -- conditions are constants of this file
        " JOIN workspaces w ON w.id = l.workspace_id WHERE l.connection_id = c.id) AS workspace_names"
        f" FROM connections c WHERE {condition} ORDER BY c.rowid",
        parameters,
    )
    return [
        Connection(
            **{
                **dict(row),
                "details": json.loads(row["details"]),
                "workspace_names": json.loads(row["workspace_names"]),
            }
        )
        for row in rows
    ]
