"""The SDK's objects as a notebook shows them."""

import datetime
import importlib
import inspect
import os
import pkgutil
from unittest import mock

import numpy
import pandas
import wallaroo
from automation import wait
from wallaroo import Client
from wallaroo.assays_v2.assay_v2 import AssayV2
from wallaroo.framework import Framework
from wallaroo.pipeline_config import Steps
from wallaroo.utils import ASSAYS_V2_ENABLED


def classes(client: Client) -> list:
    """All classes of the SDK that have a display of their own."""
    found = set()
    for module in pkgutil.walk_packages(wallaroo.__path__, "wallaroo."):
        if "wallaroo_ml_ops_api_client" not in module.name:
            members = inspect.getmembers(importlib.import_module(module.name), inspect.isclass)
            found |= {
                kind.__name__
                for _, kind in members
                if "_repr_html_" in vars(kind) and kind.__module__.startswith("wallaroo.")
            }
    return sorted(found)


def show(client: Client, workspace: str, model_file: str, orchestration_file: str) -> dict:
    """One object of each class, made in an empty workspace: class → its display."""
    home = client.get_workspace(workspace)
    client.set_current_workspace(home)
    objects = [
        *_serving(client, model_file),
        *_automation(client, orchestration_file),
        *_around(client, workspace),
    ]
    return {type(shown).__name__: shown._repr_html_() for shown in objects}


def _serving(client: Client, file: str) -> list:
    version = client.upload_model("price", file, framework=Framework.ONNX)
    pipeline = client.build_pipeline("houses").add_model_step(version)
    pipeline.deploy()
    pipeline.infer(pandas.DataFrame({"house": [[100.0, 4.0]]}))
    publish = pipeline.publish()
    publish.add_edge("shop", tags=["berlin"])
    model, steps = client.list_models()[0], Steps(pipeline.steps())
    builder = client.build_assay(
        assay_name="drift",
        pipeline=pipeline,
        model_name="price",
        iopath="output price 0",
        baseline_data=numpy.arange(100.0),
    )
    assay = AssayV2(client, id=builder.upload())
    now = datetime.datetime.now(datetime.UTC)
    return [
        model,
        client.list_models(),
        version,
        client.search_model_versions(),
        version.get_upload_logs(),
        pipeline,
        client.list_pipelines(),
        pipeline.versions()[0],
        client.search_pipeline_versions(),
        steps,
        steps[0],
        publish,
        pipeline.publishes(),
        pipeline.list_edges(),
        pipeline.list_edges()[0],
        assay,
        client.list_assays(),
        assay.results(now - datetime.timedelta(hours=1), now),
    ]


def _automation(client: Client, file: str) -> list:
    orchestration = client.upload_orchestration(name="nightly", path=file)
    wait(orchestration, "ready")
    task = orchestration.run_once("once")
    wait(task, "success", "failure")
    runs = task.last_runs()
    return [
        orchestration,
        client.list_orchestrations(),
        task,
        client.list_tasks(),
        runs[0],
        runs,
        runs[0].logs(),
    ]


def _around(client: Client, workspace: str) -> list:
    connection = client.create_connection("lake", "S3", {"bucket": "lake"})
    registry = client.create_model_registry(
        "registry", "a-token", "https://models.example.com", client.get_workspace(workspace).id()
    )
    with mock.patch.dict(os.environ, {ASSAYS_V2_ENABLED: "false"}):
        old_assays = client.list_assays()
    client.create_tag("production").add_to_pipeline(client.get_pipeline("houses").id())
    return [
        client.list_workspaces(),
        connection,
        client.list_connections(),
        registry,
        client.list_model_registries(),
        client.list_tags(),
        old_assays,
    ]
