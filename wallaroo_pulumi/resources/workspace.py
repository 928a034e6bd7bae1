"""Workspace: contains a team's models and pipelines, and has members.

Identity: the id that workspaces/create returns. The natural key is the name; a change of it replaces.
The API can neither delete, rename nor archive a workspace. It has no read by id, only a list of the workspaces that
the caller can see (docs/internals/mlops-api.md#workspaces). Deleting therefore leaves the workspace on the instance,
creating an existing name follows ``adopt``, and reading searches the shared list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from ..api import Client, wire
from ..core.context import Context
from ..core.create import create_once
from ..core.diff import contains_unknown
from ..core.fields import (
    AUTONAMED,
    FORCES_REPLACEMENT,
    STABLE,
    STATE_ONLY,
    Adopt,
    Adopted,
    DnsLabel,
    Properties,
)
from ..core.resource import Examples, InvalidInput, Resource
from ..core.validate import refused
from ..errors import ApiError, ConflictError
from . import _lookups


class WorkspaceInputs(Properties):
    name: Annotated[
        DnsLabel,
        FORCES_REPLACEMENT,
        AUTONAMED,
        Field(description="The workspace's name, a DNS label, unique on the instance."),
    ]
    adopt: Annotated[
        Adopt,
        STATE_ONLY,
        Field(
            description="What to do if a workspace of this name exists and the caller is one of its owners: adopt "
            "it only if it contains no models and pipelines (`if_empty`), adopt it with its contents "
            "(`always`), or fail (`never`)."
        ),
    ] = "if_empty"
    force_destroy: Annotated[
        bool,
        STATE_ONLY,
        Field(
            description="Whether deleting first undeploys and deletes the workspace's pipelines and deletes its "
            "models. The empty workspace itself stays on the instance either way."
        ),
    ] = False


class WorkspaceOutputs(WorkspaceInputs, Adopted):
    name: Annotated[str, Field(description="The workspace's name.")]  # default workspaces have other names
    workspace_id: Annotated[int, Field(description="The id that members, models and pipelines refer to.")]
    created_at: Annotated[
        str | None, STABLE, Field(description="The creation time, as reported by the instance (ISO 8601).")
    ] = None


class Workspace(Resource[WorkspaceInputs, WorkspaceOutputs]):
    """A workspace, which contains the models and pipelines of a team.

    The name is unique on the instance; changing it creates another workspace. If the name exists, `adopt` decides
    whether the resource takes that workspace over or fails. Wallaroo cannot delete workspaces: deleting removes the
    resource from the state and leaves the workspace, which `force_destroy` empties first.
    """

    kind = "Workspace"
    inputs = WorkspaceInputs
    outputs = WorkspaceOutputs
    id_format = "the workspace's id, such as `12`"
    natural_key = ("name",)
    from_id = {"workspace_id": "int"}
    deletion = (
        "The workspace stays on the instance, because Wallaroo cannot delete one. Pulumi prints what it still "
        "contains; `force_destroy` empties it first."
    )
    examples = Examples(
        inputs={"name": "fraud-prod"},
        update={"force_destroy": True},
        replace={"name": "fraud-production"},
    )

    def id_of(self, outputs: WorkspaceOutputs) -> str:
        return str(outputs.workspace_id)

    def left_by_replacement(self, prior: Mapping[str, Any]) -> str:
        contents = "is emptied" if prior.get("forceDestroy") else "keeps its models and pipelines"
        return f"stays on the instance and {contents}: Wallaroo cannot delete workspaces"

    def validate(self, ctx: Context[Client], desired: WorkspaceInputs) -> Iterable[InvalidInput]:
        if contains_unknown([desired.name, desired.adopt]) or ctx.validated.has(self.kind, desired.name):
            return ()
        return refused("name", lambda: _adoptable(ctx, desired))

    def existing(self, ctx: Context[Client], desired: WorkspaceInputs) -> str | None:
        found = _find(ctx, desired.name)
        return str(found.id) if found else None

    def create(self, ctx: Context[Client], desired: WorkspaceInputs) -> WorkspaceOutputs:
        found = _adoptable(ctx, desired)
        if found is None:
            for id in ctx.ownership.named(self.kind, desired.name):
                # The stack's own may be hidden. An instance that allows duplicate names would create another one.
                _lookups.workspace_if_any(ctx, _lookups.split_id(id)[0])
        workspace, existed = (found, True) if found else self._make(ctx, desired)
        with ctx.claim(self.kind, str(workspace.id), workspace.name, existed=existed):
            return self.result(desired, workspace_id=workspace.id, created_at=workspace.created_at)

    def _make(self, ctx: Context[Client], desired: WorkspaceInputs) -> tuple[wire.Workspace, bool]:
        """Return the workspace, and whether another user created it first."""
        try:
            made = create_once(
                ctx,
                lambda: ctx.client.workspaces.create(desired.name),
                lambda: _find(ctx, desired.name, fresh=True),
            )
            return made, False
        except ApiError as error:
            # Another user may have been faster, or has a workspace of this name that we cannot see.
            rival = _find(ctx, desired.name, fresh=True)
            if rival is None and error.status in (401, 403, 429):
                raise  # a question of rights, not of the name
            if rival is None:
                raise error.with_hint(
                    f"if the name {desired.name!r} is taken by a workspace that this user cannot see, choose "
                    "another name or ask an owner of that workspace to add this user"
                ) from None
            _refuse_unless_adoptable(ctx, rival, desired.adopt)
            return rival, True

    def read(self, ctx: Context[Client], id: str, prior: WorkspaceOutputs | None) -> WorkspaceOutputs | None:
        found = _lookups.workspace_if_any(ctx, _lookups.split_id(id)[0])
        if found is None:
            return None
        if prior is not None:
            _lookups.require_same_workspace(found, prior.name, prior.created_at)
        return WorkspaceOutputs(name=found.name, workspace_id=found.id, created_at=found.created_at)

    def delete(self, ctx: Context[Client], id: str, prior: WorkspaceOutputs) -> None:
        found = _lookups.workspace_if_any(ctx, prior.workspace_id)
        if found is None:
            return
        _lookups.require_same_workspace(found, prior.name, prior.created_at)
        if prior.force_destroy:
            from . import _emptying  # here, since few stacks need models and pipelines for it

            kept = _emptying.empty(ctx, found.id)
            contents = f"contains {', '.join(kept)}" if kept else "is empty"
        else:
            contents = _contents(found)
        ctx.report(
            f"workspace {prior.name!r} (id {id}) stays on the instance and {contents}: "
            "Wallaroo cannot delete workspaces"
        )


def _find(ctx: Context[Client], name: str, *, fresh: bool = False) -> wire.Workspace | None:
    namesakes = [w for w in ctx.client.workspaces.list(fresh=fresh) if w.name == name]
    if len(namesakes) > 1:
        ids = ", ".join(str(w.id) for w in namesakes)
        raise ConflictError(
            f"workspace {name!r} exists more than once on the instance (ids {ids}); choose another name, "
            "or refer to one of them with Workspace.get"
        )
    return namesakes[0] if namesakes else None


def _adoptable(ctx: Context[Client], desired: WorkspaceInputs) -> wire.Workspace | None:
    """Return the workspace of this name, or None. Raises ConflictError if it must not be adopted."""
    found = _find(ctx, desired.name)
    if found is not None:
        _refuse_unless_adoptable(ctx, found, desired.adopt)
    return found


def _refuse_unless_adoptable(ctx: Context[Client], found: wire.Workspace, adopt: Adopt) -> None:
    """Raise ConflictError if ``adopt`` does not allow this resource to adopt the workspace."""
    if ctx.ownership.recorded("Workspace", str(found.id)) is not None:
        return  # the stack's own, with another resource name or to be replaced
    exists = f"workspace {found.name!r} already exists (id {found.id})"
    if adopt == "never":
        raise ConflictError(f"{exists} and adopt is 'never'; choose another name, or set adopt to 'if_empty'")
    owners = {m.user_id for m in ctx.client.workspaces.members(found.id) if m.role == "OWNER"}
    if ctx.client.caller_id not in owners:
        raise ConflictError(
            f"{exists} and this user is not one of its owners; ask an owner to add the user as an OWNER, or choose "
            "another name"
        )
    if adopt == "if_empty" and (found.models or found.pipelines):
        raise ConflictError(
            f"{exists} and {_contents(found)}; set adopt to 'always' to take it over with its contents, or choose "
            "another name"
        )


def _contents(workspace: wire.Workspace) -> str:
    def count(items: Sequence[int] | None, noun: str) -> str:
        items = items or ()
        return f"{len(items)} {noun}{'' if len(items) == 1 else 's'}"

    if not workspace.models and not workspace.pipelines:
        return "is empty"
    return f"contains {count(workspace.models, 'model')} and {count(workspace.pipelines, 'pipeline')}"
