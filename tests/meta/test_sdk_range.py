"""The versions that `make test-sdk-range` uses are those that the package declares."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def sdk_range(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT / "tools/engine"))
    monkeypatch.delitem(sys.modules, "sdk_range", raising=False)
    import sdk_range

    return sdk_range


def test_the_ends_of_the_range(sdk_range: Any) -> None:
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    (declared,) = (line for line in dependencies if line.startswith("pulumi>"))
    assert declared == f"pulumi>={sdk_range.OLDEST.rpartition('.')[0]},<4"
    assert f"pulumi=={sdk_range.DEVELOPMENT}" in (ROOT / "requirements-dev.txt").read_text().splitlines()
    assert f'VERSION = "v{sdk_range.DEVELOPMENT}"' in (ROOT / "tools/engine/build.py").read_text()


def test_an_environment_has_the_chosen_sdk_and_no_pins_of_another(sdk_range: Any) -> None:
    packages = sdk_range.requirements("3.216.0")
    assert "pulumi==3.216.0" in packages
    names = [package.partition("==")[0] for package in packages]
    assert {"pytest", "httpx", "pulumi_policy"} <= set(names)
    assert not {"grpcio", "protobuf", "mypy"} & set(names)


def test_all_selected_tests_are_in_the_folders_that_run(sdk_range: Any) -> None:
    folders = [ROOT / folder for group in sdk_range.FOLDERS.values() for folder in group]
    selected = [
        path for path in (ROOT / "tests").rglob("test_*.py") if "pytest.mark.sdk_range" in path.read_text()
    ]
    assert [
        path for path in selected if path != Path(__file__) and not set(folders) & {path, *path.parents}
    ] == []


def test_the_page_shows_what_runs(sdk_range: Any) -> None:
    """Only a run knows the results; all else on the page is known."""

    def without_results(page: str) -> str:
        return re.sub(r"(?<=\| )(passed|failed|not run)(?= \|$)", "", page, flags=re.MULTILINE)

    assert without_results(sdk_range.PAGE.read_text()) == without_results(sdk_range.page({}))
