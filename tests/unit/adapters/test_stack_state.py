"""The stack's state as `pulumi stack export` prints it, read while a run is under way."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from wallaroo_pulumi.adapters import pulumi_values, stack_state
from wallaroo_pulumi.adapters.stack_state import StackState, entries
from wallaroo_pulumi.core.fields import UNKNOWN

SECRET = {pulumi_values.SIGNATURE: pulumi_values.SECRET, "ciphertext": "v1:abc"}

TYPES = ("pulumi-python:dynamic/wallaroo:", "wallaroo:index:")


def resource(kind: str = "Connection", name: str = "lake", **more: Any) -> dict[str, Any]:
    type = f"{TYPES[0]}{kind}" if ":" not in kind else kind
    urn = f"urn:pulumi:prod::estate::{type}::{name}"
    return {"urn": urn, "type": type, "id": name, "outputs": {"name": name}, **more}


def state(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"version": 3, "deployment": {"resources": list(resources)}}


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Path]]:
    """Puts a ``pulumi`` with this script first on PATH; its arguments are in the file that is returned."""
    arguments = tmp_path / "arguments"

    def pulumi(script: str) -> Path:
        command = tmp_path / "pulumi"
        command.write_text(f"#!/bin/sh\necho \"$@\" >> '{arguments}'\n{script}\n")
        command.chmod(0o755)
        return arguments

    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(stack_state, "_PAUSES", (0.0, 0.0))
    stack_state._pulumi.cache_clear()
    yield pulumi
    stack_state._pulumi.cache_clear()


def read(lines: list[str], *urns: str | None) -> list[str]:
    """The names of the resources that are found."""
    reader = StackState(lines.append)
    for urn in urns:
        reader.belongs_to(urn)
    return [entry.outputs["name"] for entry in reader()]


URN = resource()["urn"]

# --- what counts -----------------------------------------------------------------------------------------


def test_the_resources_of_both_adapters_count() -> None:
    found = entries(state(*(resource(f"{type}Connection") for type in TYPES)))
    assert [(entry.kind, entry.id, entry.outputs) for entry in found] == [
        ("Connection", "lake", {"name": "lake"})
    ] * 2


def test_an_explicit_native_provider_has_entries_of_its_own_and_all_others_share_theirs() -> None:
    of = "urn:pulumi:prod::estate::pulumi:providers:"
    stack = state(
        resource(name="dynamic", provider=f"{of}pulumi-python::default::1"),
        resource("wallaroo:index:Connection", "default", provider=f"{of}wallaroo::default::1"),
        resource("wallaroo:index:Connection", "versioned", provider=f"{of}wallaroo::default_0_1_0::1"),
        resource("wallaroo:index:Connection", "eu", provider=f"{of}wallaroo::eu::1"),
        resource("wallaroo:index:Connection", "us", provider=f"{of}wallaroo::us::1"),
    )
    found = {
        name: [entry.id for entry in entries(stack, provider)]
        for name, provider in {
            "dynamic": None,
            "default": f"{of}wallaroo::default",
            "eu": f"{of}wallaroo::eu",
            "new": f"{of}wallaroo::new",
        }.items()
    }
    shared = ["dynamic", "default", "versioned"]
    assert found == {"dynamic": shared, "default": shared, "eu": ["eu"], "new": []}


@pytest.mark.parametrize(
    "other",
    [
        resource("pulumi:pulumi:Stack", "estate-prod"),
        resource("kubernetes:core/v1:Namespace", "fraud"),
        resource("pulumi-python:dynamic/other:Connection"),
        resource("wallaroo:index:Team", "fraud", id=""),
        resource(external=True),
        resource(pendingReplacement=True),
    ],
)
def test_what_is_not_the_stacks_object_does_not_count(other: dict[str, Any]) -> None:
    """Other packages, components, what is only read, and what was deleted before its replacement."""
    assert entries(state(other)) == []


def test_a_replaced_resource_is_marked_until_it_is_deleted() -> None:
    found = entries(state(resource(), resource(delete=True)))
    assert [entry.pending_delete for entry in found] == [False, True]


def test_secrets_are_unknown_at_any_depth() -> None:
    outputs = {"name": SECRET, "details": {"host": "db-1", "keys": [SECRET]}, "adopted": True}
    [entry] = entries(state(resource(outputs=outputs)))
    assert entry.outputs == {
        "name": UNKNOWN,
        "details": {"host": "db-1", "keys": [UNKNOWN]},
        "adopted": True,
    }


@pytest.mark.parametrize("empty", [{"version": 3}, {"version": 3, "deployment": None}, state()])
def test_a_new_stack_has_no_entries(empty: dict[str, Any]) -> None:
    assert entries(empty) == []


def test_a_resource_without_outputs_counts() -> None:
    [entry] = entries(state(resource(outputs=None)))
    assert entry.outputs == {}


# --- how it is read --------------------------------------------------------------------------------------


def test_the_stack_of_the_first_resource_is_exported_once(
    pulumi: Callable[[str], Path], tmp_path: Path
) -> None:
    (tmp_path / "state.json").write_text(json.dumps(state(resource())))
    arguments = pulumi(f"cat '{tmp_path}/state.json'")
    lines: list[str] = []
    reader = StackState(lines.append)
    reader.belongs_to(None)
    reader.belongs_to(URN)
    reader.begin()
    assert [entry.id for entry in reader()] == ["lake"]
    assert [entry.id for entry in reader()] == ["lake"]
    assert arguments.read_text().splitlines() == ["stack export --stack prod --non-interactive"]
    assert lines == []


def test_without_a_urn_nothing_is_read(pulumi: Callable[[str], Path]) -> None:
    arguments = pulumi("exit 1")
    lines: list[str] = []
    assert read(lines, None) == []
    assert lines == []
    assert not arguments.exists()


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo 'error: no stack named prod' >&2; exit 255", "error: no stack named prod"),
        ("exit 3", "exit code 3"),
        ("echo 'not JSON'", "Expecting value"),
    ],
)
def test_a_failing_export_is_reported_once_and_nothing_else_fails(
    pulumi: Callable[[str], Path], script: str, reason: str
) -> None:
    pulumi(script)
    lines: list[str] = []
    assert read(lines, URN) == []
    [line] = lines
    assert reason in line
    assert "stack 'prod'" in line
    assert "\n" not in line


@pytest.mark.parametrize(
    "half", ["echo 'error: failed to load checkpoint: EOF' >&2; exit 1", "echo '{\"version\": 3, '"]
)
def test_a_state_that_is_being_saved_is_read_again(
    pulumi: Callable[[str], Path], tmp_path: Path, half: str
) -> None:
    whole = json.dumps(state(resource()))
    pulumi(f"test -e {tmp_path}/second || {{ touch {tmp_path}/second; {half}; exit; }}\necho '{whole}'")
    lines: list[str] = []
    assert len(read(lines, URN)) == 1
    assert lines == []


def test_an_export_without_an_end_is_given_up(
    pulumi: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stack_state, "_TIMEOUT", 0.2)
    pulumi("exec sleep 60")
    lines: list[str] = []
    assert read(lines, URN) == []
    assert "timed out" in lines[0]


def test_a_missing_pulumi_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    stack_state._pulumi.cache_clear()
    lines: list[str] = []
    try:
        assert read(lines, URN) == []
    finally:
        stack_state._pulumi.cache_clear()
    assert "pulumi command is not on PATH" in lines[0]
