"""Inference by the SDK on what either side deployed: results, logs, shadow and A/B steps, validations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from emulated import Emulated
from linear_model import linear_model
from vendor_sdk import Sdk, SdkError
from workbench import Workbench

NAMED = {"workspace": "fraud", "name": "houses"}
HOUSE = {"house": [100.0, 4.0]}
ROW = {"in.house": [100.0, 4.0], "out.price": [108.0], "anomaly.count": 0}


@pytest.fixture
def serving(sdk: Sdk, bench: Workbench, tmp_path: Path) -> int:
    """A workspace with the models `champion` and `challenger`, which puts out a tenth of it; returns the id."""
    workspace_id = bench.workspace()
    for name, weights in {"champion": (1.0, 2.0), "challenger": (0.1, 0.2)}.items():
        path = tmp_path / f"{name}.onnx"
        path.write_bytes(linear_model(weights))
        bench.create("ModelVersion", workspace_id=workspace_id, name=name, path=str(path), framework="onnx")
    return workspace_id


def deploy(sdk: Sdk, kind: str, *models: str) -> None:
    assert sdk("inference", "deploy", kind=kind, models=models, **NAMED) == "Running"


def infer(sdk: Sdk, *records: dict[str, Any], arrow: bool = False) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = sdk("inference", "infer", records=list(records), arrow=arrow, **NAMED)
    return rows


def rounded(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows without what the precision of single floats adds."""
    return [
        {
            name: [round(v, 3) for v in value] if isinstance(value, list) else value
            for name, value in row.items()
        }
        for row in rows
    ]


@pytest.mark.usefixtures("serving")
class TestInference:
    def test_a_data_frame_and_an_arrow_table_get_the_same_results(self, sdk: Sdk) -> None:
        deploy(sdk, "plain", "champion")
        other = {"house": [1.0, 1.0]}
        rows = [ROW, {"in.house": [1.0, 1.0], "out.price": [3.0], "anomaly.count": 0}]
        assert infer(sdk, HOUSE, other) == rows
        assert infer(sdk, HOUSE, other, arrow=True) == rows

    def test_a_data_set_chooses_the_columns(self, sdk: Sdk) -> None:
        deploy(sdk, "plain", "champion")
        chosen = {"records": [HOUSE], "dataset": ["time", "out"], "dataset_exclude": ["time"]}
        assert sdk("inference", "infer_columns", **NAMED, **chosen) == ["out.price"]
        metadata = {"records": [HOUSE], "dataset": ["metadata"], "dataset_exclude": []}
        assert "metadata.last_model" in sdk("inference", "infer_columns", **NAMED, **metadata)

    def test_a_column_that_the_model_does_not_know_is_an_error_that_names_it(self, sdk: Sdk) -> None:
        deploy(sdk, "plain", "champion")
        with pytest.raises(SdkError, match="house"):
            infer(sdk, {"flat": [1.0]})

    def test_a_shadow_deployment_puts_out_every_model(self, sdk: Sdk) -> None:
        deploy(sdk, "shadow", "champion", "challenger")
        row = {**ROW, "out_challenger.price": [10.8]}
        assert rounded(infer(sdk, HOUSE)) == [row]
        assert rounded(sdk("inference", "logs", **NAMED)["default"]) == [row]

    def test_a_split_tells_which_model_answered(self, sdk: Sdk) -> None:
        deploy(sdk, "split", "champion", "challenger")
        for row in infer(sdk, *[HOUSE] * 20):
            assert {*row} == {*ROW, "out._model_split"}
            (split,) = row["out._model_split"]
            price = 108.0 if '"champion"' in split else 10.8
            assert row["out.price"] == [pytest.approx(price)]

    def test_a_validation_that_fails_is_counted_and_logged(self, sdk: Sdk) -> None:
        deploy(sdk, "validated", "champion")
        high, fair = infer(sdk, HOUSE, {"house": [1.0, 1.0]})
        assert high == {
            **ROW,
            "anomaly.count": 1,
            "anomaly.too_high": True,
            "anomaly.negative": False,
        }
        assert fair["anomaly.count"] == 0
        logs = sdk("inference", "logs", **NAMED)
        assert [row["anomaly.count"] for row in logs["failed"]] == [1]
        assert len(logs["default"]) == 2


@pytest.mark.usefixtures("serving")
class TestLog:
    def test_the_log_has_what_was_inferred(self, sdk: Sdk) -> None:
        deploy(sdk, "plain", "champion")
        infer(sdk, HOUSE, HOUSE)
        assert sdk("inference", "logs", **NAMED) == {
            "default": [ROW, ROW],
            "limit": [ROW],
            "arrow": [ROW, ROW],
            "last hour": [ROW, ROW],
            "hour before": [],
            "failed": [],
            "raw": 2,
        }
        columns = sdk("inference", "log_columns", dataset=["time", "out", "metadata"], **NAMED)
        assert {"time", "out.price", "metadata.last_model"} <= {*columns}

    def test_the_log_is_exported_in_both_formats(self, sdk: Sdk, tmp_path: Path) -> None:
        deploy(sdk, "plain", "champion")
        infer(sdk, HOUSE, HOUSE)
        told = sdk("inference", "export_logs", folder=str(tmp_path / "logs"), **NAMED)
        assert told == {"json": 2, "arrow": 2}


def test_an_assay_with_an_array_as_baseline_is_read_by_us(serving: int, sdk: Sdk, bench: Workbench) -> None:
    deploy(sdk, "plain", "champion")
    infer(sdk, HOUSE)  # the SDK lets an assay begin with the first record of the log
    baseline = [float(number) for number in range(100)]
    told = sdk(
        "assays",
        "create",
        workspace="fraud",
        pipeline="houses",
        model="champion",
        name="drift",
        baseline=baseline,
    )
    assay = bench.read("Assay", told["id"])
    assert assay is not None
    assert (assay["name"], assay["workspaceId"], assay["pipelineName"]) == ("drift", serving, "houses")
    assert told["active"] is True
    assert sdk("assays", "pause", id=told["id"]) == [True, False, True]
    assert sdk("assays", "results", id=told["id"]) == []


def test_the_sdk_sets_the_thresholds_of_an_old_assay(serving: int, sdk: Sdk, emulator: Emulated) -> None:
    id = emulator.api(
        "assays/create",
        workspace_id=serving,
        name="drift",
        pipeline_id=1,
        pipeline_name="houses",
        active=True,
        alert_threshold=0.1,
        **{"baseline": {}, "window": {}, "summarizer": {}},
    )["assay_id"]
    assert sdk("assays", "old", id=id) == {"name": "drift", "active": True, "thresholds": [0.25, 0.5]}


@pytest.mark.usefixtures("serving")
def test_tags_and_visibility(sdk: Sdk, emulator: Emulated) -> None:
    deploy(sdk, "plain", "champion")
    named = {"workspace": "fraud", "model": "champion", "pipeline": "houses"}
    assert sdk("tags", "life", text="production", **named) == {
        "listed": ["production"],
        "models": ["champion"],
        "pipelines": ["houses"],
        "of the model": ["production"],
        "of the pipeline": ["production"],
        "left": 0,
    }
    sdk("tags", "make_public", **named)
    contents = emulator.contents()
    visibility = {row["name"]: row["visibility"] for row in contents["pipelines"]}
    assert visibility == {"houses": "public"}
    assert sorted(row["visibility"] for row in contents["model_versions"]) == ["private", "public"]
