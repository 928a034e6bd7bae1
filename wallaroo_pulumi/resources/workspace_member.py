"""WorkspaceMember: the role of one user in one workspace.

Identity: workspace id and user id. A change of either replaces; a change of the role updates in place with
workspaces/add_user. The sources suggest that this works but do not show it, so the result is read back.
The creator of a workspace is its OWNER, so a member that declares this user is adopted.
Only `wallaroo:validate` assumes that members can be changed only by an OWNER: the sources do not state it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any

from pydantic import Field, model_validator

from ..api import Client, wire
from ..core.context import Context
from ..core.diff import contains_unknown
from ..core.fields import (
    FORCES_REPLACEMENT,
    SERVER_DEFAULT,
    STABLE,
    Adopted,
    Adopting,
    Email,
    KeyText,
    Role,
    WorkspaceId,
)
from ..core.read import find_listed
from ..core.resource import Examples, InvalidInput, Resource
from ..core.validate import refused
from ..errors import InconsistentError, NotFoundError, RefusedError
from ._accounts import address, at_address, own_address
from ._lookups import refused_workspace, split_id, workspace_if_any
from ._lookups import workspace as find_workspace

_LAST_OWNER = "a workspace must keep at least one OWNER; give another member the role OWNER first"
_OWN_RIGHT = (
    "this is the user who runs Pulumi, who could then neither manage the workspace nor undo the change; declare the "
    "role OWNER, or remove this WorkspaceMember"
)


class _Member(Adopting):
    workspace_id: Annotated[
        WorkspaceId,
        FORCES_REPLACEMENT,
        Field(description="The workspace: the `workspace_id` of a Workspace."),
    ]
    email: Annotated[
        Email | None,
        FORCES_REPLACEMENT,
        SERVER_DEFAULT,
        Field(description="The user's e-mail address. Set this or `user_id`."),
    ] = None
    user_id: Annotated[
        KeyText | None,
        FORCES_REPLACEMENT,
        SERVER_DEFAULT,
        Field(description="The user's id in Keycloak. Set this or `email`."),
    ] = None
    role: Annotated[Role, Field(description="`OWNER` or `COLLABORATOR`.")] = "COLLABORATOR"


class WorkspaceMemberInputs(_Member):
    @model_validator(mode="after")
    def _one_user(self) -> WorkspaceMemberInputs:
        if (self.email is None) == (self.user_id is None):
            raise ValueError("set exactly one of email and user_id")
        return self


class WorkspaceMemberOutputs(_Member, Adopted):
    email: Annotated[
        str | None,
        STABLE,
        Field(description="The user's e-mail address. The built-in administrator has none."),
    ] = None
    user_id: Annotated[str, STABLE, Field(description="The user's id.")]


class WorkspaceMember(Resource[WorkspaceMemberInputs, WorkspaceMemberOutputs]):
    """The role of a user in a workspace: OWNER or COLLABORATOR.

    Identified by workspace and user; changing either replaces the resource, and changing the role updates it in
    place. The user who creates a workspace is its OWNER, so declaring that user adopts the membership. Deleting
    removes the user from the workspace, except the last OWNER and the user who runs Pulumi.
    """

    kind = "WorkspaceMember"
    inputs = WorkspaceMemberInputs
    outputs = WorkspaceMemberOutputs
    id_parts = {"workspace id": "int", "user id": "str"}
    deletion = (
        "The user is removed from the workspace. The last OWNER cannot be removed. The user who runs Pulumi stays "
        "a member, because they could not manage the workspace otherwise; Pulumi prints a message."
    )
    examples = Examples(
        needs={"Workspace": {"name": "fraud-prod"}},
        inputs={"workspace_id": "$workspace_id", "email": "mary.jane@example.com", "role": "COLLABORATOR"},
        update={"role": "OWNER"},
        replace={"email": "john.hancock@example.com"},
    )

    def left_out(self, given: Collection[str]) -> Collection[str]:
        # Check accepts one of the two, and the next refresh has to see again which of them the program gives.
        if _is_named_by_id(given):
            return ("email",)
        return ("userId",) if "email" in given else ()

    def id_of(self, outputs: WorkspaceMemberOutputs) -> str:
        return f"{outputs.workspace_id}/{outputs.user_id}"

    def validate(self, ctx: Context[Client], desired: WorkspaceMemberInputs) -> Iterable[InvalidInput]:
        bad = list(refused_workspace(ctx, desired.workspace_id))
        named = "email" if desired.email is not None else "user_id"
        if not contains_unknown(getattr(desired, named)) and not ctx.validated.has("User", desired.email):
            bad += refused(named, lambda: _user(ctx, desired))
        yield from bad
        if not bad and not contains_unknown(desired.workspace_id):
            yield from self._refused_role(ctx, desired)

    def existing(self, ctx: Context[Client], desired: WorkspaceMemberInputs) -> str | None:
        if ctx.client.workspaces.find(desired.workspace_id) is None:
            return None
        member = _membership(ctx, desired)
        return f"{desired.workspace_id}/{member.user_id}" if member else None

    def _refused_role(self, ctx: Context[Client], desired: WorkspaceMemberInputs) -> Iterator[InvalidInput]:
        """Yield why the caller cannot grant the role in an existing workspace. An unchanged role needs no rights."""
        place, member = desired.workspace_id, _membership(ctx, desired)
        if contains_unknown(desired.role) or (member and member.role == desired.role):
            return
        if _role(ctx, place, ctx.client.caller_id) == "COLLABORATOR":
            yield InvalidInput(
                "workspace_id",
                f"the user who runs Pulumi is a COLLABORATOR of workspace {place}, and only an OWNER may change its "
                "members; ask an owner to change them, or to make this user an OWNER",
            )
        elif member and member.role == "OWNER" and member.user_id == ctx.client.caller_id:
            yield InvalidInput("role", _OWN_RIGHT)

    def create(self, ctx: Context[Client], desired: WorkspaceMemberInputs) -> WorkspaceMemberOutputs:
        workspace = find_workspace(ctx, desired.workspace_id)
        user = _user(ctx, desired)
        id = f"{workspace.id}/{user.id}"
        role = _role(ctx, workspace.id, user.id)
        name = desired.email or user.id
        with ctx.claim(self.kind, id, name, existed=role is not None, found={"role": role}):
            _give_role(ctx, workspace.id, user, desired.role)
        return self.result(desired, user_id=user.id, email=desired.email or own_address(user))

    def read(
        self, ctx: Context[Client], id: str, prior: WorkspaceMemberOutputs | None
    ) -> WorkspaceMemberOutputs | None:
        workspace_id, user_id = split_id(id)
        if workspace_if_any(ctx, workspace_id) is None:
            return None
        role = _recorded_role(ctx, workspace_id, user_id)
        if role is None:
            return None
        user = ctx.client.users.find(user_id)
        return WorkspaceMemberOutputs.model_validate(
            {
                "workspace_id": workspace_id,
                "user_id": user_id,
                "email": _address(ctx, user, prior),
                "role": role,
            }
        )

    def update(
        self, ctx: Context[Client], id: str, prior: WorkspaceMemberOutputs, desired: WorkspaceMemberInputs
    ) -> WorkspaceMemberOutputs:
        find_workspace(ctx, prior.workspace_id)
        user = _user(ctx, WorkspaceMemberInputs(workspace_id=prior.workspace_id, user_id=prior.user_id))
        _give_role(ctx, prior.workspace_id, user, desired.role)
        return self.result(desired, user_id=prior.user_id, email=prior.email)

    def delete(self, ctx: Context[Client], id: str, prior: WorkspaceMemberOutputs) -> None:
        if workspace_if_any(ctx, prior.workspace_id) is None:
            return
        role = _recorded_role(ctx, prior.workspace_id, prior.user_id)
        who = f"{prior.email or prior.user_id} in workspace {prior.workspace_id}"
        if role is None:
            return
        if prior.user_id == ctx.client.caller_id:
            ctx.report(
                f"{who} stays a member: this is the user who runs Pulumi, who could no longer see the workspace"
            )
            return
        with _owners_guarded(ctx, prior.workspace_id, prior.user_id, role, f"remove {who}"):
            ctx.client.workspaces.remove_user(prior.workspace_id, prior.user_id)

    def adoptable(self, ctx: Context[Client], id: str, prior: WorkspaceMemberOutputs) -> Mapping[str, Any]:
        if workspace_if_any(ctx, prior.workspace_id) is None:
            return {}
        role = _role(ctx, prior.workspace_id, prior.user_id)
        return {"role": role} if role else {}

    def leave(
        self, ctx: Context[Client], id: str, prior: WorkspaceMemberOutputs, found: Mapping[str, Any]
    ) -> str:
        role: str | None = None
        before: Role | None = found.get("role")
        if before and workspace_if_any(ctx, prior.workspace_id) is not None:
            role = _role(ctx, prior.workspace_id, prior.user_id)
        user = ctx.client.users.find(prior.user_id)
        if before is None or role in (None, before) or user is None or user.id == ctx.client.caller_id:
            return ""
        _give_role(ctx, prior.workspace_id, user, before)
        return f"with the role {before}"


def _address(
    ctx: Context[Client], user: wire.User | None, prior: WorkspaceMemberOutputs | None
) -> str | None:
    """Return the e-mail address for the state. Raises ConflictError if the declared one is no longer the account's.

    A program that gives the id means this account, whatever its address is.
    """
    if user is None:
        return prior.email if prior else None
    if prior is None or prior.email is None or _is_named_by_id(ctx.call.given or ()):
        return own_address(user)
    remedy = "declare the address of the person who is meant, or their user_id, and run `pulumi up` without a refresh"
    return address(ctx, user, prior.email, remedy)


def _is_named_by_id(given: Collection[str]) -> bool:
    return "userId" in given and "email" not in given


def _user(ctx: Context[Client], desired: WorkspaceMemberInputs) -> wire.User:
    if desired.email is not None:
        if found := at_address(ctx, desired.email):
            return found
        raise NotFoundError(
            f"the instance has no user with the e-mail address {desired.email}; check the spelling, or declare a "
            "User with it"
        )
    if desired.user_id is not None and (found := ctx.client.users.look_up(desired.user_id)):
        return found
    raise NotFoundError(f"the instance has no user with the id {desired.user_id!r}; check user_id")


def _give_role(ctx: Context[Client], workspace_id: int, user: wire.User, role: Role) -> None:
    """Make ``user`` a member with ``role``, unless they already are one."""
    current = _role(ctx, workspace_id, user.id)
    if current == role:
        return
    who = f"{own_address(user) or user.id} in workspace {workspace_id}"
    if current == "OWNER" and user.id == ctx.client.caller_id:
        raise RefusedError(f"cannot make {role} of {who}: {_OWN_RIGHT}")
    with _owners_guarded(ctx, workspace_id, user.id, current, f"make {role} of {who}"):
        ctx.client.workspaces.add_user(workspace_id, user.id, user.email, role)
    if current is not None and _role(ctx, workspace_id, user.id, fresh=True) != role:
        raise InconsistentError(
            f"the role of {who} is still {current} after a change to {role}; remove the user from the workspace by "
            "hand and run `pulumi up` again"
        )


def _membership(ctx: Context[Client], desired: WorkspaceMemberInputs) -> wire.Member | None:
    """Return the user's current membership, or None if there is none or the user does not exist yet."""
    for member in ctx.client.workspaces.members(desired.workspace_id):
        user = ctx.client.users.find(member.user_id)
        named = user and desired.email and desired.email in (user.username.lower(), own_address(user))
        if named or member.user_id == desired.user_id:
            return member
    return None


