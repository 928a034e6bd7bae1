"""Inline programs of the Automation API, which do not see the environment that Pulumi and the dynamic host get."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from emulated import Emulated
from pulumi_project import Project

INLINE = """
import sys
import pulumi
import wallaroo_pulumi as wallaroo
from pulumi import automation

def program():
{program}

stack = automation.create_or_select_stack(
    "test", "inline", program=program, opts=automation.LocalWorkspaceOptions(env_vars={env_vars!r})
)
for key, value in {config!r}.items():
    stack.set_config(f"wallaroo:{{key}}", automation.ConfigValue(value))
stack.up(on_output=print)
"""


def run_inline(
    folder: Path,
    env: dict[str, str],
    program: str,
    *,
    env_vars: dict[str, str] | None = None,
    config: dict[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run an inline program of the Automation API in a process with this environment."""
    backend = {"PULUMI_BACKEND_URL": f"file://{folder}", "PULUMI_CONFIG_PASSPHRASE": "inline"}
    (folder / "deploy.py").write_text(
        INLINE.format(
            program=textwrap.indent(textwrap.dedent(program), "    "),
            env_vars=backend | (env_vars or {}),
            config=config or {},
        )
    )
    command = [sys.executable, "deploy.py"]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=folder, env=env, check=False, timeout=200
    )


def test_an_inline_program_is_configured_by_the_environment_that_it_gives_to_pulumi(
    engine_env: dict[str, str], tmp_path: Path, emulator: Emulated
) -> None:
    """Not by that of its own process, where the settings are not found."""
    program = 'wallaroo.Workspace("fraud", name="fraud-prod")'
    ran = run_inline(tmp_path, engine_env, program, env_vars=emulator.environment)
    assert ran.returncode == 0, ran.stderr
    assert "fraud-prod" in emulator.workspaces()


LOOK_UP_AND_ADD = """
shared = wallaroo.get_workspace(name="shared")
wallaroo.WorkspaceMember("john", workspace_id=shared.workspace_id, email="john.hancock@example.com")
"""


@pytest.mark.promise
@pytest.mark.parametrize("form", ["get_workspace", "get_workspace_output"])
def test_an_inline_program_does_not_look_up_on_another_instance_than_it_writes_to(
    form: str,
    engine_env: dict[str, str],
    tmp_path: Path,
    emulator: Emulated,
    other_instance: Emulated,
) -> None:
    """The process's environment names one, the environment given to Pulumi another."""
    emulator.api("workspaces/create", workspace_name="shared")
    emulator.forget_requests()
    other_instance.forget_requests()
    program = LOOK_UP_AND_ADD.replace("get_workspace", form)
    ran = run_inline(
        tmp_path, engine_env | emulator.environment, program, env_vars=other_instance.environment
    )
    assert ran.returncode != 0
    assert "an inline program looks up on the instance that its stack configuration names" in ran.stdout
    assert emulator.requests() == other_instance.requests() == []


@pytest.mark.sdk_range
def test_an_inline_program_looks_up_on_the_instance_of_its_stack_configuration(
    engine_env: dict[str, str], tmp_path: Path, emulator: Emulated, other_instance: Emulated
) -> None:
    """Whatever the two environments name."""
    emulator.api("workspaces/create", workspace_name="shared")
    emulator.forget_requests()
    ran = run_inline(
        tmp_path,
        engine_env | emulator.environment,
        LOOK_UP_AND_ADD,
        env_vars=emulator.environment,
        config=other_instance.settings,
    )
    assert ran.returncode == 0, ran.stderr
    assert emulator.requests() == emulator.tokens() == []
    shared = other_instance.workspaces()["shared"]
    assert "john.hancock@example.com" in other_instance.members(shared)


def test_an_inline_program_within_a_program_is_an_inline_program(
    project: Callable[[str], Project], tmp_path: Path, emulator: Emulated, other_instance: Emulated
) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    stack = project(
        f"""
        import pulumi
        import wallaroo_pulumi as wallaroo
        from pulumi import automation

        found = wallaroo.get_workspace(name="shared")

        def program():
            wallaroo.get_workspace(name="shared")

        backend = {{"PULUMI_BACKEND_URL": "file://{inner}", "PULUMI_STACK": "inner"}}
        inner = automation.create_or_select_stack(
            "inner", "inline", program=program,
            opts=automation.LocalWorkspaceOptions(env_vars=backend | {other_instance.environment!r}),
        )
        try:
            inner.preview()
        except automation.CommandError as error:
            pulumi.export("inner", "its stack configuration names" in str(error))
        pulumi.export("outer", found.workspace_id)
        """
    )
    emulator.api("workspaces/create", workspace_name="shared")
    other_instance.forget_requests()
    stack.up("--refresh=false", env=emulator.environment).ok()
    assert stack.outputs() == {"inner": True, "outer": emulator.workspaces()["shared"]}
    assert other_instance.requests() == []
