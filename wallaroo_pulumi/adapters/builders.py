"""Builders for inputs of pipelines and deployments: steps and engine configurations.

A wrong value fails in the call that passes it. Every argument may be an Output; its value is checked when it is known.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, cast, get_args

import pulumi

from ..core.quantities import require_memory
from . import inputs
from .inputs import Arguments, Invalid, or_invalid

if TYPE_CHECKING:
    from .functions import ModelVersionResult
    from .types import EngineConfigArgs, ModelRefArgs, QaicArgs, StepArgs
    from .types import Model as PlainModel

Model: TypeAlias = "PlainModel | pulumi.Output[ModelVersionResult]"
Arch = Literal["x86", "arm", "power10"]
Accel = Literal["none", "cuda", "jetson", "openvino", "rocm"]
By = Literal["cpu", "gpu", "queue"]

_GPU_RESOURCES: Final = {"openvino": "gpu.intel.com/i915", "rocm": "amd.com/gpu", "qaic": "qualcomm.com/qaic"}
"""The extended resource of an accelerator's GPUs, for accelerators other than NVIDIA's."""


def model_ref(model: Model) -> ModelRefArgs:
    """Return a reference to a model version for steps and deployments: ``{name, version, sha}``."""
    return _model_ref("model_ref", "model", model)


def model_step(model: Model) -> StepArgs:
    """Return a step that infers with one model."""
    return {"model_inference": {"models": [_model_ref("model_step", "model", model)]}}


def shadow_step(champion: Model, *challengers: Model) -> StepArgs:
    """Return a step in which the champion answers, and the challengers infer as shadow models."""
    refs = [_model_ref("shadow_step", "champion", champion)]
    refs += [_model_ref("shadow_step", f"challengers[{i}]", model) for i, model in enumerate(challengers)]
    return {"model_inference": {"models": refs}}


def random_split_step(
    weights: Sequence[tuple[Model, pulumi.Input[float]]], *, hash_key: pulumi.Input[str] | None = None
) -> StepArgs:
    """Return a step for an A/B test: each request goes to one of the models, in proportion to the weights.

    With ``hash_key``, requests with the same value in this field go to the same model.
    """
    call = Arguments("random_split_step")
    example = "[(model, 0.9)]"
    elements = _elements(call, "weights", weights, example)
    pairs = [pair if isinstance(pair, tuple | list) else (pair,) for pair in elements]
    if not pairs or any(len(pair) != 2 for pair in pairs):
        raise call.reject("weights", f"must be pairs of a model and its weight, such as {example}")
    numbers = [_number(call, f"weights[{i}]", weight, least=0) for i, (_, weight) in enumerate(pairs)]
    if not any(isinstance(number, pulumi.Output) or number for number in numbers):
        raise call.reject("weights", "must have a weight greater than 0")
    split: Any = {
        "weights": [
            {"model": _model_ref("random_split_step", f"weights[{i}]", model), "weight": number}
            for i, ((model, _), number) in enumerate(zip(pairs, numbers, strict=True))
        ],
        **_given(hash_key=_text(call, "hash_key", hash_key)),
    }
    return {"random_split": split}


def meta_split_step(split_key: pulumi.Input[str], control: Model, routes: Mapping[str, Model]) -> StepArgs:
    """Return a step that selects the model by the field ``split_key``; ``control`` gets all other values."""
    call = Arguments("meta_split_step")
    if not isinstance(routes, Mapping):
        raise call.reject("routes", "must be an object of values and models, such as {'gold': model}")
    return {
        "meta_value_split": {
            "split_key": _text(call, "split_key", split_key),
            "control": _model_ref("meta_split_step", "control", control),
            "routes": {
                value: _model_ref("meta_split_step", f"routes[{value!r}]", model)
                for value, model in routes.items()
            },
        }
    }


@dataclass(frozen=True)
class Autoscale:
    """A number of engines that follows the load, between ``minimum`` and ``maximum``.

    ``by="cpu"`` and ``"gpu"`` scale by utilization (per cent). ``"queue"`` scales by waiting requests: set the queue
    depths at which an engine is added and removed, over a window of seconds.
    """

    minimum: pulumi.Input[float]
    maximum: pulumi.Input[float]
    by: pulumi.Input[By] = "cpu"
    cpu_utilization: pulumi.Input[float] | None = None
    scale_up_queue_depth: pulumi.Input[float] | None = None
    scale_down_queue_depth: pulumi.Input[float] | None = None
    window: pulumi.Input[float] | None = None

    def __post_init__(self) -> None:
        self.to_args()

    def to_args(self) -> dict[str, Any]:
        """Raises InputError."""
        call = Arguments("Autoscale")
        by = _one_of(call, "by", self.by, get_args(By))
        minimum = _number(call, "minimum", self.minimum, least=0, whole=True)
        maximum = _number(call, "maximum", self.maximum, least=1, whole=True)
        up = _number(call, "scale_up_queue_depth", self.scale_up_queue_depth, above=0)
        down = _number(call, "scale_down_queue_depth", self.scale_down_queue_depth, above=0)
        _in_order(call, "minimum", minimum, "maximum", maximum)
        _in_order(call, "scale_down_queue_depth", down, "scale_up_queue_depth", up)
        if isinstance(by, str):
            self._require_fit(call, by)
        return _given(
            type=by,
            replica_min=minimum,
            replica_max=maximum,
            cpu_utilization=_number(call, "cpu_utilization", self.cpu_utilization, above=0, most=100),
            scale_up_queue_depth=up,
            scale_down_queue_depth=down,
            autoscaling_window=_number(call, "window", self.window, least=1, whole=True),
        )

    def _require_fit(self, call: Arguments, by: str) -> None:
        """Raises InputError for settings of another scaling method, which the instance would ignore."""
        fits = {
            "cpu_utilization": "cpu",
            "scale_up_queue_depth": "queue",
            "scale_down_queue_depth": "queue",
            "window": "queue",
        }
        for name, way in fits.items():
            if getattr(self, name) is not None and by != way:
                raise call.reject(name, f"is for by={way!r} only")
        if by == "queue" and self.scale_up_queue_depth is None:
            raise call.reject("scale_up_queue_depth", "is required with by='queue'")


@dataclass(frozen=True)
class Sidekick:
    """Resources of the container of a model that does not run in the engine; ``memory`` such as ``"1Gi"``."""

    model: Model
    cpus: pulumi.Input[float] | None = None
    memory: pulumi.Input[str] | None = None
    gpus: pulumi.Input[float] | None = None
    env: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    arch: pulumi.Input[Arch] | None = None
    accel: pulumi.Input[Accel | QaicArgs] | None = None

    def __post_init__(self) -> None:
        self.to_args()

    def to_args(self) -> dict[str, Any]:
        """Raises InputError."""
        call = Arguments("Sidekick")
        _model(call, "model", self.model)
        if not isinstance(self.env, Mapping):
            raise call.reject("env", "must be an object of names and values")
        variables = [
            {"name": name, "value": _text(call, f"env.{name}", text)} for name, text in self.env.items()
        ]
        accel = _accel(call, self.accel)
        return _given(
            resources=_resources(call, "", self.cpus, self.memory, self.gpus, accel),
            env=variables or None,
            arch=_one_of(call, "arch", self.arch, get_args(Arch)),
            accel=accel,
        )


def engine_config(
    *,
    cpus: pulumi.Input[float] | None = None,
    memory: pulumi.Input[str] | None = None,
    gpus: pulumi.Input[float] | None = None,
    replicas: pulumi.Input[float] | Autoscale | None = None,
    arch: pulumi.Input[Arch] | None = None,
    accel: pulumi.Input[Accel | QaicArgs] | None = None,
    node_selector: pulumi.Input[str] | None = None,
    load_balancer_cpus: pulumi.Input[float] | None = None,
    load_balancer_memory: pulumi.Input[str] | None = None,
    sidekicks: Sequence[Sidekick] = (),
) -> pulumi.Input[EngineConfigArgs]:
    """Return the configuration of a Deployment's engines. The instance chooses values that you do not set.

    Counts may be floats without a fraction, such as ``config.require_float("replicas")``.

    :param cpus: CPUs of each engine, such as 0.5.
    :param memory: Memory of each engine, a Kubernetes quantity such as ``"512Mi"``.
    :param gpus: GPUs of each engine.
    :param replicas: The number of engines, or an Autoscale.
    :param arch: The processor architecture of the models.
    :param accel: The accelerator of the models.
    :param node_selector: A label of the cluster's nodes, such as ``"pool:gpu"``.
    :param load_balancer_cpus: CPUs of the load balancer in front of the engines.
    :param load_balancer_memory: Memory of the load balancer.
    :param sidekicks: The resources of models that run in their own containers.
    """
    call = Arguments("engine_config")
    accelerator = _accel(call, accel)
    scale = replicas if isinstance(replicas, Autoscale) else None
    engine = _given(
        cpu=_number(call, "cpus", cpus, above=0),
        gpu=_then(_number(call, "gpus", gpus, least=0, whole=True), lambda count: count or None),
        replicas=None if scale else _number(call, "replicas", replicas, least=0, whole=True),
        autoscale=scale.to_args() if scale else None,
        arch=_one_of(call, "arch", arch, get_args(Arch)),
        accel=accelerator,
        node_selector=_text(call, "node_selector", node_selector),
        resources=_resources(call, "", cpus, memory, gpus, accelerator),
    )
    balancer = _given(
        cpu=_number(call, "load_balancer_cpus", load_balancer_cpus, above=0),
        resources=_resources(call, "load_balancer_", load_balancer_cpus, load_balancer_memory, None, None),
    )
    config = _given(engine=engine or None, enginelb=balancer or None)
    sidekicks = _elements(call, "sidekicks", sidekicks or (), "[Sidekick(model)]")
    if not sidekicks:
        return cast("EngineConfigArgs", config)
    for index, sidekick in enumerate(sidekicks):
        if not isinstance(sidekick, Sidekick):
            raise call.reject(f"sidekicks[{index}]", f"must be a Sidekick, not {type(sidekick).__name__}")
    # The containers are keyed by model name and version id, which are known once the versions exist.
    models = [_model(call, f"sidekicks[{i}].model", sidekick.model) for i, sidekick in enumerate(sidekicks)]
    images = [sidekick.to_args() for sidekick in sidekicks]
    _require_different(call, [id(sidekick.model) for sidekick in sidekicks])

    def with_images(keys: Sequence[tuple[Any, Any]]) -> Any:
        if invalid := next((key[0] for key in keys if isinstance(key[0], Invalid)), None):
            return invalid
        repeated = or_invalid(lambda: _require_different(call, keys))
        if isinstance(repeated, Invalid):
            return repeated
        named = {f"{name}-{id}": image for (name, id), image in zip(keys, images, strict=True)}
        return pulumi.Output.from_input({**config, "engine_aux": {"images": named}})

    keys = pulumi.Output.all(*(pulumi.Output.all(m.name, m.model_version_id) for m in models))
    return cast("pulumi.Output[EngineConfigArgs]", keys.apply(with_images))


def _require_different(call: Arguments, models: Sequence[Any]) -> None:
    """Raises InputError if two Sidekicks are of one model, whose container has one configuration."""
    for index, model in enumerate(models):
        if model in models[:index]:
            first = models.index(model)
            raise call.reject(
                f"sidekicks[{index}]", f"has the same model version as sidekicks[{first}]; keep one of them"
            )


def _model(call: Arguments, name: str, model: Any) -> Any:
    """Return the validated model version. Raises InputError."""

    def require(known: Any) -> Any:
        if not inputs.is_model(known):
            kind = type(known).__name__
            raise call.reject(name, f"must be a ModelVersion or what get_model_version returns, not {kind}")
        return known

    return _then(require(model) if model is None else model, require)


def _elements(call: Arguments, name: str, value: Any, example: str) -> list[Any]:
    """The elements of a list that is known now. Raises InputError."""
    if isinstance(value, pulumi.Output):
        raise call.reject(name, f"must be a list, not an Output of one; give {example}, with Outputs in it")
    if isinstance(value, str | Mapping) or not isinstance(value, Iterable):
        raise call.reject(name, f"must be a list, such as {example}, not {type(value).__name__}")
    return list(value)


def _model_ref(call: str, name: str, model: Any) -> ModelRefArgs:
    return cast("ModelRefArgs", inputs.model_ref(_model(Arguments(call), name, model)))


def _resources(call: Arguments, prefix: str, cpus: Any, memory: Any, gpus: Any, accel: Any) -> Any:
    """Return equal Kubernetes requests and limits, like the vendor's SDK."""
    amounts = _given(
        cpu=_number(call, f"{prefix}cpus", cpus, above=0),
        memory=_memory(call, f"{prefix}memory", memory),
    )
    count = _then(_number(call, "gpus", gpus, least=0, whole=True), lambda number: number or None)
    if count is None:
        return {"limits": amounts, "requests": amounts} if amounts else None

    def with_gpus(known: Any) -> dict[str, Any]:
        name = next(iter(known)) if isinstance(known, Mapping) else known
        every = {**amounts, _GPU_RESOURCES.get(name, "gpu"): count}
        return {"limits": every, "requests": every}

    return (
        _then(accel, lambda known: inputs.lifted(with_gpus(known))) if accel is not None else with_gpus(None)
    )


