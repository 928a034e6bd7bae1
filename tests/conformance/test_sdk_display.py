"""Every object of the SDK can be shown in a notebook."""

from __future__ import annotations

from pathlib import Path

from example_files import orchestration_file
from linear_model import linear_model
from vendor_sdk import Sdk
from workbench import Workbench

NEEDS_MORE = {
    "DbfsFileList": "a registry's files",
    "RegisteredModel": "a registry's models",
    "RegisteredModelVersion": "a registry's models",
    "RegisteredModelVersionsList": "a registry's models",
    "RegisteredModels": "a registry's models",
    "SidekickPodLogs": "the logs of containers",
    "SidekickPodsHistory": "the logs of containers",
    "Step": "no step, their base class",
}
"""Classes of which the emulator has no objects, and what they would need."""


def test_every_object_has_its_display(sdk: Sdk, bench: Workbench, tmp_path: Path) -> None:
    bench.workspace()
    model = tmp_path / "price.onnx"
    model.write_bytes(linear_model())
    shown = sdk(
        "display",
        "show",
        workspace="fraud",
        model_file=str(model),
        orchestration_file=str(orchestration_file(tmp_path)),
    )
    assert {*shown} == {*sdk("display", "classes")} - {*NEEDS_MORE}
    names = {
        "Model": "price",
        "ModelVersion": "price",
        "ModelList": "price",
        "Pipeline": "houses",
        "PipelineVersion": "houses",
        "Pipelines": "houses",
        "PipelinePublishList": "houses",
        "Edge": "shop",
        "EdgeList": "shop",
        "AssayV2": "drift",
        "Orchestration": "nightly",
        "Task": "once",
        "Connection": "lake",
        "ModelRegistry": "registry",
        "ModelRegistriesList": "registry",
        "ModelUploadLogs": "converting price.onnx",
        "Tags": "production",
        "Workspaces": "fraud",
    }
    assert [kind for kind, name in names.items() if name not in shown[kind]] == []
