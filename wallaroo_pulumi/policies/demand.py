"""How much of the cluster a deployment's ``engineConfig`` asks for (the shape that ``pipelines/deploy`` takes)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .rule import UNKNOWN

_MULTIPLES = {
    "m": 1e-3, "": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60,
}  # fmt: skip


def quantity(written: Any) -> float:
    """The number behind a Kubernetes quantity: ``500m`` is 0.5, ``3Gi`` is 3221225472.

    Raises ValueError with a line that says what is wrong.
    """
    text = str(written).strip()
    number = text.rstrip("".join({letter for unit in _MULTIPLES for letter in unit}))
    try:
        return float(number) * _MULTIPLES[text[len(number) :]]
    except (KeyError, ValueError):
        raise ValueError(
            f"{written!r} is not a quantity of Kubernetes, such as 500m, 2, 512Mi or 3Gi"
        ) from None


@dataclass(frozen=True)
class Container:
    """One container of a replica: the engine, or a model's own."""

    name: str
    cpus: float | None
    memory: float | None
    """In bytes."""
    gpus: float


@dataclass(frozen=True)
class Demand:
    """What a deployment asks for."""

    least_replicas: int
    most_replicas: int
    containers: tuple[Container, ...]

    def total(self, what: str) -> float:
        """The sum of ``cpus``, ``memory`` or ``gpus`` over all containers of as many replicas as there may be."""
        return self.most_replicas * sum(getattr(container, what) or 0 for container in self.containers)


def demand(engine_config: Any) -> Demand | None:
    """What an ``engineConfig`` asks for; None while parts of it are unknown.

    Raises ValueError for a quantity that is none.
    """
    if _has_unknown(engine_config):
        return None
    config = _folded(engine_config or {})
    engine = config.get("engine") or {}
    scale = engine.get("autoscale") or {}
    replicas = engine.get("replicas")
    least = scale.get("replicamin", replicas)
    most = scale.get("replicamax", replicas)
    images = (config.get("engineaux") or {}).get("images") or {}
    return Demand(
        least_replicas=1 if least is None else int(least),
        most_replicas=1 if most is None else int(most),
        containers=(_container("the engine", engine), *(_container(n, part) for n, part in images.items())),
    )


def _container(name: str, part: Mapping[str, Any]) -> Container:
    limits: Mapping[str, Any] = (part.get("resources") or {}).get("limits") or {}

    def limit(what: str) -> float | None:
        found = limits.get(what, part.get(what))
        return None if found is None else quantity(found)

    gpus = [quantity(amount) for resource, amount in limits.items() if resource.endswith("/gpu")]
    # `gpu` says only that one is needed; how many, the resource of the GPU's vendor says.
    return Container(name, limit("cpu"), limit("memory"), sum(gpus) or float(part.get("gpu") is True))


def _folded(value: Any) -> Any:
    """The same with names in one spelling: the API mixes snake_case and camelCase, and Pulumi's wire is camelCase."""
    if isinstance(value, Mapping):
        return {
            _name(key): _images(part) if _name(key) == "images" else _folded(part)
            for key, part in value.items()
        }
    return value


def _images(images: Any) -> Any:
    """Here the keys are names of models, not of settings."""
    return {name: _folded(part) for name, part in images.items()} if isinstance(images, Mapping) else images


def _name(key: str) -> str:
    return key.replace("_", "").lower()


def _has_unknown(value: Any) -> bool:
    return any(part is UNKNOWN for part in _parts(value))


def _parts(value: Any) -> Iterator[Any]:
    yield value
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    for part in inner:
        yield from _parts(part)
