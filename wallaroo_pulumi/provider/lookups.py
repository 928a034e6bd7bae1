"""``get_*`` as definitions: arguments, result, and how the instance is asked. Shared by every adapter.

A lookup never uses a cached list, because another process may just have created the object.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, PositiveInt, ValidationError, model_validator

from ..api import Client, spelling, wire
from ..core.check import explain
from ..core.fields import SECRET, Properties, fields_with, key_text
from ..core.json_values import JsonObject
from ..core.names import wire_name
from ..core.read import read_by_id
from ..errors import ConflictError, NotFoundError, ObjectError
from ..resources._steps import Step


class BadArgument(ObjectError):
    """An argument of a lookup is missing, or is no name or id."""


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


# --- lookups ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lookup:
    """A function that reads existing objects."""

    name: str
    """The function's name in Python."""
    description: str
    arguments: type[Arguments]
    result: type[Result]
    find: Callable[[Client, Any], Result]
    """Return the result for validated arguments. Raises WallarooError."""

    @property
    def token(self) -> str:
        """The function's name on Pulumi's wire."""
        return f"wallaroo:index:{wire_name(self.name)}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """The secret parts of the result (wire names)."""
        return tuple(wire_name(name) for name, _ in fields_with(self.result, SECRET))

    def parse(self, arguments: Mapping[str, Any]) -> Arguments:
        """Validate arguments (wire names) that are known. Raises BadArgument, without the values."""
        given = {name: value for name, value in arguments.items() if value is not None}
        try:
            return self.arguments.model_validate(given)
        except ValidationError as error:
            problem = error.errors()[0]
            python = {wire_name(name): name for name in self.arguments.model_fields}
            place = " ".join(python.get(str(part), str(part)) for part in problem["loc"][:1])
            reason = explain(problem).replace(" of this resource", "")
            raise BadArgument(
                f"{self.name}: {place} {reason}" if place else f"{self.name}: {reason}"
            ) from None

    def call(self, client: Client, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return the result for arguments that are known, both by wire names. Raises WallarooError."""
        return self.find(client, self.parse(arguments)).to_wire()


def _get_workspace(client: Client, arguments: WorkspaceArguments) -> WorkspaceResult:
    found = [
        w
        for w in client.workspaces.list(fresh=True)
        if arguments.name == w.name or arguments.workspace_id == w.id
    ]
    what = (
        f"workspace {arguments.name!r}"
        if arguments.name is not None
        else f"workspace {arguments.workspace_id}"
    )
    if not found:
        raise NotFoundError(
            f"{what} does not exist or this user cannot see it; check it and the user's memberships"
        )
    if len(found) > 1:
        raise ConflictError(f"{what} exists {len(found)} times; name one by workspace_id")
    return _workspace(found[0])


def _get_workspaces(client: Client, _: Arguments) -> WorkspacesResult:
    return WorkspacesResult(workspaces=[_workspace(w) for w in client.workspaces.list(fresh=True)])


def _get_user(client: Client, arguments: UserArguments) -> UserResult:
    if arguments.user_id is not None:
        found = client.users.find(arguments.user_id, fresh=True)
    else:
        found = client.users.find_by_email(arguments.email or "")
    if found is None:
        what = (
            f"the e-mail address {arguments.email}"
            if arguments.email is not None
            else f"the id {arguments.user_id!r}"
        )
        raise NotFoundError(f"the instance has no user with {what}; check the spelling, or declare a User")
    return _user(found)


def _get_users(client: Client, _: Arguments) -> UsersResult:
    return UsersResult(users=[_user(u) for u in client.users.list(fresh=True)])


def _get_connection(client: Client, arguments: ConnectionArguments) -> ConnectionResult:
    found = next((c for c in client.connections.list(fresh=True) if c.name == arguments.name), None)
    if found is None:
        raise NotFoundError(
            f"connection {arguments.name!r} does not exist or this user cannot see it; check the name, or declare it"
        )
    return ConnectionResult(
        connection_id=found.id,
        name=found.name,
        type=found.type,
        details=found.details or {},
        workspace_names=list(found.workspace_names),
    )


def _get_model_version(client: Client, arguments: ModelVersionArguments) -> ModelVersionResult:
    if arguments.model_version_id is not None:
        return _model_version(_version_of_id(client, arguments.model_version_id).model_version)
    ready = [
        found.model_version
        for model in client.models.list(arguments.workspace_id, fresh=True)
        for found in model.model_versions
        if model.model.name == arguments.name and found.model_version.status == "ready"
    ]
    if not ready:
        raise NotFoundError(
            f"workspace {arguments.workspace_id} has no model {arguments.name!r} with a version that is ready, or this "
            "user cannot see it; check both, or declare a ModelVersion"
        )
    return _model_version(max(ready, key=lambda version: version.id))


