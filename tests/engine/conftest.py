"""A real engine for the tests in this folder: the official CLI if it is on PATH, otherwise the one that we build."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from applied import Applied
from emulated import Emulated
from pulumi_engine import engine_folder
from pulumi_project import Project, engine_environment

from wallaroo_pulumi.emulator import EmulatorServer


@pytest.fixture(scope="session")
def engine() -> Path:
    """The engine's folder. Building it takes minutes, once per machine."""
    return engine_folder()


@pytest.fixture(scope="session")
def engine_env(engine: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return engine_environment(engine, tmp_path_factory.mktemp("pulumi-home"))


@pytest.fixture(scope="module")
def apply_once(
    engine_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory, _emulator_url: str
) -> Callable[[str], Applied]:
    """Return a function that applies a program once for all tests of a module."""

    def apply(program: str) -> Applied:
        folder = tmp_path_factory.mktemp("applied") / "project"
        return Applied(Project(folder, engine_env, program), Emulated(_emulator_url))

    return apply


@pytest.fixture
def project(engine_env: dict[str, str], tmp_path: Path) -> Callable[[str], Project]:
    """Return a function that creates a project from the text of its program."""
    return lambda program: Project(tmp_path / "project", engine_env, program)


@pytest.fixture
def other_instance() -> Iterator[Emulated]:
    """A second instance: another user owns workspace 1, and "shared" has another id than on the first instance."""
    with EmulatorServer() as server:
        other = Emulated(server.url)
        with other.http:
            other.control("seed", workspaces={"count": 3, "prefix": "private", "owner": "ops@example.com"})
            other.api("workspaces/create", workspace_name="shared")
            yield other
