"""The engine configuration of a deployment: docs/internals/mlops-api.md#engine-configuration."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from ..api import spelling
from ..core.check import place
from ..core.diff import contains_unknown
from ..core.fields import (
    BY_SHAPE,
    OBJECT,
    PLAIN,
    Amount,
    Count,
    CountFromZero,
    Element,
    KeyText,
    Properties,
    nearest_name,
)
from ..core.json_values import InvalidValue, Place
from ..core.names import wire_name
from ..core.quantities import bytes_of, require_memory


def _memory(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        value = str(int(value))
    if isinstance(value, str):
        require_memory(value)
    return value


def _gpus(value: Any) -> Any:
    # State of earlier versions and the API's publishes contain a flag, which stands for one GPU.
    return int(value) if isinstance(value, bool) else value


Arch = Literal["x86", "arm", "power10"]
AccelName = Literal["none", "cuda", "jetson", "openvino", "rocm"]
Memory = Annotated[str, BeforeValidator(_memory)]
Gpus = Annotated[CountFromZero, BeforeValidator(_gpus)]


class QaicConfig(Properties):
    """Options of Qualcomm AI acceleration."""

    aic_enable_depth_first: bool | None = None
    ctx_len: Count | None = None
    full_batch_size: Count | None = None
    mxfp6_matmul: bool | None = None
    mxint8_kv_cache: bool | None = None
    num_cores: Count | None = None
    num_devices: Count | None = None
    prefill_seq_len: Count | None = None


class Qaic(Properties):
    """Qualcomm AI acceleration, with its options."""

    qaic: QaicConfig = Field(default_factory=QaicConfig)


Accel = Annotated[Annotated[AccelName, PLAIN] | Annotated[Qaic, OBJECT], BY_SHAPE]


class Amounts(Properties):
    """CPUs, memory and GPUs (those of NVIDIA), and other extended resources by their names, such as `amd.com/gpu`."""

    model_config = ConfigDict(extra="allow")
    extended: ClassVar[tuple[str, ...]] = (
        "amd.com/gpu",
        "gpu.intel.com/i915",
        "nvidia.com/gpu",
        "qualcomm.com/qaic",
    )
    """Extended resources that the vendor's SDK requests by name."""
    __pydantic_extra__: dict[str, Element[CountFromZero]]

    cpu: Amount | None = None
    memory: Memory | None = None
    gpu: CountFromZero | None = None

    @model_validator(mode="before")
    @classmethod
    def _extended_resources(cls, value: Any) -> Any:
        ours = {name for field in cls.model_fields for name in (field, wire_name(field))}
        for name in value if isinstance(value, Mapping) else ():
            if name not in ours and "/" not in name:
                raise InvalidValue((name,), f"is not a property{nearest_name(name, cls, wire=False)}")
        return value


class Resources(Properties):
    """Kubernetes requests and limits."""

    requests: Amounts | None = None
    limits: Amounts | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Resources:
        if not isinstance(self.requests, Amounts) or not isinstance(self.limits, Amounts):
            return self
        limits = _comparable(self.limits)
        for name, (number, requested) in _comparable(self.requests).items():
            most, limit = limits.get(name, (math.inf, None))
            if number > most:
                raise ValueError(
                    f"requests.{name} ({requested}) must not be greater than limits.{name} ({limit})"
                )
        return self


def _comparable(amounts: Amounts) -> dict[str, tuple[float, Any]]:
    """Return name → (number, amount as given) of the known amounts; memory in bytes."""
    known = {}
    for name, amount in amounts:
        if name == "memory" and isinstance(amount, str):
            known[name] = (bytes_of(amount), amount)
        elif isinstance(amount, int | float):
            known[name] = (float(amount), f"{amount:g}")
    return known


class Autoscale(Properties):
    """How the number of engines follows the load."""

    type: Literal["cpu", "gpu", "queue", "none"]
    replica_min: CountFromZero | None = None
    replica_max: Count | None = None
    cpu_utilization: Annotated[Amount, Field(le=100)] | None = None
    scale_up_queue_depth: Amount | None = None
    scale_down_queue_depth: Amount | None = None
    autoscaling_window: Count | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Autoscale:
        for least, most in (
            ("replica_min", "replica_max"),
            ("scale_down_queue_depth", "scale_up_queue_depth"),
        ):
            low, high = getattr(self, least), getattr(self, most)
            if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
                raise ValueError(f"{least} ({low:g}) must not be greater than {most} ({high:g})")
        if self.type == "queue" and self.scale_up_queue_depth is None:
            raise ValueError("type 'queue' needs scale_up_queue_depth")
        return self


class PythonRuntime(Properties):
    """The engine's Python runtime."""

    load_timeout_millis: Count | None = None


class Engine(Properties):
    """The engines, or a load balancer."""

    cpu: Amount | None = None
    gpu: Gpus | None = None
    replicas: CountFromZero | None = None
    autoscale: Autoscale | None = None
    arch: Arch | None = None
    accel: Accel | None = None
    node_selector: KeyText | None = None
    image: KeyText | None = None
    resources: Resources | None = None
    python: PythonRuntime | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Engine:
        scale = self.autoscale
        if not isinstance(scale, Autoscale) or contains_unknown((self.replicas, scale.replica_max)):
            return self
        if self.replicas is not None and scale.replica_max is not None and self.replicas > scale.replica_max:
            raise ValueError(
                f"replicas ({self.replicas}) must not be greater than replica_max ({scale.replica_max})"
            )
        return self


class EnvironmentVariable(Properties):
    """An environment variable of a container."""

    name: KeyText
    value: str


class Sidekick(Properties):
    """The container of a model that does not run in the engine."""

    resources: Resources | None = None
    env: list[Element[EnvironmentVariable]] | None = None
    arch: Arch | None = None
    accel: Accel | None = None
    image: KeyText | None = None
    node_selector: KeyText | None = None


class Sidekicks(Properties):
    """The containers, by `<model name>-<model version id>`."""

    images: dict[KeyText, Element[Sidekick]] | None = None
    autoscale: Autoscale | None = None


class EngineConfig(Properties):
    """What the engines, their load balancer and the models' containers get."""

    engine: Engine | None = None
    enginelb: Engine | None = None
    engine_aux: Sidekicks | None = None


Engines = Annotated[EngineConfig, BeforeValidator(spelling.ENGINE_CONFIG.from_api)]
"""An engine configuration; the API's own spelling is accepted too."""


def observed_config(config: Mapping[str, Any]) -> EngineConfig:
    """Return what the instance reports of a configuration, without the settings that a program cannot declare."""
    known = spelling.ENGINE_CONFIG.from_api(copy.deepcopy(dict(config)))
    while True:
        try:
            return EngineConfig.model_validate(known)
        except ValidationError as error:
            _drop(known, place(error.errors()[0]))


def set_config(config: Mapping[str, Any]) -> EngineConfig | None:
    """Return what a program declares to get this configuration; None if nothing is set."""
    observed = observed_config(config).model_dump(exclude_none=True)
    return EngineConfig.model_validate(found) if (found := _without_empty(observed)) else None


def _without_empty(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inside = {key: _without_empty(part) for key, part in value.items()}
    return {key: part for key, part in inside.items() if part != {}}


def _drop(value: Any, at: Place) -> None:
    """Remove what is at this place, whose parts may also name alternatives of a union."""
    inside, last = value, None
    for key in at:
        if key in (inside if isinstance(inside, Mapping) else range(len(inside))):
            last, inside = (inside, key), inside[key]
            if not isinstance(inside, Mapping | list):
                break
    if last is None:
        value.clear()
    else:
        del last[0][last[1]]
