"""The caller of a request: its bearer token, verified, as a user of the realm."""

from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from ..errors import ApiError
from ..services import Db
from ..state import State
from . import accounts
from .accounts import User
from .keys import BadToken, KeycloakKeys, KeycloakKeysDep, OwnKeys, OwnKeysDep
from .token_endpoint import session_is_alive

bearer = HTTPBearer(
    auto_error=False, bearerFormat="JWT", description="An access token of the token endpoint."
)


async def authenticate(
    request: Request,
    header: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
    db: Db,
    own: OwnKeysDep,
    foreign: KeycloakKeysDep,
) -> User:
    """Return the caller. Raises ApiError 401 for a missing, unknown, expired or revoked token."""
    if header is None:
        raise ApiError(401, "the request carries no bearer token")
    try:
        user = await _user_of(header.credentials, db, own, foreign)
    except BadToken as error:
        raise ApiError(401, str(error)) from error
    request.state.user = user
    return user


Caller = Annotated[User, Depends(authenticate)]


async def _user_of(token: str, db: State, own: OwnKeys, foreign: KeycloakKeys | None) -> User:
    try:
        claims = own.read(token)
    except BadToken:
        if foreign is None:
            raise
        claims = await foreign.read(token)
        _check_access_token(claims, db)
        return _known_or_new(db, claims)
    _check_access_token(claims, db)
    user = accounts.user_by_id(db, claims["sub"])
    if user is None or not session_is_alive(db, claims.get("sid") or claims["jti"]):
        raise BadToken("the token has been revoked")
    return user


def _check_access_token(claims: dict[str, Any], db: State) -> None:
    if claims.get("typ") != "Bearer":
        raise BadToken("the token is no access token")
    if claims["exp"] <= db.now():
        raise BadToken("the token has expired")


def _known_or_new(db: State, claims: dict[str, Any]) -> User:
    """Return the user that a real Keycloak's token names, adding a new one.

    A (seeded) user with the same e-mail address or user name is the same person under another id and keeps
    their memberships.
    """
    user_id: str = claims["sub"]
    user = accounts.user_by_id(db, user_id)
    if user is not None:
        return user
    username: str = claims.get("preferred_username") or claims.get("email") or user_id
    email: str | None = claims.get("email")
    namesake = accounts.user_by_login(db, email or username) or accounts.user_by_login(db, username)
    if namesake is not None:
        accounts.change_id(db, namesake, user_id)
    else:
        accounts.add_user(
            db,
            user_id=user_id,
            username=username,
            email=email,
            first_name=claims.get("given_name"),
            last_name=claims.get("family_name"),
            email_verified=bool(claims.get("email_verified")),
            realm_roles=[accounts.ADMIN_ROLE]
            if "admin" in claims.get("realm_access", {}).get("roles", ())
            else [],
            is_service_account="client_id" in claims or "clientId" in claims,
        )
    user = accounts.user_by_id(db, user_id)
    if user is None:
        raise RuntimeError(f"user {user_id} was written and cannot be read")
    return user
