"""One request's view of the tables: the rows that the caller sees, filtered and ordered."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..identity.accounts import User
from ..state import State
from .schema import CONSTANTS, JOINS, TABLES

Row = dict[str, Any]
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "_eq": lambda value, expected: value == expected,
    "_in": lambda value, expected: value in expected,
    "_gte": lambda value, expected: value >= expected,
    "_lte": lambda value, expected: value <= expected,
}


@dataclass(frozen=True)
class Session:
    """The tables as the caller sees them."""

    db: State
    caller: User
    unique_workspace_names: bool

    def rows(self, table: str, column: str = "workspace_id", value: Any = None) -> list[Row]:
        """The visible rows of a table; with a value, those that have it in the column.

        Rows without a workspace, such as tags, are visible to every user.
        """
        found = self.db.execute(
            f"SELECT * FROM ({TABLES[table]}) WHERE (:value IS NULL OR {column} = :value) AND (workspace_id IS NULL"  # noqa: S608 -- names from schema.py
            " OR workspace_id IN (SELECT workspace_id FROM workspace_members WHERE user_id = :caller))",
            {**CONSTANTS, "value": value, "caller": self.caller.id},
        )
        return [dict(row) for row in found]

    def by_id(self, table: str, id: Any) -> Row | None:
        return next(iter(self.rows(table, "id", id)), None)

    def related(self, table: str, row: Row, field: str) -> list[Row]:
        join = JOINS[table, field]
        return self.rows(join.table, join.other, row[join.own])

    def follow(self, table: str, row: Row, path: Sequence[str]) -> list[Row]:
        """The rows at the end of a path of relations."""
        if not path:
            return [row]
        field, *rest = path
        return [
            end
            for other in self.related(table, row, field)
            for end in self.follow(JOINS[table, field].table, other, rest)
        ]

    def matching(self, table: str, where: dict[str, Any]) -> list[Row]:
        return [row for row in self.rows(table) if self._matches(table, row, where)]

    def select(
        self, table: str, rows: Iterable[Row], where: dict[str, Any], order_by: list[dict[str, Any]]
    ) -> list[Row]:
        selected = [row for row in rows if self._matches(table, row, where)]

        def by(path: list[str]) -> Callable[[Row], Any]:
            return lambda row: self._value(table, row, path)

        # The sort is stable: the first order is applied last.
        for path, direction in reversed([order for columns in order_by for order in _orders(columns)]):
            selected.sort(key=by(path), reverse=direction == "desc")
        return selected

    def _matches(self, table: str, row: Row, where: dict[str, Any]) -> bool:
        return all(self._meets(table, row, field, condition) for field, condition in where.items())

    def _meets(self, table: str, row: Row, field: str, condition: Any) -> bool:
        if field == "_and":
            return all(self._matches(table, row, part) for part in condition)
        if join := JOINS.get((table, field)):
            return any(
                self._matches(join.table, other, condition) for other in self.related(table, row, field)
            )
        return all(_COMPARISONS[name](row[field], expected) for name, expected in condition.items())

    def _value(self, table: str, row: Row, path: list[str]) -> Any:
        *relations, column = path
        return self.follow(table, row, relations)[0][column]


def _orders(columns: dict[str, Any]) -> Iterator[tuple[list[str], str]]:
    """What to sort by: the path to a column, which may be a related row's, and `asc` or `desc`."""
    for field, order in columns.items():
        if isinstance(order, dict):
            yield from (([field, *path], direction) for path, direction in _orders(order))
        else:
            yield [field], order
