"""Validations: the polars expressions of a `Check` step, evaluated for one record.

The SDK writes them as JSON in the format of the polars version that it pins (0.18). The emulator evaluates what users
write in validations: columns, literals, comparisons, logic, arithmetic, list elements, and tests for null and strings.
"""

import json
import math
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from ..errors import InferenceError

_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "Eq": operator.eq,
    "NotEq": operator.ne,
    "Lt": operator.lt,
    "LtEq": operator.le,
    "Gt": operator.gt,
    "GtEq": operator.ge,
    "And": lambda left, right: bool(left) and bool(right),
    "Or": lambda left, right: bool(left) or bool(right),
    "Xor": lambda left, right: bool(left) != bool(right),
    "Plus": operator.add,
    "Minus": operator.sub,
    "Multiply": operator.mul,
    "Divide": operator.truediv,
    "TrueDivide": operator.truediv,
    "FloorDivide": operator.floordiv,
    "Modulus": operator.mod,
}
# By the name of the function; the arguments are the evaluated inputs.
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "Abs": abs,
    "Get": lambda items, index: items[index] if -len(items) <= index < len(items) else None,
    "Sum": sum,
    "Contains": lambda text, part: bool(re.search(part, text)) if isinstance(text, str) else part in text,
    "StartsWith": str.startswith,
    "EndsWith": str.endswith,
    "NChars": len,
    "LenChars": len,
    "IsNull": lambda value: value is None,
    "IsNotNull": lambda value: value is not None,
    "IsNan": math.isnan,
    "IsNotNan": lambda value: not math.isnan(value),
    "IsFinite": math.isfinite,
    "IsInfinite": math.isinf,
    "IsIn": lambda value, items: value in items,
    "IsNot": operator.not_,
    "Not": operator.not_,
    "Pow": pow,
}
_WITHOUT_NULLS = _FUNCTIONS.keys() - {"IsNull", "IsNotNull"}


class _Unsupported(Exception):
    """The expression uses something that is not evaluated here."""


def evaluate(tree: str, columns: Mapping[str, Any]) -> tuple[str, bool]:
    """The name of a validation and whether it found an anomaly; `columns` has values by name (`out.price`).

    Null counts as false, as in a polars filter. Raises InferenceError: 501 for an expression that is not evaluated,
    400 for one that does not fit the record.
    """
    name = "validation"
    try:
        expression, name = json.loads(tree)["Alias"]
        return name, bool(_value(expression, columns))
    except _Unsupported as error:
        raise InferenceError(501, f"validation '{name}': the emulator does not evaluate {error}") from error
    except KeyError as error:
        raise InferenceError(400, f"validation '{name}': there is no column {error}") from error
    except (TypeError, ValueError, ArithmeticError) as error:
        raise InferenceError(400, f"validation '{name}' does not fit the record: {error}") from error


def _value(expression: Any, columns: Mapping[str, Any]) -> Any:
    match expression:
        case {"Column": name}:
            return columns[name]
        case {"Literal": literal}:
            return _literal(literal)
        case {"BinaryExpr": {"left": left, "op": op, "right": right}} if op in _OPERATORS:
            operands = [_value(side, columns) for side in (left, right)]
            return None if None in operands and op not in ("And", "Or") else _OPERATORS[op](*operands)
        case {"Ternary": {"predicate": predicate, "truthy": truthy, "falsy": falsy}}:
            return _value(truthy if _value(predicate, columns) else falsy, columns)
        case {"Cast": {"expr": inner, "data_type": type}}:
            return _cast(_value(inner, columns), str(type))
        case {"Alias": [inner, _]}:
            return _value(inner, columns)
        case {"Function": {"input": inputs, "function": function}}:
            return _call(function, [_value(item, columns) for item in inputs])
    raise _Unsupported(next(iter(expression)) if isinstance(expression, dict) else expression)


def _literal(literal: Any) -> Any:
    if literal == "Null":
        return None
    ((kind, value),) = literal.items()
    return value["values"] if kind == "Series" else value


def _cast(value: Any, type: str) -> Any:
    if value is None:
        return None
    if type.startswith(("Int", "UInt")):
        return int(value)
    return {"Boolean": bool, "Utf8": str}.get(type, float)(value)


def _call(function: Any, arguments: list[Any]) -> Any:
    """Call a function: `"Abs"`, `{"ListExpr": "Get"}` or `{"StringExpr": {"Contains": {…}}}`."""
    name = function
    while isinstance(name, dict):
        ((outer, name),) = name.items()
        if outer == "Round":
            return None if arguments[0] is None else round(arguments[0], name["decimals"])
        if outer in _FUNCTIONS:
            name = outer
    if name not in _FUNCTIONS:
        raise _Unsupported(name)
    if name in _WITHOUT_NULLS and None in arguments:
        return None
    return _FUNCTIONS[name](*arguments)
