"""The environment of the platform stack, made from its requirements as its users make one.

Its cloud SDKs are large (150 MB), so they stay out of the development environment; theirs is kept in the user's
cache folder and made again when a requirement changes.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))

from kubernetes.build import VERSION

ROOT = Path(__file__).parents[2]


def requirements() -> list[str]:
    """The stack's requirements, with the package itself replaced by what this checkout's needs."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    stack = (ROOT / "stacks/platform/requirements.txt").read_text().splitlines()
    assert stack[0].startswith(f"{project['name']} @ ")
    return [*project["dependencies"], *stack[1:], f"pulumi_kubernetes=={VERSION}", "pytest"]


@pytest.fixture(scope="module")
def python() -> Path:
    """The interpreter of the stack's environment."""
    wanted = requirements()
    pins = ROOT / "requirements-dev.txt"
    key = hashlib.sha256(
        "\n".join([platform.python_version(), *wanted, pins.read_text()]).encode()
    ).hexdigest()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "wallaroo_pulumi"
    folder = Path(os.environ.get("WALLAROO_PULUMI_CACHE") or cache) / "platform-stack"
    folder.parent.mkdir(parents=True, exist_ok=True)
    interpreter = folder / "bin/python"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made_of = folder / "made-of"
        if not made_of.exists() or made_of.read_text() != key:
            venv.create(folder, clear=True, with_pip=True)
            quiet = ["--quiet", "--disable-pip-version-check", "--no-compile"]
            install = [str(interpreter), "-m", "pip", "install", *quiet, "--constraint", str(pins), *wanted]
            subprocess.run(install, check=True, stdout=sys.stderr)
            made_of.write_text(key)
    return interpreter
