"""``get_*`` as definitions: name, arguments, result, and how the instance is asked. Shared by every adapter.

A lookup never uses a cached list, because another process may just have created the object.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from ..api import Client, wire
from ..core.check import explain, rejected
from ..core.fields import SECRET, fields_with
from ..core.names import wire_name
from ..core.read import read_by_id
from ..errors import ConflictError, NotFoundError, ObjectError
from .lookup_models import (
    Arguments,
    ConnectionArguments,
    ConnectionResult,
    ModelVersionArguments,
    ModelVersionResult,
    PipelineArguments,
    PipelineResult,
    Result,
    UserArguments,
    UserResult,
    UsersResult,
    WorkspaceArguments,
    WorkspaceResult,
    WorkspacesResult,
)


class BadArgument(ObjectError):
    """An argument of a lookup is missing, or is no name or id."""


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
        for line in rejected(arguments):
            raise BadArgument(line)
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
