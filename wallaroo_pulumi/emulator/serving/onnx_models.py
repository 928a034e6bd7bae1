"""ONNX models that really run, on onnxruntime (extra `inference`)."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from ..errors import InferenceError

_KEPT = 8
"""How many models stay loaded."""
_DTYPES = {
    "tensor(double)": "float64",
    "tensor(float)": "float32",
    "tensor(float16)": "float16",
    "tensor(int32)": "int32",
    "tensor(int64)": "int64",
    "tensor(uint8)": "uint8",
    "tensor(bool)": "bool",
    "tensor(string)": "str",
}
_ARROW_TYPES = {"float32": "float", "float64": "double", "float16": "halffloat", "bool": "bool"}

_loaded: "OrderedDict[str, Model]" = OrderedDict()


@dataclass(frozen=True)
class Outputs:
    """What a model put out for a batch: for each output a value per record, and its type (see columns.py)."""

    values: dict[str, list[Any]]
    types: dict[str, str]


class Model:
    """A loaded model. Raises InferenceError 501 without onnxruntime, 500 for a file that is not an ONNX model."""

    def __init__(self, content: bytes) -> None:
        try:
            import numpy
            import onnxruntime
        except ImportError:
            message = "inference needs onnxruntime: pip install 'wallaroo_pulumi[emulator,inference]'"
            raise InferenceError(501, message) from None
        self._np = numpy
        try:
            self._session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's own exceptions have no common base
            raise InferenceError(500, f"the model cannot be loaded: {error}") from error
        self._inputs = self._session.get_inputs()
        self.input_names = [argument.name for argument in self._inputs]

    def run(self, columns: list[list[Any]]) -> Outputs:
        """Run a batch; `columns` are the values of the inputs in order. Raises InferenceError 400 if it refuses it.

        Records run together, or one by one where the model fixes the size of a batch.
        """
        has_fixed_batch = any(
            argument.shape and isinstance(argument.shape[0], int) for argument in self._inputs
        )
        if not has_fixed_batch:
            return self._outputs([self._run(columns)])
        return self._outputs([self._run([[value] for value in row]) for row in zip(*columns, strict=True)])

    def _run(self, columns: list[list[Any]]) -> list[Any]:
        feeds = {
            argument.name: self._array(argument, values)
            for argument, values in zip(self._inputs, columns, strict=True)
        }
        try:
            results: list[Any] = self._session.run(None, feeds)
        except Exception as error:  # as above
            raise InferenceError(400, str(error)) from error
        return results

    def _array(self, argument: Any, values: list[Any]) -> Any:
        try:
            return self._np.asarray(values, dtype=_DTYPES.get(argument.type, "float32"))
        except (TypeError, ValueError) as error:
            raise InferenceError(400, f"input '{argument.name}': {error}") from error

    def _outputs(self, batches: list[list[Any]]) -> Outputs:
        values: dict[str, list[Any]] = {}
        types: dict[str, str] = {}
        for index, output in enumerate(self._session.get_outputs()):
            parts = [batch[index] for batch in batches]
            values[output.name] = [value for part in parts for value in self._listed(part)]
            types[output.name] = self._type(parts[0])
        return Outputs(values, types)

    def _listed(self, result: Any) -> list[Any]:
        if not isinstance(result, self._np.ndarray):
            return list(result)  # a sequence of maps, as classifiers put out
        if result.dtype in ("float32", "float16"):
            # The shortest text that is the same number, as the platform writes it: 0.1, not 0.10000000149011612.
            result = result.astype("U32").astype("float64")
        listed: list[Any] = result.tolist()
        return listed

    def _type(self, result: Any) -> str:
        if not isinstance(result, self._np.ndarray):
            return "auto"
        name = result.dtype.name
        scalar = _ARROW_TYPES.get(name) or (name if name.startswith(("int", "uint")) else "string")
        return "[" * (result.ndim - 1) + scalar


def load(version: str, content: bytes) -> Model:
    """The model of a version (UUID), loaded once. Raises InferenceError like `Model`."""
    if version in _loaded:
        _loaded.move_to_end(version)
        return _loaded[version]
    _loaded[version] = model = Model(content)
    while len(_loaded) > _KEPT:
        _loaded.popitem(last=False)
    return model
