"""Keycloak's token endpoint: grants, sessions, discovery and keys, with the responses of the real server.

Sources: Wallaroo's documentation of its authentication for claims, clients and lifetimes; Keycloak's OpenID Connect
endpoints for paths and error bodies; RFC 6749 for grants and client authentication.
"""

import base64
import binascii
import uuid
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from ..errors import KeycloakError
from ..services import Db
from ..state import State
from . import accounts
from .accounts import Client, User
from .keys import BadToken, OwnKeys, OwnKeysDep

SCHEMA = """
CREATE TABLE IF NOT EXISTS sessions (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE ON UPDATE CASCADE,
    expires REAL
);
"""

REALM = "master"
TOKEN_PATH = f"/auth/realms/{REALM}/protocol/openid-connect/token"


def _known_realm(realm: str) -> None:
    if realm != REALM:
        raise KeycloakError(404, "Realm does not exist")


router = APIRouter(
    prefix="/auth/realms/{realm}", include_in_schema=False, dependencies=[Depends(_known_realm)]
)


@dataclass(frozen=True)
class Session:
    """A login. Its id is the `sid` of its tokens; offline sessions do not expire."""

    id: str
    user: User
    offline: bool


@router.get("/.well-known/openid-configuration")
async def discovery(request: Request) -> dict[str, Any]:
    issuer = _issuer(request)
    endpoint = f"{issuer}/protocol/openid-connect"
    return {
        "issuer": issuer,
        "token_endpoint": f"{endpoint}/token",
        "jwks_uri": f"{endpoint}/certs",
        "grant_types_supported": list(GRANTS),
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["none"],
        "subject_types_supported": ["public"],
        "scopes_supported": ["profile", "email", "offline_access"],
    }


@router.get("/protocol/openid-connect/certs")
async def certs(keys: OwnKeysDep) -> dict[str, Any]:
    return {"keys": keys.jwks()}


@router.post("/protocol/openid-connect/token")
async def token(request: Request, db: Db, keys: OwnKeysDep) -> JSONResponse:
    form = dict(parse_qsl((await request.body()).decode(errors="replace"), keep_blank_values=True))
    if "grant_type" not in form:
        raise KeycloakError(400, "invalid_request", "Missing form parameter: grant_type")
    client = _authenticate_client(db, request, form)
    request.state.client_id = client.client_id
    grant = GRANTS.get(form["grant_type"])
    if grant is None:
        raise KeycloakError(400, "unsupported_grant_type", "Unsupported grant_type")
    reply = grant(Issue(db, keys, client, request), form)
    return JSONResponse(reply, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})


def _authenticate_client(db: State, request: Request, form: dict[str, str]) -> Client:
    """Authenticate the client. HTTP basic takes precedence over the form.

    Raises KeycloakError with the errors of the real server, which are the same for an unknown client and a
    wrong secret.
    """
    invalid = "Invalid client or Invalid client credentials"
    client_id, secret = form.get("client_id"), form.get("client_secret")
    basic = _basic_credentials(request.headers.get("Authorization"))
    if basic is not None:
        client_id, secret = basic
    if client_id is None:
        raise KeycloakError(401, "invalid_client", invalid)
    client = accounts.client_by_id(db, client_id)
    if client is None:
        raise KeycloakError(401, "invalid_client", invalid)
    if client.secret is not None and not compare_digest(client.secret.encode(), (secret or "").encode()):
        raise KeycloakError(401, "unauthorized_client", invalid)
    return client


def _basic_credentials(header: str | None) -> tuple[str, str] | None:
    """Return client id and secret of an HTTP basic header, each form-urlencoded before base64 (RFC 6749, 2.3.1)."""
    scheme, _, encoded = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, colon, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (unquote_plus(client_id), unquote_plus(secret)) if colon else None


@dataclass(frozen=True)
class Issue:
    """One request for tokens, with what is needed to handle it."""

    db: State
    keys: OwnKeys
    client: Client
    request: Request

    def start_session(self, user: User, *, offline: bool) -> Session:
        # A session is not used after its end, so each login deletes the ended ones.
        self.db.execute("DELETE FROM sessions WHERE expires < ?", (self.db.now(),))
        session = Session(str(uuid.uuid4()), user, offline)
        self.db.execute(
            "INSERT INTO sessions VALUES (?, ?, ?)", (session.id, user.id, self._session_end(session))
        )
        return session

    def _session_end(self, session: Session) -> float | None:
        if session.offline:
            return None
        # An access token may outlive its refresh token; the session must last for both.
        longest = max(self.client.access_token_lifetime, self.client.refresh_token_lifetime)
        return self.db.now() + longest + 1

    def login_reply(self, session: Session) -> dict[str, Any]:
        """Return access and refresh token for a session, as Keycloak does."""
        self.db.execute(
            "UPDATE sessions SET expires = ? WHERE id = ?", (self._session_end(session), session.id)
        )
        refresh_lifetime = 0 if session.offline else self.client.refresh_token_lifetime
        scope = "profile email offline_access" if session.offline else "profile email"
        return {
            "access_token": self._access_token(session.user, scope, {"sid": session.id}),
            "expires_in": self.client.access_token_lifetime,
            "refresh_expires_in": refresh_lifetime,
            "refresh_token": self._refresh_token(session, scope),
            "token_type": "Bearer",
            "not-before-policy": 0,
            "session_state": session.id,
            "scope": scope,
        }

    def service_reply(self, user: User) -> dict[str, Any]:
        """Answer client_credentials: no refresh token and no visible session."""
        session = self.start_session(user, offline=False)
        peer = self.request.client.host if self.request.client else "127.0.0.1"
        # Stored as a session under the token's id, so that it can be revoked like others.
        claims = {
            "jti": session.id,
            "clientId": self.client.client_id,
            "clientHost": peer,
            "clientAddress": peer,
        }
        return {
            "access_token": self._access_token(user, "profile email", claims),
            "expires_in": self.client.access_token_lifetime,
            "refresh_expires_in": 0,
            "token_type": "Bearer",
            "not-before-policy": 0,
            "scope": "profile email",
        }

    def _access_token(self, user: User, scope: str, more: dict[str, Any]) -> str:
        personal = {"email": user.email, "given_name": user.first_name, "family_name": user.last_name}
        full_name = " ".join(part for part in (user.first_name, user.last_name) if part)
        claims = self._claims("Bearer", user, scope) | {
            "exp": int(self.db.now()) + self.client.access_token_lifetime,
            "aud": ["master-realm", "account"],
            "realm_access": {
                "roles": ["default-roles-master", "offline_access", "uma_authorization", *user.realm_roles]
            },
            "resource_access": {
                "account": {"roles": ["manage-account", "manage-account-links", "view-profile"]}
            },
            "email_verified": user.email_verified,
            "preferred_username": user.username,
            "https://hasura.io/jwt/claims": _hasura_claims(user),
        }
        claims |= {key: value for key, value in personal.items() if value is not None}
        if full_name:
            claims["name"] = full_name
        return self.keys.sign(claims | more)

    def _refresh_token(self, session: Session, scope: str) -> str:
        claims = self._claims("Offline" if session.offline else "Refresh", session.user, scope)
        claims["sid"] = session.id
        if not session.offline:
            claims["exp"] = int(self.db.now()) + self.client.refresh_token_lifetime
        return self.keys.sign(claims)

    def _claims(self, kind: str, user: User, scope: str) -> dict[str, Any]:
        return {
            "iat": int(self.db.now()),
            "jti": str(uuid.uuid4()),
            "iss": _issuer(self.request),
            "sub": user.id,
            "typ": kind,
            "azp": self.client.client_id,
            "scope": scope,
        }


