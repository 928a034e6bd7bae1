"""``get_*`` through the plugin. Generated from ``provider/lookups.py`` by ``make generate``.

Each function has an ``_output`` variant that accepts Pulumi inputs. ``opts`` selects the provider, and so the instance.
"""

from __future__ import annotations

import pulumi

from .functions import (
    ConnectionResult,
    ModelVersionResult,
    PipelineResult,
    UserResult,
    UsersResult,
    WorkspaceResult,
    WorkspacesResult,
)
from .lookup_calls import invoke, invoke_output


def get_workspace(
    *, name: str | None = None, workspace_id: int | None = None, opts: pulumi.InvokeOptions | None = None
) -> WorkspaceResult:
    """Return the workspace with this name or id (exactly one of them). Calls workspaces/list.

    Fails with one line if it does not exist or this user cannot see it.
    """
    return invoke("get_workspace", WorkspaceResult, {"name": name, "workspace_id": workspace_id}, opts)


def get_workspaces(*, opts: pulumi.InvokeOptions | None = None) -> WorkspacesResult:
    """Return every workspace that the user who runs Pulumi can see. Calls workspaces/list."""
    return invoke("get_workspaces", WorkspacesResult, {}, opts)


def get_user(
    *, email: str | None = None, user_id: str | None = None, opts: pulumi.InvokeOptions | None = None
) -> UserResult:
    """Return the user with this e-mail address (case-insensitive) or id (exactly one of them). Calls
    users/query.

    Fails with one line if it does not exist or this user cannot see it.
    """
    return invoke("get_user", UserResult, {"email": email, "user_id": user_id}, opts)


def get_users(*, opts: pulumi.InvokeOptions | None = None) -> UsersResult:
    """Return every user of the instance. Calls users/query."""
    return invoke("get_users", UsersResult, {}, opts)


def get_connection(name: str, *, opts: pulumi.InvokeOptions | None = None) -> ConnectionResult:
    """Return the connection with this name, with its details in clear text. Calls connections/list.

    Fails with one line if it does not exist or this user cannot see it.
    """
    return invoke("get_connection", ConnectionResult, {"name": name}, opts)


def get_model_version(
    *,
    model_version_id: int | None = None,
    workspace_id: int | None = None,
    name: str | None = None,
    opts: pulumi.InvokeOptions | None = None,
) -> ModelVersionResult:
    """Return the model version with this id, or the newest ready version of a model in a workspace.
    Calls models/get_version_by_id or models/list.

    Fails with one line if it does not exist or this user cannot see it.
    """
    return invoke(
        "get_model_version",
        ModelVersionResult,
        {"model_version_id": model_version_id, "workspace_id": workspace_id, "name": name},
        opts,
    )


def get_pipeline(workspace_id: int, name: str, *, opts: pulumi.InvokeOptions | None = None) -> PipelineResult:
    """Return the pipeline with this name in a workspace, and its latest version. Calls
    pipelines/list_pipelines, and GraphQL for `version_id`.

    Fails with one line if it does not exist or this user cannot see it.
    """
    return invoke("get_pipeline", PipelineResult, {"workspace_id": workspace_id, "name": name}, opts)


def get_workspace_output(
    *,
    name: pulumi.Input[str] | None = None,
    workspace_id: pulumi.Input[int] | None = None,
    opts: pulumi.InvokeOptions | pulumi.InvokeOutputOptions | None = None,
) -> pulumi.Output[WorkspaceResult]:
    """:func:`get_workspace` for Pulumi inputs."""
    return invoke_output("get_workspace", WorkspaceResult, {"name": name, "workspace_id": workspace_id}, opts)


def get_workspaces_output(
    *, opts: pulumi.InvokeOptions | pulumi.InvokeOutputOptions | None = None
) -> pulumi.Output[WorkspacesResult]:
    """:func:`get_workspaces` as an Output."""
    return invoke_output("get_workspaces", WorkspacesResult, {}, opts)


def get_user_output(
    *,
    email: pulumi.Input[str] | None = None,
    user_id: pulumi.Input[str] | None = None,
    opts: pulumi.InvokeOptions | pulumi.InvokeOutputOptions | None = None,
) -> pulumi.Output[UserResult]:
    """:func:`get_user` for Pulumi inputs."""
    return invoke_output("get_user", UserResult, {"email": email, "user_id": user_id}, opts)


def get_users_output(
    *, opts: pulumi.InvokeOptions | pulumi.InvokeOutputOptions | None = None
) -> pulumi.Output[UsersResult]:
    """:func:`get_users` as an Output."""
    return invoke_output("get_users", UsersResult, {}, opts)


def get_connection_output(
    name: pulumi.Input[str], *, opts: pulumi.InvokeOptions | pulumi.InvokeOutputOptions | None = None
) -> pulumi.Output[ConnectionResult]:
    """:func:`get_connection` for Pulumi inputs. The whole result is secret."""
    return pulumi.Output.secret(invoke_output("get_connection", ConnectionResult, {"name": name}, opts))


def get_model_version_output(
    *,
    model_version_id: pulumi.Input[int] | None = None,
    workspace_id: pulumi.Input[int] | None = None,
    name: pulumi.Input[str] | None = None,
    opts: pulumi.InvokeOptions | pulumi.InvokeOutputOptions | None = None,
) -> pulumi.Output[ModelVersionResult]:
    """:func:`get_model_version` for Pulumi inputs."""
    return invoke_output(
        "get_model_version",
        ModelVersionResult,
        {"model_version_id": model_version_id, "workspace_id": workspace_id, "name": name},
        opts,
    )


def get_pipeline_output(
    workspace_id: pulumi.Input[int],
    name: pulumi.Input[str],
    *,
    opts: pulumi.InvokeOptions | pulumi.InvokeOutputOptions | None = None,
) -> pulumi.Output[PipelineResult]:
    """:func:`get_pipeline` for Pulumi inputs."""
    return invoke_output("get_pipeline", PipelineResult, {"workspace_id": workspace_id, "name": name}, opts)