def _accel(call: Arguments, accel: Any) -> Any:
    def require(known: Any) -> Any:
        if isinstance(known, Mapping):
            if set(known) != {"qaic"}:
                raise call.reject("accel", "has options for qaic only, such as {'qaic': {'num_cores': 4}}")
            return known
        return _one_of(call, "accel", known, get_args(Accel))

    return _then(accel, require)


def _number(
    call: Arguments,
    name: str,
    value: Any,
    *,
    least: float = -math.inf,
    above: float = -math.inf,
    most: float = math.inf,
    whole: bool = False,
) -> Any:
    """Return a number in a range, as int if it has no fraction. Raises InputError."""

    def require(known: Any) -> int | float | None:
        number = _numeric(call, name, known)
        if whole and number % 1:
            raise call.reject(name, "must be a whole number", f"{number:g}")
        if number < least or number > most:
            limit = f"at least {least:g}" if number < least else f"at most {most:g}"
            raise call.reject(name, f"must be {limit}", f"{number:g}")
        if number <= above:
            raise call.reject(name, f"must be greater than {above:g}", f"{number:g}")
        return int(number) if whole else number

    return _then(value, require)


def _numeric(call: Arguments, name: str, value: Any) -> int | float:
    if isinstance(value, Autoscale):
        raise call.reject(
            name, "cannot be an Output of an Autoscale; pass Outputs to the arguments of Autoscale"
        )
    plain = None if isinstance(value, bool) else call.plain(value, name, secret=True)
    if isinstance(plain, str):
        try:
            plain = float(plain)
        except ValueError:
            plain = None
    if not isinstance(plain, int | float) or isinstance(plain, bool) or not math.isfinite(plain):
        raise call.reject(name, "must be a number", repr(value))
    return plain


