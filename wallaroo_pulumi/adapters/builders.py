"""Builders of what pipelines and deployments take: steps and engine configurations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pulumi

from .classes import ModelVersion
from .functions import ModelVersionResult

Value = Mapping[str, Any]
Arch = Literal["x86", "arm", "power10"]
Model = ModelVersion | ModelVersionResult | pulumi.Output[ModelVersionResult]


def model_ref(model: Model) -> Value:
    """A model version as steps and deployments name it: ``{name, version, sha}``."""
    return {"name": model.name, "version": model.version, "sha": model.sha256}


def model_step(model: Model) -> Value:
    """The step that infers with one model."""
    return {"model_inference": {"models": [model_ref(model)]}}


def shadow_step(champion: Model, *challengers: Model) -> Value:
    """The step in which the champion answers, and the challengers infer in its shadow."""
    return {"model_inference": {"models": [model_ref(model) for model in (champion, *challengers)]}}


def random_split_step(
    weights: Sequence[tuple[Model, pulumi.Input[float]]], *, hash_key: pulumi.Input[str] | None = None
) -> Value:
    """The step of an A/B test: each request goes to one of the models, in proportion to the weights.

    With ``hash_key``, requests whose field of this name has the same value go to the same model.
    """
    split: dict[str, Any] = {
        "weights": [{"model": model_ref(model), "weight": weight} for model, weight in weights]
    }
    return {"random_split": split if hash_key is None else {"hash_key": hash_key, **split}}


def meta_split_step(split_key: pulumi.Input[str], control: Model, routes: Mapping[str, Model]) -> Value:
    """The step that chooses the model by the value of the field ``split_key``; ``control`` gets all other values."""
    return {
        "meta_value_split": {
            "split_key": split_key,
            "control": model_ref(control),
            "routes": {value: model_ref(model) for value, model in routes.items()},
        }
    }


@dataclass(frozen=True)
class Autoscale:
    """How the number of engines follows the load, between ``minimum`` and ``maximum``.

    ``by="cpu"`` and ``"gpu"`` follow the utilization (per cent); ``"queue"`` the requests that wait, by the depths
    at which an engine is added and removed, over a window of seconds.
    """

    minimum: int
    maximum: int
    by: Literal["cpu", "gpu", "queue"] = "cpu"
    cpu_utilization: float | None = None
    scale_up_queue_depth: float | None = None
    scale_down_queue_depth: float | None = None
    window: int | None = None

    def to_api(self) -> Value:
        return _given(
            type=self.by,
            replica_min=self.minimum,
            replica_max=self.maximum,
            cpu_utilization=self.cpu_utilization,
            scale_up_queue_depth=self.scale_up_queue_depth,
            scale_down_queue_depth=self.scale_down_queue_depth,
            autoscaling_window=self.window,
        )


@dataclass(frozen=True)
class Sidekick:
    """What the container of a model gets that does not run in the engine itself; ``memory`` such as ``"1Gi"``."""

    model: Model
    cpus: float | None = None
    memory: str | None = None
    gpus: int | None = None
    env: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    arch: Arch | None = None
    accel: str | None = None

    def to_api(self) -> Value:
        return _given(
            resources=_resources(self.cpus, self.memory, self.gpus),
            env=[{"name": name, "value": value} for name, value in self.env.items()] or None,
            arch=self.arch,
            accel=self.accel,
        )


def engine_config(
    *,
    cpus: float | None = None,
    memory: str | None = None,
    gpus: int | None = None,
    replicas: int | Autoscale | None = None,
    arch: Arch | None = None,
    accel: str | None = None,
    node_selector: str | None = None,
    load_balancer_cpus: float | None = None,
    load_balancer_memory: str | None = None,
    sidekicks: Sequence[Sidekick] = (),
) -> pulumi.Input[Value]:
    """What the engines of a Deployment get. What is left out is the instance's to choose.

    :param cpus: CPUs of each engine, such as 0.5.
    :param memory: Memory of each engine, a Kubernetes quantity such as ``"512Mi"``.
    :param gpus: GPUs of each engine.
    :param replicas: How many engines: a number, or an Autoscale.
    :param arch: The processor, that of the models.
    :param accel: The accelerator, that of the models.
    :param node_selector: A label of the cluster's nodes, such as ``"pool:gpu"``.
    :param load_balancer_cpus: CPUs of the load balancer in front of the engines.
    :param load_balancer_memory: Memory of the load balancer.
    :param sidekicks: What the models get that run in containers of their own.
    """
    engine = _given(
        cpu=cpus,
        gpu=True if gpus else None,
        replicas=replicas if isinstance(replicas, int) else None,
        autoscale=replicas.to_api() if isinstance(replicas, Autoscale) else None,
        arch=arch,
        accel=accel,
        node_selector=node_selector,
        resources=_resources(cpus, memory, gpus),
    )
    balancer = _given(
        cpu=load_balancer_cpus, resources=_resources(load_balancer_cpus, load_balancer_memory, None)
    )
    config = _given(engine=engine or None, enginelb=balancer or None)
    if not sidekicks:
        return config
    # The containers are keyed by model name and version id, which are known once the versions exist.
    keys = pulumi.Output.all(
        *(pulumi.Output.format("{}-{}", s.model.name, s.model.model_version_id) for s in sidekicks)
    )
    images = [sidekick.to_api() for sidekick in sidekicks]
    return keys.apply(
        lambda names: {**config, "engine_aux": {"images": dict(zip(names, images, strict=True))}}
    )


def _resources(cpus: float | None, memory: str | None, gpus: int | None) -> Value | None:
    """Kubernetes requests and limits, equal, as the vendor's SDK makes them."""
    amounts = _given(cpu=cpus, memory=memory, gpu=gpus or None)
    return {"limits": amounts, "requests": amounts} if amounts else None


def _given(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}
