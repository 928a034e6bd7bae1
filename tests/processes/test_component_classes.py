"""The components: what they declare, with the children of either adapter."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from wallaroo_pulumi import components
from wallaroo_pulumi.adapters.pulumi_values import COMPONENTS, kind_of
from wallaroo_pulumi.resources import RESOURCES

HEAD = """
import json
import pulumi

class Instance(pulumi.runtime.Mocks):
    def __init__(self):
        self.sent = []

    def new_resource(self, args):
        self.sent.append({"type": args.typ, "name": args.name, "inputs": args.inputs})
        computed = {
            "Workspace": {"workspaceId": 12, "name": args.inputs.get("name") or "team-1a2b3c4"},
            "ModelVersion": {"modelVersionId": 3, "version": "uuid-3", "sha256": "aa"},
            "Pipeline": {"versionId": 5},
            "Deployment": {"inferenceUrl": "https://example.com/infer"},
        }.get(args.typ.rpartition(":")[2], {})
        return f"{args.name}-id", {**args.inputs, **computed}

    def call(self, args):
        return {}

mocks = Instance()
pulumi.runtime.set_mocks(mocks)

values = []

@pulumi.runtime.test
def run():
    return pulumi.Output.from_input(declare()).apply(values.append)
"""
TAIL = """
run()
print(json.dumps({"value": values[0], "sent": mocks.sent}))
"""
TEAM = """
lake = wallaroo.Connection("lake-access", name="lake", type="s3", details={})
team = wallaroo.Team(
    "fraud",
    members={"mary.jane@example.com": "OWNER", "0a1b-2c3d": "COLLABORATOR"},
    connections=["warehouse", lake],
)
return {"id": team.workspace_id, "name": team.name, "members": sorted(team.members), "of": sorted(team.connections)}
"""
SERVED = """
served = wallaroo.ServedModel(
    "price", workspace_id=12, name="house-price", path="price.onnx", framework="onnx",
    model_options={"accel": "cuda"}, engine_config=wallaroo.engine_config(cpus=1, memory="1Gi"),
)
return {"url": served.inference_url}
"""
ADAPTERS = {
    "wallaroo_pulumi": "pulumi-python:dynamic/wallaroo:",
    "wallaroo_pulumi.native": "wallaroo:index:",
}


def declared(module: str, body: str) -> tuple[Any, dict[tuple[str, str], dict[str, Any]]]:
    """Return the program's value, and the inputs of its resources by kind and name."""
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    program = f"{HEAD}\nimport {module} as wallaroo\n\ndef declare():\n{lines}\n{TAIL}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    prefix = ADAPTERS[module]
    components_type = "wallaroo:index:"
    return result["value"], {
        (each["type"].removeprefix(prefix).removeprefix(components_type), each["name"]): each["inputs"]
        for each in result["sent"]
        if each["type"].startswith((prefix, components_type))
    }


@pytest.mark.parametrize("module", ADAPTERS)
def test_a_team_is_a_workspace_with_members_and_connections(module: str) -> None:
    value, sent = declared(module, TEAM)
    assert value == {
        "id": 12,
        "name": "team-1a2b3c4",
        "members": ["0a1b-2c3d", "mary.jane@example.com"],
        "of": ["lake-access", "warehouse"],
    }
    assert ("Team", "fraud") in sent
    assert sent["Workspace", "fraud"]["adopt"] == "if_empty"
    mary, other = (
        sent["WorkspaceMember", "fraud-mary.jane@example.com"],
        sent["WorkspaceMember", "fraud-0a1b-2c3d"],
    )
    assert (mary["email"], mary["role"], mary["workspaceId"]) == ("mary.jane@example.com", "OWNER", 12)
    assert (other.get("email"), other["userId"]) == (None, "0a1b-2c3d")
    attached = {name: sent["WorkspaceConnection", f"fraud-{name}"] for name in value["of"]}
    assert {name: inputs["connectionName"] for name, inputs in attached.items()} == {
        "lake-access": "lake",
        "warehouse": "warehouse",
    }


@pytest.mark.parametrize("module", ADAPTERS)
def test_a_served_model_is_deployed_with_its_own_pipeline(module: str) -> None:
    value, sent = declared(module, SERVED)
    assert value == {"url": "https://example.com/infer"}
    assert sent["ModelVersion", "price"]["accel"] == "cuda"
    [step] = sent["Pipeline", "price"]["steps"]
    assert step["modelInference"]["models"][0]["version"] == "uuid-3"
    assert sent["Deployment", "price"]["pipelineVersionId"] == 5
    assert sent["Deployment", "price"]["pipelineName"] == "house-price"


def test_component_types_are_no_kinds_of_objects() -> None:
    classes = {
        name
        for name, each in vars(components).items()
        if isinstance(each, type)
        and issubclass(each, components.Component)
        and each is not components.Component
    }
    assert classes == COMPONENTS
    assert not COMPONENTS & RESOURCES.keys()
    assert [kind_of(f"wallaroo:index:{name}") for name in COMPONENTS] == [None, None]
    assert kind_of("wallaroo:index:Workspace") == "Workspace"
