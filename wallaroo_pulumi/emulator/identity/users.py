"""Users as the MLOps API lists and edits them (`/v1/api/users/…`, `/v1/api/user`).

Users cannot be deleted, only deactivated. The sources do not state who may call these; here every user may.
"""

import secrets
from typing import Any

from pydantic import Field

from ..errors import ApiError
from ..services import Db
from ..state import State
from ..wire import Empty, Wire, mlops_router
from . import accounts
from .accounts import ADMIN_ROLE, User
from .auth import Caller

router = mlops_router("", "users")

EMAIL = r"^[^@\s]+@[^@\s]+$"


class QueryRequest(Wire):
    user_ids: list[str] | None = None


class KeycloakUser(Wire):
    """A Keycloak user representation. Keys without a value are omitted, as Keycloak does."""

    access: dict[str, bool]
    createdTimestamp: int
    disableableCredentialTypes: list[str]
    email: str = ""
    emailVerified: bool
    enabled: bool
    firstName: str = ""
    lastName: str = ""
    federatedIdentities: list[Any] = Field([])
    id: str
    lastLogin: int | None
    notBefore: int
    realmRoles: list[str] = Field([])
    requiredActions: list[str]
    username: str


class QueryReply(Wire):
    users: dict[str, KeycloakUser | None]


class EmailRequest(Wire):
    email: str


class InviteRequest(Wire):
    email: str = Field(pattern=EMAIL)
    roles: list[str] = Field([])
    password: str | None = None
    require_reset: bool | None = None


class InviteReply(Wire):
    id: str
    password: str


class EditRequest(Wire):
    id: str
    firstName: str
    lastName: str
    email: str = Field(pattern=EMAIL)
    enabled: bool
    isAdmin: bool


@router.post("/users/query", response_model=QueryReply, response_model_exclude_unset=True)
async def query(body: QueryRequest, _: Caller, db: Db) -> dict[str, Any]:
    """List users by id. Without ids: all users. An id that does not exist is null."""
    if body.user_ids is None:
        return {"users": {user.id: _listed(user) for user in accounts.all_users(db)}}
    return {"users": {user_id: _asked_for(accounts.user_by_id(db, user_id)) for user_id in body.user_ids}}


@router.post("/users/activate")
async def activate(body: EmailRequest, _: Caller, db: Db) -> Empty:
    """Activate a user. Unknown address 400."""
    accounts.set_enabled(db, _by_email(db, body.email), True)
    return Empty()


@router.post("/users/deactivate")
async def deactivate(body: EmailRequest, _: Caller, db: Db) -> Empty:
    """Deactivate a user.

    Logins are refused from now on; what they own stays, and their access tokens work until they expire.
    """
    accounts.set_enabled(db, _by_email(db, body.email), False)
    return Empty()


@router.post("/users/invite")
async def invite(body: InviteRequest, _: Caller, db: Db) -> InviteReply:
    """Create a user.

    Without a password one is generated; only this response shows it. An address that is in use is 400.
    """
    password = secrets.token_urlsafe(12) if body.password is None else body.password
    try:
        user_id = accounts.add_user(
            db,
            username=body.email,
            email=body.email,
            password=password,
            email_verified=True,
            realm_roles=body.roles,
            required_actions=["UPDATE_PASSWORD"] if body.require_reset else [],
        )
    except accounts.DuplicateUser as error:
        raise ApiError(400, str(error)) from error
    return InviteReply(id=user_id, password=password)


@router.post("/user")
async def edit(body: EditRequest, _: Caller, db: Db) -> Empty:
    """Edit a user. All fields are written. Unknown id 400."""
    user = accounts.user_by_id(db, body.id)
    if user is None:
        raise ApiError(400, f"no user {body.id}")
    other_roles = [role for role in user.realm_roles if role != ADMIN_ROLE]
    try:
        accounts.change_user(
            db,
            user,
            email=body.email,
            first_name=body.firstName,
            last_name=body.lastName,
            enabled=body.enabled,
            realm_roles=[ADMIN_ROLE, *other_roles] if body.isAdmin else other_roles,
        )
    except accounts.DuplicateUser as error:
        raise ApiError(400, str(error)) from error
    return Empty()


def _listed(user: User) -> dict[str, Any]:
    roles = {"realmRoles": user.realm_roles} if user.realm_roles else {}
    return user.representation() | {"lastLogin": user.last_login_ms} | roles


def _asked_for(user: User | None) -> dict[str, Any] | None:
    if user is None:
        return None
    return user.representation() | {"lastLogin": user.last_login_ms, "federatedIdentities": []}


def _by_email(db: State, email: str) -> User:
    user = accounts.user_by_email(db, email)
    if user is None:
        raise ApiError(400, f"no user {email}")
    return user
