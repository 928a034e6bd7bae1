"""What programs pass to the classes, from the constructor to the state and the requests."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from emulated import Emulated
from pulumi_project import Project

Make = Callable[[str], Project]

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "stacks/serving/house_price.onnx"

START = """
import pathlib, decimal, enum, uuid
import numpy as np
import pulumi
import wallaroo_pulumi as wallaroo
config = pulumi.Config("values")
"""
SERVING = (
    START
    + """
class Framework(enum.StrEnum):
    ONNX = "onnx"

def change(args):
    if args.type_.endswith(":Workspace"):
        return pulumi.ResourceTransformationResult({**args.props, "force_destroy": np.bool_(True)}, args.opts)
pulumi.runtime.register_stack_transformation(change)

def secret(args):
    more = pulumi.ResourceOptions(additional_secret_outputs=["workspace_id"])
    return pulumi.ResourceTransformationResult(args.props, pulumi.ResourceOptions.merge(args.opts, more))

ws = wallaroo.Workspace("ws", name="houses")
model = wallaroo.ModelVersion("model", workspace_id=ws.workspace_id, name="price", framework=Framework.ONNX,
                              path=pathlib.Path("house_price.onnx"), timeout=decimal.Decimal("600"),
                              requirements=["numpy", "--extra-index-url https://ada:hush@pypi.example.com"],
                              opts=pulumi.ResourceOptions(transformations=[secret]))
pipeline = wallaroo.Pipeline("pipeline", workspace_id=ws.workspace_id, name="price", steps=(model,))
found = wallaroo.get_model_version_output(model_version_id=model.model_version_id)
split = wallaroo.Pipeline("split", workspace_id=ws.workspace_id, name="split",
                          steps=[wallaroo.random_split_step([(found, np.float64(0.5)), (model, decimal.Decimal(1))])])
deployment = wallaroo.Deployment(
    "deployment", workspace_id=ws.workspace_id, pipeline_name=pipeline.name, pipeline_version_id=pipeline.version_id,
    engine_config=wallaroo.engine_config(cpus=np.float32(0.5), replicas=config.require_float("replicas"),
                                         node_selector=pulumi.Output.from_input("pool:cpu")))
listed = wallaroo.Deployment("listed", workspace_id=ws.workspace_id, pipeline_name=split.name,
                             pipeline_version_id=split.version_id, models=[model])
pulumi.export("steps", pipeline.steps)
pulumi.export("engine", deployment.engine_config)
pulumi.export("version", pipeline.version_id)
"""
)


@pytest.fixture
def made(project: Make, emulator: Emulated) -> Project:
    made = project("")
    made.configure(emulator.settings)
    made.configure({"replicas": "2.0"}, namespace="values")
    shutil.copy(MODEL, made.folder)
    return made


def test_values_of_many_types_reach_the_instance(made: Project, emulator: Emulated) -> None:
    made.write(SERVING)
    run = made.up().ok()
    state = made.resources()
    sha = state["model"]["outputs"]["sha256"]
    ref = {"name": "price", "version": state["model"]["outputs"]["version"], "sha": sha}
    assert (
        state["model"]["inputs"] | {"path": "house_price.onnx", "framework": "onnx"}
        == state["model"]["inputs"]
    )
    assert state["pipeline"]["inputs"]["steps"] == [{"modelInference": {"models": [ref]}}]
    assert [w["weight"] for w in state["split"]["inputs"]["steps"][0]["randomSplit"]["weights"]] == [0.5, 1]
    engine = state["deployment"]["inputs"]["engineConfig"]["engine"]
    assert (engine["replicas"], engine["cpu"], engine["nodeSelector"]) == (2, 0.5, "pool:cpu")
    deploys = {r["body"]["deploy_id"]: r["body"] for r in emulator.requests("/v1/api/pipelines/deploy")}
    assert deploys["price"]["models"] == [ref] == deploys["split"]["models"]
    assert deploys["price"]["engine_config"]["engine"]["node_selector"] == "pool:cpu"
    # In Python the names are Python's, and whole numbers are whole.
    outputs = made.outputs()
    assert outputs["steps"] == [{"model_inference": {"models": [ref]}}]
    assert outputs["engine"]["engine"]["node_selector"] == "pool:cpu"
    assert isinstance(outputs["version"], int)
    # A transformation may set properties, by their names in Python, and name outputs as secrets.
    assert state["ws"]["inputs"]["forceDestroy"] is True
    assert "ciphertext" in json.dumps(state["model"]["outputs"]["workspaceId"])
    # A credential is a secret, and reported.
    assert "ModelVersion 'model': requirements[1] looks like an address with a password in it" in run.text
    assert "hush" not in json.dumps(made.export())
    assert "hush" not in run.text
    for side in ("inputs", "outputs"):
        assert "ciphertext" in json.dumps(state["model"][side]["requirements"])
    emulator.forget_requests()
    made.up("--expect-no-changes").ok()
    assert [path for path in emulator.endpoints() if path != "models/get_version_by_id"] == []


DUPLICATE = """
ws = wallaroo.Workspace("ws", name="houses")  # does not exist yet, so that its id is not known
mary = dict(workspace_id=ws.workspace_id, email="mary.jane@example.com")
wallaroo.WorkspaceMember("mary", **mary)
wallaroo.WorkspaceMember("elsewhere", workspace_id=1, email="mary.jane@example.com")
wallaroo.WorkspaceMember("again", **mary, role="OWNER")
"""


@pytest.mark.parametrize(
    ("program", "line"),
    [
        (
            'wallaroo.Pipeline("p", workspace_id=wallaroo.Workspace("ws"), name="p", steps=[])',
            "Pipeline 'p': workspace_id cannot be a Workspace resource; give its `workspace_id`",
        ),
        (
            'wallaroo.Workspace("ws", name=pulumi.Output.from_input(object()))',
            "Workspace 'ws': name cannot be a value of type object",
        ),
        (DUPLICATE, "declares a WorkspaceMember with the same inputs; declare it once"),
    ],
    ids=["argument", "output", "declared twice"],
)
def test_what_is_wrong_is_one_line_in_a_preview(made: Project, program: str, line: str) -> None:
    made.write(START + program)
    run = made.pulumi("preview")
    assert run.code != 0
    assert [text for text in run.text.splitlines() if line in text], run.text
    assert "Traceback" not in run.text, run.text
    assert "<nil>" not in run.text


DEPLOYMENTS = (
    START
    + """
