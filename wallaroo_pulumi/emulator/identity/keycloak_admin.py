"""The part of Keycloak's admin API with which the vendor's SDK finds users by e-mail address and edits them."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from ..errors import ApiError, KeycloakError
from ..services import Db
from ..state import State
from ..wire import Wire
from . import accounts
from .accounts import User
from .auth import authenticate, bearer
from .keys import KeycloakKeysDep, OwnKeysDep
from .token_endpoint import REALM

router = APIRouter(prefix=f"/auth/admin/realms/{REALM}/users", include_in_schema=False)


class UserPatch(Wire):
    """The fields of a user representation that can be changed; the others are ignored."""

    email: str | None = None
    firstName: str | None = None
    lastName: str | None = None
    enabled: bool | None = None


async def _authenticate(
    request: Request,
    db: Db,
    own: OwnKeysDep,
    foreign: KeycloakKeysDep,
) -> User:
    try:
        return await authenticate(request, await bearer(request), db, own, foreign)
    except ApiError as error:
        raise KeycloakError(401, "HTTP 401 Unauthorized") from error


AdminCaller = Annotated[User, Depends(_authenticate)]


@router.get("")
async def find(
    _: AdminCaller, db: Db, email: str | None = None, username: str | None = None, exact: bool = False
) -> list[dict[str, Any]]:
    """List the users whose address or name contains the text, or equals it with `exact`."""
    wanted = [(text.lower(), field) for text, field in ((email, "email"), (username, "username")) if text]

    def matches(user: User) -> bool:
        return all(
            text == (value := getattr(user, field) or "") or (not exact and text in value)
            for text, field in wanted
        )

    return [user.representation() for user in accounts.all_users(db) if matches(user)]


@router.get("/{user_id}")
async def read(user_id: str, _: AdminCaller, db: Db) -> dict[str, Any]:
    return _existing(db, user_id).representation()


@router.put("/{user_id}", status_code=204)
async def edit(user_id: str, body: UserPatch, caller: AdminCaller, db: Db) -> None:
    if not caller.is_admin:
        raise KeycloakError(403, "HTTP 403 Forbidden")
    user = _existing(db, user_id)
    try:
        accounts.change_user(
            db,
            user,
            email=user.email if body.email is None else body.email,
            first_name=user.first_name if body.firstName is None else body.firstName,
            last_name=user.last_name if body.lastName is None else body.lastName,
            enabled=user.enabled if body.enabled is None else body.enabled,
            realm_roles=user.realm_roles,
        )
    except accounts.DuplicateUser as error:
        raise KeycloakError(409, str(error)) from error


def _existing(db: State, user_id: str) -> User:
    user = accounts.user_by_id(db, user_id)
    if user is None:
        raise KeycloakError(404, "User not found")
    return user
