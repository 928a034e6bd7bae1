"""The quickstart stacks in other languages than Python, as projects, and what all of them must create."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))

from emulated import Emulated
from native_program import natives
from pulumi_project import Project
from sdks import generate

ROOT = Path(__file__).parents[2]
RUNNERS = Path(__file__).parent / "inline_programs"
BUILD_SECONDS = 900
"""A Go program of Pulumi's SDK takes minutes to compile on a new machine, and seconds afterwards."""


def quickstart(language: str, folder: Path, env: Mapping[str, str]) -> Project:
    """A project that `pulumi new` made from the stack in this language; its plugin is that of this environment."""
    name = f"wallaroo-quickstart-{language}"
    project = Project(folder, env, "", name)
    (folder / "__main__.py").unlink()
    (folder / ".venv").symlink_to(sys.prefix)
    template = str(ROOT / f"stacks/quickstart-{language}")
    new = project.pulumi("new", template, "--yes", "--generate-only", "--force", "--name", name)
    # The files are written before Pulumi asks for the language host, which only the official CLI has.
    assert new.code == 0 or "no language plugin 'pulumi-language-" in new.err, new.text
    return project


def unpack_sdk(language: str, folder: Path, into: Path) -> None:
    """Unpack the archive of an SDK as a user does."""
    folder.mkdir(exist_ok=True)
    [archive] = (path for path in generate.archives(folder) if f"sdk-{language}" in path.name)
    with tarfile.open(archive) as opened:
        opened.extractall(into, filter="data")


def add_node_modules(project: Project) -> None:
    """Do what `npm install` does, with packages of the cache and the SDK's archive."""
    modules = project.folder / "node_modules"
    scope = modules / "@wallaroo-pulumi"
    scope.mkdir(parents=True)
    for installed in generate.npm_packages().iterdir():
        (modules / installed.name).symlink_to(installed)
    unpack_sdk("nodejs", project.folder / "archives", scope)
    (scope / "package").rename(scope / "wallaroo")


def command(project: Project, *arguments: str) -> str:
    """Run a command in the project's folder and return its standard output."""
    done = subprocess.run(
        arguments,
        cwd=project.folder,
        env={
            **project.env,
            "GOFLAGS": "-mod=mod",
            "GOTOOLCHAIN": "local",
            "GOWORK": "off",
            "CGO_ENABLED": "0",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=BUILD_SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def assert_created(project: Project, emulator: Emulated) -> None:
    """Assert that the instance and the state contain the three objects of the quickstart, whatever the language."""
    id = emulator.workspaces()["fraud-prod"]
    members = emulator.members(id)
    assert members["mary.jane@example.com"] == "OWNER"
    assert members["john.hancock@example.com"] == "COLLABORATOR"
    assert project.outputs() == {"workspaceId": id}

    def member(email: str, role: str) -> dict[str, Any]:
        user = emulator.user_id(email)
        shared = {"adopted": False, "deleteAdopted": False}
        return {"workspaceId": id, "userId": user, "email": email, "role": role} | shared

    created = {
        name: (each["type"], {k: v for k, v in each["outputs"].items() if k != "createdAt" and k[:2] != "__"})
        for name, each in natives(project).items()
    }
    assert created == {
        "fraud": (
            "wallaroo:index:Workspace",
            {
                "name": "fraud-prod",
                "workspaceId": id,
                "adopt": "if_empty",
                "adopted": False,
                "forceDestroy": False,
            },
        ),
        "fraud-lead": ("wallaroo:index:WorkspaceMember", member("mary.jane@example.com", "OWNER")),
        "fraud-analyst": (
            "wallaroo:index:WorkspaceMember",
            member("john.hancock@example.com", "COLLABORATOR"),
        ),
    }
    assert "ops-password" not in project.export()


def path_with(folder: Path, env: Mapping[str, str]) -> dict[str, str]:
    """The environment with a folder first on PATH."""
    return {**env, "PATH": os.pathsep.join([str(folder), env["PATH"]])}
