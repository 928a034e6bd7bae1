"""Inference results as columns: their types, and which of them a client requests.

A result is a nested record: `time`, `in`, `out`, `anomaly`, `metadata`, and `out_<model>` for each shadow model. A
schema has the same nesting with a type for each value: the name of an Arrow type after a `[` for each level of lists.
Requests select columns as the platform's log server does: `dataset[]` names columns (`*` is all), `dataset.exclude[]`
leaves some out, and with `dataset.separator` nested columns become one level, joined by it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Annotated, Any

from fastapi import Query

from ..errors import ApiError

Record = dict[str, Any]
Schema = dict[str, Any]
UNKNOWN = "auto"
"""The type of values that have no common one."""


@dataclass(frozen=True)
class Column:
    """A requested column: its name in the response, and where its values are in a record."""

    name: str
    path: tuple[str, ...]

    def value(self, record: Record) -> Any:
        return value_at(record, self.path)


@dataclass(frozen=True)
class Focus:
    """The columns that a request selects; without `separator` they stay nested."""

    dataset: tuple[str, ...] = ("*",)
    exclude: frozenset[str] = frozenset()
    separator: str | None = None

    def columns(self, schema: Schema) -> list[Column]:
        """Return the selected columns of a schema. Raises ApiError 400 for a name that it lacks."""
        names = chain.from_iterable(schema if name == "*" else (name,) for name in self.dataset)
        found = [column for name in names if name not in self.exclude for column in self._named(schema, name)]
        if self.separator is None and len(found) == 1 and isinstance(value_at(schema, found[0].path), dict):
            (path,) = (column.path for column in found)
            return [Column(key, (*path, key)) for key in value_at(schema, path)]
        return found

    def _named(self, schema: Schema, name: str) -> Iterator[Column]:
        path = tuple(name.split(self.separator)) if self.separator else (name,)
        node = value_at(schema, path)
        if node is None:
            raise ApiError(400, f"dataset: no column '{name}'")
        if self.separator is None:
            yield Column(name, path)
        else:
            yield from self._flat(Column(name, path), node, self.separator)

    def _flat(self, column: Column, node: Any, separator: str) -> Iterator[Column]:
        if column.name in self.exclude:
            return
        if not isinstance(node, dict):
            yield column
            return
        for key, below in node.items():
            name = f"{column.name}{separator}{key}"
            yield from self._flat(Column(name, (*column.path, key)), below, separator)


async def requested_focus(
    dataset: Annotated[
        list[str], Query(alias="dataset[]", description="Columns to return; `*` is all.", examples=[["*"]])
    ] = ["*"],  # noqa: B006 -- FastAPI copies it
    exclude: Annotated[
        list[str],
        Query(alias="dataset.exclude[]", description="Columns to leave out.", examples=[["metadata"]]),
    ] = [],  # noqa: B006 -- as above
    separator: Annotated[
        str | None,
        Query(
            alias="dataset.separator",
            min_length=1,
            description="Flatten nested columns, joined by it.",
            examples=["."],
        ),
    ] = None,
) -> Focus:
    """The columns that the query parameters select."""
    return Focus(tuple(dataset) or ("*",), frozenset(exclude), separator)


def value_at(record: Record, path: Iterable[str]) -> Any:
    """Return the value at a path, or None where there is none."""
    value: Any = record
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def select(records: Iterable[Record], schema: Schema, focus: Focus) -> list[Record]:
    """Return the requested columns of records."""
    columns = focus.columns(schema)
    return [{column.name: column.value(record) for column in columns} for record in records]


def schema_of(records: list[Record], types: Schema | None = None) -> Schema:
    """The schema of flat records: the given types, and for other columns what their values have in common."""
    names = dict.fromkeys(chain.from_iterable(records))
    return {
        name: (types or {}).get(name) or type_of([record.get(name) for record in records]) for name in names
    }


def type_of(values: Iterable[Any]) -> str:
    """The type that values have in common."""
    present = [value for value in values if value is not None]
    kinds = {type(value) for value in present}
    if not kinds:
        return "null"
    if kinds == {list}:
        return "[" + type_of(chain.from_iterable(present))
    if kinds <= {int, float}:
        return "double" if float in kinds else "int64"
    return {frozenset({bool}): "bool", frozenset({str}): "string"}.get(frozenset(kinds), UNKNOWN)
