"""User: a person's account on the instance (a user of its Keycloak realm).

Identity: Keycloak's user id; the natural key is the e-mail address. A change of the address replaces.
An administrator may change an account's address and give the old one to another account. So an account is changed
under a name that it has now and no other account shares, and its address is never written anew.
Accounts cannot be deleted, only deactivated (docs/internals/mlops-api.md#users): deleting deactivates, and creating
adopts an account with that address and sets the declared values. No name can therefore be in use, and there is nothing
to validate: only the invitation shows whether the licence allows another user.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from ..api import Client, wire
from ..core.context import Context
from ..core.create import create_once
from ..core.fields import (
    CREATE_ONLY,
    FORCES_REPLACEMENT,
    SECRET,
    SERVER_DEFAULT,
    STATE_ONLY,
    Adopted,
    Adopting,
    Email,
    Line,
)
from ..core.resource import Examples, Resource
from ..errors import ApiError, GoneError, RefusedError
from . import _accounts


class UserInputs(Adopting):
    email: Annotated[Email, FORCES_REPLACEMENT, Field(description="The e-mail address, also the login name.")]
    first_name: Annotated[Line | None, SERVER_DEFAULT, Field(description="The first name.")] = None
    last_name: Annotated[Line | None, SERVER_DEFAULT, Field(description="The last name.")] = None
    is_admin: Annotated[bool, Field(description="Whether the user administers the instance.")] = False
    enabled: Annotated[bool, Field(description="Whether the user may log in.")] = True
    initial_password: Annotated[
        str | None,
        SECRET,
        STATE_ONLY,
        CREATE_ONLY,
        SERVER_DEFAULT,
        Field(
            min_length=1,
            description="The first password. If not set, the instance generates one, which the output of this name "
            "contains. An adopted account keeps its password.",
        ),
    ] = None


class UserOutputs(UserInputs, Adopted):
    email: Annotated[str, Field(description="The e-mail address.")]
    user_id: Annotated[str, Field(description="The id that WorkspaceMember refers to.")]


class User(Resource[UserInputs, UserOutputs]):
    """The account of a user on the instance.

    Identified by the e-mail address; changing it replaces the resource. If an account with this address exists, the
    resource adopts it and sets the declared values. Wallaroo cannot delete accounts, so deleting deactivates the
    account. Deleting an adopted account leaves it as it was found.
    """

    kind = "User"
    inputs = UserInputs
    outputs = UserOutputs
    id_format = "the user's id, a UUID"
    natural_key = ("email",)
    from_id = {"user_id": "str"}
    deletion = (
        "The account is deactivated, because Wallaroo cannot delete one, and Pulumi prints a message. What the "
        "user owns stays. An adopted account is left as it was found: an active one stays active."
    )
    examples = Examples(
        inputs={"email": "ada@example.com", "first_name": "Ada", "last_name": "Lovelace"},
        update={"last_name": "King", "enabled": False},
        replace={"email": "ada.king@example.com"},
    )

    def id_of(self, outputs: UserOutputs) -> str:
        return outputs.user_id

    def left_by_replacement(self, prior: Mapping[str, Any]) -> str:
        del prior
        return "stays on the instance, deactivated: Wallaroo cannot delete accounts"

    def existing(self, ctx: Context[Client], desired: UserInputs) -> str | None:
        found = ctx.client.users.find_by_email(desired.email)
        return found.id if found else None

    def create(self, ctx: Context[Client], desired: UserInputs) -> UserOutputs:
        found, password = _accounts.at_address(ctx, desired.email), None
        user, existed = found, found is not None
        if user is None:
            user, password = self._invite(ctx, desired)
        with ctx.claim(self.kind, user.id, desired.email, existed=existed, found=_account(ctx, user, False)):
            self._bring_to(ctx, user, desired)
        return self.result(desired, user_id=user.id, initial_password=password)

    def _invite(self, ctx: Context[Client], desired: UserInputs) -> tuple[wire.User, str | None]:
        def invite() -> tuple[wire.User, str | None]:
            invited = ctx.client.users.invite(desired.email, desired.initial_password)
            user = wire.User(id=invited.id, username=desired.email, email=desired.email, enabled=True)
            return user, desired.initial_password or invited.password

        def find() -> tuple[wire.User, str | None] | None:
            user = ctx.client.users.find_by_email(desired.email)
            return None if user is None else (user, desired.initial_password)

        try:
            return create_once(ctx, invite, find)
        except ApiError as error:
            if error.status == 403:
                raise error.with_hint("the licence's limit of users may be reached") from None
            raise

    def read(self, ctx: Context[Client], id: str, prior: UserOutputs | None) -> UserOutputs | None:
        user = _accounts.recorded(ctx, id)
        if user is None:
            return None
        return UserOutputs(
            email=_accounts.address(ctx, user, prior.email if prior else None),
            first_name=user.first_name,
            last_name=user.last_name,
            is_admin=_is_admin(ctx, user, prior.is_admin if prior else False),
            enabled=user.enabled,
            user_id=user.id,
        )

    def update(self, ctx: Context[Client], id: str, prior: UserOutputs, desired: UserInputs) -> UserOutputs:
        user = _accounts.recorded(ctx, id)
        if user is None:
            raise GoneError(f"user {desired.email} (id {id}) is gone from the instance")
        self._bring_to(ctx, user, desired, was_admin=prior.is_admin)
        return self.result(desired, user_id=id, initial_password=prior.initial_password)

    def _bring_to(
        self, ctx: Context[Client], user: wire.User, desired: UserInputs, *, was_admin: bool = False
    ) -> None:
        """Bring names, rights and activation of an account to the declared values; no call when they are."""
        first = user.first_name if desired.first_name is None else desired.first_name
        last = user.last_name if desired.last_name is None else desired.last_name
        is_admin = _is_admin(ctx, user, was_admin)
        if user.id == ctx.client.caller_id and ((is_admin and not desired.is_admin) or not desired.enabled):
            raise RefusedError(
                f"user {desired.email} is the user who runs Pulumi, who would lose the right to continue; declare it "
                "with is_admin=True and enabled=True, or remove the resource"
            )
        if is_admin and not desired.is_admin and not was_admin:
            ctx.report(
                f"user {desired.email} (id {user.id}) is no longer an administrator, because is_admin is not declared"
            )
        edited = (first, last, desired.is_admin)
        if edited != (user.first_name, user.last_name, is_admin):
            _edit(ctx, user, first, last, desired.is_admin)
        if desired.enabled != user.enabled:
            _enable(ctx, user, desired.enabled)

    def delete(self, ctx: Context[Client], id: str, prior: UserOutputs) -> None:
        user = _accounts.recorded(ctx, id)
        if user is None or not user.enabled:
            return
        who = _accounts.label(user)
        if id == ctx.client.caller_id:
            ctx.report(f"user {who} stays active: this is the user who runs Pulumi")
            return
        _enable(ctx, user, False)
        ctx.report(f"user {who} is deactivated and stays: Wallaroo cannot delete users")

    def adoptable(self, ctx: Context[Client], id: str, prior: UserOutputs) -> Mapping[str, Any]:
        user = _accounts.recorded(ctx, id)
        return _account(ctx, user, prior.is_admin) if user else {}

    def leave(self, ctx: Context[Client], id: str, prior: UserOutputs, found: Mapping[str, Any]) -> str:
        user = _accounts.recorded(ctx, id)
        if user is None or not found or id == ctx.client.caller_id:
            return ""
        now = _account(ctx, user, prior.is_admin)
        before = {**now, **{key: value for key, value in found.items() if value is not None}}
        edited = ("first_name", "last_name", "is_admin")
        if any(now[key] != before[key] for key in edited):
            _edit(ctx, user, *(before[key] for key in edited))
        if before["enabled"] != user.enabled:
            _enable(ctx, user, before["enabled"])
        changed = [key for key, value in before.items() if now[key] != value]
        return f"with {' and '.join(changed)} restored" if changed else ""


def _account(ctx: Context[Client], user: wire.User, was_admin: bool) -> dict[str, Any]:
    """What the stack may change of an account."""
    return {
        "first_name": user.first_name or "",
        "last_name": user.last_name or "",
        "is_admin": _is_admin(ctx, user, was_admin),
        "enabled": user.enabled,
    }


def _edit(ctx: Context[Client], user: wire.User, first: str | None, last: str | None, is_admin: bool) -> None:
    # The call writes all fields: the address stays the account's own, whichever name the program has for it.
    address = user.email or user.username
    ctx.client.users.edit(user.id, first or "", last or "", address, enabled=user.enabled, is_admin=is_admin)


def _enable(ctx: Context[Client], user: wire.User, enabled: bool) -> None:
    change = ctx.client.users.activate if enabled else ctx.client.users.deactivate
    change(_accounts.unique_name(ctx, user))


def _is_admin(ctx: Context[Client], user: wire.User, otherwise: bool) -> bool:
    """Whether the user has the realm role ``admin``; ``otherwise`` where the instance does not report roles.

    users/query names roles only for users that have some, and older platforms name none at all.
    """
    if user.realm_roles is not None:
        return "admin" in user.realm_roles
    reports_roles = any(u.realm_roles is not None for u in ctx.client.users.list())
    return False if reports_roles else otherwise
