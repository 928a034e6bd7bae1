"""The estate on a real engine, a real Keycloak and the emulator behind it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from pulumi_engine import engine_folder
from pulumi_project import Project, engine_environment
from token_caller import Instance, Login

ROOT = Path(__file__).parents[2]


def test_the_estate_comes_up_with_tokens_of_a_real_keycloak(
    wallaroo_on_keycloak: Instance, tmp_path: Path
) -> None:
    env = engine_environment(engine_folder(), tmp_path / "home") | wallaroo_on_keycloak.environment
    estate = Project.copy(ROOT / "stacks/estate", tmp_path / "estate", env)
    estate.up().ok()
    assert len(estate.resources("Workspace")) == 3
    assert len(estate.resources("WorkspaceMember")) == 5
    estate.refresh("--expect-no-changes").ok()
    estate.up("--expect-no-changes").ok()
    estate.destroy().ok()


MANY = """
    import wallaroo_pulumi as wallaroo
    for number in range(30):
        wallaroo.Workspace(f"w{number}", name=f"w{number}")
"""


@pytest.fixture
def long_up(wallaroo_on_keycloak: Instance, new_login: Callable[..., Login], tmp_path: Path) -> Project:
    """An estate whose `up` takes many times as long as the tokens of its user live."""
    login = new_login(access=3)
    env = engine_environment(engine_folder(), tmp_path / "home")
    env |= login.environment(WALLAROO_API_URL=wallaroo_on_keycloak.url, USER_ID=login.user_id)
    control(wallaroo_on_keycloak, "latency", seconds=0.7)
    return Project(tmp_path / "estate", env, MANY)


def test_an_up_outlives_its_tokens_its_session_and_the_realms_key(
    wallaroo_on_keycloak: Instance, long_up: Project
) -> None:
    run = begun(wallaroo_on_keycloak, long_up)
    wallaroo_on_keycloak.keycloak.logout_user(long_up.env["USER_ID"])
    wallaroo_on_keycloak.keycloak.rotate_keys()
    out, err = run.communicate(timeout=240)
    assert run.returncode == 0, out + err
    assert_complete(wallaroo_on_keycloak, long_up)


def test_an_up_whose_keycloak_goes_away_ends_in_errors_and_the_next_one_goes_on(
    wallaroo_on_keycloak: Instance, long_up: Project
) -> None:
    run = begun(wallaroo_on_keycloak, long_up)
    control(wallaroo_on_keycloak, "latency", seconds=3)  # Keycloak ends first
    wallaroo_on_keycloak.keycloak.stop()
    try:
        out, err = run.communicate(timeout=240)
    finally:
        wallaroo_on_keycloak.keycloak.start()
    assert run.returncode != 0
    assert "Keycloak at" in out + err
    control(wallaroo_on_keycloak, "latency", seconds=0)
    long_up.up().ok()
    assert_complete(wallaroo_on_keycloak, long_up)


def begun(instance: Instance, estate: Project) -> subprocess.Popen[str]:
    """An `up` that has made its first workspace, and will not be done for long."""
    run = estate.start("up", "--yes", "--skip-preview")
    deadline = time.monotonic() + 120
    while not objects(instance)["workspaces"]:
        assert time.monotonic() < deadline, "the run never came so far"
        time.sleep(0.05)
    return run


def assert_complete(instance: Instance, estate: Project) -> None:
    assert len(estate.resources("Workspace")) == objects(instance)["workspaces"] == 30


def objects(instance: Instance) -> dict[str, int]:
    found: dict[str, int] = httpx.get(f"{instance.url}/__emulator__/objects").raise_for_status().json()
    return found


def control(instance: Instance, what: str, **body: Any) -> None:
    httpx.post(f"{instance.url}/__emulator__/{what}", json=body).raise_for_status()
