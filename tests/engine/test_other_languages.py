"""Programs in YAML, TypeScript and Go, which use the native plugin.

Their SDKs are generated from the plugin's schema. TypeScript and Go programs run by the Automation API on the CLI
alone, because Pulumi's language hosts for them are in unpublished Go modules.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from emulated import Emulated
from example_files import example_files
from native_program import natives
from page_examples import example, one_yaml_program
from pulumi_project import Project
from quickstarts import (
    BUILD_SECONDS,
    ROOT,
    RUNNERS,
    add_node_modules,
    assert_created,
    command,
    path_with,
    quickstart,
    unpack_sdk,
)

sys.path.insert(0, str(ROOT / "tools"))

from yaml_host import install

from wallaroo_pulumi.resources import RESOURCES

pytestmark = pytest.mark.timeout(BUILD_SECONDS)

LOOKUP_AND_SECRET = """\
  lake:
    type: wallaroo:Connection
    properties:
      name: lake
      type: s3
      details:
        key:
          fn::secret: hunter2
variables:
  found:
    fn::invoke:
      function: wallaroo:getWorkspace
      arguments:
        name: shared
outputs:
  shared: ${found.workspaceId}
"""


@pytest.fixture
def make(engine_env: dict[str, str], tmp_path: Path, emulator: Emulated) -> Callable[[str], Project]:
    """Return a function that creates the quickstart stack in a language, configured for the emulator."""

    def make(language: str) -> Project:
        env = path_with(install.yaml_host(), engine_env) if language == "yaml" else engine_env
        made = quickstart(language, tmp_path / language, env)
        made.configure(emulator.settings)
        return made

    return make


def test_a_yaml_program_without_and_with_changes(make: Callable[[str], Project], emulator: Emulated) -> None:
    project = make("yaml")
    emulator.forget_requests()
    assert set(project.planned().values()) == {"create"}
    assert emulator.requests("/") == []
    project.up().ok()
    assert_created(project, emulator)

    emulator.forget_requests()
    project.up().ok()
    assert set(project.changes()) == {"same"}
    assert emulator.requests("/") == []

    # A lookup, and a secret, which is not in the state.
    shared = emulator.api("workspaces/create", workspace_name="shared")["workspace_id"]
    program = project.folder / "Pulumi.yaml"
    text = program.read_text()
    program.write_text(text[: text.index("outputs:")] + LOOKUP_AND_SECRET)
    assert project.planned() == {"lake": "create"}
    project.up().ok()
    assert project.outputs() == {"shared": shared}
    assert [c["details"] for c in emulator.api("connections/list")["connections"]] == [{"key": "hunter2"}]
    assert "hunter2" not in project.export()

    project.destroy().ok()
    assert natives(project) == {}
    assert emulator.api("connections/list")["connections"] == []
    assert "mary.jane@example.com" not in emulator.members(emulator.workspaces()["fraud-prod"])


def test_the_yaml_examples_of_the_docs_are_created(
    make: Callable[[str], Project], emulator: Emulated
) -> None:
    project = make("yaml")
    example_files(project.folder)
    program = project.folder / "Pulumi.yaml"
    text = program.read_text()
    program.write_text(text[: text.index("resources:")] + yaml.safe_dump({"resources": one_yaml_program()}))
    project.up().ok()
    assert {each["type"].rpartition(":")[2] for each in natives(project).values()} == set(RESOURCES)
    emulator.forget_requests()
    project.up().ok()
    assert set(project.changes()) == {"same"}
    assert emulator.requests("/") == []


def test_a_yaml_program_continues_a_dynamic_python_stack(
    engine_env: dict[str, str], tmp_path: Path, emulator: Emulated
) -> None:
    project = Project.copy(
        ROOT / "stacks/quickstart", tmp_path / "python", path_with(install.yaml_host(), engine_env)
    )
    project.configure(emulator.settings)
    project.up().ok()
    emulator.forget_requests()

    yaml = (ROOT / "stacks/quickstart-yaml/Pulumi.yaml").read_text()
    (project.folder / "Pulumi.yaml").write_text(
        yaml.replace("wallaroo-quickstart-yaml", "wallaroo-quickstart")
    )
    (project.folder / ".venv").symlink_to(sys.prefix)
    project.up().ok()
    assert set(project.changes()) == {"same"}
    assert emulator.requests("/") == []
    assert {each["type"] for each in natives(project).values()} == {
        "wallaroo:index:Workspace", "wallaroo:index:WorkspaceMember"
    }  # fmt: skip
    project.refresh().ok()
    assert_created(project, emulator)


def test_a_typescript_program_is_checked_tested_and_run(
    make: Callable[[str], Project], emulator: Emulated
) -> None:
    project = make("typescript")
    add_node_modules(project)
    shutil.copy(RUNNERS / "inline.ts", project.folder)
    for kind in RESOURCES:  # the examples of the docs are compiled too
        (project.folder / f"example{kind}.ts").write_text(example(kind, "typescript"))
    assert json.loads((project.folder / "tsconfig.json").read_text())["compilerOptions"]["strict"] is True
    command(project, "npm", "test")  # compiles everything in the folder, then runs the test with mocks
    command(project, "node", "bin/inline.js", "wallaroo-quickstart-typescript", "test")
    assert_created(project, emulator)


def test_a_go_program_is_compiled_and_run(make: Callable[[str], Project], emulator: Emulated) -> None:
    project = make("go")
    sdk = project.folder / "sdks"
    unpack_sdk("go", project.folder / "archives", sdk)
    runner = project.folder / "inline"
    runner.mkdir()
    shutil.copy(RUNNERS / "inline.go", runner / "main.go")
    command(project, "go", "mod", "tidy")
    command(project, "go", "build", "-trimpath", "-o", "bin/", "./...")
    command(project, "bin/inline", "wallaroo-quickstart-go", "test")
    assert_created(project, emulator)
