"""The engine configuration, by the API's names: docs/internals/mlops-api.md#engine-configuration."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, NonNegativeInt, PositiveFloat, PositiveInt, StringConstraints

from ..core.fields import Element
from ..core.json_values import JsonObject
from ._steps import ApiForm

Memory = Annotated[str, StringConstraints(pattern=r"^[0-9]+(\.[0-9]+)?(m|k|[KMGTPE]i?)?$")]
"""A Kubernetes quantity, such as `512Mi`."""


class _Open(ApiForm):
    """The endpoint takes any JSON here: what is known is checked, what is new passes."""

    model_config = ConfigDict(extra="allow")


class Amounts(_Open):
    """CPUs, memory, and extended resources by their names (`nvidia.com/gpu`)."""

    cpu: PositiveFloat | None = None
    memory: Memory | None = None


class Resources(_Open):
    """Kubernetes requests and limits."""

    requests: Amounts | None = None
    limits: Amounts | None = None


class Autoscale(_Open):
    """How the number of engines follows the load."""

    type: Literal["cpu", "gpu", "queue", "none"]
    replica_min: NonNegativeInt | None = None
    replica_max: PositiveInt | None = None
    cpu_utilization: PositiveFloat | None = None
    scale_up_queue_depth: PositiveFloat | None = None
    scale_down_queue_depth: PositiveFloat | None = None
    autoscaling_window: PositiveInt | None = None


class Engine(_Open):
    """The engines, or a load balancer."""

    cpu: PositiveFloat | None = None
    gpu: bool | None = None
    replicas: NonNegativeInt | None = None
    autoscale: Autoscale | None = None
    arch: Literal["x86", "arm", "power10"] | None = None
    accel: str | JsonObject | None = None
    node_selector: str | None = None
    image: str | None = None
    resources: Resources | None = None


class Sidekick(_Open):
    """The container of a model that does not run in the engine."""

    resources: Resources | None = None
    env: list[Element[JsonObject]] | None = None
    arch: Literal["x86", "arm", "power10"] | None = None
    accel: str | JsonObject | None = None


class Sidekicks(_Open):
    """The containers, by `<model name>-<model version id>`."""

    images: dict[str, Element[Sidekick]] = Field(default_factory=dict)


class EngineConfig(_Open):
    """The whole of it."""

    engine: Engine | None = None
    enginelb: Engine | None = None
    sidekicks: Annotated[Sidekicks | None, Field(alias="engineAux")] = None
