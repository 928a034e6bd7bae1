"""Pulumi resources for the objects of a Wallaroo instance::

import wallaroo_pulumi as wallaroo

workspace = wallaroo.Workspace("fraud", name="fraud-prod")

Generated from the definitions by ``make generate``.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .adapters.builders import (
        Autoscale,
        Sidekick,
        engine_config,
        meta_split_step,
        model_ref,
        model_step,
        random_split_step,
        shadow_step,
    )
    from .adapters.classes import (
        Assay,
        Connection,
        Deployment,
        Edge,
        ModelRegistry,
        ModelRegistryAttachment,
        ModelVersion,
        Orchestration,
        Pipeline,
        PipelinePublish,
        Task,
        User,
        Workspace,
        WorkspaceConnection,
        WorkspaceMember,
    )
    from .adapters.functions import (
        ConnectionResult,
        ModelVersionResult,
        PipelineResult,
        UserResult,
        UsersResult,
        WorkspaceResult,
        WorkspacesResult,
        get_connection,
        get_connection_output,
        get_model_version,
        get_model_version_output,
        get_pipeline,
        get_pipeline_output,
        get_user,
        get_user_output,
        get_users,
        get_users_output,
        get_workspace,
        get_workspace_output,
        get_workspaces,
        get_workspaces_output,
    )
    from .components import ServedModel, Team

__all__ = [
    "Assay",
    "Autoscale",
    "Connection",
    "ConnectionResult",
    "Deployment",
    "Edge",
    "ModelRegistry",
    "ModelRegistryAttachment",
    "ModelVersion",
    "ModelVersionResult",
    "Orchestration",
    "Pipeline",
    "PipelinePublish",
    "PipelineResult",
    "ServedModel",
    "Sidekick",
    "Task",
    "Team",
    "User",
    "UserResult",
    "UsersResult",
    "Workspace",
    "WorkspaceConnection",
    "WorkspaceMember",
    "WorkspaceResult",
    "WorkspacesResult",
    "engine_config",
    "get_connection",
    "get_connection_output",
    "get_model_version",
    "get_model_version_output",
    "get_pipeline",
    "get_pipeline_output",
    "get_user",
    "get_user_output",
    "get_users",
    "get_users_output",
    "get_workspace",
    "get_workspace_output",
    "get_workspaces",
    "get_workspaces_output",
    "meta_split_step",
    "model_ref",
    "model_step",
    "random_split_step",
    "shadow_step",
]

_ROOMS = ("adapters.classes", "adapters.functions", "adapters.builders", "components")


def __getattr__(name: str) -> Any:
    """Load what is asked for when it is: a program that declares resources needs no functions, the host none of it."""
    if name in __all__:
        from importlib import import_module

        for room in _ROOMS:
            found = getattr(import_module(f".{room}", __name__), name, None)
            if found is not None:
                globals()[name] = found
                return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
