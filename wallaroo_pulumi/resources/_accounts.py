"""Accounts by their names: an account has a login name and often an e-mail address, and both may be changed."""

from __future__ import annotations

from ..api import Client, wire
from ..core.context import Context
from ..core.read import find_listed
from ..errors import ConflictError, ReaddressedError


def recorded(ctx: Context[Client], id: str) -> wire.User | None:
    """The account of this id, which the state records; None if it is confirmed that there is none."""
    users = ctx.client.users
    return find_listed(f"user {id}", lambda fresh: users.find(id, fresh=fresh), users.list)


def names(user: wire.User) -> list[str]:
    """The names of an account in lower case, the address first."""
    return [name.lower() for name in (user.email, user.username) if name]


def own_address(user: wire.User) -> str | None:
    """The e-mail address of an account: its own, or a login name that is one."""
    return next((name for name in names(user) if "@" in name), None)


def label(user: wire.User) -> str:
    """An account as a person reads it."""
    return f"{(names(user) or [user.id])[0]} (id {user.id})"


def at_address(ctx: Context[Client], email: str) -> wire.User | None:
    """The account that has an address now, to be created or given rights.

    Raises ConflictError if the stack recorded another account under it: the program means that person. A resource that
    declares another address from now on, or an id, does not count.
    """
    user = ctx.client.users.find_by_email(email)
    for entry in ctx.ownership.recording("email", email) if user else ():
        declared = ctx.ownership.declared(entry.urn) or {"email": email}
        means_it = str(declared.get("email")).lower() == email.lower()
        if means_it and (user_with := ctx.client.users.find(entry.outputs.get("userId", ""))):
            address(ctx, user_with, email)
    return user


def address(
    ctx: Context[Client],
    user: wire.User,
    recorded: str | None,
    remedy: str = "declare the address of the person who is meant, and run `pulumi up` without a refresh",
) -> str:
    """The address to keep in the state: the recorded one, or the current one if none is recorded.

    Raises ReaddressedError when the recorded address is no name of the account any more. Taking the current one over
    would replace the resource, and so invite another user to the abandoned address; or it is another account's now.
    """
    if recorded is None:
        return (names(user) or [user.id])[0]
    if recorded.lower() in names(user):
        return recorded
    for other in ctx.client.users.list():
        if other.id != user.id and recorded.lower() in names(other):
            raise ReaddressedError(
                f"the address {recorded} belongs to another account now: this stack recorded {label(user)}, and "
                f"{recorded} is {label(other)}; {remedy}"
            )
    raise ReaddressedError(f"{recorded}, which this stack recorded, is {label(user)} now; {remedy}")


def unique_name(ctx: Context[Client], user: wire.User) -> str:
    """A name that only this account has, for calls that take a name and no id. Raises ConflictError."""
    others = {name for other in ctx.client.users.list() if other.id != user.id for name in names(other)}
    for name in (user.email, user.username):
        if name and name.lower() not in others:
            return name
    raise ConflictError(
        f"user {label(user)} shares each of its names with another account, and the API can activate and deactivate "
        "accounts by name only; give one of them another address"
    )
