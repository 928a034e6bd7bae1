"""A Pulumi stack, by default the one selected in the working directory, as the ``pulumi`` command prints it.

Only three situations count as "there is no stack": the command is not installed, there is no project, or no stack is
selected. Any other failure is an error. Otherwise a configuration that cannot be decrypted would look like none, and
the environment alone could name another instance.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from .config import PROJECT_FILES, project_folder
from .errors import ConfigError, one_line

_TIMEOUT: Final = 300.0
"""Seconds for one command; a remote backend may be slow."""


class NoStack(Exception):
    """There is no stack; the text says why."""


@dataclass(frozen=True)
class ConfigValue:
    """A value of the stack's configuration, in clear."""

    text: str
    secret: bool


def configuration(stack: str | None = None) -> Mapping[str, ConfigValue]:
    """Return the stack's configuration by full key (``wallaroo:apiUrl``). Raises NoStack or ConfigError."""
    found = _printed("configuration", stack, "config", "--json", "--show-secrets")
    return {key: ConfigValue(str(v.get("value", "")), bool(v.get("secret"))) for key, v in found.items()}


def state(stack: str | None = None) -> Mapping[str, Any]:
    """Return the stack's state, secrets in clear. Raises NoStack or ConfigError."""
    found: Mapping[str, Any] = _printed("state", stack, "stack", "export", "--show-secrets")
    return found


def project_name() -> str | None:
    """Return the name of the project here, or None when there is none that can be read."""
    folder = project_folder()
    if folder is None:
        return None
    try:
        file = next(folder / name for name in PROJECT_FILES if (folder / name).is_file())
        name = yaml.safe_load(file.read_text(encoding="utf-8")).get("name")
    except (OSError, ValueError, yaml.YAMLError, AttributeError):
        return None
    return name if isinstance(name, str) else None


def _printed(what: str, stack: str | None, *command: str) -> Any:
    """What a pulumi command prints as JSON about a stack, by default the selected one."""
    try:
        pulumi = _command()
    except NoStack as absent:
        if stack:
            raise ConfigError(f"the {what} of stack {stack!r} cannot be read: {absent}") from None
        raise
    done = _run(pulumi, *command, *(("--stack", stack) if stack else ()))
    if done.returncode == 0:
        try:
            return json.loads(done.stdout or "{}")
        except ValueError:
            raise ConfigError(f"`pulumi {' '.join(command)}` printed no JSON") from None
    if stack is None:
        _require_selection(pulumi)
    errors = [line.removeprefix("error: ") for line in done.stderr.splitlines() if line.startswith("error: ")]
    reason = one_line(" ".join(errors) or done.stderr) or f"exit code {done.returncode}"
    which = f"stack {stack!r}" if stack else "the selected stack"
    remedy = "set PULUMI_CONFIG_PASSPHRASE" if "passphrase" in reason else "correct that first"
    raise ConfigError(f"the {what} of {which} cannot be read: {reason}; {remedy}")


def _command() -> str:
    """The path of the pulumi command. Raises NoStack if there is none, or no project."""
    pulumi = shutil.which("pulumi")
    if pulumi is None:
        raise NoStack("the pulumi command is not on PATH")
    if project_folder() is None:
        raise NoStack(f"there is no Pulumi project in {Path.cwd()} or above")
    return pulumi


def _require_selection(pulumi: str) -> None:
    """Raise NoStack when no stack is selected; return when one is, or when that cannot be found out."""
    listed = _run(pulumi, "stack", "ls", "--json")
    try:
        stacks = json.loads(listed.stdout) if listed.returncode == 0 else None
    except ValueError:
        stacks = None
    if stacks is None or any(stack.get("current") for stack in stacks):
        return
    if named := os.environ.get("PULUMI_STACK"):
        raise ConfigError(
            f"PULUMI_STACK names stack {named!r}, which does not exist in this project and backend"
        )
    raise NoStack("no stack is selected")


def _run(pulumi: str, *command: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603 - the user's own pulumi
            [pulumi, *command, "--non-interactive"],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=_TIMEOUT,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ConfigError(f"`pulumi {' '.join(command)}` does not run: {one_line(str(error))}") from None
