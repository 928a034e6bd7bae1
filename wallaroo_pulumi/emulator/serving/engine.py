"""The engine: runs the steps of a pipeline version on a batch of records.

A step with several models runs all of them. The first one's outputs are the result; with a `MultiOut` step the others,
which run in its shadow, are added as `out_<model>`. A random split chooses by weight, by a hash of `hash_key` if the
record has it, and a split by value chooses by a field; both report the model version in `_model_split`. `Check` steps
count anomalies. Steps that rearrange rows are not run (501).
"""

import hashlib
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from ..errors import InferenceError
from ..models import store as models_store
from ..state import State
from . import onnx_models, validations
from .columns import Record, Schema, schema_of

Ref = dict[str, str]
_METADATA_TYPES: Schema = {
    "last_model": "string",
    "pipeline_version": "string",
    "elapsed": "[uint64",
    "dropped": "[string",
    "partition": "string",
}


@dataclass
class _Result:
    """What one model, or for a split several, put out: a flat record for each row."""

    name: str
    last: list[Ref]
    """The model that made each row."""
    rows: list[Record]
    types: Schema = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """The records that answer a request, and their schema."""

    records: list[Record]
    schema: Schema


def models_of(step: dict[str, Any]) -> list[Ref]:
    """The model versions that a step of a definition names: name, version (UUID) and sha."""
    refs: list[Ref] = []
    if inference := step.get("ModelInference"):
        refs += inference.get("models") or []
    if split := step.get("RandomSplit"):
        refs += [part["model"] for part in split.get("weights") or []]
    if split := step.get("MetaValueSplit"):
        refs += [split["control"], *(split.get("routes") or {}).values()]
    return refs


class Engine:
    """Runs one version of a pipeline; `partition` names this engine in the metadata of results."""

    def __init__(
        self, db: State, steps: list[dict[str, Any]], *, pipeline_version: str, partition: str
    ) -> None:
        self._db = db
        self._steps = steps
        self._version = pipeline_version
        self._partition = partition

    def run(self, records: list[Record], input_types: Schema | None = None) -> Run:
        """Run the steps. Raises InferenceError: 400 for records that do not fit, 501 for what cannot be run here."""
        began = time.perf_counter_ns()
        inputs = schema_of(records, input_types)
        parsed = time.perf_counter_ns()
        batch = _Batch(records)
        for step in self._steps:
            self._apply(step, batch)
        elapsed = [parsed - began, time.perf_counter_ns() - parsed]
        stamp = self._db.now_ms()
        shadows = batch.results[1:] if batch.has_shadows else []
        result = (
            batch.results[0] if batch.results else _Result("", [{}] * len(records), [{} for _ in records])
        )
        answers = [
            {
                "time": stamp,
                "in": record,
                "out": out,
                "anomaly": {"count": sum(anomalies.values()), **anomalies},
                "metadata": self._metadata(last, elapsed),
            }
            | {f"out_{shadow.name}": shadow.rows[index] for shadow in shadows}
            for index, (record, out, anomalies, last) in enumerate(
                zip(records, result.rows, batch.anomalies, result.last, strict=True)
            )
        ]
        schema: Schema = {
            "time": "int64",
            "in": inputs,
            "out": schema_of(result.rows, result.types),
            "anomaly": {"count": "uint32", **dict.fromkeys(chain.from_iterable(batch.anomalies), "bool")},
            "metadata": _METADATA_TYPES,
        } | {f"out_{shadow.name}": schema_of(shadow.rows, shadow.types) for shadow in shadows}
        return Run(answers, schema)

    def _metadata(self, last: Ref, elapsed: list[int]) -> Record:
        named = {"model_name": last["name"], "model_sha": last["sha"]} if last else None
        return {
            "last_model": json.dumps(named, separators=(",", ":")) if named else "",
            "pipeline_version": self._version,
            "elapsed": elapsed,
            "dropped": [],
            "partition": self._partition,
        }

    def _apply(self, step: dict[str, Any], batch: "_Batch") -> None:
        ((kind, options),) = step.items() if len(step) == 1 else ((", ".join(step), {}),)
        match kind:
            case "ModelInference":
                batch.results = [self._infer(ref, batch.current) for ref in options.get("models") or []]
            case "RandomSplit":
                batch.results = [self._split(batch, lambda row: _drawn(options, row))]
            case "MetaValueSplit":
                batch.results = [self._split(batch, lambda row: _routed(options, row))]
            case "Nth":
                batch.results = [_nth(batch.results, options["index"])]
            case "MultiOut":
                batch.has_shadows = True
            case "AuditResults":
                pass  # which results are kept for an audit; the log keeps all of them
            case "Check":
                batch.check(options.get("tree") or [])
            case _:
                raise InferenceError(501, f"the emulator does not run steps of kind {kind}")

    def _split(self, batch: "_Batch", choose: Callable[[Record], Ref]) -> _Result:
        """Run each row on the model that is chosen for it."""
        chosen = [choose(record) for record in batch.records]
        result = _Result("", chosen, [{} for _ in chosen])
        for ref in {ref["version"]: ref for ref in chosen}.values():
            indexes = [index for index, other in enumerate(chosen) if other["version"] == ref["version"]]
            part = self._infer(ref, [batch.current[index] for index in indexes])
            label = [models_store.label_of(self._db, ref["version"])]
            for index, row in zip(indexes, part.rows, strict=True):
                result.rows[index] = {"_model_split": label, **row}
            result.types |= part.types
        return result

    def _infer(self, ref: Ref, rows: list[Record]) -> _Result:
        version = models_store.version_by_uuid(self._db, ref["version"])
        if version is None or version["content"] is None or not version["file_name"].endswith(".onnx"):
            raise InferenceError(
                501,
                f"the emulator runs ONNX models only, and model '{ref['name']}' is not one that it has kept",
            )
        model = onnx_models.load(ref["version"], version["content"])
        fields = models_store.tensor_fields(self._db, version["id"]) or model.input_names
        if len(fields) != len(model.input_names):
            named = f"{len(fields)} tensor_fields for {len(model.input_names)} inputs"
            raise InferenceError(400, f"model '{ref['name']}' is configured with {named}")
        for name in fields:
            if any(name not in row for row in rows):
                known = ", ".join(f"'{name}'" for name in fields)
                raise InferenceError(
                    400, f"field '{name}' is missing: model '{ref['name']}' takes the fields {known}"
                )
        try:
            outputs = model.run([[row[name] for row in rows] for name in fields])
        except InferenceError as error:
            raise InferenceError(error.status, f"model '{ref['name']}': {error}") from error
        made = [
            dict(zip(outputs.values, values, strict=True))
            for values in zip(*outputs.values.values(), strict=True)
        ]
        if len(made) != len(rows):
            raise InferenceError(500, f"model '{ref['name']}' put out {len(made)} rows for {len(rows)}")
        return _Result(ref["name"], [ref] * len(rows), made, dict(outputs.types))


