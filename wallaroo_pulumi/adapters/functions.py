"""``get_*``: read existing objects from a program. Each has an ``_output`` variant that accepts Pulumi inputs.

A lookup never uses a cached list, because the dynamic host, another process, may just have created the object. With
``pulumi.runtime.set_mocks``, it calls the mocks' ``call`` instead, with the
token ``wallaroo:index:<function in camelCase>`` and the result's fields by their wire names.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import pulumi

from ..core.names import wire_name
from ..core.read import read_by_id
from ..errors import ObjectError, WallarooError
from .inputs import FREE, Arguments, InputError
from .program_settings import lookup_settings, require_settings, under_mocks
from .session import provider
from .shapes import STEP

if TYPE_CHECKING:
    from ..api import Client, wire
    from .types import StepOutput

ResultT = TypeVar("ResultT")


@dataclass(frozen=True)
class WorkspaceResult:
    """An existing workspace."""

    workspace_id: int
    name: str
    created_at: str | None = None
    """The creation time as reported by the instance (ISO 8601)."""
    archived: bool = False
    model_ids: Sequence[int] = ()
    pipeline_ids: Sequence[int] = ()


@dataclass(frozen=True)
class WorkspacesResult:
    """The workspaces that the user who runs Pulumi can see."""

    workspaces: Sequence[WorkspaceResult]


@dataclass(frozen=True)
class UserResult:
    """An existing user."""

    user_id: str
    username: str
    email: str | None = None
    """None for the built-in administrator."""
    first_name: str | None = None
    last_name: str | None = None
    enabled: bool = True


@dataclass(frozen=True)
class UsersResult:
    """The users of the instance."""

    users: Sequence[UserResult]


@dataclass(frozen=True)
class ConnectionResult:
    """An existing connection."""

    connection_id: str
    name: str
    type: str
    details: Mapping[str, Any] = dataclasses.field(repr=False)
    """In clear text: wrap values that you pass on in ``pulumi.Output.secret``, or call ``get_connection_output``."""
    workspace_names: Sequence[str] = ()


@dataclass(frozen=True)
class ModelVersionResult:
    """An existing model version. Builders such as ``model_step`` accept it like a ModelVersion."""

    model_version_id: int
    workspace_id: int
    name: str
    version: str
    """The UUID, which pipeline steps contain."""
    sha256: str
    status: str
    framework: str | None = None
    visibility: str = "private"


@dataclass(frozen=True)
class PipelineResult:
    """An existing pipeline and its latest version."""

    pipeline_id: int
    workspace_id: int
    name: str
    version: str | None = None
    """The UUID of the latest version, or None. A Deployment accepts it as ``pipeline_version_id``."""
    steps: Sequence[StepOutput] = ()


def get_workspace(*, name: str | None = None, workspace_id: int | None = None) -> WorkspaceResult:
    """Return the workspace with this name or id (exactly one of them). Calls workspaces/list.

    Stops the program with one line if it does not exist or this user cannot see it.
    """
    name, workspace_id = (
        _text("get_workspace", "name", name),
        _id("get_workspace", "workspace_id", workspace_id),
    )
    _exactly_one("get_workspace", name=name, workspace_id=workspace_id)

    def find(client: Client) -> WorkspaceResult:
        found = [w for w in client.workspaces.list(fresh=True) if name == w.name or workspace_id == w.id]
        if len(found) != 1:
            what = f"workspace {name!r}" if name is not None else f"workspace {workspace_id}"
            raise ObjectError(
                f"{what} exists {len(found)} times; name one by workspace_id"
                if found
                else f"{what} does not exist or this user cannot see it; check it and the user's memberships"
            )
        return _workspace(found[0])

    return _look_up("getWorkspace", {"name": name, "workspaceId": workspace_id}, find, WorkspaceResult)


def get_workspaces() -> WorkspacesResult:
    """Return every workspace that the user who runs Pulumi can see. Calls workspaces/list."""

    def find(client: Client) -> WorkspacesResult:
        return WorkspacesResult([_workspace(w) for w in client.workspaces.list(fresh=True)])

    return _look_up("getWorkspaces", {}, find, WorkspacesResult)


def get_user(*, email: str | None = None, user_id: str | None = None) -> UserResult:
    """Return the user with this e-mail address (case-insensitive) or id (exactly one of them). Calls users/query.

    Stops the program with one line if it does not exist.
    """
    email, user_id = _text("get_user", "email", email), _text("get_user", "user_id", user_id)
    _exactly_one("get_user", email=email, user_id=user_id)

    def find(client: Client) -> UserResult:
        if user_id is not None:
            found = client.users.find(user_id, fresh=True)
        else:
            found = client.users.find_by_email(email or "")
        if found is None:
            what = f"the e-mail address {email}" if email is not None else f"the id {user_id!r}"
            raise ObjectError(f"the instance has no user with {what}; check the spelling, or declare a User")
        return _user(found)

    return _look_up("getUser", {"email": email, "userId": user_id}, find, UserResult)


def get_users() -> UsersResult:
    """Return every user of the instance. Calls users/query."""

    def find(client: Client) -> UsersResult:
        return UsersResult([_user(u) for u in client.users.list(fresh=True)])

    return _look_up("getUsers", {}, find, UsersResult)


def get_connection(name: str) -> ConnectionResult:
    """Return the connection with this name, with its details in clear text. Calls connections/list.

    Stops the program with one line if it does not exist.
    """

    wanted = _text("get_connection", "name", name)

    def find(client: Client) -> ConnectionResult:
        found = next((c for c in client.connections.list(fresh=True) if c.name == wanted), None)
        if found is None:
            raise ObjectError(
                f"connection {name!r} does not exist or this user cannot see it; check the name, or declare it"
            )
        return _connection(found)

    return _look_up("getConnection", {"name": name}, find, ConnectionResult)


def get_model_version(
    *, model_version_id: int | None = None, workspace_id: int | None = None, name: str | None = None
) -> ModelVersionResult:
    """Return the model version with this id, or the newest ready version of a model in a workspace.

    Calls models/get_version_by_id or models/list. Stops the program with one line if it does not exist.
    """
    model_version_id = _id("get_model_version", "model_version_id", model_version_id)
    workspace_id = _id("get_model_version", "workspace_id", workspace_id)
    name = _text("get_model_version", "name", name)
    by_id = (model_version_id is not None, workspace_id is not None, name is not None)
    if by_id not in ((True, False, False), (False, True, True)):
        raise InputError("get_model_version: give either model_version_id alone, or workspace_id and name")

    def find(client: Client) -> ModelVersionResult:
        if model_version_id is not None:
            return _model_version(_version_of_id(client, model_version_id).model_version)
        ready = [
            found.model_version
            for model in client.models.list(workspace_id, fresh=True)
            for found in model.model_versions
            if model.model.name == name and found.model_version.status == "ready"
        ]
        if not ready:
            raise ObjectError(
                f"workspace {workspace_id} has no model {name!r} with a version that is ready, or this user cannot see "
                "it; check both, or declare a ModelVersion"
            )
        return _model_version(max(ready, key=lambda version: version.id))

    args = {"modelVersionId": model_version_id, "workspaceId": workspace_id, "name": name}
    return _look_up("getModelVersion", args, find, ModelVersionResult)


def get_pipeline(workspace_id: int, name: str) -> PipelineResult:
    """Return the pipeline with this name in a workspace, and its latest version. Calls pipelines/list_pipelines.

    Stops the program with one line if it does not exist.
    """

    place, wanted = _id("get_pipeline", "workspace_id", workspace_id), _text("get_pipeline", "name", name)
    if place is None or wanted is None:
        raise InputError("get_pipeline: give workspace_id and name")

    def find(client: Client) -> PipelineResult:
        for found in client.pipelines.list(place, fresh=True):
            if found.pipeline.name == wanted:
                return _pipeline(client, place, found)
        raise ObjectError(
            f"workspace {workspace_id} has no pipeline {name!r}, or this user cannot see it; check both, or declare a "
            "Pipeline"
        )

    return _look_up("getPipeline", {"workspaceId": workspace_id, "name": name}, find, PipelineResult)


def get_workspace_output(
    *, name: pulumi.Input[str] | None = None, workspace_id: pulumi.Input[int] | None = None
) -> pulumi.Output[WorkspaceResult]:
    """:func:`get_workspace` for Pulumi inputs."""
    return _output_variant(get_workspace, name=name, workspace_id=workspace_id)


def get_workspaces_output() -> pulumi.Output[WorkspacesResult]:
    """:func:`get_workspaces` as an Output."""
    return _output_variant(get_workspaces)


def get_user_output(
    *, email: pulumi.Input[str] | None = None, user_id: pulumi.Input[str] | None = None
) -> pulumi.Output[UserResult]:
    """:func:`get_user` for Pulumi inputs."""
    return _output_variant(get_user, email=email, user_id=user_id)


def get_users_output() -> pulumi.Output[UsersResult]:
    """:func:`get_users` as an Output."""
    return _output_variant(get_users)


def get_connection_output(name: pulumi.Input[str]) -> pulumi.Output[ConnectionResult]:
    """:func:`get_connection` for Pulumi inputs. The whole result is secret, because of its details."""
    return pulumi.Output.secret(_output_variant(get_connection, name=name))


def get_model_version_output(
    *,
    model_version_id: pulumi.Input[int] | None = None,
    workspace_id: pulumi.Input[int] | None = None,
    name: pulumi.Input[str] | None = None,
) -> pulumi.Output[ModelVersionResult]:
    """:func:`get_model_version` for Pulumi inputs."""
    return _output_variant(
        get_model_version, model_version_id=model_version_id, workspace_id=workspace_id, name=name
    )


def get_pipeline_output(
    workspace_id: pulumi.Input[int], name: pulumi.Input[str]
) -> pulumi.Output[PipelineResult]:
    """:func:`get_pipeline` for Pulumi inputs."""
    return _output_variant(get_pipeline, workspace_id=workspace_id, name=name)


def _workspace(found: wire.Workspace) -> WorkspaceResult:
    return WorkspaceResult(
        workspace_id=found.id,
        name=found.name,
        created_at=found.created_at,
        archived=bool(found.archived),
        model_ids=found.models or (),
        pipeline_ids=found.pipelines or (),
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


def _connection(found: wire.Connection) -> ConnectionResult:
    return ConnectionResult(
        connection_id=found.id,
        name=found.name,
        type=found.type,
        details=found.details or {},
        workspace_names=tuple(found.workspace_names),
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


def _pipeline(client: Client, workspace_id: int, found: wire.ListedPipeline) -> PipelineResult:
    version = found.pipeline_version
    if version is not None and version.steps is None:
        version = client.pipelines.version(version.version)
    return PipelineResult(
        pipeline_id=found.pipeline.id,
        workspace_id=workspace_id,
        name=found.pipeline.name,
        version=version.version if version else None,
        steps=STEP.to_python([*(version.steps or version.definition or ())]) if version else (),
    )


def _version_of_id(client: Client, id: int) -> wire.ConfiguredModelVersion:
    """Raises ObjectError if there is none."""

    def listed() -> bool:
        versions = (v for model in client.models.list(None, fresh=True) for v in model.model_versions)
        return any(version.model_version.id == id for version in versions)

    if (found := read_by_id(lambda: client.models.version(id), listed)) is None:
        raise ObjectError(
            f"model version {id} does not exist or this user cannot see it; check model_version_id, or declare a "
            "ModelVersion"
        )
    return found


def _text(function: str, argument: str, value: Any) -> str | None:
    """Return a name, id or address in its canonical form. Raises InputError."""
    from ..core.fields import key_text

    call = Arguments(function)
    plain = call.plain(value, argument, secret=True)
    if plain is None:
        return None
    if not isinstance(plain, str):
        raise call.reject(argument, f"must be text, not {type(value).__name__}")
    try:
        return str(key_text(plain.strip(" \t\r\n")))
    except ValueError as error:
        raise call.reject(argument, str(error)) from None


def _id(function: str, argument: str, value: Any) -> int | None:
    """Return the id of a workspace or a model version. Raises InputError."""
    call = Arguments(function)
    plain = call.plain(value, argument, secret=True)
    if plain is None:
        return None
    if isinstance(plain, str) and plain.isdecimal():  # an id of Pulumi
        plain = int(plain)
    if isinstance(plain, bool) or not isinstance(plain, int | float) or plain % 1 or plain <= 0:
        raise call.reject(argument, "must be a positive whole number", repr(value))
    return int(plain)


def _exactly_one(function: str, **given: object) -> None:
    if sum(value is not None for value in given.values()) != 1:
        raise InputError(f"{function}: set exactly one of {' and '.join(given)}")


def _look_up(
    function: str, args: Mapping[str, Any], find: Callable[[Client], ResultT], result: type[ResultT]
) -> ResultT:
    if under_mocks():
        return _from_wire(result, pulumi.runtime.invoke(f"wallaroo:index:{function}", dict(args)).value)
    require_settings()
    try:
        return find(provider(lookup_settings()).context.client)
    except WallarooError as error:
        raise pulumi.RunError(str(error)) from None


def _from_wire(result: type[ResultT], value: Mapping[str, Any]) -> ResultT:
    """Return the result with the fields that a mock returned."""
    element = {"workspaces": WorkspaceResult, "users": UserResult}
    fields: dict[str, Any] = {}
    for field in dataclasses.fields(result):  # type: ignore[arg-type]  # the callers pass dataclasses
        if (wire := wire_name(field.name)) in value:
            of, shape = element.get(field.name), STEP if field.name == "steps" else FREE
            fields[field.name] = (
                [_from_wire(of, v) for v in value[wire]] if of else shape.to_python(value[wire])
            )
    return result(**fields)


def _output_variant(function: Callable[..., ResultT], **args: Any) -> pulumi.Output[ResultT]:
    async def off_the_event_loop(given: Mapping[str, Any]) -> ResultT:
        # The lookup waits for the network; the program's other resources go on meanwhile.
        return await asyncio.to_thread(function, **given)

    given = pulumi.Output.all(**args)

    async def known() -> bool:
        """Return whether the inputs are known and the resources that they come from exist."""
        made = [r for r in await given.resources() if isinstance(r, pulumi.CustomResource)]
        return await given.is_known() and all([await r.id.is_known() for r in made])

    ready = pulumi.Output(given.resources(), given.future(), known(), given.is_secret())
    # Output.all() of nothing gives a list.
    return ready.apply(lambda given: off_the_event_loop(dict(given or {})))
