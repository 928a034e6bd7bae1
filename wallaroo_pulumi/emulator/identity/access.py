"""Access to objects. One rule for every domain: only the members of a workspace see its objects.

Every call that names a workspace, or an object of one, uses this module. A workspace that does not exist is 500 with
the text of a foreign-key violation, as recorded; one that the caller is not a member of is 403. An object that does
not exist is 400 or 404, depending on its kind, as recorded; one in a workspace of other people is 403. So a client
can tell hidden from absent on every call.
"""

import sqlite3

from ..errors import ApiError
from ..state import State
from .accounts import User

_UNKNOWN_WORKSPACE = (
    'error returned from database: insert or update on table "user_workspace" violates foreign key'
    ' constraint "user_workspace_workspace_id_fkey"'
)


def role(db: State, workspace_id: int, caller: User) -> str:
    """Return the caller's role in a workspace. Raises ApiError: 500 if it does not exist, 403 for a non-member."""
    row = db.row(
        "SELECT m.user_type FROM workspaces w LEFT JOIN workspace_members m ON m.workspace_id = w.id"
        " AND m.user_id = ? WHERE w.id = ?",
        (caller.id, workspace_id),
    )
    if row is None:
        raise ApiError(500, _UNKNOWN_WORKSPACE)
    if row["user_type"] is None:
        raise ApiError(403, f"you are not a member of workspace {workspace_id}")
    found: str = row["user_type"]
    return found


def require_member(db: State, workspace_id: int | None, caller: User) -> None:
    """Raise ApiError like `role`; a request that names no workspace passes."""
    if workspace_id is not None:
        role(db, workspace_id, caller)


def require_owner(db: State, workspace_id: int, caller: User) -> None:
    """Raise ApiError like `role`, and 403 for a COLLABORATOR."""
    if role(db, workspace_id, caller) != "OWNER":
        raise ApiError(403, f"only an OWNER of workspace {workspace_id} may change its members")


def visible(db: State, row: sqlite3.Row | None, caller: User, absent: ApiError) -> sqlite3.Row:
    """Return the row of an object, which has a `workspace_id`. Raises `absent` for None, ApiError like `role`."""
    if row is None:
        raise absent
    role(db, row["workspace_id"], caller)
    return row
