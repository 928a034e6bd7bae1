"""A real engine for the tests of this folder: the official CLI where it is on PATH, else the one that is built."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pulumi_engine import engine_folder
from pulumi_project import Project, engine_environment


@pytest.fixture(scope="session")
def engine() -> Path:
    """The engine's folder. Building it takes minutes, once on a machine."""
    return engine_folder()


@pytest.fixture(scope="session")
def engine_env(engine: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return engine_environment(engine, tmp_path_factory.mktemp("pulumi-home"))


@pytest.fixture
def project(engine_env: dict[str, str], tmp_path: Path) -> Callable[[str], Project]:
    """Makes a project from the text of its program."""
    return lambda program: Project(tmp_path / "project", engine_env, program)
