"""The tools that manage the Python environments of programs, policy packs and plugins: pip, poetry and uv."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final, NoReturn

import grpc
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def refuse(context: Any, text: str) -> NoReturn:
    """End the call; the engine shows ``text`` to the user."""
    context.abort(grpc.StatusCode.FAILED_PRECONDITION, text)
    raise AssertionError("abort raises")


def option(info: Any, name: str, context: Any) -> str:
    """Return a runtime option of Pulumi.yaml or PulumiPolicy.yaml; empty if it is not set."""
    value = dict(info.options).get(name, "")
    if not isinstance(value, str):
        refuse(context, f"{name} option must be a string")
    return value


def resolve(info: Any, context: Any, *, plugin: bool = False) -> Toolchain:
    """Return the toolchain of a program, policy pack or plugin: of its option, else by its lock file, else pip."""
    name, virtualenv = option(info, "toolchain", context), option(info, "virtualenv", context)
    root, folder = Path(info.root_directory), Path(info.program_directory)
    if not name:
        found = (name for name in ("uv", "poetry") if search_up(folder, f"{name}.lock"))
        name = next(found, "pip")
    if name not in TOOLCHAINS:
        refuse(context, f"unsupported toolchain option: {name}")
    if plugin and name == "pip":
        virtualenv = virtualenv or "venv"  # plugins do not run in the ambient environment
    return TOOLCHAINS[name](root / virtualenv if virtualenv else None, folder, virtualenv, context)


def search_up(folder: Path, name: str) -> Path | None:
    """Return the nearest folder, upwards, that contains this file."""
    return next((parent for parent in (folder, *folder.parents) if (parent / name).exists()), None)


@dataclass
class Toolchain:
    """What manages the Python environment of a program, and how to run that environment's Python."""

    venv: Path | None
    """Absolute; None for the ambient Python."""
    folder: Path
    """Of the program, policy pack or plugin."""
    virtualenv: str
    """The option as written."""
    context: Any

    def __post_init__(self) -> None:
        """Hook for toolchains that need a tool, or that decide where the environment is."""

    @property
    def python(self) -> str:
        return str(self.venv / "bin/python") if self.venv else python_on_path(self.context)

    @property
    def environment(self) -> dict[str, str]:
        """This process's environment with the virtual environment activated."""
        environment = dict(os.environ)
        if self.venv:
            environment["VIRTUAL_ENV"] = str(self.venv)
            environment["PATH"] = os.pathsep.join([str(self.venv / "bin"), environment.get("PATH", "")])
            environment.pop("PYTHONHOME", None)
        return environment

    def output(self, *arguments: str) -> str:
        """Return what Python prints with these arguments; a failure ends the call."""
        self.validate()
        return self.run([self.python, *arguments])

    def run(self, command: list[str]) -> str:
        finished = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        if finished.returncode:
            refuse(self.context, f"{' '.join(command)}: {finished.stderr.strip()}")
        return finished.stdout

    def validate(self) -> None:
        if self.venv and not (self.venv / "bin/python").exists():
            refuse(
                self.context,
                f"the virtualenv of Pulumi.yaml, {self.venv}, is not a virtual environment; run `pulumi install`",
            )

    def ensure(self, run: Callable[[list[str], Path], None]) -> None:
        """Create the environment if it does not exist."""
        if self.venv and not (self.venv.exists() and any(self.venv.iterdir())):
            for command in self.install_commands(self.folder):
                run(command, self.folder)

    def packages(self, *, direct_only: bool) -> list[tuple[str, str]]:
        raise NotImplementedError

    def install_commands(self, folder: Path, *, package: bool = False) -> Iterator[list[str]]:
        raise NotImplementedError


METADATA: Final = """
import importlib.metadata, json, re

def fields(distribution, name):
    # The headers end at the first empty line; parsing the whole text as an e-mail takes ten times as long.
    text = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or ""
    return re.findall(rf"(?m)^{name}: *(.*?)\\s*$", text.partition("\\n\\n")[0])

installed = [
    (d, *names, *fields(d, "Version")) for d in importlib.metadata.distributions() if (names := fields(d, "Name"))
]
"""
"""The start of a script: ``installed`` lists the distributions with their names and versions."""
_LIST_INSTALLED: Final = f"""{METADATA}
required = {{
    re.match(r"[A-Za-z0-9._-]+", line)[0]
    for d, *_ in installed for line in fields(d, "Requires-Dist") if "extra ==" not in line
}}
print(json.dumps([[identity for _, *identity in installed], sorted(required)]))
"""
"""What `pip list` prints, in a twentieth of its time: the CLI asks for it in each command."""


