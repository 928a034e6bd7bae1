"""The builders make what the definitions take."""

from __future__ import annotations

import asyncio
from typing import Any

import pulumi
import pytest

import wallaroo_pulumi as wallaroo
from wallaroo_pulumi.core.check import check
from wallaroo_pulumi.resources import RESOURCES

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


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (wallaroo.model_step(A), {"modelInference": {"models": [ref("a")]}}),
        (wallaroo.shadow_step(A, B), {"modelInference": {"models": [ref("a"), ref("b")]}}),
        (
            wallaroo.random_split_step([(A, 0.9), (B, 0.1)], hash_key="card"),
            {
                "randomSplit": {
                    "hashKey": "card",
                    "weights": [{"model": ref("a"), "weight": 0.9}, {"model": ref("b"), "weight": 0.1}],
                }
            },
        ),
        (
            wallaroo.meta_split_step("tier", A, {"gold": B}),
            {"metaValueSplit": {"splitKey": "tier", "control": ref("a"), "routes": {"gold": ref("b")}}},
        ),
    ],
)
def test_steps(step: Any, expected: Any) -> None:
    found, problems = check(RESOURCES["Pipeline"], {"workspaceId": 1, "name": "p", "steps": [step]}, {})
    assert problems == []
    assert found["steps"] == [expected]


def accepted(config: Any) -> Any:
    """The configuration as a Deployment keeps it."""
    inputs = {
        "workspaceId": 1,
        "pipelineName": "p",
        "pipelineVersionId": 1,
        "engineConfig": config,
    }
    found, problems = check(RESOURCES["Deployment"], inputs, {})
    assert problems == []
    return found["engineConfig"]


def test_an_engine_configuration_says_only_what_was_given() -> None:
    assert accepted(wallaroo.engine_config()) == {}
    found = accepted(
        wallaroo.engine_config(cpus=0.5, memory="512Mi", gpus=1, replicas=2, load_balancer_cpus=0.2)
    )
    amounts = {"cpu": 0.5, "memory": "512Mi", "gpu": 1}
    assert found == {
        "engine": {
            "cpu": 0.5,
            "gpu": True,
            "replicas": 2,
            "resources": {"limits": amounts, "requests": amounts},
        },
        "enginelb": {"cpu": 0.2, "resources": {"limits": {"cpu": 0.2}, "requests": {"cpu": 0.2}}},
    }


def test_autoscaling() -> None:
    scale = wallaroo.Autoscale(1, 4, by="queue", scale_up_queue_depth=5, scale_down_queue_depth=1, window=60)
    assert accepted(wallaroo.engine_config(replicas=scale))["engine"]["autoscale"] == {
        "type": "queue",
        "replicaMin": 1,
        "replicaMax": 4,
        "scaleUpQueueDepth": 5,
        "scaleDownQueueDepth": 1,
        "autoscalingWindow": 60,
    }


def test_the_containers_of_models_are_keyed_by_name_and_version_id() -> None:
    async def built() -> Any:
        sidekick = wallaroo.Sidekick(A, cpus=1, memory="1Gi", env={"THREADS": "2"})
        config = wallaroo.engine_config(sidekicks=[sidekick, wallaroo.Sidekick(B, accel="cuda")])
        assert isinstance(config, pulumi.Output)
        return await config.future()

    amounts = {"cpu": 1, "memory": "1Gi"}
    assert accepted(asyncio.run(built()))["engineAux"] == {
        "images": {
            "a-7": {
                "resources": {"limits": amounts, "requests": amounts},
                "env": [{"name": "THREADS", "value": "2"}],
            },
            "b-8": {"accel": "cuda"},
        }
    }
