"""A workspace and a model file, for tests of the handlers that serve models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from emulated import Emulated
from workbench import State, Workbench

from wallaroo_pulumi.core.check import check
from wallaroo_pulumi.core.names import wire_name
from wallaroo_pulumi.resources import RESOURCES

Made = State


class Bench(Workbench):
    """With a workspace and a model file."""

    def __init__(self, emulator: Emulated, folder: Path) -> None:
        super().__init__(emulator)
        self.file = folder / "model.onnx"
        self.file.write_bytes(b"one")
        self.workspace_id = self.workspace()

    def checked(self, kind: str, **inputs: Any) -> dict[str, Any]:
        return super().checked(kind, **{"workspace_id": self.workspace_id, **inputs})

    def model(self, **inputs: Any) -> Made:
        given = {"name": "ccfraud", "path": str(self.file), "framework": "onnx", **inputs}
        return self.create("ModelVersion", **given)

    def pipeline(self, *models: Made, **inputs: Any) -> Made:
        return self.create("Pipeline", **{"name": "fraud", "steps": [step(*models)], **inputs})

    def versions(self) -> list[dict[str, Any]]:
        listed = self.emulator.api("models/list", workspace_id=self.workspace_id)["models"]
        return [v for model in listed for v in model["model_versions"]]

    def pipeline_versions(self) -> int:
        body = {"workspace_id": self.workspace_id, "pipeline_id": "fraud"}
        return len(self.emulator.api("pipelines/list_pipeline_versions", **body)["pipeline_versions"])


def step(*models: Made) -> dict[str, Any]:
    refs = [{"name": m["name"], "version": m["version"], "sha": m["sha256"]} for _, m in models]
    return {"modelInference": {"models": refs}}


def failures(kind: str, **inputs: Any) -> dict[str, str]:
    found = check(RESOURCES[kind], {wire_name(k): v for k, v in inputs.items()}, {})[1]
    return {failure.property: failure.reason for failure in found}


def deploy(bench: Bench, pipeline: Made, model: Made, **inputs: Any) -> Made:
    return bench.create("Deployment", **deployment(pipeline, model, **inputs))


def deployment(pipeline: Made, model: Made, **inputs: Any) -> dict[str, Any]:
    return {
        "pipeline_name": pipeline[1]["name"],
        "pipeline_version_id": pipeline[1]["versionId"],
        "models": [model[0]],  # the id of Pulumi, a text
        **inputs,
    }


def without_graphql(bench: Bench) -> None:
    bench.emulator.control("faults", path="/v1/graphql", status=403, body="<html></html>", count=100)
