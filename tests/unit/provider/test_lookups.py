"""Lookups on wire names, as both adapters call them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from emulated import Emulated

from wallaroo_pulumi.api import Client
from wallaroo_pulumi.config import load
from wallaroo_pulumi.core.names import INVALID
from wallaroo_pulumi.errors import ObjectError
from wallaroo_pulumi.provider.lookups import LOOKUPS, BadArgument


@pytest.fixture
def client(emulator: Emulated) -> Iterator[Client]:
    client = Client(load(emulator.settings.get, {}))
    yield client
    client.close()


def call(client: Client, function: str, **arguments: Any) -> dict[str, Any]:
    return LOOKUPS[f"wallaroo:index:{function}"].call(client, arguments)


def test_a_workspace_by_name_and_by_the_number_that_pulumi_sends(client: Client, emulator: Emulated) -> None:
    id = emulator.api("workspaces/create", workspace_name="shared")["workspace_id"]
    found = call(client, "getWorkspace", name=" shared ")
    assert (found["workspaceId"], found["name"], found["archived"]) == (id, "shared", False)
    assert call(client, "getWorkspace", workspaceId=float(id)) == found
    assert found in call(client, "getWorkspaces")["workspaces"]


def test_a_user_and_all_users(client: Client) -> None:
    found = call(client, "getUser", email="Mary.Jane@example.com")
    assert found["email"] == "mary.jane@example.com"
    assert call(client, "getUser", userId=found["userId"], email=None) == found
    assert found["userId"] in {user["userId"] for user in call(client, "getUsers")["users"]}


def test_what_does_not_exist_is_one_line(client: Client) -> None:
    with pytest.raises(
        ObjectError, match="connection 'lake' does not exist or this user cannot see it; check"
    ):
        call(client, "getConnection", name="lake")


@pytest.mark.parametrize(
    ("function", "arguments", "line"),
    [
        ("getUser", {}, "get_user: set exactly one of email and user_id"),
        ("getUser", {"userId": "a", "email": "b"}, "get_user: set exactly one of email and user_id"),
        (
            "getPipeline",
            {"name": "p", "workspaceId": "x"},
            "get_pipeline: workspace_id must be a positive whole number",
        ),
        ("getPipeline", {"name": "p"}, "get_pipeline: workspace_id is required"),
        ("getConnection", {"nme": "p", "name": "p"}, "get_connection: nme is not a property"),
    ],
)
def test_bad_arguments_are_one_line(function: str, arguments: dict[str, Any], line: str) -> None:
    with pytest.raises(BadArgument) as error:
        LOOKUPS[f"wallaroo:index:{function}"].parse(arguments)
    assert str(error.value) == line
    assert error.value.__cause__ is None


def test_the_secret_parts_of_a_result() -> None:
    assert {lookup.name: lookup.secrets for lookup in LOOKUPS.values() if lookup.secrets} == {
        "get_connection": ("details",)
    }


def test_an_argument_that_was_rejected_in_the_program_keeps_its_line() -> None:
    line = "get_workspace: name cannot be a value of type object"
    with pytest.raises(BadArgument) as error:
        LOOKUPS["wallaroo:index:getWorkspace"].parse({"name": {INVALID: line}})
    assert str(error.value) == line
