"""Users of the instance: docs/internals/mlops-api.md#users."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .listing import Derived, SharedListing
from .transport import Effect, Transport
from .wire.workspaces import Invited, User, UserList


class Users:
    """``users/*``. The list is shared by all threads and reflects this process's own writes."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._listing: SharedListing[User] = SharedListing(self._fetch)
        self._by_name: Derived[User, dict[str, User]] = Derived(_by_name)
        self._by_id: Derived[User, dict[str, User]] = Derived(lambda users: {user.id: user for user in users})

    def list(self, *, fresh: bool = False) -> tuple[User, ...]:
        """Return every user; ``fresh`` forces a request. ``users/query``."""
        return self._listing.items(fresh=fresh)

    def _fetch(self) -> Sequence[User]:
        answer = self._transport.call("users/query", {}, Effect.READ, UserList)
        return [user for user in answer.users.values() if user is not None]

    def find(self, id: str, *, fresh: bool = False) -> User | None:
        """Return the user with this id, or None."""
        return self._by_id.of(self.list(fresh=fresh)).get(id)

    def look_up(self, id: str) -> User | None:
        """Return the user with this id, or None. Requests the list if the cached one lacks it."""
        return self._listing.look_up(lambda users: self._by_id.of(users).get(id))

    def find_by_email(self, email: str) -> User | None:
        """Return the user whose e-mail address, or else login name, is ``email``, or None. Case-insensitive.

        Requests the list if the cached one lacks it.
        """
        return self._listing.look_up(lambda users: self._by_name.of(users).get(email.lower()))

    def invite(self, email: str, password: str | None) -> Invited:
        """Create an account. Not idempotent; 403 at the licence's limit of users. ``users/invite``."""
        body: dict[str, Any] = {"email": email, "roles": []}
        if password is not None:
            body["password"] = password
        try:
            return self._transport.call("users/invite", body, Effect.WRITE, Invited)
        finally:
            self._listing.forget()

    def activate(self, email: str) -> None:
        """Allow a user to log in. ``users/activate``."""
        self._change("users/activate", {"email": email})

    def deactivate(self, email: str) -> None:
        """Block a user from logging in; their objects stay. ``users/deactivate``."""
        self._change("users/deactivate", {"email": email})

    def edit(
        self, id: str, first_name: str, last_name: str, email: str, *, enabled: bool, is_admin: bool
    ) -> None:
        """Replace all of a user's names, rights and activation. ``user``."""
        body = {
            "id": id,
            "firstName": first_name,
            "lastName": last_name,
            "email": email,
            "enabled": enabled,
            "isAdmin": is_admin,
        }
        self._change("user", body)

    def _change(self, endpoint: str, body: dict[str, Any]) -> None:
        try:
            self._transport.call(endpoint, body, Effect.IDEMPOTENT)
        finally:
            self._listing.forget()


def _by_name(users: Sequence[User]) -> dict[str, User]:
    """Index users by e-mail address, and by login names that no user has as an address.

    Keys are in lower case; the first user wins.
    """
    found: dict[str, User] = {}
    for user in users:
        if user.email:
            found.setdefault(user.email.lower(), user)
    for user in users:
        found.setdefault(user.username.lower(), user)
    return found
