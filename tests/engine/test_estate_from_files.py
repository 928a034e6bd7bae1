"""The estate file on a real engine: what it declares, and that a broken file is an error, never a removal."""

from __future__ import annotations

import codecs
import textwrap
from pathlib import Path

import pytest
from emulated import Emulated
from pulumi_project import Project

ROOT = Path(__file__).parents[2]
GOOD = """
    x-team: &team
      mary.jane@example.com: OWNER
      john.hancock@example.com: COLLABORATOR
    users:
      ada@example.com: {first_name: NO, last_name: "012"}
    workspaces:
      no: {members: *team}
      fraud:
        members: {<<: *team, ada@example.com: OWNER}
        models:
          risk: {path: risk.onnx, framework: onnx}
    connections:
      sales:
        type: s3
        details: {country: NO, since: 2024-01-01, account: 012345670123, at: 12:30:00, on: yes, deep: {off: [1.50]}}
        secret_details: {key: salesKey}
        secret_json: {pins: salesPins}
"""


@pytest.fixture
def stack(engine_env: dict[str, str], tmp_path: Path, emulator: Emulated) -> Project:
    made = Project.copy(ROOT / "stacks/estate", tmp_path / "estate", engine_env)
    made.configure(emulator.settings)
    write(made, GOOD)
    (made.folder / "risk.onnx").write_bytes(b"a model")
    for key, value in {"salesKey": "hush-hush", "salesPins": '["hush", 1]'}.items():
        made.pulumi("config", "set", "--secret", f"wallaroo-estate:{key}", value).ok()
    made.up().ok()
    return made


def write(stack: Project, text: str, file: str = "estate.yaml") -> None:
    (stack.folder / file).write_text(textwrap.dedent(text))


def refused(stack: Project, told: str) -> None:
    """A preview fails with one line of ours."""
    ran = stack.pulumi("preview")
    assert ran.code != 0
    assert told in ran.text
    assert "Traceback" not in ran.text
    assert "hush" not in ran.text


def test_yaml_1_2_reaches_the_instance(stack: Project, emulator: Emulated) -> None:
    (sales,) = emulator.api("connections/list")["connections"]
    assert sales["details"] == {
        "country": "NO",
        "since": "2024-01-01",
        "account": 12345670123,
        "at": "12:30:00",
        "on": "yes",
        "deep": {"off": [1.5]},
        "key": "hush-hush",
        "pins": ["hush", 1],
    }
    assert stack.resources()["ada@example.com"]["outputs"]["firstName"] == "NO"
    assert stack.resources()["ada@example.com"]["outputs"]["lastName"] == "012"
    assert set(emulator.members(emulator.workspaces()["no"])) >= {"mary.jane@example.com"}
    assert "hush" not in stack.export()
    stack.up("--expect-no-changes").ok()


@pytest.mark.promise
def test_a_broken_file_is_an_error_and_never_a_removal(stack: Project, emulator: Emulated) -> None:
    before = {name: resource["id"] for name, resource in stack.resources().items()}
    emulator.forget_requests()
    write(stack, "")
    assert "contains no objects; write {} for an estate without any" in stack.up().text
    for text, told in {
        "# cut off\n---\n": "estate.yaml: contains no objects",
        "users: {}\nworkspaces:\n  fraud:\n    models:": "line 4, workspaces.fraud.models: has no value; write {}",
        "connections:\n  c:\n    type: t\n    details: {map: {8080: http}}": "line 4, connections.c.details.map: the",
        "connections:\n  c: {type: t, secret_details: {k: absent}}": "config set --secret wallaroo-estate:absent`",
        "connections:\n  c: {type: t, secret_json: {k: salesKey}}": "salesKey is not JSON (line 1, column 1)",
    }.items():
        write(stack, text)
        refused(stack, told)
    (stack.folder / "estate.yaml").write_bytes(codecs.BOM_UTF16_LE + GOOD.encode("utf-16-le"))
    refused(stack, "estate.yaml: is UTF-16; save it as UTF-8")
    assert emulator.requests("/") == []
    assert {name: resource["id"] for name, resource in stack.resources().items()} == before


def test_several_files_and_each_is_checked(stack: Project, emulator: Emulated) -> None:
    good = textwrap.dedent(GOOD)
    head, users, rest = good.partition("users:")
    accounts, workspaces, others = rest.partition("workspaces:")
    (stack.folder / "people.yaml").write_text(users + accounts)
    (stack.folder / "teams").mkdir()
    (stack.folder / "teams/all.yaml").write_text(
        head + workspaces + others.replace("risk.onnx", "../risk.onnx")
    )
    for index, file in enumerate(["people.yaml", "teams"]):
        stack.pulumi("config", "set", "--path", f"wallaroo-estate:file[{index}]", file).ok()
    stack.up("--expect-no-changes").ok()
    (stack.folder / "people.yaml").write_text("# cut off\n")
    refused(stack, "people.yaml: contains no objects")
    (stack.folder / "people.yaml").write_text(users + accounts)
    (stack.folder / "teams/all.yaml").unlink()
    refused(stack, "teams: the folder contains no .yaml file")