def _version_of_id(client: Client, id: int) -> wire.ConfiguredModelVersion:
    """Raises NotFoundError if there is none."""

    def listed() -> bool:
        versions = (v for model in client.models.list(None, fresh=True) for v in model.model_versions)
        return any(version.model_version.id == id for version in versions)

    if (found := read_by_id(lambda: client.models.version(id), listed)) is None:
        raise NotFoundError(
            f"model version {id} does not exist or this user cannot see it; check model_version_id, or declare a "
            "ModelVersion"
        )
    return found


def _get_pipeline(client: Client, arguments: PipelineArguments) -> PipelineResult:
    for found in client.pipelines.list(arguments.workspace_id, fresh=True):
        if found.pipeline.name == arguments.name:
            return _pipeline(client, arguments.workspace_id, found)
    raise NotFoundError(
        f"workspace {arguments.workspace_id} has no pipeline {arguments.name!r}, or this user cannot see it; check "
        "both, or declare a Pipeline"
    )


def _pipeline(client: Client, workspace_id: int, found: wire.ListedPipeline) -> PipelineResult:
    version = found.pipeline_version
    if version is not None and version.steps is None:
        version = client.pipelines.version(version.version)
    return PipelineResult.model_validate(
        {
            "pipeline_id": found.pipeline.id,
            "workspace_id": workspace_id,
            "name": found.pipeline.name,
            "version": version.version if version else None,
            "version_id": client.graphql.version_id(found.pipeline.id, version.version) if version else None,
            "steps": [*(version.steps or version.definition or ())] if version else [],
        }
    )


def _workspace(found: wire.Workspace) -> WorkspaceResult:
    return WorkspaceResult(
        workspace_id=found.id,
        name=found.name,
        created_at=found.created_at,
        archived=bool(found.archived),
        model_ids=list(found.models or ()),
        pipeline_ids=list(found.pipelines or ()),
    )


def _user(found: wire.User) -> UserResult:
    return UserResult(
        user_id=found.id,
        username=found.username,
        email=found.email,
        first_name=found.first_name,
        last_name=found.last_name,
        enabled=found.enabled,
    )


def _model_version(found: wire.ModelVersion) -> ModelVersionResult:
    return ModelVersionResult(
        model_version_id=found.id,
        workspace_id=found.workspace_id,
        name=found.name,
        version=found.file_info.version,
        sha256=found.file_info.sha,
        status=found.status,
        framework=found.conversion.framework if found.conversion else None,
        visibility=found.visibility,
    )


_IF_MISSING: Final = "\n\nFails with one line if it does not exist or this user cannot see it."

LOOKUPS: Final[Mapping[str, Lookup]] = {
    lookup.token: lookup
    for lookup in (
        Lookup(
            "get_workspace",
            "Return the workspace with this name or id (exactly one of them). Calls workspaces/list."
            f"{_IF_MISSING}",
            WorkspaceArguments,
            WorkspaceResult,
            _get_workspace,
        ),
        Lookup(
            "get_workspaces",
            "Return every workspace that the user who runs Pulumi can see. Calls workspaces/list.",
            Arguments,
            WorkspacesResult,
            _get_workspaces,
        ),
        Lookup(
            "get_user",
            "Return the user with this e-mail address (case-insensitive) or id (exactly one of them). Calls "
            "users/query."
            f"{_IF_MISSING}",
            UserArguments,
            UserResult,
            _get_user,
        ),
        Lookup(
            "get_users",
            "Return every user of the instance. Calls users/query.",
            Arguments,
            UsersResult,
            _get_users,
        ),
        Lookup(
            "get_connection",
            "Return the connection with this name, with its details in clear text. Calls connections/list."
            f"{_IF_MISSING}",
            ConnectionArguments,
            ConnectionResult,
            _get_connection,
        ),
        Lookup(
            "get_model_version",
            "Return the model version with this id, or the newest ready version of a model in a workspace. Calls "
            "models/get_version_by_id or models/list."
            f"{_IF_MISSING}",
            ModelVersionArguments,
            ModelVersionResult,
            _get_model_version,
        ),
        Lookup(
            "get_pipeline",
            "Return the pipeline with this name in a workspace, and its latest version. Calls "
            "pipelines/list_pipelines, and GraphQL for `version_id`."
            f"{_IF_MISSING}",
            PipelineArguments,
            PipelineResult,
            _get_pipeline,
        ),
    )
}
"""The functions by token."""
