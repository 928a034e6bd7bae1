"""Every kind of object that the package manages: one file each, one line here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, Final

from ..core.resource import Resource

_MODULES: Final = {
    "Workspace": "workspace",
    "WorkspaceMember": "workspace_member",
    "User": "user",
    "ModelVersion": "model_version",
    "Pipeline": "pipeline",
    "Deployment": "deployment",
    "PipelinePublish": "pipeline_publish",
    "Edge": "edge",
    "Assay": "assay",
    "Connection": "connection",
    "WorkspaceConnection": "workspace_connection",
    "ModelRegistry": "model_registry",
    "ModelRegistryAttachment": "model_registry_attachment",
    "Orchestration": "orchestration",
    "Task": "task",
}


class _ByName(Mapping[str, Resource[Any, Any]]):
    """A resource's module is imported when it is first asked for: a run needs few of them."""

    def __init__(self) -> None:
        self._made: dict[str, Resource[Any, Any]] = {}

    def __getitem__(self, kind: str) -> Resource[Any, Any]:
        if kind not in self._made:
            module = import_module(f".{_MODULES[kind]}", __name__)
            # Two threads may be here at once; both return the same resource.
            self._made.setdefault(kind, getattr(module, kind)())
        return self._made[kind]

    def __contains__(self, kind: object) -> bool:
        return kind in _MODULES

    def __iter__(self) -> Iterator[str]:
        return iter(_MODULES)

    def __len__(self) -> int:
        return len(_MODULES)


RESOURCES: Final[Mapping[str, Resource[Any, Any]]] = _ByName()
"""The resources by the name of the class that users import."""

__all__ = ["RESOURCES"]
