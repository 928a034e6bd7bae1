"""Arguments and results of the lookups (``lookups.py``)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PositiveInt, model_validator

from ..api import spelling
from ..core.fields import SECRET, Properties, key_text
from ..core.json_values import JsonObject
from ..resources._steps import Step


def _text(value: Any) -> Any:
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError(f"must be text, not {type(value).__name__}")
    return key_text(value.strip(" \t\r\n"))


def _id(value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, str) and value.isdecimal():  # an id of Pulumi
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or value % 1 or value <= 0:
        raise ValueError("must be a positive whole number")
    return int(value)


Text = Annotated[str, BeforeValidator(_text)]
Id = Annotated[PositiveInt, BeforeValidator(_id)]


class Arguments(Properties):
    """The arguments of a function."""


class Result(Properties):
    """The result of a function, or a part of it. What the instance reports is kept as it is."""

    observed = True


# --- results ----------------------------------------------------------------------------------------------


class WorkspaceResult(Result):
    """An existing workspace."""

    workspace_id: Annotated[int, Field(description="The workspace's id.")]
    name: Annotated[str, Field(description="The workspace's name.")]
    created_at: Annotated[
        str | None, Field(description="The creation time as reported by the instance (ISO 8601).")
    ] = None
    archived: Annotated[bool, Field(description="Whether the workspace is archived.")] = False
    model_ids: Annotated[list[int], Field(description="The ids of the models in it.")] = []
    pipeline_ids: Annotated[list[int], Field(description="The ids of the pipelines in it.")] = []


class WorkspacesResult(Result):
    """The workspaces that the user who runs Pulumi can see."""

    workspaces: Annotated[list[WorkspaceResult], Field(description="The workspaces.")]


class UserResult(Result):
    """An existing user."""

    user_id: Annotated[str, Field(description="The user's id.")]
    username: Annotated[str, Field(description="The user's name in Keycloak.")]
    email: Annotated[
        str | None, Field(description="The e-mail address. The built-in administrator has none.")
    ] = None
    first_name: Annotated[str | None, Field(description="The first name.")] = None
    last_name: Annotated[str | None, Field(description="The last name.")] = None
    enabled: Annotated[bool, Field(description="Whether the account is active.")] = True


class UsersResult(Result):
    """The users of the instance."""

    users: Annotated[list[UserResult], Field(description="The users.")]


class ConnectionResult(Result):
    """An existing connection."""

    connection_id: Annotated[str, Field(description="The connection's id.")]
    name: Annotated[str, Field(description="The connection's name.")]
    type: Annotated[str, Field(description="The kind of data source.")]
    details: Annotated[
        JsonObject,
        SECRET,
        Field(
            description="In clear text: wrap values that you pass on in `pulumi.Output.secret`, or call "
            "`get_connection_output`."
        ),
    ]
    workspace_names: Annotated[
        list[str], Field(description="The workspaces that the connection is added to.")
    ] = []


class ModelVersionResult(Result):
    """An existing model version. Builders such as ``model_step`` accept it like a ModelVersion."""

    model_version_id: Annotated[int, Field(description="The id of the model version.")]
    workspace_id: Annotated[int, Field(description="The workspace's id.")]
    name: Annotated[str, Field(description="The model's name.")]
    version: Annotated[str, Field(description="The UUID, which pipeline steps contain.")]
    sha256: Annotated[str, Field(description="The SHA-256 of the file.")]
    status: Annotated[str, Field(description="The state of the upload, such as `ready`.")]
    framework: Annotated[str | None, Field(description="The framework.")] = None
    visibility: Annotated[str, Field(description="`private` or `public`.")] = "private"


class PipelineResult(Result):
    """An existing pipeline and its latest version."""

    pipeline_id: Annotated[int, Field(description="The pipeline's id.")]
    workspace_id: Annotated[int, Field(description="The workspace's id.")]
    name: Annotated[str, Field(description="The pipeline's name.")]
    version: Annotated[
        str | None,
        Field(
            description="The UUID of the latest version, or None. A Deployment accepts it as `pipeline_version_id`."
        ),
    ] = None
    version_id: Annotated[
        int | None,
        Field(
            description="The integer id of the latest version, which a PipelinePublish needs. None if the instance "
            "rejects GraphQL, the only call that returns it."
        ),
    ] = None
    steps: Annotated[
        list[Step],
        BeforeValidator(spelling.STEP.from_api),
        Field(description="The steps of the latest version."),
    ] = []


# --- arguments --------------------------------------------------------------------------------------------


class WorkspaceArguments(Arguments):
    name: Annotated[Text | None, Field(description="The workspace's name.")] = None
    workspace_id: Annotated[Id | None, Field(description="The workspace's id.")] = None

    @model_validator(mode="after")
    def _one(self) -> WorkspaceArguments:
        _exactly_one(self)
        return self


class UserArguments(Arguments):
    email: Annotated[Text | None, Field(description="The e-mail address, in any case.")] = None
    user_id: Annotated[Text | None, Field(description="The user's id.")] = None

    @model_validator(mode="after")
    def _one(self) -> UserArguments:
        _exactly_one(self)
        return self


class ConnectionArguments(Arguments):
    name: Annotated[Text, Field(description="The connection's name.")]


class ModelVersionArguments(Arguments):
    model_version_id: Annotated[Id | None, Field(description="The id of the model version.")] = None
    workspace_id: Annotated[Id | None, Field(description="The workspace's id.")] = None
    name: Annotated[Text | None, Field(description="The model's name.")] = None

    @model_validator(mode="after")
    def _id_or_name(self) -> ModelVersionArguments:
        by_id = (self.model_version_id is not None, self.workspace_id is not None, self.name is not None)
        if by_id not in ((True, False, False), (False, True, True)):
            raise ValueError("give either model_version_id alone, or workspace_id and name")
        return self


class PipelineArguments(Arguments):
    workspace_id: Annotated[Id, Field(description="The workspace's id.")]
    name: Annotated[Text, Field(description="The pipeline's name.")]


def _exactly_one(arguments: Arguments) -> None:
    names = type(arguments).model_fields
    if sum(getattr(arguments, name) is not None for name in names) != 1:
        raise ValueError(f"set exactly one of {' and '.join(names)}")
