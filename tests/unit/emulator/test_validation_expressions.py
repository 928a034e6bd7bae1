"""Validations: the polars expressions that the vendor's SDK writes, evaluated for a record."""

import json
from typing import Any

import pytest

from wallaroo_pulumi.emulator.errors import InferenceError
from wallaroo_pulumi.emulator.serving.validations import evaluate

COLUMNS = {
    "in.name": "abc",
    "in.flag": True,
    "in.none": None,
    "in.nan": float("nan"),
    "out.price": [0.5, 3.0],
    "out.count": 5,
    "out.below": -2.5,
}


def column(name: str) -> dict[str, Any]:
    return {"Column": name}


def literal(value: Any, kind: str = "Float64") -> dict[str, Any]:
    return {"Literal": {kind: value}}


def binary(left: Any, op: str, right: Any) -> dict[str, Any]:
    return {"BinaryExpr": {"left": left, "op": op, "right": right}}


def call(function: Any, *inputs: Any) -> dict[str, Any]:
    return {"Function": {"input": list(inputs), "function": function, "options": {}}}


def tree(expression: Any) -> str:
    return json.dumps({"Alias": [expression, "name"]})


COUNT, PRICE, NAME, NONE = map(column, ("out.count", "out.price", "in.name", "in.none"))
FIRST = call({"ListExpr": "Get"}, PRICE, literal(0, "Int32"))
TRUE, FALSE = literal(True, "Boolean"), literal(False, "Boolean")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (binary(FIRST, "Lt", literal(1)), True),
        (binary(call({"ListExpr": "Get"}, PRICE, literal(-1, "Int32")), "GtEq", literal(3)), True),
        (binary(call({"ListExpr": "Get"}, PRICE, literal(9, "Int32")), "Gt", literal(0)), False),
        (binary(call({"ListExpr": "Sum"}, PRICE), "Eq", literal(3.5)), True),
        (call({"ListExpr": "Contains"}, PRICE, literal(3.0)), True),
        (binary(COUNT, "NotEq", literal(5, "Int32")), False),
        (binary(COUNT, "LtEq", literal(5, "Int32")), True),
        (binary(TRUE, "And", FALSE), False),
        (binary(TRUE, "Or", FALSE), True),
        (binary(TRUE, "Xor", TRUE), False),
        (binary(binary(COUNT, "Plus", literal(1, "Int32")), "Eq", literal(6)), True),
        (binary(binary(literal(0, "Int32"), "Minus", COUNT), "Eq", literal(-5)), True),
        (binary(binary(COUNT, "Multiply", literal(2, "Int32")), "Eq", literal(10)), True),
        (binary(binary(COUNT, "TrueDivide", literal(2, "Int32")), "Eq", literal(2.5)), True),
        (binary(binary(COUNT, "FloorDivide", literal(2, "Int32")), "Eq", literal(2)), True),
        (binary(binary(COUNT, "Modulus", literal(2, "Int32")), "Eq", literal(1)), True),
        (binary(call({"Pow": "Generic"}, COUNT, literal(2, "Int32")), "Eq", literal(25)), True),
        (binary(call("Abs", column("out.below")), "Eq", literal(2.5)), True),
        (binary(call({"Round": {"decimals": 0}}, column("out.below")), "Eq", literal(-2.0)), True),
        (call({"Boolean": "IsNull"}, NONE), True),
        (call({"Boolean": "IsNotNull"}, NONE), False),
        (call({"Boolean": "IsNan"}, column("in.nan")), True),
        (call({"Boolean": "IsNot"}, column("in.flag")), False),
        (call({"Boolean": "IsIn"}, COUNT, {"Literal": {"Series": {"name": "", "values": [1, 5]}}}), True),
        (
            call(
                {"StringExpr": {"Contains": {"literal": False, "strict": True}}}, NAME, literal("b.", "Utf8")
            ),
            True,
        ),
        (call({"StringExpr": "StartsWith"}, NAME, literal("b", "Utf8")), False),
        (binary(call({"StringExpr": "NChars"}, NAME), "Eq", literal(3)), True),
        (binary(NONE, "Gt", literal(0)), False),
        (binary(NONE, "NotEq", {"Literal": "Null"}), False),
        (binary(call("Abs", NONE), "Gt", literal(0)), False),
        (call({"Round": {"decimals": 0}}, NONE), False),
        ({"Ternary": {"predicate": FALSE, "truthy": FALSE, "falsy": TRUE}}, True),
        (binary({"Cast": {"expr": FIRST, "data_type": "Int64", "strict": True}}, "Eq", literal(0)), True),
        ({"Cast": {"expr": NONE, "data_type": "Int64", "strict": True}}, False),
        ({"Alias": [column("in.flag"), "inner"]}, True),
    ],
)
def test_expressions_of_the_sdk(expression: dict[str, Any], expected: bool) -> None:
    assert evaluate(tree(expression), COLUMNS) == ("name", expected)


@pytest.mark.parametrize(
    ("expression", "status", "message"),
    [
        ({"Agg": {"Max": COUNT}}, 501, "validation 'name': the emulator does not evaluate Agg"),
        (
            call({"ListExpr": "Median"}, PRICE),
            501,
            "validation 'name': the emulator does not evaluate Median",
        ),
        (
            binary(COUNT, "EqMissing", COUNT),
            501,
            "validation 'name': the emulator does not evaluate BinaryExpr",
        ),
        (column("out.none"), 400, "validation 'name': there is no column 'out.none'"),
        (binary(PRICE, "Lt", literal(1)), 400, "validation 'name' does not fit the record: "),
        (binary(COUNT, "Divide", literal(0)), 400, "validation 'name' does not fit the record: "),
    ],
)
def test_what_cannot_be_evaluated_is_named(expression: dict[str, Any], status: int, message: str) -> None:
    with pytest.raises(InferenceError) as refusal:
        evaluate(tree(expression), COLUMNS)
    assert refusal.value.status == status
    assert str(refusal.value).startswith(message)


def test_a_tree_that_is_no_expression_is_refused() -> None:
    with pytest.raises(InferenceError, match="does not fit"):
        evaluate("no tree", COLUMNS)
