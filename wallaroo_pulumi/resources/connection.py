"""Connection: a data source for orchestrations, with a type and details such as host and password.

Identity: the name, unique on the instance. ``connection_id`` distinguishes it from a later one with the same name.
The API can neither change nor rename a connection (docs/internals/mlops-api.md#connections), so every change replaces
it. The old connection is deleted first, because it has the name.
The API returns details in clear text to every user who can list connections; in the state they are always secret. Their
keys are not translated.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from ..api import Client, wire
from ..core.context import Context
from ..core.create import create_once
from ..core.diff import contains_unknown
from ..core.fields import (
    FORCES_REPLACEMENT,
    SECRET,
    STABLE,
    STATE_ONLY,
    Adopted,
    Adopting,
    AdoptSame,
    KeyText,
)
from ..core.json_values import JsonObject
from ..core.remove import remove_once
from ..core.resource import Examples, InvalidInput, Resource
from ..core.validate import refused
from ..errors import ApiError, ConflictError
from . import _lookups


class ConnectionInputs(Adopting):
    name: Annotated[
        KeyText,
        FORCES_REPLACEMENT,
        Field(description="The connection's name, unique on the instance."),
    ]
    type: Annotated[
        KeyText,
        FORCES_REPLACEMENT,
        Field(description="The type of data source, free text such as `BIGQUERY` or `s3`."),
    ]
    details: Annotated[
        JsonObject,
        SECRET,
        FORCES_REPLACEMENT,
        Field(description="What orchestrations need to connect: any JSON object."),
    ]
    adopt: Annotated[
        AdoptSame,
        STATE_ONLY,
        Field(
            description="What to do if a connection of this name exists: adopt it only if type and details are the "
            "declared ones (`if_same`), or fail (`never`)."
        ),
    ] = "if_same"


class ConnectionOutputs(ConnectionInputs, Adopted):
    connection_id: Annotated[str, STABLE, Field(description="The connection's id, a UUID.")]


class Connection(Resource[ConnectionInputs, ConnectionOutputs]):
    """A connection to a data source, which orchestrations use.

    The name is unique on the instance. Wallaroo cannot change a connection, so every change deletes it and creates
    a new one. The details are secret in the state, but the instance shows them to every user who can list
    connections. Deleting removes the connection from all workspaces that use it.
    """

    kind = "Connection"
    inputs = ConnectionInputs
    outputs = ConnectionOutputs
    id_format = "the connection's name"
    natural_key = ("name",)
    deletion = (
        "The connection is deleted, in all workspaces that use it. A connection that was since created under the "
        "same name by others stays, and Pulumi prints a message."
    )
    delete_before_replace = True  # the name is unique
    examples = Examples(
        inputs={
            "name": "sales-warehouse",
            "type": "BIGQUERY",
            "details": {"host": "db.example.com", "port": 5432, "user_name": "reader"},
        },
        update={"adopt": "never"},
        replace={"details": {"host": "db2.example.com", "port": 5432, "user_name": "reader"}},
    )

    def id_of(self, outputs: ConnectionOutputs) -> str:
        return outputs.name

    def validate(self, ctx: Context[Client], desired: ConnectionInputs) -> Iterable[InvalidInput]:
        if contains_unknown(desired.model_dump(warnings=False)) or ctx.validated.has(self.kind, desired.name):
            return ()
        found = _find(ctx, desired.name)
        return refused("name", lambda: _adopted(found, desired)) if found else ()

    def existing(self, ctx: Context[Client], desired: ConnectionInputs) -> str | None:
        return desired.name if _find(ctx, desired.name) else None

    def create(self, ctx: Context[Client], desired: ConnectionInputs) -> ConnectionOutputs:
        found = _find(ctx, desired.name)
        if found is None:
            id, existed = self._make(ctx, desired)
        else:
            id, existed = _adopted(found, desired), True
        with ctx.claim(self.kind, desired.name, desired.name, existed=existed):
            return self.result(desired, connection_id=id)

    def _make(self, ctx: Context[Client], desired: ConnectionInputs) -> tuple[str, bool]:
        """Return the id, and whether another user created the connection first."""

        def own_work() -> str | None:
            found = _find(ctx, desired.name, fresh=True)
            return None if found is None else _adopted(found, desired.model_copy(update={"adopt": "if_same"}))

        try:
            return create_once(
                ctx,
                lambda: ctx.client.connections.create(desired.name, desired.type, desired.details),
                own_work,
            ), False
        except ApiError as error:
            if error.status != 409:
                raise
            rival = _find(ctx, desired.name, fresh=True)
            if rival is None:
                raise error.with_hint(
                    "this user cannot see the existing connection of this name; choose another name"
                ) from None
            return _adopted(rival, desired), True

    def read(
        self, ctx: Context[Client], id: str, prior: ConnectionOutputs | None
    ) -> ConnectionOutputs | None:
        found = _find_or_hidden(ctx, id)
        if found is None or (prior and prior.connection_id != found.id):
            return None  # gone; its name belongs to another object now
        return ConnectionOutputs(
            name=found.name, type=found.type, details=found.details or {}, connection_id=found.id
        )

    def delete(self, ctx: Context[Client], id: str, prior: ConnectionOutputs) -> None:
        found = _find_or_hidden(ctx, id, fresh=True)
        if found is None:
            return
        if found.id != prior.connection_id:
            ctx.report(
                f"connection {id!r} (id {found.id}) stays: it is not the one that this stack created "
                f"(id {prior.connection_id})"
            )
            return

        def still_there() -> bool:
            left = _find(ctx, id, fresh=True)
            return left is not None and left.id == found.id

        remove_once(lambda: ctx.client.connections.delete(id), still_there)


def _find(ctx: Context[Client], name: str, *, fresh: bool = False) -> wire.Connection | None:
    return next((c for c in ctx.client.connections.list(fresh=fresh) if c.name == name), None)


def _find_or_hidden(ctx: Context[Client], name: str, *, fresh: bool = False) -> wire.Connection | None:
    """Return the connection with this name, or None. Raises HiddenError if the caller may not see it."""
    return _find(ctx, name, fresh=fresh) or _lookups.read_visible(
        ctx,
        f"connection {name!r}",
        lambda: ctx.client.connections.get(name),
        lambda: _find(ctx, name, fresh=True) is not None,
    )


def _adopted(found: wire.Connection, desired: ConnectionInputs) -> str:
    """Return the id of the existing connection. Raises ConflictError if ``adopt`` does not allow adopting it."""
    exists = f"connection {found.name!r} already exists (id {found.id})"
    if desired.adopt == "never":
        raise ConflictError(
            f"{exists} and adopt is 'never'; choose another name, delete it, or set adopt to 'if_same'"
        )
    there = ConnectionInputs(name=found.name, type=found.type, details=found.details or {}).to_wire()
    other = [
        key for key, value in desired.to_wire().items() if key in ("type", "details") and there[key] != value
    ]
    if other:
        raise ConflictError(
            f"{exists} with other {' and '.join(other)} than declared; choose another name, delete it, or declare its "
            "current values"
        )
    return found.id
