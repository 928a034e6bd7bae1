"""Users: requests, lookups, and the effect of writes on the shared list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from instance_double import InstanceDouble

from wallaroo_pulumi.api.users import Users
from wallaroo_pulumi.errors import ApiError, OutcomeUnknown

ADMIN = {"id": "1", "username": "admin", "enabled": True, "realmRoles": ["admin"]}
MARY = {"id": "2", "username": "mary", "email": "Mary.Jane@example.com", "firstName": "Mary", "enabled": True}
JOHN = {"id": "3", "username": "john.hancock@example.com", "enabled": False}


def queried(*users: dict[str, Any]) -> dict[str, Any]:
    return {"users": {"0": None} | {user["id"]: user for user in users}}


def test_the_answer_is_keyed_by_id_and_may_hold_null() -> None:
    instance = InstanceDouble(users__query=[queried(ADMIN, MARY)])
    users = instance.client().users
    assert [user.id for user in users.list()] == ["1", "2"]
    assert users.list()[0].email is None
    assert instance.calls == [("users/query", {})]


@pytest.mark.parametrize(
    ("wanted", "id"),
    [
        ("mary.jane@example.com", "2"),
        ("MARY.JANE@EXAMPLE.COM", "2"),
        ("john.hancock@example.com", "3"),
        ("admin", "1"),
    ],
)
def test_a_user_is_found_by_address_or_login_name_in_any_case(wanted: str, id: str) -> None:
    instance = InstanceDouble(users__query=[queried(ADMIN, MARY, JOHN)])
    found = instance.client().users.find_by_email(wanted)
    assert found is not None
    assert found.id == id


def test_a_user_is_found_by_id_in_the_shared_listing() -> None:
    instance = InstanceDouble(users__query=[queried(ADMIN), queried(ADMIN, MARY)])
    users = instance.client().users
    assert users.find("2") is None
    assert len(instance.calls) == 1
    assert users.find("2", fresh=True) == users.find("2") == users.list()[1]
    assert len(instance.calls) == 2


def test_an_address_counts_more_than_a_login_name() -> None:
    squatter = {"id": "9", "username": "mary.jane@example.com", "email": "other@example.com"}
    instance = InstanceDouble(users__query=[queried(squatter, MARY)])
    found = instance.client().users.find_by_email("mary.jane@example.com")
    assert found is not None
    assert found.id == "2"


def test_an_absent_user_is_looked_for_afresh_once() -> None:
    instance = InstanceDouble(users__query=[queried(ADMIN), queried(ADMIN, MARY)])
    users = instance.client().users
    users.list()
    assert users.find_by_email("mary.jane@example.com") is not None
    assert users.find_by_email("unknown@example.com") is None
    assert instance.endpoints == ["users/query"] * 3


def test_an_invitation() -> None:
    instance = InstanceDouble(
        users__query=[queried(ADMIN), queried(ADMIN, MARY)],
        users__invite=[{"id": "2", "password": "made-up"}],
    )
    users = instance.client().users
    users.list()
    invited = users.invite("mary.jane@example.com", "chosen")
    assert (invited.id, invited.password) == ("2", "made-up")
    users.invite("mary.jane@example.com", None)
    assert len(users.list()) == 2
    body = {"email": "mary.jane@example.com", "roles": []}
    assert instance.calls[1:3] == [("users/invite", body | {"password": "chosen"}), ("users/invite", body)]


def test_an_invitation_whose_reply_is_lost_may_have_been_carried_out() -> None:
    instance = InstanceDouble(users__query=[queried(ADMIN)], users__invite=[httpx.ReadError("reset")])
    with pytest.raises(OutcomeUnknown):
        instance.client().users.invite("mary.jane@example.com", None)
    assert instance.endpoints == ["users/invite"]


@pytest.mark.parametrize(
    ("change", "call"),
    [
        (lambda users: users.activate("a@example.com"), ("users/activate", {"email": "a@example.com"})),
        (lambda users: users.deactivate("a@example.com"), ("users/deactivate", {"email": "a@example.com"})),
        (
            lambda users: users.edit("2", "Mary", "Jane", "a@example.com", enabled=True, is_admin=False),
            (
                "user",
                {
                    "id": "2",
                    "firstName": "Mary",
                    "lastName": "Jane",
                    "email": "a@example.com",
                    "enabled": True,
                    "isAdmin": False,
                },
            ),
        ),
    ],
)
@pytest.mark.parametrize("answer", [{}, httpx.Response(500, json={"msg": "sorry"})])
def test_after_a_change_the_instance_is_asked_again(
    change: Callable[[Users], None], call: tuple[str, dict[str, Any]], answer: Any
) -> None:
    instance = InstanceDouble(users__query=[queried(MARY)])
    instance.answers[call[0]] = [answer]
    users = instance.client().users
    users.list()
    if isinstance(answer, httpx.Response):
        with pytest.raises(ApiError, match="sorry"):
            change(users)
    else:
        change(users)
    users.list()
    assert instance.calls == [("users/query", {}), call, ("users/query", {})]