def _role(ctx: Context[Client], workspace_id: int, user_id: str | None, *, fresh: bool = False) -> str | None:
    members = ctx.client.workspaces.members(workspace_id, fresh=fresh)
    return next((m.role for m in members if m.user_id == user_id), None)


def _recorded_role(ctx: Context[Client], workspace_id: int, user_id: str) -> str | None:
    """Return the role of a user who is a member in the state, or None if it is confirmed that they no longer are."""
    return find_listed(
        f"member {user_id} of workspace {workspace_id}",
        lambda fresh: _role(ctx, workspace_id, user_id, fresh=fresh),
        lambda: ctx.client.workspaces.members(workspace_id),
    )


@contextmanager
def _owners_guarded(
    ctx: Context[Client], workspace_id: int, user_id: str, current: str | None, action: str
) -> Iterator[None]:
    """Guard a change that ends the user's role ``current``. Raises RefusedError if it would remove the last OWNER.

    The lock covers the change, because two owners who are removed at the same time must not rely on each other. If the
    user who runs Pulumi is an OWNER, no fresh list is needed: no run takes that role from them.
    """
    if current != "OWNER":
        yield
        return
    caller = ctx.client.caller_id
    if user_id != caller and _role(ctx, workspace_id, caller) == "OWNER":
        yield
        return
    with ctx.lock("owners", workspace_id):
        members = ctx.client.workspaces.members(workspace_id, fresh=True)
        if {m.user_id for m in members if m.role == "OWNER"} <= {user_id}:
            raise RefusedError(f"cannot {action}: {_LAST_OWNER}")
        yield
