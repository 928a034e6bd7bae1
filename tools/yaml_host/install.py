"""Build Pulumi's language host for YAML once into the user's cache folder; print its folder last.

It is not part of the CLI that `make engine` builds. The newest version whose module is published needs four minutes.
Standard library only.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "engine"))

from build import go
from cached import CannotMake, made_once, run

VERSION = "v1.25.0"
MODULE = "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml"


def yaml_host() -> Path:
    """The folder with ``pulumi-language-yaml``."""
    return made_once(f"yaml-host-{VERSION}", _build)


def _build(folder: Path) -> Path:
    run(
        "Building Pulumi's language host for YAML (about four minutes on two cores, once)",
        [go(folder), "install", "-ldflags", "-s -w", f"{MODULE}@{VERSION}"],
        folder,
        {**os.environ, "GOTOOLCHAIN": "local", "GOBIN": str(folder)},
    )
    shutil.rmtree(folder / "go", ignore_errors=True)
    return folder


if __name__ == "__main__":
    try:
        print(yaml_host())
    except CannotMake as failed:
        sys.exit(str(failed))
