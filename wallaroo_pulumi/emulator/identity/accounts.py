"""The users and clients of the realm, as Keycloak stores them."""

import hashlib
import json
import sqlite3
import uuid
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any

from ..state import State

SCHEMA = """
CREATE TABLE IF NOT EXISTS users (
    id TEXT PRIMARY KEY,
    username TEXT NOT NULL UNIQUE,
    email TEXT UNIQUE,
    first_name TEXT,
    last_name TEXT,
    enabled INTEGER NOT NULL,
    email_verified INTEGER NOT NULL,
    password_hash BLOB,
    realm_roles TEXT NOT NULL,
    required_actions TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    last_login_ms INTEGER,
    is_service_account INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS clients (
    client_id TEXT PRIMARY KEY,
    secret TEXT,
    access_token_lifetime INTEGER NOT NULL,
    refresh_token_lifetime INTEGER NOT NULL
);
"""

ADMIN_ROLE = "admin"


class DuplicateUser(Exception):
    """The e-mail address or user name is in use by another user."""


@dataclass(frozen=True)
class User:
    """A user of the realm. `created_ms` and `last_login_ms` are milliseconds since 1970."""

    id: str
    username: str
    email: str | None
    first_name: str | None
    last_name: str | None
    enabled: bool
    email_verified: bool
    realm_roles: list[str]
    required_actions: list[str]
    created_ms: int
    last_login_ms: int | None
    is_service_account: bool

    @property
    def is_admin(self) -> bool:
        return ADMIN_ROLE in self.realm_roles

    def representation(self) -> dict[str, Any]:
        """Return the user as Keycloak's admin API and users/query do, without names that are not set."""
        named = {"email": self.email, "firstName": self.first_name, "lastName": self.last_name}
        return {
            "access": dict.fromkeys(
                ("impersonate", "manage", "manageGroupMembership", "mapRoles", "view"), True
            ),
            "createdTimestamp": self.created_ms,
            "disableableCredentialTypes": [],
            "emailVerified": self.email_verified,
            "enabled": self.enabled,
            "id": self.id,
            "notBefore": 0,
            "requiredActions": self.required_actions,
            "username": self.username,
        } | {key: value for key, value in named.items() if value is not None}


@dataclass(frozen=True)
class Client:
    """An OAuth client; without a secret it is a public one. Lifetimes are seconds."""

    client_id: str
    secret: str | None
    access_token_lifetime: int
    refresh_token_lifetime: int


def _user(row: sqlite3.Row | None) -> User | None:
    if row is None:
        return None
    values = dict(row)
    del values["password_hash"]
    for flag in ("enabled", "email_verified", "is_service_account"):
        values[flag] = bool(values[flag])
    for listing in ("realm_roles", "required_actions"):
        values[listing] = json.loads(values[listing])
    return User(**values)


def user_by_id(db: State, user_id: str) -> User | None:
    return _user(db.row("SELECT * FROM users WHERE id = ?", (user_id,)))


def user_by_email(db: State, email: str) -> User | None:
    return _user(db.row("SELECT * FROM users WHERE email = ?", (email.lower(),)))


def user_by_login(db: State, login: str) -> User | None:
    """Return the user with this user name or, as Keycloak allows, this e-mail address."""
    name = login.lower()
    return _user(db.row("SELECT * FROM users WHERE username = ? OR email = ?", (name, name)))


def all_users(db: State) -> list[User]:
    """Return all users except service accounts, oldest first, as Keycloak lists them."""
    rows = db.execute("SELECT * FROM users WHERE NOT is_service_account ORDER BY created_ms, rowid")
    return [user for row in rows if (user := _user(row))]


