"""``get_*``: read existing objects from a program. Generated from ``provider/lookups.py`` by ``make generate``.

Each function has an ``_output`` variant that accepts Pulumi inputs.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import pulumi

from . import shapes
from .inputs import Shape
from .lookup_calls import FromWire, look_up, output_variant

if TYPE_CHECKING:
    from .types import StepOutput


@dataclass(frozen=True)
class WorkspaceResult(FromWire):
    """An existing workspace."""

    workspace_id: int
    """The workspace's id."""
    name: str
    """The workspace's name."""
    created_at: str | None = None
    """The creation time as reported by the instance (ISO 8601)."""
    archived: bool = False
    """Whether the workspace is archived."""
    model_ids: Sequence[int] = ()
    """The ids of the models in it."""
    pipeline_ids: Sequence[int] = ()
    """The ids of the pipelines in it."""


@dataclass(frozen=True)
class WorkspacesResult(FromWire):
    """The workspaces that the user who runs Pulumi can see."""

    _elements: ClassVar[Mapping[str, type[FromWire]]] = {"workspaces": WorkspaceResult}

    workspaces: Sequence[WorkspaceResult]
    """The workspaces."""


@dataclass(frozen=True)
class UserResult(FromWire):
    """An existing user."""

    user_id: str
    """The user's id."""
    username: str
    """The user's name in Keycloak."""
    email: str | None = None
    """The e-mail address. The built-in administrator has none."""
    first_name: str | None = None
    """The first name."""
    last_name: str | None = None
    """The last name."""
    enabled: bool = True
    """Whether the account is active."""


@dataclass(frozen=True)
class UsersResult(FromWire):
    """The users of the instance."""

    _elements: ClassVar[Mapping[str, type[FromWire]]] = {"users": UserResult}

    users: Sequence[UserResult]
    """The users."""


@dataclass(frozen=True)
class ConnectionResult(FromWire):
    """An existing connection."""

    connection_id: str
    """The connection's id."""
    name: str
    """The connection's name."""
    type: str
    """The kind of data source."""
    details: Mapping[str, Any] = dataclasses.field(repr=False)
    """In clear text: wrap values that you pass on in `pulumi.Output.secret`, or call
    `get_connection_output`."""
    workspace_names: Sequence[str] = ()
    """The workspaces that the connection is added to."""


@dataclass(frozen=True)
class ModelVersionResult(FromWire):
    """An existing model version. Builders such as ``model_step`` accept it like a ModelVersion."""

    model_version_id: int
    """The id of the model version."""
    workspace_id: int
    """The workspace's id."""
    name: str
    """The model's name."""
    version: str
    """The UUID, which pipeline steps contain."""
    sha256: str
    """The SHA-256 of the file."""
    status: str
    """The state of the upload, such as `ready`."""
    framework: str | None = None
    """The framework."""
    visibility: str = "private"
    """`private` or `public`."""


@dataclass(frozen=True)
class PipelineResult(FromWire):
    """An existing pipeline and its latest version."""

    _shapes: ClassVar[Mapping[str, Shape]] = {"steps": shapes.STEP}

    pipeline_id: int
    """The pipeline's id."""
    workspace_id: int
    """The workspace's id."""
    name: str
    """The pipeline's name."""
    version: str | None = None
    """The UUID of the latest version, or None. A Deployment accepts it as `pipeline_version_id`."""
    version_id: int | None = None
    """The integer id of the latest version, which a PipelinePublish needs. None if the instance rejects
    GraphQL, the only call that returns it."""
    steps: Sequence[StepOutput] = ()
    """The steps of the latest version."""


def get_workspace(*, name: str | None = None, workspace_id: int | None = None) -> WorkspaceResult:
    """Return the workspace with this name or id (exactly one of them). Calls workspaces/list.

    Fails with one line if it does not exist or this user cannot see it.
    """
    return look_up("get_workspace", WorkspaceResult, {"name": name, "workspace_id": workspace_id})


def get_workspaces() -> WorkspacesResult:
    """Return every workspace that the user who runs Pulumi can see. Calls workspaces/list."""
    return look_up("get_workspaces", WorkspacesResult, {})


def get_user(*, email: str | None = None, user_id: str | None = None) -> UserResult:
    """Return the user with this e-mail address (case-insensitive) or id (exactly one of them). Calls
    users/query.

    Fails with one line if it does not exist or this user cannot see it.
    """
    return look_up("get_user", UserResult, {"email": email, "user_id": user_id})


def get_users() -> UsersResult:
    """Return every user of the instance. Calls users/query."""
    return look_up("get_users", UsersResult, {})


def get_connection(name: str) -> ConnectionResult:
    """Return the connection with this name, with its details in clear text. Calls connections/list.

    Fails with one line if it does not exist or this user cannot see it.
    """
    return look_up("get_connection", ConnectionResult, {"name": name})


def get_model_version(
    *, model_version_id: int | None = None, workspace_id: int | None = None, name: str | None = None
) -> ModelVersionResult:
    """Return the model version with this id, or the newest ready version of a model in a workspace.
    Calls models/get_version_by_id or models/list.

    Fails with one line if it does not exist or this user cannot see it.
    """
    return look_up(
        "get_model_version",
        ModelVersionResult,
        {"model_version_id": model_version_id, "workspace_id": workspace_id, "name": name},
    )


def get_pipeline(workspace_id: int, name: str) -> PipelineResult:
    """Return the pipeline with this name in a workspace, and its latest version. Calls
    pipelines/list_pipelines, and GraphQL for `version_id`.

    Fails with one line if it does not exist or this user cannot see it.
    """
    return look_up("get_pipeline", PipelineResult, {"workspace_id": workspace_id, "name": name})


def get_workspace_output(
    *, name: pulumi.Input[str] | None = None, workspace_id: pulumi.Input[int] | None = None
) -> pulumi.Output[WorkspaceResult]:
    """:func:`get_workspace` for Pulumi inputs."""
    return output_variant(get_workspace, name=name, workspace_id=workspace_id)


def get_workspaces_output() -> pulumi.Output[WorkspacesResult]:
    """:func:`get_workspaces` as an Output."""
    return output_variant(get_workspaces)


def get_user_output(
    *, email: pulumi.Input[str] | None = None, user_id: pulumi.Input[str] | None = None
) -> pulumi.Output[UserResult]:
    """:func:`get_user` for Pulumi inputs."""
    return output_variant(get_user, email=email, user_id=user_id)


def get_users_output() -> pulumi.Output[UsersResult]:
    """:func:`get_users` as an Output."""
    return output_variant(get_users)


def get_connection_output(name: pulumi.Input[str]) -> pulumi.Output[ConnectionResult]:
    """:func:`get_connection` for Pulumi inputs. The whole result is secret."""
    return pulumi.Output.secret(output_variant(get_connection, name=name))


def get_model_version_output(
    *,
    model_version_id: pulumi.Input[int] | None = None,
    workspace_id: pulumi.Input[int] | None = None,
    name: pulumi.Input[str] | None = None,
) -> pulumi.Output[ModelVersionResult]:
    """:func:`get_model_version` for Pulumi inputs."""
    return output_variant(
        get_model_version, model_version_id=model_version_id, workspace_id=workspace_id, name=name
    )


def get_pipeline_output(
    workspace_id: pulumi.Input[int], name: pulumi.Input[str]
) -> pulumi.Output[PipelineResult]:
    """:func:`get_pipeline` for Pulumi inputs."""
    return output_variant(get_pipeline, workspace_id=workspace_id, name=name)
