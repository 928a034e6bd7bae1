"""The estate on a real engine, a real Keycloak and the emulator behind it."""

from __future__ import annotations

from pathlib import Path

from pulumi_engine import engine_folder
from pulumi_project import Project, engine_environment
from token_caller import Instance

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