def add_user(
    db: State,
    *,
    username: str,
    email: str | None = None,
    user_id: str | None = None,
    password: str | None = None,
    first_name: str | None = None,
    last_name: str | None = None,
    enabled: bool = True,
    email_verified: bool = False,
    realm_roles: list[str] | None = None,
    required_actions: list[str] | None = None,
    is_service_account: bool = False,
) -> str:
    """Add a user and return the id. Names and addresses are stored in lower case, as in Keycloak.

    Raises DuplicateUser if the name or the address is in use.
    """
    user_id = user_id or str(uuid.uuid4())
    try:
        db.execute(
            "INSERT INTO users VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?)",
            (
                user_id,
                username.lower(),
                email.lower() if email else None,
                first_name,
                last_name,
                enabled,
                email_verified,
                _hash(user_id, password) if password is not None else None,
                json.dumps(realm_roles or []),
                json.dumps(required_actions or []),
                db.now_ms(),
                is_service_account,
            ),
        )
    except sqlite3.IntegrityError as error:
        raise DuplicateUser(f"User exists with same username or email: {email or username}") from error
    return user_id


def change_user(
    db: State,
    user: User,
    *,
    email: str | None,
    first_name: str | None,
    last_name: str | None,
    enabled: bool,
    realm_roles: list[str],
) -> None:
    """Write a user's editable fields. Raises DuplicateUser if another user has the address."""
    try:
        db.execute(
            "UPDATE users SET email = ?, first_name = ?, last_name = ?, enabled = ?, realm_roles = ?"
            " WHERE id = ?",
            (
                email.lower() if email else None,
                first_name,
                last_name,
                enabled,
                json.dumps(realm_roles),
                user.id,
            ),
        )
    except sqlite3.IntegrityError as error:
        raise DuplicateUser(f"User exists with same email: {email}") from error


def set_enabled(db: State, user: User, enabled: bool) -> None:
    db.execute("UPDATE users SET enabled = ? WHERE id = ?", (enabled, user.id))


def note_login(db: State, user: User) -> None:
    db.execute("UPDATE users SET last_login_ms = ? WHERE id = ?", (db.now_ms(), user.id))


def change_id(db: State, user: User, new_id: str) -> None:
    """Change a user's id, also in memberships: the same person in another Keycloak.

    The password is deleted: from now on the other Keycloak authenticates the user.
    """
    db.execute("UPDATE users SET id = ?, password_hash = NULL WHERE id = ?", (new_id, user.id))


def password_matches(db: State, user: User, password: str) -> bool:
    row = db.row("SELECT password_hash FROM users WHERE id = ?", (user.id,))
    stored = row["password_hash"] if row else None
    return stored is not None and compare_digest(stored, _hash(user.id, password))


def _hash(user_id: str, password: str) -> bytes:
    # Deliberately cheap: a test server must log in hundreds of users quickly. The id is the salt.
    return hashlib.scrypt(password.encode(), salt=user_id.encode(), n=2**8, r=8, p=1)


def put_client(db: State, client: Client) -> None:
    """Add or replace a client; a confidential one gets its service-account user."""
    db.execute(
        "INSERT OR REPLACE INTO clients VALUES (?, ?, ?, ?)",
        (client.client_id, client.secret, client.access_token_lifetime, client.refresh_token_lifetime),
    )
    username = service_account_name(client.client_id)
    if client.secret is not None and user_by_login(db, username) is None:
        add_user(db, username=username, is_service_account=True)


def client_by_id(db: State, client_id: str) -> Client | None:
    row = db.row("SELECT * FROM clients WHERE client_id = ?", (client_id,))
    return Client(**dict(row)) if row else None


def set_lifetimes(db: State, *, access: int | None = None, refresh: int | None = None) -> None:
    """Set the lifetimes (seconds) of every client's new tokens; None keeps a lifetime."""
    db.execute(
        "UPDATE clients SET access_token_lifetime = coalesce(?, access_token_lifetime),"
        " refresh_token_lifetime = coalesce(?, refresh_token_lifetime)",
        (access, refresh),
    )


def service_account_name(client_id: str) -> str:
    return f"service-account-{client_id.lower()}"
