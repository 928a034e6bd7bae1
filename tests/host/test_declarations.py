"""Objects that two resources of a run declare: rejected in check, in a real dynamic host."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from dynamic_host import UNKNOWN, DynamicHost
from emulated import Emulated


@pytest.fixture
def host(emulator: Emulated) -> Iterator[DynamicHost]:
    with DynamicHost(emulator.settings) as host:
        yield host


PLACE = {"workspaceId": 1}
TWICE: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("User", {"email": "ada@example.com"}, {"email": "Ada@Example.com", "firstName": "Ada"}, "email"),
    ("Workspace", {"name": "houses"}, {"name": "houses", "adopt": "never"}, "name"),
    (
        "Connection",
        {"name": "lake", "type": "s3", "details": {}},
        {"name": "lake", "type": "x", "details": {}},
        "name",
    ),
    (
        "Pipeline",
        {**PLACE, "name": "p", "steps": []},
        {**PLACE, "name": "p", "steps": []},
        "workspace_id and name",
    ),
    ("Edge", {"name": "store", "publishId": 1}, {"name": "store", "publishId": 2}, "name"),
    (
        "WorkspaceConnection",
        {**PLACE, "connectionName": "lake"},
        {**PLACE, "connectionName": "lake"},
        "inputs",
    ),
    (
        "WorkspaceMember",
        {**PLACE, "email": "a@example.com"},
        {**PLACE, "email": "a@example.com", "role": "OWNER"},
        "inputs",
    ),
    (
        "Deployment",
        {**PLACE, "pipelineName": "p", "pipelineVersionId": 1},
        {**PLACE, "pipelineName": "p", "pipelineVersionId": 2},
        "inputs",
    ),
]


@pytest.mark.parametrize(("kind", "one", "other", "same"), TWICE, ids=[case[0] for case in TWICE])
def test_a_second_resource_for_an_object_is_rejected(
    host: DynamicHost, kind: str, one: dict[str, Any], other: dict[str, Any], same: str
) -> None:
    assert host.check(kind, one, name="first")[1] == {}
    (reason,) = host.check(kind, other, name="second")[1].values()
    assert (
        f"resource 'first' declares a {kind} with the same {same}; declare it once and refer to it" in reason
    )
    # The engine checks a resource again when it replaces it.
    assert host.check(kind, one, name="first")[1] == {}


def test_resources_that_exchange_their_objects_are_no_duplicates(host: DynamicHost) -> None:
    user = {"email": "a@example.com"}
    assert host.check("User", user, name="first")[1] == {}
    assert host.check("User", {"email": "b@example.com"}, name="first")[1] == {}
    assert host.check("User", user, name="second")[1] == {}


def test_unknown_values_are_the_same_when_they_come_from_one_source(host: DynamicHost) -> None:
    member = {"workspaceId": UNKNOWN, "email": "a@example.com"}
    assert host.check("WorkspaceMember", {**member, "__sources": {"workspaceId": 3}}, name="first")[1] == {}
    assert host.check("WorkspaceMember", {**member, "__sources": {"workspaceId": 4}}, name="second")[1] == {}
    assert host.check("WorkspaceMember", member, name="third")[1] == {}
    inputs, failures = host.check(
        "WorkspaceMember", {**member, "__sources": {"workspaceId": 3}}, name="fourth"
    )
    assert "resource 'first' declares" in failures[""]
    assert "__sources" not in inputs