class _Batch:
    """The records of a request on their way through the steps."""

    def __init__(self, records: list[Record]) -> None:
        self.records = records
        self.results: list[_Result] = []
        self.has_shadows = False
        self.anomalies: list[dict[str, bool]] = [{} for _ in records]

    @property
    def current(self) -> list[Record]:
        """What the next model gets: the outputs of the last one, or the records."""
        return self.results[0].rows if self.results else self.records

    def check(self, trees: list[str]) -> None:
        for index, (record, found) in enumerate(zip(self.records, self.anomalies, strict=True)):
            out = self.results[0].rows[index] if self.results else {}
            columns = {f"in.{name}": value for name, value in record.items()}
            columns |= {f"out.{name}": value for name, value in out.items()}
            found |= (validations.evaluate(tree, columns) for tree in trees)


def _drawn(split: dict[str, Any], row: Record) -> Ref:
    """The model of a random split: the same one for the same value of `hash_key`."""
    weights = split["weights"]
    key = split.get("hash_key")
    if key is not None and key in row:
        digest = hashlib.sha256(json.dumps(row[key], sort_keys=True).encode()).digest()
        share = int.from_bytes(digest[:8]) / 2**64
    else:
        share = random.random()  # noqa: S311 -- whose turn it is need not be unpredictable
    remaining = share * sum(part["weight"] for part in weights)
    for part in weights:
        remaining -= part["weight"]
        if remaining < 0:
            break
    chosen: Ref = part["model"]
    return chosen


def _routed(split: dict[str, Any], row: Record) -> Ref:
    routed: Ref = (split.get("routes") or {}).get(str(row.get(split["split_key"])), split["control"])
    return routed


def _nth(results: list[_Result], index: int) -> _Result:
    if not 0 <= index < len(results):
        raise InferenceError(400, f"step Nth: there is no result {index} of {len(results)}")
    return results[index]
