"""The kinds of resources and their secret inputs. Generated from the definitions by ``make generate``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

KINDS: Final = (
    "Assay",
    "Connection",
    "Deployment",
    "Edge",
    "ModelRegistry",
    "ModelRegistryAttachment",
    "ModelVersion",
    "Orchestration",
    "Pipeline",
    "PipelinePublish",
    "Task",
    "User",
    "Workspace",
    "WorkspaceConnection",
    "WorkspaceMember",
)
"""The classes of the package."""
SECRETS: Final[Mapping[str, tuple[str, ...]]] = {
    "Connection": ("details",),
    "ModelRegistry": ("token",),
    "User": ("initialPassword",),
}
"""Class → the inputs that must be secret."""
