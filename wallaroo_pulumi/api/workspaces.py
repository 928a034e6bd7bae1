"""Workspaces and their members: docs/internals/mlops-api.md#workspaces."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import ApiError, WallarooError
from .listing import Derived, SharedListing
from .listings import SharedListings
from .transport import Effect, Transport
from .wire.workspaces import Member, MemberList, MemberRemoved, Workspace, WorkspaceCreated, WorkspaceList


class Workspaces:
    """``workspaces/*``. Lists are shared by all threads and reflect this process's own writes."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._listing: SharedListing[Workspace] = SharedListing(self._fetch)
        self._by_id: Derived[Workspace, dict[int, Workspace]] = Derived(
            lambda workspaces: {workspace.id: workspace for workspace in workspaces}
        )
        self._members: SharedListings[int, Member] = SharedListings(self._fetch_members)

    def list(self, *, fresh: bool = False) -> tuple[Workspace, ...]:
        """Return the workspaces that the caller can see; ``fresh`` forces a request. ``workspaces/list``."""
        return self._listing.items(fresh=fresh)

    def find(self, id: int, *, fresh: bool = False) -> Workspace | None:
        """Return the visible workspace with this id, or None."""
        return self._by_id.of(self.list(fresh=fresh)).get(id)

    def _fetch(self) -> Sequence[Workspace]:
        return self._transport.call("workspaces/list", {}, Effect.READ, WorkspaceList).workspaces

    def create(self, name: str) -> Workspace:
        """Create a workspace with the caller as OWNER. Not idempotent. ``workspaces/create``.

        The response contains only the id. The other values come from the list, if its request succeeds.
        """
        body = {"workspace_name": name}
        caller = self._transport.account.id  # requested first: nothing may fail once the workspace exists
        try:
            with self._listing.writing() as write:
                id = self._transport.call(
                    "workspaces/create", body, Effect.WRITE, WorkspaceCreated
                ).workspace_id
        except BaseException:
            self._listing.forget()
            raise
        made = Workspace(id=id, name=name)
        # Other threads find it in the list without a request.
        self._listing.amend(lambda workspaces: [*workspaces, made])
        if caller is not None:
            self._members.of(id).know([Member(user_id=caller, user_type="OWNER")])
        try:
            return self._by_id.of(self._listing.fresh(after=write)).get(id, made)
        except WallarooError:
            # It exists: losing it would be worse than a missing creation time, which a refresh adds.
            self._listing.forget()
            return made

    def forget(self) -> None:
        """Drop the list: another domain changed the contents of a workspace."""
        self._listing.forget()

    def members(self, workspace_id: int, *, fresh: bool = False) -> tuple[Member, ...]:
        """Return the members of a workspace. ApiError 500 if it does not exist. ``workspaces/list_users``."""
        return self._members.of(workspace_id).items(fresh=fresh)

    def exists(self, workspace_id: int) -> bool:
        """Return whether the workspace exists. ApiError 403 for a non-member. ``workspaces/list_users``.

        The recorded response for an unknown id is a 500 with the database's error (a violated foreign key). Other
        calls return 400 or 404.
        """
        try:
            self.members(workspace_id, fresh=True)
        except ApiError as error:
            violated = error.answered(500) and "foreign key" in error.message
            if not (error.answered(400, 404) or violated):
                raise
            return False
        return True

    def _fetch_members(self, workspace_id: int) -> Sequence[Member]:
        body = {"workspace_id": workspace_id}
        return self._transport.call("workspaces/list_users", body, Effect.READ, MemberList).users

    def add_user(self, workspace_id: int, user_id: str, email: str | None, role: str) -> None:
        """Add a member, or change a member's role. Idempotent. ``workspaces/add_user``."""
        body = {"workspace_id": workspace_id, "user_id": user_id, "user_type": role}
        if email is not None:
            body["email"] = email
        listing = self._members.of(workspace_id)
        try:
            self._transport.call("workspaces/add_user", body, Effect.IDEMPOTENT)
        except BaseException:
            listing.forget()
            raise
        added = Member(user_id=user_id, user_type=role)
        listing.amend(lambda members: [*(m for m in members if m.user_id != user_id), added])

    def remove_user(self, workspace_id: int, user_id: str) -> int:
        """Remove a member and return the number of removed rows (0 if repeated). ``workspaces/remove_user``."""
        body = {"workspace_id": workspace_id, "user_id": user_id}
        listing = self._members.of(workspace_id)
        try:
            removed = self._transport.call("workspaces/remove_user", body, Effect.IDEMPOTENT, MemberRemoved)
        except BaseException:
            listing.forget()
            raise
        listing.amend(lambda members: [m for m in members if m.user_id != user_id])
        return removed.affected_rows
