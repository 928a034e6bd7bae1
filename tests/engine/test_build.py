"""engine/build.py: what it prints, and that a broken or doubled build never yields half an engine."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import threading
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / "tools/engine/build.py"


@pytest.fixture
def building(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The script as a module, with an empty cache, no official CLI, and an installer that reaches nothing."""
    spec = importlib.util.spec_from_file_location("engine_build", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setenv("WALLAROO_PULUMI_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(module, "official", lambda: None)
    monkeypatch.setattr(module, "INSTALLER", "raise SystemExit('no internet')")
    return module


INSTALLS = """
import pathlib, sys
bin = pathlib.Path(sys.argv[1], "bin")
bin.mkdir(parents=True)
for name in ("pulumi", "pulumi-language-python"):
    (bin / name).write_text(sys.argv[2])
"""


def test_the_official_cli_is_installed_once_and_nothing_is_built(
    building: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(building, "INSTALLER", INSTALLS)
    monkeypatch.setattr(building, "build", lambda folder: pytest.fail("it was built"))
    building.main()
    first = capsys.readouterr()
    assert (Path(first.out.strip()) / "pulumi").read_text() == building.VERSION.removeprefix("v")
    assert "Pulumi's installer" in first.err
    monkeypatch.setattr(building, "INSTALLER", "raise SystemExit('installed twice')")
    building.main()
    assert capsys.readouterr().out == first.out


@pytest.mark.parametrize(
    ("installer", "reason"),
    [
        ("raise SystemExit('no internet')", "cannot be installed: no internet. It is built"),
        ("import time; time.sleep(60)", "cannot be installed: it did not end within 1 s. It is built"),
        ("pass", "cannot be installed: it installed no language host for Python. It is built"),
    ],
)
def test_an_engine_is_built_when_the_installer_fails(
    building: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    installer: str,
    reason: str,
) -> None:
    monkeypatch.setattr(building, "INSTALLER", installer)
    monkeypatch.setattr(building, "INSTALL_SECONDS", 1 if "sleep" in installer else 60)
    monkeypatch.setattr(building, "build", lambda folder: folder)
    building.main()
    told = capsys.readouterr()
    assert Path(told.out.strip()).is_dir()
    assert reason in told.err
    assert "was built from its Go module" in told.err


def test_an_installed_cli_is_used_and_nothing_is_built(tmp_path: Path) -> None:
    for name in ("pulumi", "pulumi-language-python"):
        (tmp_path / name).touch(mode=0o755)
    env = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    cache = tmp_path / "cache"
    done = subprocess.run(
        [sys.executable, str(SCRIPT)],
        env={**env, "WALLAROO_PULUMI_CACHE": str(cache)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{tmp_path}\n"
    assert not cache.exists()


@pytest.mark.promise
def test_two_runs_at_once_build_once(
    building: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    built = []
    first_builds, second_waits = threading.Event(), threading.Event()

    def build(folder: Path) -> Path:
        built.append(folder)
        first_builds.set()
        assert second_waits.wait(60)
        return folder

    def sleep(_seconds: float) -> None:
        second_waits.set()

    monkeypatch.setattr(building, "build", build)
    monkeypatch.setattr("cached.sleep", sleep)
    first = threading.Thread(target=building.main)
    first.start()
    assert first_builds.wait(60)
    building.main()
    first.join()
    assert len(built) == 1
    one, other = capsys.readouterr().out.splitlines()
    assert one == other
    assert Path(one).is_dir()


def test_a_build_that_fails_leaves_no_engine_and_the_next_run_builds_anew(
    building: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def break_down(folder: Path) -> None:
        (folder / "pulumi").write_text("half")
        raise building.CannotMake("the compiler is out of memory")

    monkeypatch.setattr(building, "build", break_down)
    with pytest.raises(building.CannotMake):
        building.main()
    assert capsys.readouterr().out == ""

    def succeed(folder: Path) -> Path:
        (folder / "pulumi").write_text("whole")
        return folder

    monkeypatch.setattr(building, "build", succeed)
    building.main()
    engine = Path(capsys.readouterr().out.strip())
    assert (engine / "pulumi").read_text() == "whole"


def test_without_go_one_line_says_what_to_install(
    building: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(building.CannotMake, match=r"^Go 1\.26 or newer is needed .* the official CLI"):
        building.go(tmp_path)
