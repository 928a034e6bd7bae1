"""The drift report: what it reads out of a state, and how it tells what it found."""

from __future__ import annotations

import json
from typing import Any

from wallaroo_pulumi.estate.drift import TYPE, Change, Finding, managed, to_json, to_table

SECRET = "4dabf18193072939515e22adb298388d"


def resource(kind: str, name: str, **more: Any) -> dict[str, Any]:
    urn = f"urn:pulumi:test::estate::{TYPE}Workspace${TYPE}{kind}::{name}"
    return {"type": TYPE + kind, "urn": urn, "id": "1", "outputs": {}, **more}


def state(*resources: dict[str, Any]) -> dict[str, Any]:
    others = [
        {"type": "pulumi:pulumi:Stack", "urn": "urn:pulumi:test::estate::pulumi:pulumi:Stack::estate-test"},
        {"type": "pulumi:providers:pulumi-python", "urn": "urn:…::default", "id": "x"},
    ]
    return {"version": 3, "deployment": {"resources": [*others, *resources]}}


def test_a_stack_without_resources() -> None:
    assert managed({"version": 3, "deployment": {}}) == []
    assert managed({"version": 3, "deployment": None}) == []
    assert managed(state()) == []


def test_resources_of_a_state() -> None:
    secret = {SECRET: "1b47061264138c4ac30d75fd1eb44270", "plaintext": json.dumps({"key": "hush", "port": 1})}
    (found,) = managed(
        state(
            resource("Connection", "sales", outputs={"details": secret, "list": [secret], "__provider": "x"}),
            resource("Connection", "old", delete=True),
            resource("Unknown", "of-a-later-version"),
        )
    )
    details = {"key": "hush", "port": 1}
    assert (found.kind, found.name, found.id) == ("Connection", "sales", "1")
    assert found.outputs == {"details": details, "list": [details]}
    assert not found.external


def test_names_with_colons_and_slashes() -> None:
    assert managed(state(resource("WorkspaceMember", "a/b:c")))[0].name == "a/b:c"


FOUND = [
    Finding("missing", "Workspace", "fraud", "12"),
    Finding(
        "changed",
        "WorkspaceMember",
        "lead",
        "12/1",
        [Change("role", "OWNER", "COLLABORATOR"), Change("details", "[secret]", "[secret]")],
    ),
    Finding("unmanaged", "User", "eve@example.com", "2"),
]


def test_the_table() -> None:
    assert to_table(FOUND).splitlines() == [
        "missing    Workspace        fraud            id 12",
        "changed    WorkspaceMember  lead             id 12/1",
        '    role: "OWNER" → "COLLABORATOR"',
        "    details: [secret] → [secret]",
        "unmanaged  User             eve@example.com  id 2",
    ]
    assert to_table([]) == "no drift"


def test_a_long_value_is_cut() -> None:
    table = to_table([Finding("changed", "User", "x", "1", [Change("firstName", None, "x" * 500)])])
    assert table.splitlines()[1] == f'    firstName: null → "{"x" * 98}…'


def test_the_json() -> None:
    report = json.loads(to_json(FOUND))
    assert {what: [one["name"] for one in found] for what, found in report.items()} == {
        "missing": ["fraud"],
        "changed": ["lead"],
        "unmanaged": ["eve@example.com"],
    }
    assert report["changed"][0]["changes"][0] == {
        "property": "role",
        "recorded": "OWNER",
        "found": "COLLABORATOR",
    }
