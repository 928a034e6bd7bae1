"""The program of ``stacks/estate``: the setting that names its files, and what ``declare`` takes."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pulumi
import pytest
from pulumi.runtime.config import set_all_config

from wallaroo_pulumi import estate
from wallaroo_pulumi.estate import declarations

PROGRAM = Path(__file__).parents[3] / "stacks/estate/__main__.py"


@pytest.fixture
def declared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """The arguments of each call of ``declare``."""
    calls: list[Any] = []

    def declare(*given: Any) -> dict[str, Any]:
        calls.append(given)
        return {}

    monkeypatch.setattr(estate, "declare", declare)
    monkeypatch.setattr(pulumi.runtime, "get_root_directory", lambda: str(tmp_path))
    yield calls
    set_all_config({})


def run(setting: str) -> None:
    set_all_config({"wallaroo-estate:file": setting})
    runpy.run_path(str(PROGRAM))


def test_a_file_and_a_list_of_files(declared: list[Any], tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("users: {a@x.org: {}}")
    (tmp_path / "b.yaml").write_text("workspaces: {w: {}}")
    run("a.yaml")
    run('["a.yaml", "b.yaml"]')
    assert [(list(each.users), list(each.workspaces), folder) for each, folder in declared] == [
        (["a@x.org"], [], tmp_path),
        (["a@x.org"], ["w"], tmp_path),
    ]


@pytest.mark.parametrize(
    "setting",
    ["[estate.yaml]", "[]", "[1]", "[null]", '[""]', '[["a.yaml"]]', '{"0": "a.yaml"}', "[" * 100_000],
)
def test_a_setting_that_names_no_files_is_one_line(declared: list[Any], setting: str) -> None:
    with pytest.raises(pulumi.RunError) as caught:
        run(setting)
    assert str(caught.value).startswith(
        "wallaroo-estate:file must be a file, a folder, or a JSON list of them; run"
    )
    assert "\n" not in str(caught.value)
    assert declared == []


@pytest.mark.parametrize("folder", ["teams", Path("teams")])
def test_the_folder_may_be_text(folder: str | Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = MagicMock()
    monkeypatch.setattr(declarations, "_classes", lambda _: kinds)
    monkeypatch.setattr(pulumi, "ResourceOptions", MagicMock())
    monkeypatch.setattr(pulumi, "Output", MagicMock())
    workspace = {"models": {"m": {"path": "m.onnx", "framework": "onnx"}}}
    declarations.declare(estate.Estate.model_validate({"workspaces": {"w": workspace}}), folder)
    assert kinds.ModelVersion.call_args.kwargs["path"] == "teams/m.onnx"


def test_credentials_in_details_are_a_warning_without_their_values(monkeypatch: pytest.MonkeyPatch) -> None:
    warned: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", warned.append)
    details = {"host": "db", "port": 5432, "password": "hunter2", "auth": {"apiKey": "hush"}}
    found = estate.Estate.model_validate({"connections": {"lake": {"type": "s3", "details": details}}})
    assert declarations._secrets(found)[0] == {"lake": details}
    assert [line.partition(", and the estate file")[0] for line in warned] == [
        "connections.lake.details.password is named like a credential",
        "connections.lake.details.auth.apiKey is named like a credential",
    ]
    assert not any(value in line for line in warned for value in ("hunter2", "hush"))


def test_a_secret_that_is_nested_too_deeply_is_no_json() -> None:
    with pytest.raises(ValueError, match="is not JSON: nested too deeply"):
        declarations._json("[" * 100_000)
