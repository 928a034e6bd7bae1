"""Workspaces and members: who sees what, who may change what, what repeats do."""

from typing import Any

import pytest
from emulator_client import JOHN, MARY, OPS, Clock, Instance

from wallaroo_pulumi.emulator import EmulatorServer, Settings


def roles(instance: Instance, workspace_id: int, user: str = OPS) -> dict[str, str]:
    emails = {user["id"]: user.get("email") for user in instance.ok("users/query")["users"].values()}
    members = instance.ok("workspaces/list_users", user, workspace_id=workspace_id)["users"]
    return {emails[member["user_id"]]: member["user_type"] for member in members}


def create(instance: Instance, name: str = "fraud", user: str = OPS) -> int:
    id: int = instance.ok("workspaces/create", user, workspace_name=name)["workspace_id"]
    return id


def test_creator_is_owner_and_sees_the_workspace(instance: Instance) -> None:
    workspace_id = create(instance)
    assert workspace_id == 1
    assert roles(instance, workspace_id) == {OPS: "OWNER"}
    assert instance.ok("workspaces/list") == {
        "workspaces": [
            {
                "id": 1,
                "name": "fraud",
                "created_at": "2024-07-11T16:51:50.885751+00:00",
                "created_by": instance.user_id(OPS),
                "archived": False,
                "models": [],
                "pipelines": [],
            }
        ]
    }


def test_list_shows_only_own_workspaces_to_administrators_too(instance: Instance) -> None:
    create(instance, "of-mary", MARY)
    create(instance, "of-ops", OPS)
    assert [item["name"] for item in instance.ok("workspaces/list", MARY)["workspaces"]] == ["of-mary"]
    assert [item["name"] for item in instance.ok("workspaces/list", OPS)["workspaces"]] == ["of-ops"]


def test_list_for_a_user_shows_what_is_shared_with_him(instance: Instance) -> None:
    create(instance, "alone")
    shared = create(instance, "shared")
    instance.ok("workspaces/add_user", workspace_id=shared, email=MARY)
    create(instance, "of-mary", MARY)
    listed = instance.ok("workspaces/list", user_id=instance.user_id(MARY))["workspaces"]
    assert [item["name"] for item in listed] == ["shared"]


def test_taken_name_is_refused_by_the_constraint(instance: Instance) -> None:
    create(instance)
    reply = instance.call("workspaces/create", MARY, workspace_name="fraud")
    assert reply.status_code == reply.json()["code"] == 500
    assert "workspace_name_key" in reply.json()["msg"]


def test_taken_name_makes_a_twin_where_names_are_not_unique() -> None:
    with EmulatorServer(Settings(unique_workspace_names=False)) as server:
        twin = Instance(server.url, Clock())
        with twin.http:
            assert [create(twin), create(twin)] == [1, 2]


@pytest.mark.parametrize(
    ("given", "stored"),
    [({}, "COLLABORATOR"), ({"user_type": None}, "COLLABORATOR"), ({"user_type": "owner"}, "OWNER")],
)
def test_add_user_defaults_to_collaborator_and_stores_upper_case(
    instance: Instance, given: dict[str, str | None], stored: str
) -> None:
    workspace_id = create(instance)
    assert instance.ok("workspaces/add_user", workspace_id=workspace_id, email=MARY, **given) == {}
    assert roles(instance, workspace_id) == {OPS: "OWNER", MARY: stored}


def test_adding_a_member_again_changes_the_role_in_place(instance: Instance) -> None:
    workspace_id = create(instance)
    for role in ("COLLABORATOR", "OWNER", "Collaborator"):
        instance.ok(
            "workspaces/add_user",
            workspace_id=workspace_id,
            user_id=instance.user_id(MARY),
            email=None,
            url="dummy",
            user_type=role,
        )
        assert roles(instance, workspace_id) == {OPS: "OWNER", MARY: role.upper()}


def test_removing_is_idempotent_and_counts(instance: Instance) -> None:
    workspace_id = create(instance)
    instance.ok("workspaces/add_user", workspace_id=workspace_id, email=MARY)
    for expected in (1, 0):
        reply = instance.ok("workspaces/remove_user", workspace_id=workspace_id, email=MARY)
        assert reply == {"affected_rows": expected}
    assert roles(instance, workspace_id) == {OPS: "OWNER"}


@pytest.mark.parametrize("path", ["workspaces/add_user", "workspaces/remove_user"])
@pytest.mark.parametrize("caller", [MARY, JOHN])
def test_only_owners_change_members(instance: Instance, path: str, caller: str) -> None:
    workspace_id = create(instance)
    instance.ok("workspaces/add_user", workspace_id=workspace_id, email=MARY)
    reply = instance.call(path, caller, workspace_id=workspace_id, email=MARY)
    assert reply.status_code == reply.json()["code"] == 403
    assert roles(instance, workspace_id) == {OPS: "OWNER", MARY: "COLLABORATOR"}


def test_strangers_do_not_see_members(instance: Instance) -> None:
    workspace_id = create(instance)
    assert instance.call("workspaces/list_users", MARY, workspace_id=workspace_id).status_code == 403


@pytest.mark.parametrize("path", ["add_user", "remove_user", "list_users"])
def test_unknown_workspace_is_a_database_error(instance: Instance, path: str) -> None:
    reply = instance.call(f"workspaces/{path}", workspace_id=99, email=MARY)
    assert reply.status_code == reply.json()["code"] == 500
    assert "foreign key" in reply.json()["msg"]


@pytest.mark.parametrize(
    "body",
    [
        {"email": "unknown@example.com"},
        {"user_id": "00000000-0000-4000-8000-000000000000"},
        {},
        {"email": MARY, "user_type": "king"},
    ],
)
def test_bad_member_is_a_bad_request(instance: Instance, body: dict[str, str]) -> None:
    reply = instance.call("workspaces/add_user", workspace_id=create(instance), **body)
    assert reply.status_code == reply.json()["code"] == 400
    assert reply.json()["msg"]


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        ("workspaces/create", {}, "workspace_name"),
        ("workspaces/create", {"workspace_name": ""}, "workspace_name"),
        ("workspaces/create", {"workspace_name": 7}, "workspace_name"),
        ("workspaces/list_users", {"workspace_id": "1"}, "workspace_id"),
        ("workspaces/list_users", {"workspace_id": 2**63}, "workspace_id"),
    ],
)
def test_wrong_types_are_a_bad_request_that_names_the_field(
    instance: Instance, path: str, body: dict[str, Any], named: str
) -> None:
    reply = instance.call(path, **body)
    assert reply.status_code == 400
    assert set(reply.json()) == {"msg", "code"}
    assert named in reply.json()["msg"]


def test_unknown_keys_are_let_through(instance: Instance) -> None:
    assert instance.ok("workspaces/create", workspace_name="a", colour="red") == {"workspace_id": 1}


@pytest.mark.parametrize("name", ["'; DROP TABLE workspaces; --", 'a"b\\c', "naïve—工作区", "%s {} \x00"])
def test_names_are_data_not_sql(instance: Instance, name: str) -> None:
    create(instance, name)
    assert [item["name"] for item in instance.ok("workspaces/list")["workspaces"]] == [name]


def test_validate_changes_nothing(instance: Instance) -> None:
    create(instance)
    before = instance.ok("workspaces/list")
    assert instance.ok("workspaces/validate") == {}
    assert instance.ok("workspaces/list") == before
