"""The API's spelling of nested objects, where the rest of the package has camelCase names.

The API mixes ``ModelInference``, ``hash_key`` and ``engineAux``. The client translates at its border, in both
directions. Keys that a spelling does not list are the user's, or newer than this package, and pass unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True)
class Spelling:
    """How the API spells the keys of an object, or of every object in a list."""

    names: Mapping[str, str]
    """Our name of a key → the API's."""
    inner: Mapping[str, Spelling] = field(default_factory=dict)
    """Our name of a key → the spelling of the objects below it. ``"*"`` stands for every key."""

    @classmethod
    def of(cls, snake_case: str = "", *, spelt: Mapping[str, str] | None = None, **inner: Spelling) -> Self:
        """``snake_case`` and ``inner`` list our names of keys that the API spells in snake_case."""
        names = {name: _snake(name) for name in (*snake_case.split(), *inner)} | dict(spelt or {})
        return cls(names, inner)

    def to_api(self, value: Any) -> Any:
        """Return ``value`` with the API's names."""
        if isinstance(value, list | tuple):
            return [self.to_api(part) for part in value]
        if not isinstance(value, Mapping):
            return value
        return {self.names.get(key, key): self._below(key).to_api(part) for key, part in value.items()}

    def from_api(self, value: Any) -> Any:
        """Return ``value`` with our names. A name of ours in it stays."""
        if isinstance(value, list | tuple):
            return [self.from_api(part) for part in value]
        if not isinstance(value, Mapping):
            return value
        ours = {theirs: name for name, theirs in self.names.items()}
        result = {}
        for key, part in value.items():
            name = ours.get(key) or key
            result[name] = self._below(name).from_api(part)
        return result

    def _below(self, name: str) -> Spelling:
        return self.inner.get(name) or self.inner.get("*") or _AS_GIVEN


_AS_GIVEN = Spelling({})


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _each(spelling: Spelling) -> Spelling:
    """The spelling of an object whose keys are the user's."""
    return Spelling({}, {"*": spelling})


_MODELS = Spelling.of("models")
_KINDS = {
    "modelInference": _MODELS,
    "randomSplit": Spelling.of("hashKey weights"),
    "metaValueSplit": Spelling.of("splitKey control routes"),
    "rowsToModels": Spelling.of(),
    "auditResults": Spelling.of(),
    "check": Spelling.of(),
    "columnsSelect": Spelling.of(),
    "columnsToRows": Spelling.of(),
    "nth": Spelling.of(),
    "multiOut": Spelling.of(),
    "average": Spelling.of(),
}

STEP = Spelling({name: name[0].upper() + name[1:] for name in _KINDS}, _KINDS)
"""A step of a pipeline: docs/internals/mlops-api.md#pipelines."""

_AMOUNTS = Spelling.of("cpu memory", spelt={"gpu": "nvidia.com/gpu"})
_RESOURCES = Spelling.of(requests=_AMOUNTS, limits=_AMOUNTS)
_AUTOSCALE = Spelling.of(
    "type replicaMin replicaMax cpuUtilization scaleUpQueueDepth scaleDownQueueDepth autoscalingWindow"
)
_ACCEL = Spelling.of(
    qaic=Spelling.of(
        "aicEnableDepthFirst ctxLen fullBatchSize mxfp6Matmul mxint8KvCache numCores numDevices prefillSeqLen"
    )
)
_CONTAINER = Spelling.of(
    "cpu gpu replicas arch nodeSelector image env",
    resources=_RESOURCES,
    autoscale=_AUTOSCALE,
    accel=_ACCEL,
    python=Spelling.of("loadTimeoutMillis"),
)
ENGINE_CONFIG = Spelling.of(
    spelt={"engineAux": "engineAux"},
    engine=_CONTAINER,
    enginelb=_CONTAINER,
    engineAux=Spelling.of(images=_each(_CONTAINER), autoscale=_AUTOSCALE),
)
"""The engine configuration of a deployment or publish."""

_BIN_MODE = Spelling(
    {
        "equal": "Equal",
        "quantile": "Quantile",
        "quantileWithExplicitOutliers": "QuantileWithExplicitOutliers",
        "provided": "Provided",
    }
)
BASELINE = Spelling(
    {"summary": "Summary", "static": "Static", "rolling": "Rolling", "vector": "Vector"},
    {"rolling": Spelling.of("start", width=Spelling.of("seconds"))},
)
"""What an assay compares with: docs/internals/mlops-api.md#assays."""
SUMMARIZER = Spelling(
    {"univariateContinuous": "UnivariateContinuous", "multivariateContinuous": "MultivariateContinuous"},
    {"univariateContinuous": Spelling.of("aggregation metric binWeights", binMode=_BIN_MODE)},
)
"""How an assay bins values and computes scores."""
