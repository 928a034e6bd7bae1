"""`/v1/graphql`: as much of the platform's GraphQL API as the vendor's SDK needs for what it does not do over REST.

On a real instance Hasura serves it from the database. Here, too, each type is a table (a query over the emulator's own
tables, under the names that the SDK's documents use), each relation a join, and `where` and `order_by` mean the same
everywhere. Callers see the rows of their workspaces. Whatever the SDK's documents do not request is missing.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter
from graphql import GraphQLResolveInfo, build_schema, get_named_type, graphql_sync

from ..errors import ApiError
from ..identity import access
from ..identity.accounts import User
from ..identity.auth import Caller
from ..identity.workspaces import add_workspace, remove_member
from ..services import Db, SettingsDep
from ..state import State
from ..wire import Wire
from .schema import CONSTANTS, JOINS, SDL, TABLES

SCHEMA = """
CREATE TABLE IF NOT EXISTS default_workspaces (
    user_id TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE ON UPDATE CASCADE,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE
);
"""

router = APIRouter(include_in_schema=False)


def _timestamp(text: str) -> str:
    """A point in time as the emulator keeps it, so that two of them compare as text; without a zone it is UTC."""
    given = datetime.fromisoformat(text)
    zoned = given if given.tzinfo else given.replace(tzinfo=UTC)
    return zoned.astimezone(UTC).isoformat(timespec="microseconds")


_schema = build_schema(SDL)
# The rest of a scalar is as it comes: JSON both ways.
_schema.type_map["timestamptz"].parse_value = _timestamp  # type: ignore[attr-defined] # it is a scalar

_SEARCHES = {
    "search_models": ("model", ("model_id", "model_version", "sha", "file_name")),
    "search_pipelines": ("pipeline_version", ("name", "version")),
}
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "_eq": lambda value, wanted: value == wanted,
    "_gte": lambda value, wanted: value >= wanted,
    "_lte": lambda value, wanted: value <= wanted,
}

Row = dict[str, Any]


class Request(Wire):
    """A GraphQL request."""

    query: str
    variables: dict[str, Any] | None = None
    operationName: str | None = None


@router.post("/v1/graphql")
async def execute(body: Request, caller: Caller, db: Db, settings: SettingsDep) -> dict[str, Any]:
    """Carry out a document. Refusals are in `errors`, with status 200, as GraphQL has it."""
    session = _Session(db, caller, settings.unique_workspace_names)
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


@dataclass(frozen=True)
class _Session:
    """One request's view of the tables."""

    db: State
    caller: User
    unique_workspace_names: bool

    def rows(self, table: str, column: str = "workspace_id", value: Any = None) -> list[Row]:
        """The visible rows of a table; with a value those that have it in the column."""
        found = self.db.execute(
            f"SELECT * FROM ({TABLES[table]}) WHERE (:value IS NULL OR {column} = :value) AND workspace_id IN"  # noqa: S608 -- names from this file
            " (SELECT workspace_id FROM workspace_members WHERE user_id = :caller)",
            {**CONSTANTS, "value": value, "caller": self.caller.id},
        )
        return [dict(row) for row in found]

    def related(self, table: str, row: Row, field: str) -> list[Row]:
        join = JOINS[table, field]
        return self.rows(join.table, join.other, row[join.own])

    def matches(self, table: str, row: Row, where: dict[str, Any]) -> bool:
        """Whether a row meets a `where`."""
        return all(self._meets(table, row, field, condition) for field, condition in where.items())

    def _meets(self, table: str, row: Row, field: str, condition: Any) -> bool:
        if field == "_and":
            return all(self.matches(table, row, part) for part in condition)
        if join := JOINS.get((table, field)):
            return any(
                self.matches(join.table, other, condition) for other in self.related(table, row, field)
            )
        return all(_COMPARISONS[name](row[field], wanted) for name, wanted in condition.items())

    def select(
        self, table: str, rows: Iterable[Row], where: dict[str, Any], order_by: list[dict[str, Any]]
    ) -> list[Row]:
        selected = [row for row in rows if self.matches(table, row, where)]

        def by(path: list[str]) -> Callable[[Row], Any]:
            return lambda row: self._value(table, row, path)

        # The sort is stable: the first order is applied last.
        for path, direction in reversed([order for columns in order_by for order in _orders(columns)]):
            selected.sort(key=by(path), reverse=direction == "desc")
        return selected

    def _value(self, table: str, row: Row, path: list[str]) -> Any:
        field, *rest = path
        if not rest:
            return row[field]
        return self._value(JOINS[table, field].table, self.related(table, row, field)[0], rest)

    def insert_workspace_one(
        self, object: dict[str, Any], on_conflict: dict[str, Any] | None = None
    ) -> Row | None:
        """Make a workspace; null when the name is taken, which is what `on_conflict` without columns means.

        Raises ApiError 403 when it would be somebody else's.
        """
        if self.unique_workspace_names and self.db.row(
            "SELECT 1 FROM workspaces WHERE name = ?", (object["name"],)
        ):
            if on_conflict is None:
                raise ApiError(400, 'Uniqueness violation. duplicate key value violates "workspace_name_key"')
            return None
        defaults = object.get("user_default_workspaces", {"data": []})["data"]
        if {object["owner_id"], *(default["user_id"] for default in defaults)} != {self.caller.id}:
            raise ApiError(403, "a workspace can only be made for oneself")
        workspace_id = add_workspace(self.db, object["name"], owner_id=self.caller.id)
        for default in defaults:
            self.db.execute(
                "INSERT OR REPLACE INTO default_workspaces VALUES (?, ?)", (default["user_id"], workspace_id)
            )
        return self.rows("workspace", "id", workspace_id)[0]

    def delete_workspace_users(self, where: dict[str, Any]) -> Row:
        """End memberships in workspaces that the caller OWNs; the others are as if they were not there."""
        ended = [
            remove_member(self.db, row["workspace_id"], row["user_id"])
            for row in self.rows("workspace_users")
            if self.matches("workspace_users", row, where)
            and access.role(self.db, row["workspace_id"], self.caller) == "OWNER"
        ]
        return {"affected_rows": sum(ended)}


def _orders(columns: dict[str, Any]) -> Iterator[tuple[list[str], str]]:
    """What to sort by: the path to a column, which may be a related row's, and `asc` or `desc`."""
    for field, order in columns.items():
        if isinstance(order, dict):
            yield from (([field, *path], direction) for path, direction in _orders(order))
        else:
            yield [field], order


def _resolve(source: Row | None, info: "GraphQLResolveInfo[_Session]", **arguments: Any) -> Any:
    """The value of any field of the schema: a column, the related rows, or what a root field stands for."""
    session = info.context
    parent, field = info.parent_type.name, info.field_name
    if parent == "mutation_root":
        return getattr(session, field)(**arguments)
    where, order_by = arguments.get("where") or {}, arguments.get("order_by") or []
    if source is None:
        return _root(session, field, arguments, where, order_by)
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
    session: _Session,
    field: str,
    arguments: dict[str, Any],
    where: dict[str, Any],
    order_by: list[dict[str, Any]],
) -> Any:
    if field.endswith("_by_pk"):
        return next(iter(session.rows(field.removesuffix("_by_pk"), "id", arguments["id"])), None)
    table, columns = _SEARCHES.get(field, (field, ()))
    rows = session.rows(table)
    if columns:
        term = arguments["args"]["search"].lower()
        rows = [row for row in rows if any(term in row[column].lower() for column in columns)]
    return session.select(table, rows, where, order_by)


def _is_many(info: "GraphQLResolveInfo[_Session]") -> bool:
    return "[" in str(info.return_type)
