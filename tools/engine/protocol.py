"""The messages of Pulumi's gRPC protocol, from the SDK without the rest of it.

Importing the whole SDK takes longer than everything else that a language host does at its start, and the engine starts
one for each command.
"""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType


def _skip_initialisation(*packages: str) -> None:
    """Let imports find the modules of these packages without running the packages' own code."""
    spec = importlib.util.find_spec("pulumi")
    if spec is None or not spec.submodule_search_locations:
        raise ImportError("the package pulumi is not installed")
    for package in packages:
        module = ModuleType(package)
        module.__path__ = [
            "/".join([folder, *package.split(".")[1:]]) for folder in spec.submodule_search_locations
        ]
        sys.modules.setdefault(package, module)


_skip_initialisation("pulumi", "pulumi.runtime")

from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2  # noqa: E402

__all__ = ["language_pb2", "language_pb2_grpc", "plugin_pb2"]
