"""Workspaces and their members (`/v1/api/workspaces/…`).

The sources are silent on these points, so the emulator decides: everyone, administrators included, sees only the
workspaces they are a member of; only an OWNER changes members (otherwise 403); the last OWNER is not protected.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from typing import Annotated, Literal

from fastapi.responses import JSONResponse
from pydantic import BeforeValidator, Field

from ..errors import ApiError
from ..services import Db, SettingsDep
from ..state import State
from ..wire import Empty, Id, Wire, mlops_router
from . import access, accounts
from .accounts import User
from .auth import Caller

SCHEMA = """
CREATE TABLE IF NOT EXISTS workspaces (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    archived INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS workspaces_by_name ON workspaces (name);
CREATE TABLE IF NOT EXISTS workspace_members (
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE ON UPDATE CASCADE,
    user_type TEXT NOT NULL,
    PRIMARY KEY (workspace_id, user_id)
);
CREATE INDEX IF NOT EXISTS members_by_user ON workspace_members (user_id);
"""

router = mlops_router("/workspaces", "workspaces")


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


Role = Annotated[Literal["OWNER", "COLLABORATOR"], BeforeValidator(_upper)]
"""A member's role. Requests may have any case (the vendor's SDK sends lower case); responses have upper case."""


class CreateRequest(Wire):
    workspace_name: str = Field(min_length=1)


class CreateReply(Wire):
    workspace_id: int


class ListRequest(Wire):
    user_id: str | None = None


class Workspace(Wire):
    id: int
    name: str
    created_at: str
    created_by: str
    archived: bool
    models: list[int]
    pipelines: list[int]


class ListReply(Wire):
    workspaces: list[Workspace]


class MembersRequest(Wire):
    workspace_id: Id


class Member(Wire):
    user_id: str
    user_type: str


class MembersReply(Wire):
    users: list[Member]


class RemoveUserRequest(Wire):
    workspace_id: Id
    email: str | None = None
    user_id: str | None = None


class RemoveUserReply(Wire):
    affected_rows: int


class AddUserRequest(RemoveUserRequest):
    url: str | None = None
    user_type: Role | None = None


class HomeWorkspace(Wire):
    """A workspace, as responses about its objects contain it."""

    id: int
    name: str
    created_by: str
    archived: bool
    created_at: str
    group_id: int | None = None


@router.post("/create")
async def create(body: CreateRequest, caller: Caller, db: Db, settings: SettingsDep) -> CreateReply:
    """Create a workspace. The caller becomes its OWNER. A name that is in use is refused (500)."""
    if settings.unique_workspace_names and _is_taken(db, body.workspace_name):
        raise ApiError(
            500,
            "error returned from database: duplicate key value violates unique constraint"
            ' "workspace_name_key"',
        )
    with db.transaction():
        return CreateReply(workspace_id=add_workspace(db, body.workspace_name, owner_id=caller.id))


@router.post("/list", response_model=ListReply)
async def list_workspaces(body: ListRequest, caller: Caller, db: Db) -> JSONResponse:
    """List the caller's workspaces. With `user_id` those of them that this user is a member of as well."""
    rows = db.execute(
        "SELECT w.* FROM workspaces w JOIN workspace_members m ON m.workspace_id = w.id"
        " WHERE m.user_id = :caller"
        " AND (:user IS NULL OR w.id IN (SELECT workspace_id FROM workspace_members WHERE user_id = :user))"
        " ORDER BY w.id",
        {"caller": caller.id, "user": body.user_id},
    ).fetchall()
    models = _by_workspace(db.execute("SELECT workspace_id, id FROM models ORDER BY id"))
    pipelines = _by_workspace(db.execute("SELECT workspace_id, id FROM pipelines ORDER BY id"))
    # There may be thousands, so the rows are not converted to models first.
    listed = [
        {
            "id": row["id"],
            "name": row["name"],
            "created_at": row["created_at"],
            "created_by": row["created_by"],
            "archived": bool(row["archived"]),
            "models": models.get(row["id"], []),
            "pipelines": pipelines.get(row["id"], []),
        }
        for row in rows
    ]
    return JSONResponse({"workspaces": listed})


