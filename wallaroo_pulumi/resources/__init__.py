"""Every kind of object that the package manages: one file each, one line here."""

from __future__ import annotations

from typing import Any, Final

from ..core.resource import Resource
from .assay import Assay
from .connection import Connection
from .deployment import Deployment
from .edge import Edge
from .model_registry import ModelRegistry
from .model_registry_attachment import ModelRegistryAttachment
from .model_version import ModelVersion
from .orchestration import Orchestration
from .pipeline import Pipeline
from .pipeline_publish import PipelinePublish
from .task import Task
from .user import User
from .workspace import Workspace
from .workspace_connection import WorkspaceConnection
from .workspace_member import WorkspaceMember

RESOURCES: Final[dict[str, Resource[Any, Any]]] = {
    resource.kind: resource
    for resource in (
        Workspace(),
        WorkspaceMember(),
        User(),
        ModelVersion(),
        Pipeline(),
        Deployment(),
        PipelinePublish(),
        Edge(),
        Assay(),
        Connection(),
        WorkspaceConnection(),
        ModelRegistry(),
        ModelRegistryAttachment(),
        Orchestration(),
        Task(),
    )
}
"""The resources by the name of the class that users import."""

__all__ = ["RESOURCES"]
