"""Assays through the SDK."""

import datetime

import numpy
from wallaroo import Client
from wallaroo.assay import Assay
from wallaroo.assays_v2.assay_v2 import AssayV2


def create(client: Client, workspace: str, pipeline: str, model: str, name: str, baseline: list) -> dict:
    """An assay with its baseline from an array, as it comes back."""
    client.set_current_workspace(client.get_workspace(workspace))
    builder = client.build_assay(
        assay_name=name,
        pipeline=client.get_pipeline(pipeline),
        model_name=model,
        iopath="output price 0",
        baseline_data=numpy.array(baseline),
    )
    builder.add_alert_threshold(0.35)
    id = builder.upload()
    found = AssayV2(client, id=id)
    (listed,) = client.list_assays()
    assert listed.id == id
    return {
        "id": id,
        "name": found.name,
        "active": found.active,
        "workspace": found.targeting.data_origin.workspace_name,
        "pipeline": found.targeting.data_origin.pipeline_name,
        "summaries": found.baseline.to_dict(),
        "summarizer": found.summarizer.to_dict(),
    }


def pause(client: Client, id: str) -> list:
    """Pause an assay and resume it; whether it is active before, between and after."""
    found = AssayV2(client, id=id)
    return [found.active, found.pause().active, found.resume().active]


def results(client: Client, id: str) -> list:
    """The results of the last day."""
    now = datetime.datetime.now(datetime.UTC)
    return [*client.get_assay_results(id, now - datetime.timedelta(days=1), now)]


def old(client: Client, id: int) -> dict:
    """Set both thresholds of an assay of the first kind; then what the SDK reads of it."""
    assay = Assay(client, {"id": id})
    assay.set_alert_threshold(0.5)
    assay.set_warning_threshold(0.25)
    again = Assay(client, {"id": id})
    return {
        "name": again.name(),
        "active": again.active(),
        "thresholds": [again.warning_threshold(), again.alert_threshold()],
    }