@router.post("/list_users")
async def list_users(body: MembersRequest, caller: Caller, db: Db) -> MembersReply:
    """List the members of a workspace. The result has their ids and roles, no e-mail addresses."""
    access.require_member(db, body.workspace_id, caller)
    rows = db.execute(
        "SELECT user_id, user_type FROM workspace_members WHERE workspace_id = ? ORDER BY rowid",
        (body.workspace_id,),
    )
    return MembersReply(users=[Member(**dict(row)) for row in rows])


@router.post("/add_user")
async def add_user(body: AddUserRequest, caller: Caller, db: Db) -> Empty:
    """Add a member, or change their role. The user must exist; the default role is COLLABORATOR. OWNER only (403)."""
    access.require_owner(db, body.workspace_id, caller)
    set_member(db, body.workspace_id, _named_user(db, body).id, body.user_type or "COLLABORATOR")
    return Empty()


@router.post("/remove_user")
async def remove_user(body: RemoveUserRequest, caller: Caller, db: Db) -> RemoveUserReply:
    """Remove a member. Removing a user who is not a member affects 0 rows. OWNER only (403)."""
    access.require_owner(db, body.workspace_id, caller)
    user = _named_user(db, body)
    return RemoveUserReply(affected_rows=remove_member(db, body.workspace_id, user.id))


@router.post("/validate")
async def validate(_: Caller) -> Empty:
    """Migrate workspaces of old releases. Here there is nothing to migrate."""
    return Empty()


def add_workspace(db: State, name: str, *, owner_id: str, workspace_id: int | None = None) -> int:
    """Insert a workspace with its OWNER and return its id. Requires a transaction."""
    workspace_id = db.insert(
        "INSERT INTO workspaces (id, name, created_at, created_by) VALUES (?, ?, ?, ?)",
        (workspace_id, name, db.timestamp(), owner_id),
    )
    set_member(db, workspace_id, owner_id, "OWNER")
    return workspace_id


def home_workspace(db: State, workspace_id: int) -> HomeWorkspace:
    """Return the workspace of an object."""
    row = db.row(
        "SELECT id, name, created_by, archived, created_at FROM workspaces WHERE id = ?", (workspace_id,)
    )
    if row is None:
        raise RuntimeError(f"workspace {workspace_id} is gone")
    return HomeWorkspace(**{**dict(row), "archived": bool(row["archived"])})


def set_member(db: State, workspace_id: int, user_id: str, user_type: str) -> None:
    db.execute(
        "INSERT INTO workspace_members VALUES (?, ?, ?)"
        " ON CONFLICT (workspace_id, user_id) DO UPDATE SET user_type = excluded.user_type",
        (workspace_id, user_id, user_type),
    )


def remove_member(db: State, workspace_id: int, user_id: str) -> int:
    """End a membership and return how many ended: 0 or 1."""
    return db.execute(
        "DELETE FROM workspace_members WHERE workspace_id = ? AND user_id = ?", (workspace_id, user_id)
    ).rowcount


def remove_workspace(db: State, workspace_id: int) -> int:
    """Delete a workspace with everything in it, which the API cannot do, and return how many: 0 or 1."""
    return db.execute("DELETE FROM workspaces WHERE id = ?", (workspace_id,)).rowcount


def _by_workspace(rows: Iterable[sqlite3.Row]) -> defaultdict[int, list[int]]:
    held: defaultdict[int, list[int]] = defaultdict(list)
    for workspace_id, object_id in rows:
        held[workspace_id].append(object_id)
    return held


def _is_taken(db: State, name: str) -> bool:
    return db.row("SELECT 1 FROM workspaces WHERE name = ?", (name,)) is not None


def _named_user(db: State, body: RemoveUserRequest) -> User:
    """Return the user that the request names by id or e-mail address. Raises ApiError 400 if there is none."""
    if body.user_id is not None:
        user = accounts.user_by_id(db, body.user_id)
    elif body.email is not None:
        user = accounts.user_by_email(db, body.email)
    else:
        raise ApiError(400, "email or user_id is required")
    if user is None:
        raise ApiError(400, f"no user {body.user_id or body.email}")
    return user
