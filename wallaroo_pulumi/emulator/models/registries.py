"""External model registries (`/v1/api/models/…registr…`) and the workspaces that use them.

Only what the instance itself stores: there is no registry behind it whose models could be listed. The sources are
silent on these points, so the emulator decides: the members of the workspaces that use a registry see it, every user
sees one that no workspace uses; only members use one in a workspace; the database refuses to attach one twice.
"""

import uuid

from pydantic import Field

from ..errors import ApiError
from ..identity import access
from ..identity.accounts import User
from ..identity.auth import Caller
from ..services import Db
from ..state import State
from ..wire import Id, Wire, mlops_router

SCHEMA = """
CREATE TABLE IF NOT EXISTS registries (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    token TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS workspace_registries (
    registry_id TEXT NOT NULL REFERENCES registries (id) ON DELETE CASCADE,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    PRIMARY KEY (registry_id, workspace_id)
);
"""

router = mlops_router("/models", "registries")


class CreateRequest(Wire):
    name: str
    token: str
    url: str
    workspace_id: Id | None = None


class CreateReply(Wire):
    id: str
    workspace_id: int | None


class GetRequest(Wire):
    registry_id: str


class ListRequest(Wire):
    workspace_id: Id | None = None


class RegistryWorkspace(Wire):
    id: int
    name: str


class ModelRegistry(Wire):
    id: str
    name: str
    url: str
    token: str
    created_at: str
    updated_at: str


class ModelRegistryWithWorkspaces(ModelRegistry):
    workspaces: list[RegistryWorkspace] = Field([])


class LinkRequest(Wire):
    registry_id: str
    workspace_id: Id


class LinkReply(Wire):
    id: str
    workspace_id: int


@router.post("/create_registry")
async def create(body: CreateRequest, caller: Caller, db: Db) -> CreateReply:
    """Create a model registry. Names need not be unique; a workspace may use it from the start."""
    access.require_member(db, body.workspace_id, caller)
    with db.transaction():
        registry_id = add(db, body.name, body.url, body.token)
        if body.workspace_id is not None:
            link(db, registry_id, body.workspace_id)
    return CreateReply(id=registry_id, workspace_id=body.workspace_id)


@router.post("/get_registry")
async def get(body: GetRequest, caller: Caller, db: Db) -> ModelRegistryWithWorkspaces:
    """Read a model registry with its workspaces. The token is in clear. Unknown id 404."""
    registry = _visible(db, body.registry_id, caller)
    workspaces = db.execute(
        "SELECT w.id, w.name FROM workspace_registries l JOIN workspaces w ON w.id = l.workspace_id"
        " WHERE l.registry_id = ? ORDER BY w.id",
        (body.registry_id,),
    )
    return ModelRegistryWithWorkspaces(
        **registry.model_dump(), workspaces=[RegistryWorkspace(**dict(row)) for row in workspaces]
    )


@router.post("/list_registries")
async def list_registries(body: ListRequest, caller: Caller, db: Db) -> list[ModelRegistry]:
    """List model registries. Those that the caller sees, or those that a workspace uses; tokens are in clear."""
    access.require_member(db, body.workspace_id, caller)
    rows = db.execute(
        f"SELECT * FROM registries WHERE {_IS_VISIBLE} AND (:workspace IS NULL OR id IN"  # noqa: S608 -- a constant
        " (SELECT registry_id FROM workspace_registries WHERE workspace_id = :workspace)) ORDER BY rowid",
        {"workspace": body.workspace_id, "caller": caller.id},
    )
    return [ModelRegistry(**dict(row)) for row in rows]


@router.post("/attach_registry_to_workspace")
async def attach(body: LinkRequest, caller: Caller, db: Db) -> LinkReply:
    """Attach a model registry to a workspace. A second time is 500."""
    access.require_member(db, body.workspace_id, caller)
    _visible(db, body.registry_id, caller)
    if db.row(
        "SELECT 1 FROM workspace_registries WHERE registry_id = ? AND workspace_id = ?",
        (body.registry_id, body.workspace_id),
    ):
        raise ApiError(
            500,
            "error returned from database: duplicate key value violates unique constraint"
            ' "workspace_registries_pkey"',
        )
    link(db, body.registry_id, body.workspace_id)
    return LinkReply(id=body.registry_id, workspace_id=body.workspace_id)


@router.post("/remove_registry_from_workspace")
async def detach(body: LinkRequest, caller: Caller, db: Db) -> LinkReply:
    """Detach a model registry from a workspace. Nothing happens if it is not attached."""
    access.require_member(db, body.workspace_id, caller)
    _visible(db, body.registry_id, caller)
    db.execute(
        "DELETE FROM workspace_registries WHERE registry_id = ? AND workspace_id = ?",
        (body.registry_id, body.workspace_id),
    )
    return LinkReply(id=body.registry_id, workspace_id=body.workspace_id)


def add(db: State, name: str, url: str, token: str, registry_id: str | None = None) -> str:
    """Insert a registry and return its id."""
    registry_id, now = registry_id or str(uuid.uuid4()), db.timestamp()
    db.execute("INSERT INTO registries VALUES (?, ?, ?, ?, ?, ?)", (registry_id, name, url, token, now, now))
    return registry_id


def link(db: State, registry_id: str, workspace_id: int) -> None:
    db.execute("INSERT INTO workspace_registries VALUES (?, ?)", (registry_id, workspace_id))


def require_attached(db: State, registry_id: str, workspace_id: int, caller: User) -> None:
    """Raise ApiError: as for a read of the registry, or 400 if the workspace does not use it."""
    _visible(db, registry_id, caller)
    if not db.row(
        "SELECT 1 FROM workspace_registries WHERE registry_id = ? AND workspace_id = ?",
        (registry_id, workspace_id),
    ):
        raise ApiError(400, f"registry {registry_id} is not attached to workspace {workspace_id}")


# A registry that no workspace uses is visible to every user, like one of the caller's workspaces.
_IS_VISIBLE = """(
    NOT EXISTS (SELECT 1 FROM workspace_registries WHERE registry_id = registries.id)
    OR EXISTS (SELECT 1 FROM workspace_registries JOIN workspace_members USING (workspace_id)
        WHERE registry_id = registries.id AND user_id = :caller))"""


def _visible(db: State, registry_id: str, caller: User) -> ModelRegistry:
    """Return the registry. Raises ApiError: 404 for an unknown one, 403 if only workspaces of others use it."""
    row = db.row(
        f"SELECT *, {_IS_VISIBLE} AS is_visible FROM registries WHERE id = :id",  # noqa: S608 -- a constant
        {"id": registry_id, "caller": caller.id},
    )
    if row is None:
        raise ApiError(404, f"no registry with id {registry_id}")
    if not row["is_visible"]:
        raise ApiError(403, f"you are not a member of a workspace that uses registry {registry_id}")
    return ModelRegistry(**{key: row[key] for key in ModelRegistry.model_fields})