def _text(call: Arguments, name: str, value: Any) -> Any:
    def require(known: Any) -> str:
        plain = call.plain(known, name, secret=True)
        if isinstance(plain, bool) or not isinstance(plain, str | int):
            raise call.reject(name, f"must be text, not {type(known).__name__}")
        return str(plain)

    return _then(value, require)


def _memory(call: Arguments, name: str, value: Any) -> Any:
    def require(known: Any) -> str:
        text: str = _text(call, name, known)
        try:
            require_memory(text)
        except ValueError as error:
            raise call.reject(name, str(error)) from None
        return text

    return _then(value, require)


def _one_of(call: Arguments, name: str, value: Any, choices: Iterable[str]) -> Any:
    def require(known: Any) -> Any:
        plain = call.plain(known, name, secret=True)
        if plain not in choices:
            raise call.reject(name, f"must be one of {', '.join(map(repr, choices))}", repr(plain))
        return plain

    return _then(value, require)


def _in_order(call: Arguments, least_name: str, least: Any, most_name: str, most: Any) -> None:
    plain = isinstance(least, int | float) and isinstance(most, int | float)
    if plain and least > most:
        raise call.reject(least_name, f"({least:g}) must not be greater than {most_name} ({most:g})")


def _then(value: Any, convert: Callable[[Any], Any]) -> Any:
    """Apply ``convert`` to the value, now or once it is known; None stays None."""
    if isinstance(value, pulumi.Output):
        return value.apply(lambda known: None if known is None else or_invalid(lambda: convert(known)))
    return None if value is None else convert(value)


def _given(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}
