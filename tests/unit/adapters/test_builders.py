"""The builders make what the definitions take, and reject the rest in the call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, get_args

import numpy as np
import pulumi
import pytest

import wallaroo_pulumi as wallaroo
from wallaroo_pulumi.adapters import builders, shapes
from wallaroo_pulumi.adapters.inputs import Arguments, InputError
from wallaroo_pulumi.core.check import check
from wallaroo_pulumi.resources import RESOURCES, _engine_config

pytestmark = pytest.mark.sdk_range


def model(name: str, id: int = 7) -> wallaroo.ModelVersionResult:
    return wallaroo.ModelVersionResult(
        model_version_id=id,
        workspace_id=1,
        name=name,
        version=f"uuid-{name}",
        sha256=f"sha-{name}",
        status="ready",
    )


def ref(name: str) -> dict[str, str]:
    return {"name": name, "version": f"uuid-{name}", "sha": f"sha-{name}"}


A, B = model("a"), model("b", 8)


def output(value: Any) -> Any:
    return pulumi.Output.from_input(value)


def resolved(make: Callable[[], Any]) -> Any:
    async def resolve() -> Any:
        return await pulumi.Output.from_input(make()).future()

    return asyncio.run(resolve())


STEPS: list[tuple[Callable[[Any], Any], Any]] = [
    (lambda given: wallaroo.model_step(given(A)), {"modelInference": {"models": [ref("a")]}}),
    (
        lambda given: wallaroo.shadow_step(given(A), given(B)),
        {"modelInference": {"models": [ref("a"), ref("b")]}},
    ),
    (
        lambda given: wallaroo.random_split_step([(given(A), given(0.9)), (B, 0.1)], hash_key=given("card")),
        {
            "randomSplit": {
                "hashKey": "card",
                "weights": [{"model": ref("a"), "weight": 0.9}, {"model": ref("b"), "weight": 0.1}],
            }
        },
    ),
    (
        lambda given: wallaroo.meta_split_step(given("tier"), given(A), {"gold": given(B)}),
        {"metaValueSplit": {"splitKey": "tier", "control": ref("a"), "routes": {"gold": ref("b")}}},
    ),
]


@pytest.mark.parametrize("given", [lambda value: value, output], ids=["plain", "output"])
@pytest.mark.parametrize(("build", "expected"), STEPS)
def test_steps(build: Callable[[Any], Any], expected: Any, given: Any) -> None:
    step = resolved(lambda: Arguments("").plain(build(given), "step", shapes.STEP))
    found, problems = check(RESOURCES["Pipeline"], {"workspaceId": 1, "name": "p", "steps": [step]}, {})
    assert problems == []
    assert found["steps"] == [expected]


def accepted(make: Callable[[], Any]) -> Any:
    """The configuration as a Deployment keeps it."""
    config = resolved(lambda: Arguments("").plain(make(), "engine_config", shapes.ENGINE_CONFIG))
    inputs = {"workspaceId": 1, "pipelineName": "p", "pipelineVersionId": 1, "engineConfig": config}
    found, problems = check(RESOURCES["Deployment"], inputs, {})
    assert problems == []
    return found["engineConfig"]


def test_an_engine_configuration_says_only_what_was_given() -> None:
    assert accepted(lambda: wallaroo.engine_config()) == {}
    amounts = {"cpu": 0.5, "memory": "512Mi", "gpu": 1}
    assert accepted(
        lambda: wallaroo.engine_config(cpus=0.5, memory="512Mi", gpus=1, replicas=2, load_balancer_cpus=0.2)
    ) == {
        "engine": {
            "cpu": 0.5,
            "gpu": 1,
            "replicas": 2,
            "resources": {"limits": amounts, "requests": amounts},
        },
        "enginelb": {"cpu": 0.2, "resources": {"limits": {"cpu": 0.2}, "requests": {"cpu": 0.2}}},
    }


@pytest.mark.parametrize(
    "given", [float, np.int64, np.float64, str, output], ids=["float", "int64", "float64", "str", "output"]
)
def test_counts_of_any_numeric_type_are_kept(given: Callable[[int], Any]) -> None:
    found = accepted(lambda: wallaroo.engine_config(replicas=given(3), gpus=given(2)))
    amounts = {"gpu": 2}
    assert found["engine"] == {
        "gpu": 2,
        "replicas": 3,
        "resources": {"limits": amounts, "requests": amounts},
    }


def test_every_argument_may_be_an_output() -> None:
    def build(given: Callable[[Any], Any]) -> Any:
        scale = wallaroo.Autoscale(
            given(1), given(4), by=given("queue"), scale_up_queue_depth=given(5.0), window=given(60.0)
        )
        sidekick = wallaroo.Sidekick(
            given(A),
            cpus=given(1),
            memory=given("1Gi"),
            gpus=given(2),
            env={"N": given("2")},
            accel=given("rocm"),
        )
        return wallaroo.engine_config(
            cpus=given(0.5),
            memory=given("512Mi"),
            gpus=given(1),
            replicas=scale,
            arch=given("x86"),
            accel=given("openvino"),
            node_selector=given("pool:gpu"),
            load_balancer_cpus=given(0.2),
            load_balancer_memory=given("256Mi"),
            sidekicks=[sidekick],
        )

    assert accepted(lambda: build(output)) == accepted(lambda: build(lambda value: value))


@pytest.mark.parametrize(
    ("accel", "resource"),
    [
        ("cuda", "gpu"),
        ("rocm", "amd.com/gpu"),
        ("openvino", "gpu.intel.com/i915"),
        ({"qaic": {}}, "qualcomm.com/qaic"),
    ],
)
def test_gpus_are_requested_as_the_accelerators(accel: Any, resource: str) -> None:
    found = accepted(lambda: wallaroo.engine_config(gpus=2, accel=accel))
    assert found["engine"]["resources"]["limits"] == {resource: 2}


def test_autoscaling() -> None:
    scale = wallaroo.Autoscale(1, 4, by="queue", scale_up_queue_depth=5, scale_down_queue_depth=1, window=60)
    assert accepted(lambda: wallaroo.engine_config(replicas=scale))["engine"]["autoscale"] == {
        "type": "queue",
        "replicaMin": 1,
        "replicaMax": 4,
        "scaleUpQueueDepth": 5,
        "scaleDownQueueDepth": 1,
        "autoscalingWindow": 60,
    }


def test_the_containers_of_models_are_keyed_by_name_and_version_id() -> None:
    def build() -> Any:
        sidekick = wallaroo.Sidekick(A, cpus=1, memory="1Gi", env={"THREADS": "2"})
        config = wallaroo.engine_config(sidekicks=[sidekick, wallaroo.Sidekick(B, accel="cuda")])
        assert isinstance(config, pulumi.Output)
        return config

    amounts = {"cpu": 1, "memory": "1Gi"}
    assert accepted(build)["engineAux"] == {
        "images": {
            "a-7": {
                "resources": {"limits": amounts, "requests": amounts},
                "env": [{"name": "THREADS", "value": "2"}],
            },
            "b-8": {"accel": "cuda"},
        }
    }


WRONG: list[tuple[Callable[[Any], Any], str]] = [
    (
        lambda given: wallaroo.engine_config(replicas=given("two")),
        "replicas must be a number, not 'two'",
    ),
    (
        lambda given: wallaroo.engine_config(replicas=given(1.5)),
        "replicas must be a whole number, not 1.5",
    ),
    (
        lambda given: wallaroo.engine_config(replicas=given(-1)),
        "engine_config: replicas must be at least 0, not -1",
    ),
    (
        lambda given: wallaroo.engine_config(replicas=given(True)),
        "engine_config: replicas must be a number, not True",
    ),
    (lambda given: wallaroo.engine_config(gpus=given(-1)), "engine_config: gpus must be at least 0, not -1"),
    (
        lambda given: wallaroo.engine_config(cpus=given(0)),
        "engine_config: cpus must be greater than 0, not 0",
    ),
    (
        lambda given: wallaroo.engine_config(cpus=given(float("nan"))),
        "engine_config: cpus must be a finite number",
    ),
    (
        lambda given: wallaroo.engine_config(memory=given("lots")),
        "memory must be a Kubernetes quantity",
    ),
    (lambda given: wallaroo.engine_config(memory=given(512)), "did you mean 512Mi?"),
    (
        lambda given: wallaroo.engine_config(arch=given("amd64")),
        "'x86', 'arm', 'power10', not 'amd64'",
    ),
    (lambda given: wallaroo.engine_config(accel=given("gpu")), "accel must be one of 'none', 'cuda'"),
    (
        lambda given: wallaroo.engine_config(load_balancer_memory=given("1 GB")),
        "load_balancer_memory must be",
    ),
    (
        lambda given: wallaroo.Autoscale(given(1.5), 3).to_args(),
        "Autoscale: minimum must be a whole number, not 1.5",
    ),
    (lambda given: wallaroo.Autoscale(0, given(0)).to_args(), "Autoscale: maximum must be at least 1, not 0"),
    (
        lambda given: wallaroo.Autoscale(1, 2, by=given("memory")).to_args(),
        "by must be one of 'cpu', 'gpu'",
    ),
    (
        lambda given: wallaroo.Autoscale(1, 2, cpu_utilization=given(120)).to_args(),
        "must be at most 100",
    ),
    (
        lambda given: wallaroo.engine_config(sidekicks=[wallaroo.Sidekick(given("m"))]),
        "model must be a ModelVersion or what get_model_version returns, not str",
    ),
    (
        lambda given: wallaroo.Sidekick(A, env={"N": given(True)}).to_args(),
        "Sidekick: env.N must be text, not bool",
    ),
    (
        lambda given: wallaroo.model_step(given("ccfraud")),
        "model_step: model must be a ModelVersion or what get_model",
    ),
    (
        lambda given: wallaroo.random_split_step([(A, given(-1))]),
        "random_split_step: weights[0] must be at least 0",
    ),
    (
        lambda given: wallaroo.random_split_step([(A, given("much"))]),
        "weights[0] must be a number, not 'much'",
    ),
    (
        lambda given: wallaroo.meta_split_step(given([]), A, {}),
        "meta_split_step: split_key must be text, not list",
    ),
]


@pytest.mark.parametrize(("build", "reason"), WRONG)
def test_a_wrong_value_is_rejected_where_it_is_passed(build: Callable[[Any], Any], reason: str) -> None:
    with pytest.raises(InputError) as error:
        build(lambda value: value)
    assert reason in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("build", "reason"), WRONG)
def test_a_wrong_value_in_an_output_is_rejected_when_it_is_known(
    build: Callable[[Any], Any], reason: str
) -> None:
    with pytest.raises(InputError) as error:
        resolved(lambda: build(output))
    assert reason.partition(", not ")[0] in str(error.value)


@pytest.mark.parametrize(
    "build",
    [
        lambda given: wallaroo.engine_config(replicas=given("hush-hush")),
        lambda given: wallaroo.engine_config(cpus=given("hush-hush")),
        lambda given: wallaroo.engine_config(arch=given("hush-hush")),
        lambda given: wallaroo.engine_config(memory=given("hush-hush")),
    ],
)
def test_a_secret_value_is_in_no_message(build: Callable[[Any], Any]) -> None:
    with pytest.raises(InputError) as error:
        resolved(lambda: build(pulumi.Output.secret))
    assert "hush" not in str(error.value)
    assert error.value.__cause__ is None


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (lambda: wallaroo.Autoscale(5, 2), "Autoscale: minimum (5) must not be greater than maximum (2)"),
        (lambda: wallaroo.Autoscale(1, 2, by="queue"), "scale_up_queue_depth is required with by='queue'"),
        (lambda: wallaroo.Autoscale(1, 2, window=60), "window is for by='queue' only"),
        (
            lambda: wallaroo.Autoscale(1, 2, by="queue", scale_up_queue_depth=1, scale_down_queue_depth=2),
            "scale_down_queue_depth (2) must not be greater than scale_up_queue_depth (1)",
        ),
        (lambda: wallaroo.random_split_step([]), "weights must be pairs"),
        (lambda: wallaroo.random_split_step([(A, 0)]), "weights must have a weight greater than 0"),
        (
            lambda: wallaroo.random_split_step({A: 1}),  # type: ignore[arg-type]
            "weights must be a list, such as [(model, 0.9)], not dict",
        ),
        (lambda: wallaroo.meta_split_step("a", A, [B]), "routes must be an object"),  # type: ignore[arg-type]
        (
            lambda: wallaroo.engine_config(sidekicks=[A]),  # type: ignore[list-item]
            "sidekicks[0] must be a Sidekick, not ModelVersionResult",
        ),
        (
            lambda: wallaroo.engine_config(sidekicks=wallaroo.Sidekick(A)),  # type: ignore[arg-type]
            "engine_config: sidekicks must be a list, such as [Sidekick(model)], not Sidekick",
        ),
        (lambda: wallaroo.random_split_step(None), "weights must be a list, such as [(model, 0.9)]"),  # type: ignore[arg-type]
        (lambda: wallaroo.random_split_step(3), "weights must be a list, such as [(model, 0.9)], not int"),  # type: ignore[arg-type]
        (lambda: wallaroo.model_step(None), "model must be a ModelVersion or what get_model_version returns"),  # type: ignore[arg-type]
        (lambda: wallaroo.Sidekick(None), "model must be a ModelVersion or what get_model_version returns"),  # type: ignore[arg-type]
        (
            lambda: wallaroo.engine_config(sidekicks=[wallaroo.Sidekick(m, cpus=1) for m in (A, B, A)]),
            "engine_config: sidekicks[2] has the same model version as sidekicks[0]; keep one of them",
        ),
        (lambda: wallaroo.engine_config(cpus=10**400), "cpus is a whole number beyond 2^53"),
    ],
)
def test_arguments_that_do_not_fit_each_other_are_rejected(build: Callable[[], Any], reason: str) -> None:
    with pytest.raises(InputError) as error:
        build()
    assert reason in str(error.value)


@pytest.mark.parametrize("given", [lambda value: value, output])
def test_two_sidekicks_of_one_model_version_are_rejected(given: Callable[[Any], Any]) -> None:
    reason = r"^engine_config: sidekicks\[1\] has the same model version as sidekicks\[0\]; keep one of them$"
    with pytest.raises(InputError, match=reason):
        resolved(
            lambda: wallaroo.engine_config(sidekicks=[wallaroo.Sidekick(given(model("a"))) for _ in range(2)])
        )


def test_choices_are_those_of_the_definitions() -> None:
    assert get_args(builders.Arch) == get_args(_engine_config.Arch)
    assert get_args(builders.Accel) == get_args(_engine_config.AccelName)
