"""A small ONNX model whose results a test can calculate."""

from __future__ import annotations

from collections.abc import Sequence

from onnx import TensorProto, helper


def linear_model(
    weights: Sequence[float] = (1.0, 2.0),
    *,
    field: str = "house",
    output: str = "price",
    batch: str | int = "n",
) -> bytes:
    """The weighted sum of the numbers in a field."""
    model = helper.make_model(
        helper.make_graph(
            [helper.make_node("MatMul", [field, "weights"], [output])],
            "linear",
            [helper.make_tensor_value_info(field, TensorProto.FLOAT, [batch, len(weights)])],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, [batch, 1])],
            [helper.make_tensor("weights", TensorProto.FLOAT, [len(weights), 1], weights)],
        ),
        opset_imports=[helper.make_opsetid("", 13)],
        ir_version=8,
    )
    return bytes(model.SerializeToString())
