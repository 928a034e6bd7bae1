"""`/v1/graphql`: as much of the platform's GraphQL API as the vendor's SDK needs for what it does not do over REST.

On a real instance Hasura serves it from the database. Here, too, each type is a table (a query over the emulator's own
tables, under the names that the SDK's documents use), each relation a join, and `where` and `order_by` mean the same
everywhere. Callers see the rows of their workspaces. Whatever the SDK's documents do not request is missing.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter
from graphql import GraphQLResolveInfo, build_schema, get_named_type, graphql_sync

from ..automation import orchestrations
from ..identity.auth import Caller
from ..models import store as models_store
from ..services import Db, SettingsDep
from ..state import State
from ..wire import Wire
from .mutations import MUTATIONS
from .schema import JOINS, SDL
from .session import Row, Session

router = APIRouter(include_in_schema=False)


def _timestamp(text: str) -> str:
    """Return a time as the emulator stores it, so that times compare as text; without a zone it is UTC."""
    given = datetime.fromisoformat(text)
    zoned = given if given.tzinfo else given.replace(tzinfo=UTC)
    return zoned.astimezone(UTC).isoformat(timespec="microseconds")


_schema = build_schema(SDL)
# Other scalars are JSON in both directions.
_schema.type_map["timestamptz"].parse_value = _timestamp  # type: ignore[attr-defined] # it is a scalar

_AGGREGATE = "_aggregate"
# Types whose background work proceeds when a client reads an object by id, as the SDK does while it waits.
_POLLED: dict[str, Callable[[State, Any], None]] = {
    "model": models_store.poll,
    "orchestration": orchestrations.poll,
}
# The table and columns of each search, and the relations from a row to its tags.
_SEARCHES = {
    "search_models": ("model", ("model_id", "model_version", "sha", "file_name"), ("model_tags", "tag")),
    "search_pipelines": ("pipeline_version", ("name", "version"), ("pipeline", "pipeline_tags", "tag")),
}


class Request(Wire):
    """A GraphQL request."""

    query: str
    variables: dict[str, Any] | None = None
    operationName: str | None = None


@router.post("/v1/graphql")
async def execute(body: Request, caller: Caller, db: Db, settings: SettingsDep) -> dict[str, Any]:
    """Execute a document. Errors are in `errors`, with status 200, as in GraphQL."""
    session = Session(db, caller, settings.unique_workspace_names)
    with db.transaction():
        result = graphql_sync(
            _schema,
            body.query,
            context_value=session,
            variable_values=body.variables,
            operation_name=body.operationName,
            field_resolver=_resolve,
        )
    return dict(result.formatted)


def _resolve(source: Row | None, info: "GraphQLResolveInfo[Session]", **arguments: Any) -> Any:
    """Resolve any field of the schema: a column, related rows, or a root field."""
    session = info.context
    parent, field = info.parent_type.name, info.field_name
    if parent == "mutation_root":
        return MUTATIONS[field](session, **arguments)
    where, order_by = arguments.get("where") or {}, arguments.get("order_by") or []
    if source is None:
        return _root(session, field, arguments, where, order_by)
    if field.endswith(_AGGREGATE):
        return _aggregate(session, parent, source, field.removesuffix(_AGGREGATE), arguments)
    if join := JOINS.get((parent, field)):
        related = session.select(join.table, session.related(parent, source, field), where, order_by)
        return related if _is_many(info) else next(iter(related), None)
    value = source[field]
    if get_named_type(info.return_type).name == "jsonb" and value is not None:
        value = json.loads(value)
        if path := arguments.get("path"):
            value = value.get(path)
    return value


def _root(
    session: Session,
    field: str,
    arguments: dict[str, Any],
    where: dict[str, Any],
    order_by: list[dict[str, Any]],
) -> Any:
    if field.endswith("_by_pk"):
        table = field.removesuffix("_by_pk")
        row = session.by_id(table, arguments["id"])
        if row is not None and table in _POLLED:
            _POLLED[table](session.db, row["id"])
            row = session.by_id(table, arguments["id"])
        return row
    if field not in _SEARCHES:
        return session.select(field, session.rows(field), where, order_by)
    table, columns, to_tags = _SEARCHES[field]
    term = arguments["args"]["search"].lower()

    def texts(row: Row) -> list[str]:
        return [row[column] for column in columns] + [
            tag["tag"] for tag in session.follow(table, row, to_tags)
        ]

    found = [row for row in session.rows(table) if any(term in text.lower() for text in texts(row))]
    return session.select(table, found, where, order_by)


def _aggregate(session: Session, parent: str, source: Row, field: str, arguments: dict[str, Any]) -> Row:
    """Return the related rows as `nodes`; with `distinct_on` only the first for each value of that column."""
    rows = session.related(parent, source, field)
    if columns := arguments.get("distinct_on"):
        rows = list({tuple(row[column] for column in columns): row for row in reversed(rows)}.values())
    return {"nodes": rows}


def _is_many(info: "GraphQLResolveInfo[Session]") -> bool:
    return "[" in str(info.return_type)