class Pip(Toolchain):
    def packages(self, *, direct_only: bool) -> list[tuple[str, str]]:
        listed, required = json.loads(self.output("-c", _LIST_INSTALLED))
        packages = {canonicalize_name(name): version for name, version in listed}
        if direct_only:
            for name in map(canonicalize_name, required):
                packages.pop(name, None)
        return sorted(packages.items())

    def install_commands(self, folder: Path, *, package: bool = False) -> Iterator[list[str]]:
        """Without updating pip itself, which the official host does: tests have no use for it."""
        if self.venv and not (self.venv / "bin/python").exists():
            yield [python_on_path(self.context), "-m", "venv", str(self.venv)]
        if package and project_name(folder):
            yield [self.python, "-m", "pip", "install", str(folder)]
        if (folder / "requirements.txt").is_file():
            yield [self.python, "-m", "pip", "install", "-r", "requirements.txt"]


class LockFile(Toolchain):
    """A toolchain with a lock file, which lists the packages."""

    tool: ClassVar[str]

    def __post_init__(self) -> None:
        if not shutil.which(self.tool):
            refuse(self.context, f"the executable `{self.tool}` is not on PATH; install {self.tool}")

    def packages(self, *, direct_only: bool) -> list[tuple[str, str]]:
        folder = search_up(self.folder, f"{self.tool}.lock")
        if folder is None:
            refuse(
                self.context, f"there is no {self.tool}.lock in {self.folder} or above; run `pulumi install`"
            )
        lock = tomllib.loads((folder / f"{self.tool}.lock").read_text())
        packages: list[tuple[str, str]] = [
            (canonicalize_name(package["name"]), package["version"])
            for package in lock.get("package", [])
            if "virtual" not in package.get("source", {})
        ]
        if not direct_only:
            return packages
        project = tomllib.loads((folder / "pyproject.toml").read_text())
        declared = [Requirement(line).name for line in project.get("project", {}).get("dependencies", [])]
        declared += project.get("tool", {}).get("poetry", {}).get("dependencies", {})
        direct = {canonicalize_name(name) for name in declared}
        return [package for package in packages if package[0] in direct]

    def require_project(self, folder: Path) -> None:
        if not search_up(folder, "pyproject.toml"):
            refuse(self.context, f"there is no pyproject.toml in {folder} or above")


class Poetry(LockFile):
    tool = "poetry"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.venv = None  # poetry decides where it is
        finished = subprocess.run(
            ["poetry", "env", "info", "--path"], cwd=self.folder, capture_output=True, text=True, check=False
        )
        if found := finished.stdout.strip():
            self.venv = Path(found)

    def validate(self) -> None:
        if self.venv is None:
            refuse(self.context, f"poetry has no environment for {self.folder}; run `pulumi install`")
        super().validate()

    def ensure(self, run: Callable[[list[str], Path], None]) -> None:
        if self.venv is None:
            run(["poetry", "install", "--no-ansi"], self.folder)
            self.__post_init__()

    def install_commands(self, folder: Path, *, package: bool = False) -> Iterator[list[str]]:
        self.require_project(folder)
        yield ["poetry", "install", "--no-ansi"]


class Uv(LockFile):
    tool = "uv"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.venv is None:
            project = (
                search_up(self.folder, "uv.lock") or search_up(self.folder, "pyproject.toml") or self.folder
            )
            self.venv = project / os.environ.get("UV_PROJECT_ENVIRONMENT", ".venv")

    @property
    def python(self) -> str:
        """``uv run`` would synchronise the environment and stay as a parent process; this does the former only."""
        if search_up(self.folder, "pyproject.toml"):
            self.run(["uv", "sync", "--inexact"])
        return super().python

    @property
    def environment(self) -> dict[str, str]:
        return super().environment | {"UV_PROJECT_ENVIRONMENT": str(self.venv)}

    def ensure(self, run: Callable[[list[str], Path], None]) -> None:
        if self.venv and not (self.venv / "bin/python").exists():
            run(["uv", "venv", "--quiet", "--allow-existing", str(self.venv)], self.folder)

    def install_commands(self, folder: Path, *, package: bool = False) -> Iterator[list[str]]:
        self.require_project(folder)
        yield ["uv", "sync"]


TOOLCHAINS: dict[str, type[Toolchain]] = {"pip": Pip, "poetry": Poetry, "uv": Uv}


def python_on_path(context: Any) -> str:
    """Return the ambient Python: PULUMI_PYTHON_CMD, else ``python3`` or ``python`` on PATH."""
    chosen = os.environ.get("PULUMI_PYTHON_CMD")
    names = [chosen] if chosen else ["python3", "python"]
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        refuse(context, f"{' and '.join(names)} cannot be found on PATH")
    return found


def project_name(folder: Path) -> str | None:
    """Return the name of the package in this folder if it can be built, else None."""
    if not (folder / "pyproject.toml").is_file():
        return None
    project = tomllib.loads((folder / "pyproject.toml").read_text())
    buildable = project.get("build-system", {}).get("build-backend")
    return project.get("project", {}).get("name") if buildable else None
