"""Projects whose programs use the native plugin, found by ``plugins.providers`` in ``Pulumi.yaml``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pulumi_project import Project

NATIVE = "wallaroo:index:"
PROGRAM = """
    import pulumi

    class Native(pulumi.CustomResource):
        # A resource of the plugin; its outputs are attributes by their wire names.
        def __init__(self, kind, name, inputs, outputs=(), opts=None):
            super().__init__(f"wallaroo:index:{kind}", name, {**dict.fromkeys(outputs), **inputs}, opts)

    class Provider(pulumi.ProviderResource):
        def __init__(self, name, inputs, opts=None):
            super().__init__("wallaroo", name, inputs, opts)
"""
"""The start of a program: a class for native resources and one for explicit providers."""


def use_plugin(project: Project) -> Project:
    """Let the project find the plugin of this environment."""
    providers = [{"name": "wallaroo", "path": str(Path(sys.executable).parent)}]
    with (project.folder / "Pulumi.yaml").open("a") as file:
        file.write(f"plugins:\n  providers: {json.dumps(providers)}\n")
    return project


def natives(project: Project) -> dict[str, dict[str, Any]]:
    """The native resources in the state: name → id, inputs, outputs, and so on."""
    return {r["urn"].rsplit("::", 1)[1]: r for r in project.all_resources() if r["type"].startswith(NATIVE)}
