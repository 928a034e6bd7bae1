"""WorkspaceConnection: a workspace's use of a connection.

Identity: workspace id and the connection's name. A change of either replaces. When a Connection is replaced, its
attachments are made anew with it, if they refer to it (``connection_name=warehouse.name``) and not to a mere string.
What attaching twice does is not known (MLOPS_API.md section 6), so one that exists is taken over without a call.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from ..api import Client
from ..api import models as wire
from ..core.context import Context
from ..core.create import create_once
from ..core.diff import contains_unknown
from ..core.fields import FORCES_REPLACEMENT, Properties, WorkspaceId
from ..core.remove import remove_once
from ..core.resource import BadInput, Examples, Resource
from ..core.validate import refused
from ..errors import ApiError, ObjectError
from ._lookups import refused_workspace, split_id, visible_workspace, workspace


class WorkspaceConnectionInputs(Properties):
    workspace_id: Annotated[
        WorkspaceId,
        FORCES_REPLACEMENT,
        Field(description="The workspace: the `workspace_id` of a Workspace."),
    ]
    connection_name: Annotated[
        str,
        FORCES_REPLACEMENT,
        Field(min_length=1, description="The connection: the `name` of a Connection."),
    ]


class WorkspaceConnectionOutputs(WorkspaceConnectionInputs):
    pass


class WorkspaceConnection(Resource[WorkspaceConnectionInputs, WorkspaceConnectionOutputs]):
    """A workspace's use of a connection."""

    kind = "WorkspaceConnection"
    inputs = WorkspaceConnectionInputs
    outputs = WorkspaceConnectionOutputs
    id_format = "`<workspace id>/<connection name>`"
    deletion = "The workspace uses the connection no longer; the connection itself stays."
    examples = Examples(
        needs={
            "Connection": {"name": "sales-warehouse", "type": "s3", "details": {"bucket": "sales"}},
            "Workspace": {"name": "fraud-prod"},
        },
        inputs={"workspace_id": "$workspace_id", "connection_name": "$name"},
        update={},
        replace={},
    )

    def id_of(self, outputs: WorkspaceConnectionOutputs) -> str:
        return f"{outputs.workspace_id}/{outputs.connection_name}"

    def validate(self, ctx: Context[Client], wanted: WorkspaceConnectionInputs) -> Iterable[BadInput]:
        yield from refused_workspace(ctx, wanted.workspace_id)
        name = wanted.connection_name
        if not contains_unknown(name) and ("Connection", name) not in ctx.declared:
            yield from refused("connection_name", lambda: _connection(ctx, name))

    def create(self, ctx: Context[Client], wanted: WorkspaceConnectionInputs) -> WorkspaceConnectionOutputs:
        place = workspace(ctx, wanted.workspace_id).id
        connection = _connection(ctx, wanted.connection_name)
        outputs = self.result(wanted)
        existed = _attached(ctx, place, connection.name, fresh=True) is not None
        ctx.claims.take(self.kind, self.id_of(outputs), connection.name, existed=existed)
        if not existed:
            try:
                _attach(ctx, place, connection)
            except BaseException:
                ctx.claims.release(self.kind, self.id_of(outputs))
                raise
        return outputs

    def read(
        self, ctx: Context[Client], id: str, known: WorkspaceConnectionOutputs | None
    ) -> WorkspaceConnectionOutputs | None:
        del known
        workspace_id, name = split_id(id)
        if not visible_workspace(ctx, workspace_id) or not _attached(ctx, workspace_id, name):
            return None
        return WorkspaceConnectionOutputs(workspace_id=workspace_id, connection_name=name)

    def delete(self, ctx: Context[Client], id: str, known: WorkspaceConnectionOutputs) -> None:
        place, name = known.workspace_id, known.connection_name
        if not visible_workspace(ctx, place):
            return
        connection = _attached(ctx, place, name, fresh=True)
        if connection is None:
            return
        remove_once(
            lambda: ctx.client.connections.remove_from_workspace(place, connection.id),
            lambda: _attached(ctx, place, name, fresh=True) is not None,
        )


def _connection(ctx: Context[Client], name: str) -> wire.Connection:
    for fresh in (False, True):
        if found := next((c for c in ctx.client.connections.list(fresh=fresh) if c.name == name), None):
            return found
    raise ObjectError(
        f"no connection of the instance is named {name!r}; check connection_name, or declare a Connection of this "
        "name and refer to it"
    )


def _attached(
    ctx: Context[Client], workspace_id: int, name: str, *, fresh: bool = False
) -> wire.Connection | None:
    connections = ctx.client.connections.list(workspace_id, fresh=fresh)
    return next((c for c in connections if c.name == name), None)


def _attach(ctx: Context[Client], workspace_id: int, connection: wire.Connection) -> None:
    def find() -> bool | None:
        return _attached(ctx, workspace_id, connection.name, fresh=True) is not None or None

    def attach() -> bool:
        ctx.client.connections.add_to_workspace(workspace_id, connection.id)
        return True

    try:
        create_once(ctx, attach, find)
    except ApiError:
        if not find():  # somebody else may have been faster
            raise
