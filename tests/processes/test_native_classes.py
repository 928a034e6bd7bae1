"""The classes and functions of the native module: what they send, under mocks."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from typing import Any

import pytest

import wallaroo_pulumi
from wallaroo_pulumi import native
from wallaroo_pulumi.adapters.pulumi_values import SECRET, SIGNATURE
from wallaroo_pulumi.provider.schema import schema
from wallaroo_pulumi.resources import RESOURCES

pytestmark = pytest.mark.sdk_range

HEAD = """
import json
import pulumi
from pulumi.runtime.mocks import MockMonitor

requests = {}
register = MockMonitor.RegisterResource

def recording(monitor, request):
    requests[request.name] = str(request.aliases) + str(request.aliasURNs)
    return register(monitor, request)

MockMonitor.RegisterResource = recording

class Instance(pulumi.runtime.Mocks):
    def __init__(self):
        self.sent = []

    def new_resource(self, args):
        self.sent.append({
            "type": args.typ,
            "name": args.name,
            "inputs": args.inputs,
            "provider": args.provider,
            "aliases": requests[args.name],
        })
        computed = {"workspaceId": 12} if args.typ.endswith("Workspace") else {}
        return f"{args.name}-id", {**args.inputs, **computed}

    def call(self, args):
        self.sent.append({"token": args.token, "args": args.args, "provider": args.provider})
        return {"workspaceId": 12.0, "name": "shared", "modelIds": [1.0]}

mocks = Instance()
pulumi.runtime.set_mocks(mocks)

@pulumi.runtime.test
def run():
    declared = declare()
    return pulumi.Output.from_input(declared).apply(
        lambda value: print(json.dumps({"value": value, "sent": mocks.sent}))
    )
"""


def run(body: str) -> dict[str, Any]:
    """What a program sends, and what its ``declare`` returns. Mocks are for the whole of a process."""
    program = (
        f"{HEAD}\ndef declare():\n" + "\n".join(f"    {line}" for line in body.splitlines()) + "\nrun()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_module_has_the_names_and_signatures_of_the_package() -> None:
    assert set(native.__all__) > set(wallaroo_pulumi.__all__)
    for name in wallaroo_pulumi.__all__:
        ours, theirs = getattr(native, name), getattr(wallaroo_pulumi, name)
        if name.startswith("get_"):
            parameters = dict(inspect.signature(ours).parameters)
            assert parameters.pop("opts").default is None
            assert list(parameters.values()) == list(inspect.signature(theirs).parameters.values())
        else:
            assert inspect.signature(ours) == inspect.signature(theirs)


@pytest.mark.parametrize("kind", RESOURCES)
def test_a_class_is_documented_and_is_accepted_where_the_dynamic_one_is(kind: str) -> None:
    own = getattr(native, kind)
    assert own.__module__ == "wallaroo_pulumi.native"
    assert own.__doc__ == getattr(wallaroo_pulumi, kind).__doc__
    assert issubclass(own, getattr(wallaroo_pulumi, kind))


def test_every_enumeration_of_the_schema_is_importable() -> None:
    for each in schema().enumerations:
        assert [str(member) for member in getattr(native, each.name)] == list(each.values)


def test_a_resource_sends_its_inputs_alone_and_has_the_other_type_as_an_alias() -> None:
    found = run(
        "import wallaroo_pulumi.native as wallaroo\n"
        "ws = wallaroo.Workspace('fraud', name='fraud-prod', adopt=wallaroo.Adopt.ALWAYS)\n"
        "member = wallaroo.WorkspaceMember('lead', workspace_id=ws.workspace_id, email='a@example.com')\n"
        "return pulumi.Output.all(ws.workspace_id, member.urn)"
    )
    workspace, member = found["sent"]
    assert workspace["type"] == "wallaroo:index:Workspace"
    assert workspace["inputs"] == {"name": "fraud-prod", "adopt": "always", "forceDestroy": False}
    assert "pulumi-python:dynamic/wallaroo:Workspace" in workspace["aliases"]
    assert member["inputs"]["workspaceId"] == 12
    assert found["value"][0] == 12


def test_a_dynamic_resource_has_the_native_type_as_an_alias() -> None:
    found = run(
        "import wallaroo_pulumi as wallaroo\nreturn wallaroo.Workspace('fraud', name='fraud-prod').name"
    )
    assert found["sent"][0]["type"] == "pulumi-python:dynamic/wallaroo:Workspace"
    assert "wallaroo:index:Workspace" in found["sent"][0]["aliases"]
    assert found["sent"][0]["inputs"]["__provider"]


def test_a_provider_sends_settings_as_text_and_credentials_as_secrets() -> None:
    found = run(
        "import wallaroo_pulumi.native as wallaroo\n"
        "eu = wallaroo.Provider('eu', domain='eu.example.com', username='ops', password='hidden', timeout=5, "
        "validate=True)\n"
        "ws = wallaroo.Workspace('fraud', name='fraud-prod', opts=pulumi.ResourceOptions(provider=eu))\n"
        "return ws.name"
    )
    provider, workspace = found["sent"]
    assert provider["type"] == "pulumi:providers:wallaroo"
    assert provider["inputs"] == {
        "domain": "eu.example.com",
        "username": "ops",
        "password": {SIGNATURE: SECRET, "value": "hidden"},
        "timeout": "5",
        "validate": "true",
    }
    assert "::eu::" in workspace["provider"]


def test_functions_call_the_plugin_with_their_provider() -> None:
    found = run(
        "import wallaroo_pulumi.native as wallaroo\n"
        "eu = wallaroo.Provider('eu', domain='eu.example.com')\n"
        "plain = wallaroo.get_workspace(name='shared')\n"
        "assert (plain.workspace_id, plain.model_ids) == (12, [1]), plain\n"
        "found = wallaroo.get_workspace_output(workspace_id=pulumi.Output.from_input(12), "
        "opts=pulumi.InvokeOptions(provider=eu))\n"
        "return found.name"
    )
    calls = [sent for sent in found["sent"] if "token" in sent]
    assert [(c["token"], c["args"]) for c in calls] == [
        ("wallaroo:index:getWorkspace", {"name": "shared"}),
        ("wallaroo:index:getWorkspace", {"workspaceId": 12}),
    ]
    assert "::eu::" in calls[1]["provider"]
    assert found["value"] == "shared"
