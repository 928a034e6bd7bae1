"""Settings that several rules share, and checks of what a JSON schema cannot tell."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

KINDS = (
    "Assay", "Connection", "Deployment", "Edge", "ModelRegistry", "ModelRegistryAttachment", "ModelVersion",
    "Orchestration", "Pipeline", "PipelinePublish", "Task", "User", "Workspace", "WorkspaceConnection",
    "WorkspaceMember",
)  # fmt: skip
"""The classes of this package. The pack knows none of the other rooms; a test compares."""


def pattern(written: str) -> None:
    """Raises ValueError for what Python's ``re`` does not take: the engine's own check knows another dialect."""
    try:
        re.compile(written)
    except re.error as error:
        raise ValueError(f"{written!r} is not a regular expression of Python: {error}") from None


def texts(description: str, *default: str) -> Mapping[str, Any]:
    return {
        "type": "array",
        "items": {"type": "string"},
        "default": list(default),
        "description": description,
    }


def kinds(description: str, *default: str) -> Mapping[str, Any]:
    return {**texts(description, *default), "items": {"type": "string", "enum": list(KINDS)}}


PRODUCTION: Mapping[str, Any] = {
    "type": "string",
    "check": pattern,
    "default": r"(^|[-_.])prod(uction)?($|[-_.])",
    "description": "which stacks are production: a regular expression that is found in the stack's name",
}
