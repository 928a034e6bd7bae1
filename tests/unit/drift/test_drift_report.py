"""The drift report: what it reads out of a state, and how it tells what it found."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from pulumi_project import TYPE

from wallaroo_pulumi.adapters.pulumi_values import SECRET, SIGNATURE
from wallaroo_pulumi.estate.drift import Change, Finding, Report, Unchecked
from wallaroo_pulumi.estate.drift_report import to_json, to_markdown, to_table
from wallaroo_pulumi.estate.state import managed, parsed_path, with_ignored


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
    secret = {SIGNATURE: SECRET, "plaintext": json.dumps({"key": "hush", "port": 1})}
    (found,) = managed(
        state(
            resource(
                "Connection",
                "sales",
                outputs={"details": secret, "list": [secret], "__provider": "x", "__mark": "m"},
                ignoreChanges=["details.port"],
            ),
            resource("Connection", "old", delete=True),
            resource("Unknown", "of-a-later-version"),
        )
    )
    details = {"key": "hush", "port": 1}
    assert (found.kind, found.name, found.id) == ("Connection", "sales", "1")
    assert found.outputs == {"details": details, "list": [details], "__mark": "m"}
    assert found.ignored == (("details", "port"),)
    assert not found.external


def test_names_with_colons_and_slashes() -> None:
    assert managed(state(resource("WorkspaceMember", "a/b:c")))[0].name == "a/b:c"


@pytest.mark.parametrize(
    ("path", "parsed"),
    [
        ("name", ("name",)),
        ("engineConfig.engine.replicas", ("engineConfig", "engine", "replicas")),
        ("steps[0].check", ("steps", 0, "check")),
        ("steps[*].check", ("steps", "*", "check")),
        ('details["a.b"].c', ("details", "a.b", "c")),
        ('["a \\"b\\""][2]', ('a "b"', 2)),
        ("*", ("*",)),
        ("a.*.b", ("a", "*", "b")),
    ],
)
def test_property_paths(path: str, parsed: tuple[str | int, ...]) -> None:
    assert parsed_path(path) == parsed


RECORDED: dict[str, Any] = {"a": 1, "b": {"x": 1, "y": [{"n": 1, "m": 1}, {"n": 2}]}}
OBSERVED: dict[str, Any] = {
    "a": 2,
    "b": {"x": 2, "y": [{"n": 3, "m": 3}, {"n": 4}, {"n": 5}], "z": 1},
    "c": 1,
}


@pytest.mark.parametrize(
    ("path", "observed"),
    [
        ("a", {**OBSERVED, "a": 1}),
        ("b", {**OBSERVED, "b": RECORDED["b"]}),
        ("b.x", {**OBSERVED, "b": {**OBSERVED["b"], "x": 1}}),
        ("b.z", {**OBSERVED, "b": {"x": 2, "y": OBSERVED["b"]["y"]}}),
        ("b.y[0].n", {**OBSERVED, "b": {**OBSERVED["b"], "y": [{"n": 1, "m": 3}, {"n": 4}, {"n": 5}]}}),
        ("b.y[*].n", {**OBSERVED, "b": {**OBSERVED["b"], "y": [{"n": 1, "m": 3}, {"n": 2}, {"n": 5}]}}),
        ("b.y[*]", {**OBSERVED, "b": {**OBSERVED["b"], "y": RECORDED["b"]["y"]}}),
        ("*", RECORDED),
        ("b.*", {**OBSERVED, "b": RECORDED["b"]}),
        ("missing.x", OBSERVED),
        ("a.x", OBSERVED),
    ],
)
def test_what_ignore_changes_covers(path: str, observed: dict[str, Any]) -> None:
    assert with_ignored(RECORDED, OBSERVED, parsed_path(path)) == observed


REPORT = Report(
    checked=9,
    findings=[
        Finding("missing", "Workspace", "fraud", "12"),
        Finding(
            "changed",
            "WorkspaceMember",
            "lead",
            "12/1",
            [Change("role", "OWNER", "COLLABORATOR"), Change("details", "[secret]", "[secret]")],
        ),
        Finding("changed", "Connection", "sales", "sales", [Change("type", "a", "b")], "it was deleted"),
        Finding("hidden", "Workspace", "churn", "13", note="ops may not see it"),
        Finding("unmanaged", "User", "eve@example.com", "2"),
    ],
    unchecked=[Unchecked("Task", "nightly", "t-1", "task/get_by_id answered 502: Bad Gateway")],
    unsupported={"Assay": "/v2/api/assays/get answered 404: no such route"},
)


def test_the_table() -> None:
    assert to_table(REPORT).splitlines() == [
        "missing      Workspace        fraud            id 12",
        "changed      WorkspaceMember  lead             id 12/1",
        '    role: "OWNER" → "COLLABORATOR"',
        "    details: [secret] → [secret]",
        "changed      Connection       sales            id sales",
        "    it was deleted",
        '    type: "a" → "b"',
        "hidden       Workspace        churn            id 13",
        "    ops may not see it",
        "unmanaged    User             eve@example.com  id 2",
        "not checked  Task             nightly          task/get_by_id answered 502: Bad Gateway",
        "not checked  Assay            *                this instance does not support them "
        "(/v2/api/assays/get answered 404: no such route)",
        "1 missing, 2 changed, 1 hidden, 1 unmanaged, 1 not checked (9 resources checked)",
    ]
    assert to_table(Report(checked=3)) == "no drift\n"


def test_a_table_without_differences_lists_what_was_not_checked() -> None:
    table = to_table(Report(checked=1, unsupported={"Assay": "404"})).splitlines()
    assert table[-1] == "no drift (1 resource checked)"
    unchecked = Report(checked=0, unchecked=[Unchecked("Task", "x", "1", "down")])
    assert to_table(unchecked).splitlines()[-1] == "1 not checked (0 resources checked)"


def test_colours_are_around_the_first_column_only() -> None:
    coloured = to_table(REPORT, colours=True)
    assert re.sub("\x1b\\[[0-9]*m", "", coloured) == to_table(REPORT)
    assert coloured.startswith("\x1b[31mmissing    \x1b[0m  Workspace")


def test_a_long_value_is_cut() -> None:
    table = to_table(
        Report(findings=[Finding("changed", "User", "x", "1", [Change("firstName", None, "x" * 500)])])
    )
    assert table.splitlines()[1] == f'    firstName: null → "{"x" * 98}…'


def test_control_characters_of_names_do_not_reach_the_terminal() -> None:
    report = Report(findings=[Finding("unmanaged", "Connection", "a\x1b[31m\nb", "a\x1b[31m\nb")])
    assert "\x1b" not in to_table(report)
    assert len(to_table(report).splitlines()) == 2


def test_the_exit_code() -> None:
    found, unchecked = REPORT.findings, REPORT.unchecked
    assert Report().exit_code == 0
    assert Report(unsupported={"Assay": "404"}).exit_code == 0
    assert Report(findings=found).exit_code == 2
    assert Report(unchecked=unchecked).exit_code == 1
    assert Report(findings=found, unchecked=unchecked).exit_code == 1


def test_the_json() -> None:
    report = json.loads(to_json(REPORT))
    assert {
        what: [one["name"] for one in found] for what, found in report.items() if what != "unsupported"
    } == {
        "missing": ["fraud"],
        "changed": ["lead", "sales"],
        "hidden": ["churn"],
        "unmanaged": ["eve@example.com"],
        "not_checked": ["nightly"],
    }
    assert report["changed"][0]["changes"][0] == {
        "property": "role",
        "recorded": "OWNER",
        "found": "COLLABORATOR",
    }
    assert report["unsupported"].keys() == {"Assay"}


def test_the_markdown() -> None:
    awkward = Finding("changed", "User", "a|b`c", "1", [Change("lastName", "<b>", "x|y")])
    text = to_markdown(
        Report(checked=1, findings=[awkward], unchecked=[Unchecked("Task", "t", "1", "<a|b>")])
    )
    assert text.splitlines() == [
        "### Drift: 1 changed, 1 not checked (1 resource checked)",
        "",
        "| | Kind | Name | Details |",
        "|---|---|---|---|",
        '| **changed** | User | ``a\\|b`c`` | id 1<br>`lastName: "<b>" → "x\\|y"` |',
        "| **not checked** | Task | `t` | \\<a\\|b\\> |",
    ]
    assert to_markdown(Report(checked=2)) == "### Drift: no drift (2 resources checked)\n"
