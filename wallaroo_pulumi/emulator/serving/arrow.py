"""Arrow files in requests and responses, with pyarrow (extra `inference`)."""

import json
from typing import Any

from fastapi import Request

from ..errors import InferenceError
from .columns import UNKNOWN, Focus, Record, Schema, value_at

CONTENT_TYPE = "application/vnd.apache.arrow.file"


def _pyarrow() -> Any:
    try:
        import pyarrow
    except ImportError:
        message = f"{CONTENT_TYPE} needs pyarrow: pip install 'wallaroo_pulumi[emulator,inference]'"
        raise InferenceError(415, message) from None
    return pyarrow


def is_accepted(request: Request) -> bool:
    return CONTENT_TYPE in request.headers.get("accept", "")


def read(content: bytes) -> tuple[list[Record], Schema]:
    """The records of an Arrow file, and the types of their columns. Raises InferenceError 415 or 400."""
    pa = _pyarrow()
    try:
        with pa.ipc.open_file(content) as file:
            table = file.read_all()
    except pa.ArrowInvalid as error:
        raise InferenceError(400, f"the body is not an Arrow file: {error}") from error
    return table.to_pylist(), {field.name: _type_name(pa, field.type) for field in table.schema}


def write(
    records: list[Record], schema: Schema, focus: Focus, metadata: dict[str, Any] | None = None
) -> bytes:
    """An Arrow file with the requested columns of records. `metadata` is added to its schema as JSON.

    Raises InferenceError 415 without pyarrow, 400 for values that Arrow cannot represent.
    """
    pa = _pyarrow()
    columns = focus.columns(schema)
    try:
        parts = [
            _column(pa, column.name, column.path, records, value_at(schema, column.path))
            for column in columns
        ]
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise InferenceError(400, f"the values cannot be represented in Arrow: {error}") from error
    encoded = {key: json.dumps(value) for key, value in (metadata or {}).items()}
    table = pa.Table.from_arrays(
        [array for _, array in parts],
        schema=pa.schema([field for field, _ in parts], metadata=encoded or None),
    )
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema) as file:
        file.write_table(table)
    return bytes(sink.getvalue())


def _column(pa: Any, name: str, path: tuple[str, ...], records: list[Record], node: Any) -> tuple[Any, Any]:
    """The field and the array of a column. What a model puts out is never null, as recorded."""
    if isinstance(node, dict):
        parts = [_column(pa, key, (*path, key), records, below) for key, below in node.items()]
        fields = [field for field, _ in parts]
        if not fields:
            return pa.field(name, pa.struct([])), pa.array([{}] * len(records), pa.struct([]))
        array = pa.StructArray.from_arrays([array for _, array in parts], fields=fields)
        return pa.field(name, array.type), array
    values = [value_at(record, path) for record in records]
    is_output = path[0].startswith("out") or path[-1] == "count"
    array = pa.array(values, None if node == UNKNOWN else _type(pa, node, is_output))
    return pa.field(name, array.type, nullable=not is_output or array.null_count > 0), array


def _type(pa: Any, name: str, is_output: bool) -> Any:
    if not name.startswith("["):
        return pa.type_for_alias(name)
    inner = _type(pa, name[1:], is_output)
    return pa.list_(pa.field("inner", inner, nullable=False) if is_output else inner)


def _type_name(pa: Any, type: Any) -> str:
    if pa.types.is_list(type) or pa.types.is_large_list(type) or pa.types.is_fixed_size_list(type):
        return "[" + _type_name(pa, type.value_type)
    try:
        pa.type_for_alias(str(type))
    except ValueError:
        return UNKNOWN
    return str(type)
