"""The cluster resources that a deployment's ``engineConfig`` requests (the shape that ``pipelines/deploy`` takes)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..adapters.pulumi_values import UNKNOWN

_MULTIPLES = {
    "m": 1e-3, "": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60,
}  # fmt: skip

_GPUS = ("gpu", "i915", "qaic")
"""The names of GPUs as Kubernetes resources, without their vendor's domain."""


def quantity(text: Any) -> float:
    """Return the number that a Kubernetes quantity stands for: 0.5 for ``500m``, 3221225472 for ``3Gi``.

    Raises ValueError with one line if it is not a quantity, or is negative.
    """
    number, unit = _split(text)
    try:
        value = float(number) * _MULTIPLES[unit]
    except (KeyError, ValueError):
        value = math.nan
    if not 0 <= value < math.inf:  # NaN fails too; every comparison with it would pass a limit
        raise ValueError(f"{text!r} is not a Kubernetes quantity such as 500m, 2, 512Mi or 3Gi")
    return value


def in_unit_of(example: Any, value: float) -> str:
    """Write ``value`` in the unit of another quantity: 3221225472 is ``3Gi`` in the unit of ``256Gi``."""
    unit = _split(example)[1]
    return f"{value / _MULTIPLES[unit]:.15g}{unit}"


def _split(quantity: Any) -> tuple[str, str]:
    text = str(quantity).strip()
    number = text.rstrip("".join({letter for unit in _MULTIPLES for letter in unit}))
    return number, text[len(number) :]


@dataclass(frozen=True)
class Container:
    """One container of a replica: the engine's, or a model's own."""

    name: str
    cpus: float | None
    memory: float | None
    """In bytes."""
    gpus: float


@dataclass(frozen=True)
class RequestedResources:
    """The resources that a deployment requests."""

    least_replicas: int
    most_replicas: int
    containers: tuple[Container, ...]

    def total(self, what: str) -> float:
        """Return the sum of ``cpus``, ``memory`` or ``gpus`` over all containers of the largest number of replicas."""
        return self.most_replicas * sum(getattr(container, what) or 0 for container in self.containers)


def requested_resources(engine_config: Any) -> RequestedResources | None:
    """Return what an ``engineConfig`` requests, or None while parts of it are unknown.

    Raises ValueError for a value that is not a quantity.
    """
    if _has_unknown(engine_config):
        return None
    config = _normalised(engine_config or {})
    engine = config.get("engine") or {}
    scale = engine.get("autoscale") or {}
    replicas = engine.get("replicas")
    least = scale.get("replicamin", replicas)
    most = scale.get("replicamax", replicas)
    images = (config.get("engineaux") or {}).get("images") or {}
    return RequestedResources(
        least_replicas=1 if least is None else int(quantity(least)),
        most_replicas=1 if most is None else int(quantity(most)),
        containers=(_container("the engine", engine), *(_container(n, part) for n, part in images.items())),
    )


def _container(name: str, part: Mapping[str, Any]) -> Container:
    limits: Mapping[str, Any] = (part.get("resources") or {}).get("limits") or {}

    def limit(what: str) -> float | None:
        found = limits.get(what, part.get(what))
        return None if found is None else quantity(found)

    gpu = part.get("gpu") or 0
    gpus = [quantity(amount) for resource, amount in limits.items() if resource.rpartition("/")[2] in _GPUS]
    # The engine's `gpu` repeats the number that is in the resource of the GPU's vendor.
    return Container(
        name, limit("cpu"), limit("memory"), sum(gpus) or quantity(int(gpu) if isinstance(gpu, bool) else gpu)
    )


def _normalised(value: Any) -> Any:
    """Return the same value with lower-case names: the API mixes snake_case and camelCase, Pulumi uses camelCase."""
    if isinstance(value, Mapping):
        return {
            _name(key): _images(part) if _name(key) == "images" else _normalised(part)
            for key, part in value.items()
        }
    return value


def _images(images: Any) -> Any:
    """Keep the keys: they are names of models, not of settings."""
    return (
        {name: _normalised(part) for name, part in images.items()} if isinstance(images, Mapping) else images
    )


def _name(key: str) -> str:
    return key.replace("_", "").lower()


def _has_unknown(value: Any) -> bool:
    return any(part is UNKNOWN for part in _parts(value))


def _parts(value: Any) -> Iterator[Any]:
    yield value
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    for part in inner:
        yield from _parts(part)
