"""Inference: ONNX models really run, on onnxruntime (extra `inference`).

Of several models in a step the first answers (the others would run in its shadow), a random split draws by weight,
and a split by value routes. Steps that check or rearrange are skipped. The emulator decides: a model's inputs are
taken from the record by name, or by the configuration's `tensor_fields` in their order; a model with one input takes
the record's only field whatever its name.
"""

import json
import random
from collections import OrderedDict
from typing import Any

from ..errors import ApiError
from ..models import store as models_store
from ..state import State

_SESSIONS = 8
"""Models that are kept loaded."""

_sessions: OrderedDict[str, Any] = OrderedDict()


def models_of(step: dict[str, Any]) -> list[dict[str, str]]:
    """The model versions that a step of a definition names: name, version (UUID) and sha."""
    refs: list[dict[str, str]] = []
    if inference := step.get("ModelInference"):
        refs += inference.get("models") or []
    if split := step.get("RandomSplit"):
        refs += [part["model"] for part in split.get("weights") or []]
    if split := step.get("MetaValueSplit"):
        refs += [split["control"], *(split.get("routes") or {}).values()]
    return refs


def answer(db: State, steps: list[dict[str, Any]], record: dict[str, Any]) -> dict[str, Any]:
    """The answer to one record. Raises ApiError: 400 for a record that does not fit, 501 for what cannot be run."""
    out: dict[str, Any] = {}
    given = record
    last: dict[str, str] = {}
    for step in steps:
        if (ref := _chosen(step, record)) is None:
            continue
        out = _run(db, ref, given)
        given, last = out, ref
    return {
        "time": int(db.now() * 1000),
        "in": record,
        "out": out,
        "check_failures": [],
        "metadata": {
            "last_model": json.dumps({"model_name": last["name"], "model_sha": last["sha"]}) if last else "",
            "pipeline_version": "",
            "elapsed": [0, 0],
            "dropped": [],
            "partition": "engine-emulated",
        },
    }


def _chosen(step: dict[str, Any], record: dict[str, Any]) -> dict[str, str] | None:
    """The model of a step that answers this record."""
    if split := step.get("RandomSplit"):
        weights = split["weights"]
        # Whose turn it is need not be unpredictable.
        part = random.choices(weights, [part["weight"] for part in weights])[0]  # noqa: S311
        chosen: dict[str, str] = part["model"]
        return chosen
    if split := step.get("MetaValueSplit"):
        routed: dict[str, str] = split["routes"].get(str(record.get(split["split_key"])), split["control"])
        return routed
    refs = models_of(step)
    return refs[0] if refs else None


def _run(db: State, ref: dict[str, str], record: dict[str, Any]) -> dict[str, Any]:
    try:
        import numpy as np
    except ImportError:
        raise ApiError(501, "inference needs the extra: pip install 'wallaroo_pulumi[inference]'") from None
    version = models_store.version_by_uuid(db, ref["version"])
    if version is None or version["content"] is None or not version["file_name"].endswith(".onnx"):
        raise ApiError(501, f"the emulator runs ONNX models only, and {ref['name']} is none that it has kept")
    session = _session(ref["version"], version["content"])
    fields = models_store.tensor_fields(db, version["id"]) or [
        argument.name for argument in session.get_inputs()
    ]
    if len(fields) == len(record) == 1:
        fields = list(record)
    feeds = {}
    for argument, field in zip(session.get_inputs(), fields, strict=False):
        if field not in record:
            raise ApiError(400, f"the record lacks the field {field!r}, an input of model {ref['name']}")
        try:
            feeds[argument.name] = np.asarray([record[field]], dtype=_DTYPES.get(argument.type, "float32"))
        except (TypeError, ValueError) as error:
            raise ApiError(400, f"field {field!r} does not fit model {ref['name']}: {error}") from error
    try:
        results = session.run(None, feeds)
    except Exception as error:  # onnxruntime's own exceptions have no common base
        raise ApiError(400, f"model {ref['name']} refuses the record: {error}") from error
    names = [argument.name for argument in session.get_outputs()]
    return {name: result[0].tolist() for name, result in zip(names, results, strict=True)}


_DTYPES = {
    "tensor(double)": "float64",
    "tensor(float)": "float32",
    "tensor(int32)": "int32",
    "tensor(int64)": "int64",
    "tensor(bool)": "bool",
}


def _session(version: str, content: bytes) -> Any:
    """The loaded model. Raises ApiError 501 without onnxruntime, 500 for a file that is no ONNX model."""
    if version in _sessions:
        _sessions.move_to_end(version)
        return _sessions[version]
    try:
        import onnxruntime
    except ImportError:
        raise ApiError(501, "inference needs the extra: pip install 'wallaroo_pulumi[inference]'") from None
    try:
        session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own exceptions have no common base
        raise ApiError(500, f"the model cannot be loaded: {error}") from error
    _sessions[version] = session
    while len(_sessions) > _SESSIONS:
        _sessions.popitem(last=False)
    return session
