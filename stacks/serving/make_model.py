"""Makes ``house_price.onnx``: a linear model whose predictions can be checked by hand.

    price = 1000 * square_metres + 5000 * rooms + 20000

Needs ``pip install onnx numpy``. The file is committed, so this runs only to change the model::

    python make_model.py [price of a square metre]
"""

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

METRE = float(sys.argv[1]) if len(sys.argv) > 1 else 1000.0
ROOM, BASE = 5000.0, 20000.0

graph = helper.make_graph(
    [helper.make_node("Gemm", ["house", "weights", "base"], ["price"])],
    "house-price",
    [helper.make_tensor_value_info("house", TensorProto.FLOAT, ["houses", 2])],
    [helper.make_tensor_value_info("price", TensorProto.FLOAT, ["houses", 1])],
    [
        numpy_helper.from_array(np.array([[METRE], [ROOM]], dtype=np.float32), "weights"),
        numpy_helper.from_array(np.array([BASE], dtype=np.float32), "base"),
    ],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
onnx.checker.check_model(model)
onnx.save(model, Path(__file__).parent / "house_price.onnx")