def _password(issue: Issue, form: dict[str, str]) -> dict[str, Any]:
    if "username" not in form:
        raise KeycloakError(401, "invalid_request", "Missing parameter: username")
    user = accounts.user_by_login(issue.db, form["username"])
    # Keycloak's order of checks: a disabled account is reported before the password is verified.
    if user is not None and not user.enabled:
        raise KeycloakError(400, "invalid_grant", "Account disabled")
    if user is None or not accounts.password_matches(issue.db, user, form.get("password", "")):
        raise KeycloakError(401, "invalid_grant", "Invalid user credentials")
    if user.required_actions:
        raise KeycloakError(400, "invalid_grant", "Account is not fully set up")
    issue.request.state.user = user
    with issue.db.transaction():
        accounts.note_login(issue.db, user)
        session = issue.start_session(user, offline="offline_access" in form.get("scope", "").split())
        return issue.login_reply(session)


def _refresh(issue: Issue, form: dict[str, str]) -> dict[str, Any]:
    if "refresh_token" not in form:
        raise KeycloakError(400, "invalid_request", "No refresh token")
    try:
        claims = issue.keys.read(form["refresh_token"])
    except BadToken:
        claims = {}
    offline = claims.get("typ") == "Offline"
    if not offline and claims.get("typ") != "Refresh":
        raise KeycloakError(400, "invalid_grant", "Invalid refresh token")
    if claims["azp"] != issue.client.client_id:
        mismatch = "Invalid refresh token. Token client and authorized client don't match"
        raise KeycloakError(400, "invalid_grant", mismatch)
    if not offline and claims["exp"] <= issue.db.now():
        raise KeycloakError(400, "invalid_grant", "Token is not active")
    if not session_is_alive(issue.db, claims["sid"]):
        gone = "Offline user session not found" if offline else "Session not active"
        raise KeycloakError(400, "invalid_grant", gone)
    user = accounts.user_by_id(issue.db, claims["sub"])
    if user is None or not user.enabled:
        raise KeycloakError(400, "invalid_grant", "User disabled")
    issue.request.state.user = user
    return issue.login_reply(Session(claims["sid"], user, offline))


def _client_credentials(issue: Issue, _: dict[str, str]) -> dict[str, Any]:
    if issue.client.secret is None:
        raise KeycloakError(
            401, "unauthorized_client", "Public client not allowed to retrieve service account"
        )
    user = accounts.user_by_login(issue.db, accounts.service_account_name(issue.client.client_id))
    if user is None or not user.enabled:
        raise KeycloakError(401, "unauthorized_client", "Client not enabled to retrieve service account")
    issue.request.state.user = user
    return issue.service_reply(user)


GRANTS = {"password": _password, "refresh_token": _refresh, "client_credentials": _client_credentials}


def session_is_alive(db: State, session_id: str) -> bool:
    """Return whether the session was not ended. The expiry of tokens is read from the tokens."""
    return db.row("SELECT 1 FROM sessions WHERE id = ?", (session_id,)) is not None


def end_all_sessions(db: State) -> int:
    """Revoke every token that was issued so far and return the number of ended sessions."""
    return db.execute("DELETE FROM sessions").rowcount


def _issuer(request: Request) -> str:
    # The address that the client used, like Keycloak in development mode.
    return f"{str(request.base_url).rstrip('/')}/auth/realms/{REALM}"


def _hasura_claims(user: User) -> dict[str, Any]:
    roles = ["user", "admin_user"] if user.is_admin else ["user"]
    claims: dict[str, Any] = {
        "x-hasura-user-id": user.id,
        "x-hasura-default-role": roles[-1],
        "x-hasura-allowed-roles": roles,
        "x-hasura-user-groups": "{}",
    }
    return claims | ({"x-hasura-user-email": user.email} if user.email else {})
