"""Models, pipelines and deployments: what one side writes, the other reads; and what the SDK made is taken over."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from emulated import Emulated
from vendor_sdk import Sdk, SdkError
from workbench import State, Workbench

from wallaroo_pulumi.api import spelling

HOUSE_PRICE = Path(__file__).parents[2] / "stacks/serving/house_price.onnx"
SHA256 = hashlib.sha256(HOUSE_PRICE.read_bytes()).hexdigest()
HOUSE = {"house": [100.0, 4.0]}
PRICE = 140_000.0
ONNX = {"name": "house-price", "path": str(HOUSE_PRICE)}
NAMED = {"workspace": "fraud", "name": "houses"}


def model_of_ours(bench: Workbench, workspace_id: int) -> State:
    return bench.create("ModelVersion", workspace_id=workspace_id, framework="onnx", **ONNX)


def pipeline_of(bench: Workbench, workspace_id: int, model: dict[str, Any]) -> State:
    ref = {"name": model["name"], "version": model["version"], "sha": model["sha256"]}
    steps = [{"ModelInference": {"models": [ref]}}]
    return bench.create("Pipeline", workspace_id=workspace_id, name="houses", steps=steps)


def deployment_of(bench: Workbench, pipeline: dict[str, Any], model: dict[str, Any], **more: Any) -> State:
    return bench.create(
        "Deployment",
        workspace_id=pipeline["workspaceId"],
        pipeline_name=pipeline["name"],
        pipeline_version_id=pipeline["versionId"],
        models=[model["modelVersionId"]],
        **more,
    )


def ask(emulator: Emulated, url: str) -> float:
    (answer,) = emulator.infer(url, [HOUSE])
    (price,) = answer["out"]["price"]
    return float(price)


def test_a_model_that_the_sdk_uploads_we_read(sdk: Sdk, bench: Workbench) -> None:
    workspace = bench.workspace()
    told = sdk("models", "upload", workspace="fraud", **ONNX)
    model = bench.read("ModelVersion", str(told["id"]))
    assert model is not None
    assert model["workspaceId"] == workspace
    assert model["sha256"] == told["sha"] == SHA256
    assert (model["version"], model["status"]) == (told["version"], "ready")
    assert (model["name"], model["framework"], model["arch"]) == ("house-price", "onnx", "x86")

    sdk("models", "configure", workspace="fraud", name="house-price", tensor_fields=["house"])
    model = bench.read("ModelVersion", str(told["id"]))
    assert model is not None
    assert model["tensorFields"] == ["house"]


def test_a_model_of_ours_the_sdk_finds_in_every_way(sdk: Sdk, bench: Workbench) -> None:
    workspace = bench.workspace()
    id, model = model_of_ours(bench, workspace)
    assert sdk("models", "look", workspace="fraud", name="house-price") == {
        "id": int(id),
        "name": "house-price",
        "version": model["version"],
        "sha": SHA256,
        "status": "ready",
        "file_name": HOUSE_PRICE.name,
        "arch": model["arch"],
        "workspace": "fraud",
        "runtime": "onnx",
    }


def test_a_model_of_the_sdk_is_taken_over(sdk: Sdk, bench: Workbench, emulator: Emulated) -> None:
    workspace = bench.workspace()
    told = sdk("models", "upload", workspace="fraud", **ONNX)
    emulator.forget_requests()
    id, model = model_of_ours(bench, workspace)
    assert (id, model["version"]) == (str(told["id"]), told["version"])
    assert not [call for call in emulator.endpoints() if "upload" in call]


def test_an_image_that_the_sdk_registers_is_taken_over(sdk: Sdk, bench: Workbench) -> None:
    image = "registry.example.com/models/scorer:1.2"
    workspace = bench.workspace()
    registered = sdk("models", "register_image", workspace="fraud", name="scorer", image=image)
    id, model = bench.create(
        "ModelVersion", workspace_id=workspace, name="scorer", framework="mlflow", image_path=image
    )
    assert (int(id), model["version"]) == (registered["id"], registered["version"])
    assert (model["adopted"], model["imagePath"]) == (True, image)


def test_a_converted_model_of_the_sdk_is_taken_over_with_its_schemas(
    sdk: Sdk, bench: Workbench, emulator: Emulated, tmp_path: Path
) -> None:
    workspace = bench.workspace()
    file = tmp_path / "model.pkl"
    file.write_bytes(b"a pickled model")
    told = sdk("models", "upload_converted", workspace="fraud", name="risk", path=str(file))
    assert told["logs"] > 0
    model = bench.read("ModelVersion", str(told["id"]))
    assert model is not None
    assert model["framework"] == "sklearn"
    assert model["inputSchema"]
    emulator.forget_requests()
    id, _ = bench.create(
        "ModelVersion",
        workspace_id=workspace,
        name="risk",
        path=str(file),
        framework="sklearn",
        input_schema=model["inputSchema"],
        output_schema=model["outputSchema"],
    )
    assert id == str(told["id"])
    assert not [call for call in emulator.endpoints() if "upload" in call]


def test_what_the_sdk_deploys_runs_for_us_until_it_undeploys(
    sdk: Sdk, bench: Workbench, emulator: Emulated
) -> None:
    workspace = bench.workspace()
    model = sdk("models", "upload", workspace="fraud", **ONNX)
    told = sdk("pipelines", "deploy", model="house-price", **NAMED)
    assert told["status"] == "Running"
    assert told["versions"] == 2  # build_pipeline makes an empty one first
    pipeline = bench.read("Pipeline", f"{workspace}/houses")
    assert pipeline is not None
    assert (pipeline["pipelineId"], pipeline["version"]) == (told["id"], told["version"])
    assert spelling.STEP.to_api(pipeline["steps"]) == told["steps"]
    (ref,) = pipeline["steps"][0]["modelInference"]["models"]
    assert ref == {"name": "house-price", "version": model["version"], "sha": SHA256}

    deployment_id = sdk("pipelines", "deployment", name="houses")["id"]
    id = f"{workspace}/houses/{deployment_id}"
    deployment = bench.read("Deployment", id)
    assert deployment is not None
    assert (deployment["status"], deployment["pipelineVersionId"]) == ("Running", pipeline["versionId"])
    assert isinstance(pipeline["versionId"], int)
    assert deployment["inferenceUrl"] == told["url"]
    assert ask(emulator, told["url"]) == PRICE

    sdk("pipelines", "undeploy", **NAMED)
    bench.new_process()
    assert bench.read("Deployment", id) is None


def test_what_we_deploy_runs_for_the_sdk_until_we_undeploy(sdk: Sdk, bench: Workbench) -> None:
    workspace = bench.workspace()
    _, model = model_of_ours(bench, workspace)
    _, pipeline = pipeline_of(bench, workspace, model)
    deployed = deployment_of(bench, pipeline, model)
    assert sdk("pipelines", "look", **NAMED) == {
        "id": pipeline["pipelineId"],
        "name": "houses",
        "versions": 1,
        "version_id": pipeline["versionId"],
        "version": pipeline["version"],
        "steps": spelling.STEP.to_api(pipeline["steps"]),
        "models": ["house-price"],
        "workspace": "fraud",
    }
    assert sdk("pipelines", "generated", workspace_id=workspace, name="houses") == {
        "id": pipeline["pipelineId"],
        "versions": [pipeline["version"]],
    }
    running = {
        "id": deployed[1]["deploymentId"],
        "deployed": True,
        "listed": True,
        "status": "Running",
        "version": pipeline["version"],
        "models": ["house-price"],
        "url": deployed[1]["inferenceUrl"],
    }
    assert sdk("pipelines", "deployment", name="houses") == running
    assert sdk("pipelines", "infer", records=[HOUSE], **NAMED) == [[PRICE]]

    bench.delete("Deployment", deployed)
    ended = {"deployed": False, "listed": False, "status": None}
    assert sdk("pipelines", "deployment", name="houses") == running | ended


def test_what_the_sdk_deployed_is_taken_over_and_runs_on(
    sdk: Sdk, bench: Workbench, emulator: Emulated
) -> None:
    workspace = bench.workspace()
    sdk("models", "upload", workspace="fraud", **ONNX)
    told = sdk("pipelines", "deploy", model="house-price", cpus=0.5, **NAMED)
    emulator.forget_requests()
    _, model = model_of_ours(bench, workspace)
    _, pipeline = pipeline_of(bench, workspace, model)
    assert "pipelines/create" not in emulator.endpoints()
    assert (pipeline["pipelineId"], pipeline["version"]) == (told["id"], told["version"])
    _, deployment = deployment_of(bench, pipeline, model, engine_config={"engine": {"cpu": 1}})
    assert deployment["inferenceUrl"] == told["url"]
    found = sdk("pipelines", "look", **NAMED)
    assert {**found, "status": "Running", "url": told["url"]} == told
    assert sdk("pipelines", "deployment", name="houses")["id"] == deployment["deploymentId"]
    assert ask(emulator, told["url"]) == PRICE


def test_what_the_generated_client_deletes_is_gone_for_us(sdk: Sdk, bench: Workbench) -> None:
    workspace = bench.workspace()
    id, model = model_of_ours(bench, workspace)
    sdk("pipelines", "build", model="house-price", **NAMED)
    assert bench.read("Pipeline", f"{workspace}/houses") is not None
    sdk("pipelines", "delete", workspace_id=workspace, name="houses")
    assert sdk("models", "delete", workspace_id=workspace, name="house-price") == HOUSE_PRICE.stat().st_size
    bench.new_process()
    assert bench.read("Pipeline", f"{workspace}/houses") is None
    assert bench.read("ModelVersion", id, model) is None


def test_the_generated_client_cannot_read_the_status_that_is_recorded(sdk: Sdk, bench: Workbench) -> None:
    """Its model nests the pods under `info`; every recording, and so the emulator, has them flat."""
    workspace = bench.workspace()
    _, model = model_of_ours(bench, workspace)
    _, pipeline = pipeline_of(bench, workspace, model)
    _, deployment = deployment_of(bench, pipeline, model)
    with pytest.raises(SdkError, match="KeyError"):
        sdk("pipelines", "generated_status", name=f"houses-{deployment['deploymentId']}")
