"""Models and pipelines in the estate file: valid contents and error messages."""

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
      routed:
        steps: [{api: {MetaValueSplit: {split_key: c, control: {model: ccfraud}, routes: {x: {model: challenger}}}}}]
"""


def load(folder: Path, text: str) -> estate.Estate:
    for model in ("ccfraud", "challenger"):
        (folder / f"{model}.onnx").write_bytes(model.encode())
    (folder / "folder.onnx").mkdir()
    (folder / "empty.onnx").touch()
    file = folder / "estate.yaml"
    file.write_text(text)
    return estate.load(file)


def test_models_pipelines_and_deployments(tmp_path: Path) -> None:
    part = load(tmp_path, GOOD).workspaces["fraud"]
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
        (
            "[ccfraud]",
            "[cfraud]",
            "line 8, workspaces.fraud.pipelines.plain.steps[0]: the workspace has no model 'cfraud'",
        ),
        (
            "framework: onnx}",
            "framework: onyx}",
            "line 5, workspaces.fraud.models.ccfraud.framework: must be one of",
        ),
        (
            "path: ccfraud.onnx, ",
            "",
            "line 5, workspaces.fraud.models.ccfraud: a model has exactly one of path, image_path and registry",
        ),
        (
            "{shadow: [ccfraud, challenger]}",
            "{}",
            "line 9, workspaces.fraud.pipelines.shadow.steps[0]: a step is",
        ),
        ("{index: 0}}", "{index: 0}, MultiOut: {}}", "keyed.steps[1]: api has exactly one of the keys Audit"),
        ("api: {Nth", "api: {Tenth", "keyed.steps[1]: api has exactly one of the keys Audit"),
        (
            "control: {model: ccfraud}",
            "control: {model: unknown}",
            "pipelines.routed.steps[0]: the workspace has no model 'unknown'",
        ),
        (
            "steps: [ccfraud]",
            "steps: [{model: ccfraud, hash_key: x}]",
            "hash_key is for steps with split only",
        ),
        ("path: ccfraud.onnx", "name: c c, path: ccfraud.onnx", "models.ccfraud.name: a name is a DNS label"),
        ("cpus: 0.5", "cpu: 0.5", "workspaces.fraud.pipelines.split.deploy.cpu: is not a key"),
        (
            "      plain:",
            "      Plain Pipeline:",
            "line 8, workspaces.fraud.pipelines.Plain Pipeline: a name is",
        ),
        (
            "replicas: 2",
            "engine_config: {engine: {replicas: 2}}",
            "pipelines.split.deploy: give cpus in engine_config, or without it",
        ),
        (
            "cpus: 0.5, replicas: 2",
            "engine_config: {engine: {replicas: -2}}",
            "pipelines.split.deploy.engine_config.engine.replicas: ",
        ),
        ("replicas: 2", "memory: 1Gb", "line 10, workspaces.fraud.pipelines.split.deploy.memory: "),
        (
            "replicas: 2",
            "arch: arm64",
            "pipelines.split.deploy.arch: must be one of 'x86', 'arm' or 'power10'",
        ),
        (
            "challenger: 0.1",
            "challenger: -0.1",
            "line 10, workspaces.fraud.pipelines.split.steps[0].split.chall",
        ),
        (
            "ccfraud: 0.9, challenger: 0.1",
            "ccfraud: 0, challenger: 0",
            "split.steps[0].split: at least one weight",
        ),
        (
            "ccfraud: 0.9",
            "ccfraud: true",
            "line 10, workspaces.fraud.pipelines.split.steps[0].split.ccfraud: must be",
        ),
        ("hash_key: customer", "hash_key: ''", "keyed.steps[0].hash_key: must not be empty"),
        (
            "replicas: 2",
            "accel: cudaa",
            "line 10, workspaces.fraud.pipelines.split.deploy.accel: must be one of",
        ),
        ("replicas: 2", "node_selector: ''", "pipelines.split.deploy.node_selector: must not be empty"),
        (
            "replicas: 2",
            "timeout: 1e9",
            "pipelines.split.deploy.timeout: must be less than or equal to 604800",
        ),
        *(
            (
                "cpus: 0.5, replicas: 2",
                f"{number}: true",
                f"pipelines.split.deploy.{number}: must be a number",
            )
            for number in ("cpus", "gpus", "replicas", "timeout")
        ),
        *(
            (
                "deploy: {}",
                f"publishes: {{p: {{{wrong}}}}}",
                f"line 9, workspaces.fraud.pipelines.shadow.publishes.p.{told}",
            )
            for wrong, told in (
                ("accel: cudaa", "accel: must be one of"),
                ("cpus: true", "cpus: must be a number"),
                ("timeout: true", "timeout: must be a number"),
            )
        ),
        (
            "max_batch_delay_ms: 5",
            "max_batch_delay_ms: x",
            "challenger.dynamic_batching.max_batch_delay_ms: must",
        ),
        (
            "max_batch_delay_ms: 5",
            "max_batch_delay: 5",
            "challenger.dynamic_batching.max_batch_delay: is not a key",
        ),
        # Failures of the resources' checks.
        (
            "path: ccfraud.onnx",
            "path: lost.onnx",
            "lost.onnx cannot be read: No",
        ),
        ("path: ccfraud.onnx", "path: folder.onnx", "folder.onnx cannot be read: Is a directory"),
        ("path: ccfraud.onnx", "path: estate.yaml", "models.ccfraud.path: the instance takes .zip"),
        (
            "path: ccfraud.onnx",
            "path: empty.onnx",
            "line 5, workspaces.fraud.models.ccfraud.path: is an empty file",
        ),
        (
            "framework: onnx}",
            "framework: vllm}",
            "line 5, workspaces.fraud.models.ccfraud: framework 'vllm' needs",
        ),
        (
            "framework: onnx}",
            "framework: onnx, framework_config: {}}",
            "models.ccfraud: framework_config is for",
        ),
        (
            "{Nth: {index: 0}}",
            "{Nth: []}",
            "line 11, workspaces.fraud.pipelines.keyed.steps[1].api.Nth: must",
        ),
        (
            "split_key: c, ",
            "",
            "line 13, workspaces.fraud.pipelines.routed.steps[0].api.MetaValueSplit.split_key: is",
        ),
    ],
)
def test_a_problem_is_told_with_its_place(tmp_path: Path, good: str, bad: str, told: str) -> None:
    assert good in GOOD
    with pytest.raises(estate.EstateError) as caught:
        load(tmp_path, GOOD.replace(good, bad, 1))
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def of_source(source: str) -> str:
    model = f"{{framework: mlflow, input_schema: eA==, output_schema: eA==, {source}}}"
    return f"workspaces: {{fraud: {{registries: [databricks], models: {{ccfraud: {model}}}}}}}\n"


@pytest.mark.parametrize(
    "source",
    ["image_path: registry.example.com/m:1", "registry: databricks, registry_path: models/1/model.pkl"],
)
def test_a_model_without_a_file_is_an_image_or_of_a_registry(source: str, tmp_path: Path) -> None:
    assert load(tmp_path, of_source(source)).workspaces["fraud"].models["ccfraud"].path is None


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("arch: x86", "a model has exactly one of path, image_path and registry"),
        ("image_path: a/b:1, path: m.zip", "a model has exactly one of path, image_path and registry"),
        ("registry: databricks", "give registry and registry_path together"),
        ("registry: other, registry_path: m", "the workspace does not use 'other'; add it to registries"),
        ("registry_id: r, registry_path: m", "registry_id: is not a key of the estate file here"),
    ],
)
def test_a_model_without_one_source_is_refused(source: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(estate.EstateError) as caught:
        load(tmp_path, of_source(source))
    assert told in str(caught.value)
