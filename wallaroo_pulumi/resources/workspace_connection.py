"""WorkspaceConnection: a workspace's use of a connection.

Identity: workspace id and the connection's name. A change of either replaces. When a Connection is replaced, its
attachments are recreated with it, if they refer to it (``connection_name=warehouse.name``) and not to a string.
The effect of attaching twice is unknown (docs/internals/mlops-api.md#connections), so an existing attachment is adopted
without a request.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ..api import Client, wire
from ..core.context import Context
from ..core.fields import FORCES_REPLACEMENT, Adopted, KeyText
from ..core.resource import Examples
from ..errors import NotFoundError
from ._attachment import Attachment, AttachmentInputs
from ._lookups import read_visible


class WorkspaceConnectionInputs(AttachmentInputs):
    connection_name: Annotated[
        KeyText,
        FORCES_REPLACEMENT,
        Field(description="The connection: the `name` of a Connection."),
    ]


class WorkspaceConnectionOutputs(WorkspaceConnectionInputs, Adopted):
    pass


class WorkspaceConnection(Attachment[WorkspaceConnectionInputs, WorkspaceConnectionOutputs, wire.Connection]):
    """The attachment of a connection to a workspace.

    Identified by workspace and connection name; changing either replaces it. Pass the `name` output of the
    Connection: then replacing the connection also attaches the new one. Deleting detaches the connection and leaves
    the connection itself.
    """

    kind = "WorkspaceConnection"
    inputs = WorkspaceConnectionInputs
    outputs = WorkspaceConnectionOutputs
    used_kind = "Connection"
    named_by = "connection_name"
    id_parts = {"workspace id": "int", "connection name": "str"}
    deletion = "The connection is detached from the workspace; the connection itself stays."
    examples = Examples(
        needs={
            "Connection": {"name": "sales-warehouse", "type": "s3", "details": {"bucket": "sales"}},
            "Workspace": {"name": "fraud-prod"},
        },
        inputs={"workspace_id": "$workspace_id", "connection_name": "$Connection.name"},
        update={},
        replace={},
    )

    def used(self, ctx: Context[Client], name: str) -> wire.Connection:
        if found := ctx.client.connections.look_up(name):
            return found
        raise NotFoundError(
            f"the instance has no connection named {name!r}; check connection_name, or declare a Connection with "
            "this name and refer to it"
        )

    def listed(
        self, ctx: Context[Client], workspace_id: int, *, fresh: bool = False
    ) -> tuple[wire.Connection, ...]:
        return ctx.client.connections.list(workspace_id, fresh=fresh)

    def name_of(self, used: wire.Connection) -> str:
        return used.name

    def is_used_by(self, ctx: Context[Client], workspace: wire.Workspace, name: str) -> bool:
        found = read_visible(
            ctx, f"connection {name!r}", lambda: ctx.client.connections.get(name), lambda: False
        )
        return found is not None and workspace.name in found.workspace_names

    def mark_of(self, used: wire.Connection) -> str:
        return used.id

    def attach(self, ctx: Context[Client], workspace_id: int, used: wire.Connection) -> None:
        ctx.client.connections.add_to_workspace(workspace_id, used.id)

    def detach(self, ctx: Context[Client], workspace_id: int, used: wire.Connection) -> None:
        ctx.client.connections.remove_from_workspace(workspace_id, used.id)
