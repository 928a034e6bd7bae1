"""The estate file's models and pipelines: what it may say, and how its problems are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from wallaroo_pulumi import estate

GOOD = """
workspaces:
  fraud:
    models:
      ccfraud: {path: ccfraud.onnx, framework: onnx}
      challenger: {path: challenger.onnx, framework: onnx, dynamic_batching: {max_batch_delay_ms: 5}}
    pipelines:
      plain: {steps: [ccfraud]}
      shadow: {steps: [{shadow: [ccfraud, challenger]}], deploy: {}}
      split: {steps: [{split: {ccfraud: 0.9, challenger: 0.1}}], deploy: {cpus: 0.5, replicas: 2}}
      keyed: {steps: [{split: {ccfraud: 1}, hash_key: customer}, {api: {Nth: {index: 0}}}]}
      routed: {steps: [{api: {MetaValueSplit: {control: {model: ccfraud}, routes: {x: {model: challenger}}}}}]}
"""


def load(folder: Path, text: str) -> estate.Estate:
    file = folder / "estate.yaml"
    file.write_text(text)
    return estate.load(file)


def test_models_pipelines_and_deployments(tmp_path: Path) -> None:
    part = load(tmp_path, GOOD).workspaces["fraud"]
    assert part is not None
    assert {name: pipeline.models() for name, pipeline in part.pipelines.items()} == {
        "plain": ["ccfraud"],
        "shadow": ["ccfraud", "challenger"],
        "split": ["ccfraud", "challenger"],
        "keyed": ["ccfraud"],
        "routed": ["ccfraud", "challenger"],
    }
    assert [name for name, pipeline in part.pipelines.items() if pipeline.deploy] == ["shadow", "split"]


@pytest.mark.parametrize(
    ("good", "bad", "told"),
    [
        ("[ccfraud]", "[cfraud]", "pipeline plain has a step of model cfraud, which is not among the models"),
        (
            "framework: onnx}",
            "framework: onyx}",
            "line 5, workspaces.fraud.models.ccfraud.framework: must be one of",
        ),
        ("path: ccfraud.onnx, ", "", "line 5, workspaces.fraud.models.ccfraud.path: is required"),
        (
            "{shadow: [ccfraud, challenger]}",
            "{}",
            "line 9, workspaces.fraud.pipelines.shadow.steps.0: a step is",
        ),
        ("{index: 0}}", "{index: 0}, MultiOut: {}}", "keyed.steps.1: api has exactly one of the keys Audit"),
        ("api: {Nth", "api: {Tenth", "keyed.steps.1: api has exactly one of the keys Audit"),
        (
            "control: {model: ccfraud}",
            "control: {model: nobody}",
            "pipeline routed has a step of model nobody",
        ),
        (
            "steps: [ccfraud]",
            "steps: [{model: ccfraud, hash_key: x}]",
            "hash_key is for steps with split only",
        ),
        ("path: ccfraud.onnx", "name: c c, path: ccfraud.onnx", "models.ccfraud.name: a name is a DNS label"),
        ("cpus: 0.5", "cpu: 0.5", "workspaces.fraud.pipelines.split.deploy.cpu: is not a key"),
        ("      plain:", "      Plain Pipeline:", "a name is a DNS label"),
    ],
)
def test_a_problem_is_told_with_its_place(tmp_path: Path, good: str, bad: str, told: str) -> None:
    assert good in GOOD
    with pytest.raises(estate.EstateError) as caught:
        load(tmp_path, GOOD.replace(good, bad, 1))
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
