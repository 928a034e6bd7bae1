"""Build Pulumi's plugin for Kubernetes once into the user's cache folder; print its folder last: `make kubernetes`.

The tests of stacks/platform run it without a cluster: it can write manifests into a folder. Its command is not a
published Go module, but the package that serves it is, so ``plugin/main.go`` is all that is missing.
Standard library only.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "engine"))

from build import GO_OPTIONS, go, module_folder
from cached import CannotMake, made_once, run

PLUGIN = Path(__file__).parent / "plugin"
VERSION = "4.25.0"
"""Of the plugin, and of the Python SDK for it."""
MODULE = "github.com/pulumi/pulumi-kubernetes/provider/v4"


def plugin() -> Path:
    """The folder with ``pulumi-resource-kubernetes``."""
    sources = b"".join(file.read_bytes() for file in sorted(PLUGIN.iterdir()))
    return made_once(f"kubernetes-{VERSION}-{hashlib.sha256(sources).hexdigest()[:12]}", _build) / "bin"


def _build(folder: Path) -> Path:
    compiler, env = go(folder), {**os.environ, **GO_OPTIONS}
    sources = Path(shutil.copytree(PLUGIN, folder / "sources"))
    run(
        "Fetching the Go modules of the Kubernetes plugin",
        [compiler, "mod", "download", MODULE],
        sources,
        env,
    )
    data = module_folder(compiler, MODULE, sources) / "cmd/pulumi-resource-kubernetes"
    schema = json.loads((data / "schema.json").read_text())
    (sources / "schema.json").write_text(json.dumps({**schema, "version": VERSION}))
    shutil.copyfile(data / "terraform-mapping.json", sources / "terraform-mapping.json")
    flags = f"-s -w -X {MODULE}/pkg/version.Version={VERSION}"
    program = str(folder / "bin/pulumi-resource-kubernetes")
    run(
        "Building the Kubernetes plugin (about eight minutes on two cores, once)",
        [compiler, "build", "-trimpath", "-ldflags", flags, "-o", program, "."],
        sources,
        env,
    )
    shutil.rmtree(sources)
    shutil.rmtree(folder / "go", ignore_errors=True)
    return folder


if __name__ == "__main__":
    try:
        print(plugin())
    except CannotMake as failed:
        sys.exit(str(failed))
