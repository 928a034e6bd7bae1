"""Is this the instance, and is this the workspace, that the stack's state refers to?

Ids are small integers and names, the same on every instance. What an instance has of its own are its accounts: random
UUIDs with a creation time in milliseconds, given by its Keycloak. Accounts cannot be deleted through the API, every
caller reads the same list, and neither the address of the instance nor its signing keys appear in it. The identity that
the state records is made of the oldest accounts, several so that it outlives the deletion of one in Keycloak: an
instance is the recorded one when it still has any of them.

Two instances that share one Keycloak realm, or one that was copied with its accounts, have the same identity. There the
marks of the objects decide, such as the creation time of a workspace.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..api import Client, wire
from ..core.context import Context
from ..errors import ApiError, ConflictError, InconsistentError
from ..resources._lookups import require_same_workspace

_WITNESSES: Final = 3
_DIGITS: Final = 10
_SEPARATOR: Final = "-"
UNKNOWN_INSTANCE: Final = "unknown"
"""The identity of an instance that does not list its accounts to this user."""


class InstanceMismatch(ConflictError):
    """The instance is not the one that the stack's objects are on."""


class Identity:
    """The identity of the instance, asked for once per run. Safe for threads."""

    def __init__(self, accepted: str | None = None) -> None:
        self._accepted = accepted
        self._accounts: Accounts | None = None
        self._lock = threading.Lock()

    def replaces(self, recorded: str) -> bool:
        """Whether the user wants another identity recorded instead of this one."""
        return self._accepted is not None and not set(_parts(recorded)) & set(_parts(self._accepted))

    def is_accepted(self, client: Client) -> bool:
        """Whether the user names the instance as the stack's."""
        return self._accepted is not None and self._of_the_instance(client).match(self._accepted)

    def require(self, client: Client, recorded: Iterable[str | None]) -> str:
        """Return the identity of the instance. Raises InstanceMismatch if one that the state records is another."""
        accounts = self._of_the_instance(client)
        for identity in filter(None, recorded):
            if not accounts.match(identity) and not self.is_accepted(client):
                raise InstanceMismatch(
                    f"this stack's objects are on Wallaroo instance {identity}, but {client.url} is instance "
                    f"{accounts.identity}; nothing was changed on it: set wallaroo:apiUrl (WALLAROO_API_URL) to the "
                    "stack's instance, or, if this is the same one after a migration, run `pulumi up` once with "
                    f"wallaroo:acceptInstance (WALLAROO_ACCEPT_INSTANCE) set to {accounts.identity}"
                )
        return accounts.identity

    def require_parent(self, ctx: Context[Client], properties: Mapping[str, Any]) -> None:
        """Check that ``workspaceId`` still refers to the workspace that the state records under this id, if any.

        Raises ConflictError.
        """
        id = properties.get("workspaceId")
        if (
            not isinstance(id, int | float)
            or (recorded := ctx.ownership.recorded("Workspace", f"{id:.0f}")) is None
        ):
            return
        if (found := ctx.client.workspaces.find(int(id))) is not None:
            require_same_workspace(found, recorded.get("name"), recorded.get("createdAt"))

    def _of_the_instance(self, client: Client) -> Accounts:
        with self._lock:
            if self._accounts is None:
                self._accounts = Accounts.of(client)
            return self._accounts


@dataclass(frozen=True)
class Accounts:
    """What the list of accounts says about the instance."""

    identity: str
    """What the state records: digests of the oldest accounts, the oldest first."""
    all: frozenset[str]
    """Digests of all accounts; empty where they are not listed to this user."""

    @classmethod
    def of(cls, client: Client) -> Accounts:
        """Ask the instance. Raises WallarooError."""
        try:
            users = client.users.list()
        except ApiError as error:
            if not error.answered(403):
                raise
            return cls(UNKNOWN_INSTANCE, frozenset())
        if not users:
            raise InconsistentError(
                "users/query lists no account at all, so it cannot be told which instance this is; check the address "
                "and the user's rights with `wallaroo-pulumi doctor`"
            )
        by_age = sorted(users, key=lambda user: (user.created_timestamp or 0, user.id))
        digests = [_digest(user) for user in by_age]
        return cls(_SEPARATOR.join(digests[:_WITNESSES]), frozenset(digests))

    def match(self, identity: str) -> bool:
        """Whether a recorded identity is of this instance: one of its accounts still exists, or none can be read."""
        return UNKNOWN_INSTANCE in (identity, self.identity) or bool(self.all & set(_parts(identity)))


def _digest(user: wire.User) -> str:
    return hashlib.sha256(f"{user.id}@{user.created_timestamp}".encode()).hexdigest()[:_DIGITS]


def _parts(identity: str) -> Sequence[str]:
    return identity.split(_SEPARATOR)
