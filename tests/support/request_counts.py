"""How many requests a command sends, by endpoint: what the engine tests assert, and docs/scale.md lists.

Not counted are the listings of a first `up`. It shares them, so there are between 2 and W + 1 for W workspaces.
"""

from __future__ import annotations

Counts = dict[str, int]


def first_up(workspaces: int, members: int) -> Counts:
    return {
        "workspaces/create": workspaces,  # whose members are known: the caller alone
        "workspaces/add_user": members,
        "users/query": 1,
    }


def one_more_workspace(members: int) -> Counts:
    """An `up` of a stack that gets one workspace with so many members."""
    return {
        "workspaces/list": 2,
        "workspaces/create": 1,
        "workspaces/add_user": members,
        "users/query": 1,
    }


def refresh(workspaces: int) -> Counts:
    return {"workspaces/list": 1, "workspaces/list_users": workspaces, "users/query": 1}


def destroy(workspaces: int, members: int) -> Counts:
    return {
        "workspaces/list": 1,
        "workspaces/list_users": workspaces,
        "workspaces/remove_user": members,
        "users/query": 1,  # the accounts, by which the instance is recognised
    }
