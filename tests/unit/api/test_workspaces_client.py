"""Workspaces and members: what is asked, what is shared, and what a write does to the shared copy."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from instance_double import InstanceDouble

from wallaroo_pulumi.api.wire.workspaces import Member, Workspace
from wallaroo_pulumi.api.workspaces import Workspaces
from wallaroo_pulumi.errors import ApiError, ConnectionFailed, OutcomeUnknown, WallarooError


def listed(*names: str) -> dict[str, Any]:
    return {"workspaces": [{"id": id, "name": name} for id, name in enumerate(names, 1)]}


def users(**roles: str) -> dict[str, Any]:
    return {"users": [{"user_id": id, "user_type": role} for id, role in roles.items()]}


def test_a_listing_is_shared() -> None:
    instance = InstanceDouble(workspaces__list=[listed("a", "b")])
    workspaces = instance.client().workspaces
    assert [w.name for w in workspaces.list()] == ["a", "b"]
    assert [w.id for w in workspaces.list()] == [1, 2]
    assert instance.calls == [("workspaces/list", {})]
    workspaces.list(fresh=True)
    assert len(instance.calls) == 2


def test_a_workspace_is_found_by_id_in_the_shared_listing() -> None:
    instance = InstanceDouble(workspaces__list=[listed("a"), listed("a", "b")])
    workspaces = instance.client().workspaces
    assert workspaces.find(2) is None
    assert workspaces.find(2, fresh=True) == workspaces.find(2) == workspaces.list()[1]
    assert len(instance.calls) == 2


def test_a_created_workspace_comes_with_what_the_listing_tells_of_it() -> None:
    later = {"id": 2, "name": "b", "created_at": "2026-11-01"}
    instance = InstanceDouble(
        workspaces__list=[listed("a"), {"workspaces": [{"id": 1, "name": "a"}, later]}],
        workspaces__create=[{"workspace_id": 2.0}],
    )
    workspaces = instance.client().workspaces
    workspaces.list()
    assert workspaces.create("b") == Workspace(id=2, name="b", created_at="2026-11-01")
    assert [w.name for w in workspaces.list()] == ["a", "b"]
    assert [endpoint for endpoint, _ in instance.calls] == [
        "workspaces/list",
        "workspaces/create",
        "workspaces/list",
    ]


def test_a_created_workspace_is_not_lost_when_the_listing_after_it_fails() -> None:
    instance = InstanceDouble(
        workspaces__list=[httpx.Response(500, json={"msg": "down"}), listed("b")],
        workspaces__create=[{"workspace_id": 1}],
    )
    workspaces = instance.client().workspaces
    assert workspaces.create("b") == Workspace(id=1, name="b")
    assert [w.name for w in workspaces.list()] == ["b"]


def test_the_members_of_a_new_workspace_are_known_without_asking() -> None:
    claims = base64.urlsafe_b64encode(b'{"sub": "ann"}').decode().rstrip("=")
    instance = InstanceDouble(workspaces__list=[listed("a")], workspaces__create=[{"workspace_id": 1}])
    workspaces = instance.client(token=f"e30.{claims}.sig").workspaces
    workspaces.create("a")
    assert workspaces.members(1) == (Member(user_id="ann", user_type="OWNER"),)
    assert "workspaces/list_users" not in dict(instance.calls)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (httpx.ReadError("reset"), OutcomeUnknown),
        (httpx.Response(500, json={"msg": "taken"}), ApiError),
        ({"unexpected": 1}, OutcomeUnknown),
        (httpx.ConnectError("refused"), ConnectionFailed),
    ],
)
def test_after_a_failed_create_the_instance_is_asked_again(fault: Any, error: type[WallarooError]) -> None:
    instance = InstanceDouble(workspaces__list=[listed("a"), listed("a", "b")], workspaces__create=[fault])
    workspaces = instance.client().workspaces
    workspaces.list()
    with pytest.raises(error):
        workspaces.create("b")
    assert [w.name for w in workspaces.list()] == ["a", "b"]


def test_members_are_shared_for_each_workspace() -> None:
    instance = InstanceDouble(workspaces__list_users=[users(ann="OWNER"), users(bob="collaborator")])
    workspaces = instance.client().workspaces
    for _ in range(2):
        assert workspaces.members(7) == (Member(user_id="ann", user_type="OWNER"),)
        assert workspaces.members(8) == (Member(user_id="bob", user_type="COLLABORATOR"),)
    assert instance.calls == [
        ("workspaces/list_users", {"workspace_id": 7}),
        ("workspaces/list_users", {"workspace_id": 8}),
    ]


def test_adding_and_removing_a_member_shows_at_once_without_another_listing() -> None:
    instance = InstanceDouble(
        workspaces__list_users=[users(ann="OWNER", bob="COLLABORATOR")],
        workspaces__add_user=[{}],
        workspaces__remove_user=[{"affected_rows": 1}],
    )
    workspaces = instance.client().workspaces
    workspaces.members(7)
    workspaces.add_user(7, "cid", "cid@example.com", "COLLABORATOR")
    workspaces.add_user(7, "bob", None, "OWNER")
    assert workspaces.remove_user(7, "ann") == 1
    assert {m.user_id: m.role for m in workspaces.members(7)} == {"bob": "OWNER", "cid": "COLLABORATOR"}
    assert instance.calls[1:] == [
        (
            "workspaces/add_user",
            {"workspace_id": 7, "user_id": "cid", "user_type": "COLLABORATOR", "email": "cid@example.com"},
        ),
        ("workspaces/add_user", {"workspace_id": 7, "user_id": "bob", "user_type": "OWNER"}),
        ("workspaces/remove_user", {"workspace_id": 7, "user_id": "ann"}),
    ]


@pytest.mark.parametrize(
    ("endpoint", "change"),
    [
        ("workspaces/add_user", lambda workspaces: workspaces.add_user(7, "bob", None, "OWNER")),
        ("workspaces/remove_user", lambda workspaces: workspaces.remove_user(7, "bob")),
    ],
)
def test_after_a_failed_change_the_members_are_asked_for_again(
    endpoint: str, change: Callable[[Workspaces], object]
) -> None:
    instance = InstanceDouble(workspaces__list_users=[users(ann="OWNER"), users(ann="OWNER", bob="OWNER")])
    instance.answers[endpoint] = [httpx.ReadTimeout("slow")]
    workspaces = instance.client().workspaces
    workspaces.members(7)
    with pytest.raises(ConnectionFailed):
        change(workspaces)
    assert len(workspaces.members(7)) == 2
