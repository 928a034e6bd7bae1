"""The JSON Schema of the estate file agrees with what the loader accepts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from wallaroo_pulumi.estate.document import read
from wallaroo_pulumi.estate.schema import json_schema

ROOT = Path(__file__).parents[3]
SCHEMA = jsonschema_rs.validator_for(json_schema())
MODEL = {"path": "x.onnx", "framework": "onnx"}

ASSAY = {
    "pipeline_name": "p",
    "fields": [{"name": "out.x"}],
    "baseline": {"vector": [1, 2.5]},
    "window_seconds": 60,
    "first_run": "2026-01-09T06:00:00Z",
    "every": {"unit": "Day", "quantity": 1},
}


def workspace(**part: Any) -> dict[str, Any]:
    return {"workspaces": {"fraud": part}}


def test_the_stacks_are_valid() -> None:
    for file in ROOT.glob("stacks/estate/estate*.yaml"):
        assert SCHEMA.is_valid(read(file).value), file


def test_the_example_of_the_page_is_valid() -> None:
    page = (ROOT / "docs/estate.md").read_text()
    examples = [block.partition("```")[0] for block in page.split("```yaml\n")[1:]]
    assert len(examples) == 3
    for example in examples:
        assert SCHEMA.is_valid(yaml.safe_load(example) or {})


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"x-team": None, "users": {"a@x.org": {}}},
        workspace(members={"a@x.org": "OWNER"}, connections=["c"]),
        workspace(
            models={
                "m": MODEL
                | {"accel": {"qaic": {"num_cores": 1}}, "dynamic_batching": {"batch_size_limit": 1}}
            }
        ),
        workspace(
            models={"m": MODEL},
            pipelines={"p": {"steps": ["m", {"split": {"m": 1}}], "deploy": {"cpus": 0.5}}},
        ),
        {"connections": {"c": {"type": "t", "details": {"a": [1, None]}, "secret_json": {"b": "c"}}}},
        {"registries": {"r": {"url": "https://r.example.com", "secret_token": "token"}}},
        workspace(registries=["r"], orchestrations={"o p": {"path": "o.zip"}}),
        workspace(tasks={"t": {"orchestration": "o", "schedule": "0 4 * * *", "arguments": {"a": [None]}}}),
        workspace(assays={"a": ASSAY | {"summarizer": {"multivariate_continuous": {}}}}),
        workspace(
            pipelines={"p": {"steps": [], "publishes": {"x": {"cpus": 1, "edges": {"e": {"tags": ["n"]}}}}}}
        ),
    ],
)
def test_valid_estates(value: dict[str, Any]) -> None:
    assert SCHEMA.is_valid(value)


@pytest.mark.parametrize(
    "value",
    [
        {"workspace": {}},
        {"users": None},
        {"users": {"a@x.org": None}},
        {"workspaces": {"no label": {}}},
        workspace(members={"a@x.org": "BOSS"}),
        workspace(connections=None),
        workspace(models={"m": {"path": "x"}}),
        workspace(models={"m": MODEL | {"arch": "arm64"}}),
        workspace(models={"m": MODEL | {"requirements": None}}),
        workspace(pipelines={"p": {"steps": [1]}}),
        workspace(pipelines={"p": {"steps": [], "deploy": None}}),
        {"connections": {"c": {"type": "t", "details": []}}},
        {"registries": {"r": {"url": "https://r.example.com", "token": "hush"}}},
        workspace(orchestrations={"o": {}}),
        workspace(tasks={"t": {"schedule": "0 4 * * *"}}),
        workspace(assays={"a": ASSAY | {"every": {"unit": "Year", "quantity": 1}}}),
        workspace(pipelines={"p": {"steps": [], "publishes": {"x": {"replicas": 2}}}}),
        workspace(pipelines={"p": {"steps": [], "deploy": {"accel": "cudaa"}}}),
        workspace(pipelines={"p": {"steps": [], "deploy": {"timeout": 1e9}}}),
    ],
)
def test_invalid_estates(value: dict[str, Any]) -> None:
    assert not SCHEMA.is_valid(value)