PATH = "engine_config.engine.replicas"
more = pulumi.ResourceOptions(ignore_changes=[PATH])

def transformation(args):
    # Properties can be read, although the resource is not registered yet.
    assert not args.type_.endswith(":Deployment") or args.resource.pipeline_name is None
    if args.name == "transformation":
        return pulumi.ResourceTransformationResult(args.props, pulumi.ResourceOptions.merge(args.opts, more))

def stack_transform(args):
    if args.name == "stack-transform":
        return pulumi.ResourceTransformResult(args.props, pulumi.ResourceOptions.merge(args.opts, more))

async def transform(args):
    return pulumi.ResourceTransformResult(args.props, pulumi.ResourceOptions.merge(args.opts, more))

pulumi.runtime.register_stack_transformation(transformation)
pulumi.runtime.register_resource_transform(stack_transform)
ws = wallaroo.Workspace("ws", name="houses")
for name, opts in {{
    "constructor": more,
    "element": pulumi.ResourceOptions(ignore_changes=['engine_config["engine"]["replicas"]']),
    "merged": pulumi.ResourceOptions.merge(None, more),
    "transformation": None,
    "stack-transform": None,
    "transform": pulumi.ResourceOptions(transforms=[transform]),
}}.items():
    pipeline = wallaroo.Pipeline(name, workspace_id=ws.workspace_id, name=name, steps=[])
    cpus = {cpus} if name == "constructor" else 1
    config = wallaroo.engine_config(cpus=cpus, replicas={replicas})
    wallaroo.Deployment(name, workspace_id=ws.workspace_id, pipeline_name=pipeline.name, engine_config=config,
                        pipeline_version_id=pipeline.version_id, opts=opts)
wallaroo.Connection("lake", name="lake", type="s3", details={{"bucket": "{replicas}"}})
wallaroo.Connection("sea-{replicas}", name="sea", type="s3", details={{}})
"""
)


def test_changes_of_a_nested_property_are_ignored_wherever_the_option_comes_from(
    made: Project, emulator: Emulated
) -> None:
    made.write(DEPLOYMENTS.format(cpus=1, replicas=2))
    made.up().ok()
    emulator.forget_requests()
    made.write(DEPLOYMENTS.format(cpus=2, replicas=5))
    made.up().ok()
    # Another part of the same property still changes, and the ignored one keeps its value.
    (deploy,) = emulator.requests("/v1/api/pipelines/deploy")
    assert deploy["body"]["engine_config"]["engine"]["replicas"] == 2
    assert deploy["body"]["engine_config"]["engine"]["cpu"] == 2
    # A connection that is replaced, and one whose resource has another name, are not declared twice.
    assert {*made.resources("Connection")} == {"lake", "sea-5"}
