"""The inputs of a Construct call, as the component takes them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pulumi
import pytest
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2 as proto

from wallaroo_pulumi import native
from wallaroo_pulumi.adapters.plugin.construct import _Component, _keywords, _Servicer
from wallaroo_pulumi.adapters.pulumi_values import SECRET, SIGNATURE, UNKNOWN_TEXT
from wallaroo_pulumi.errors import ObjectError

pytestmark = pytest.mark.sdk_range  # it uses a method of Pulumi's SDK that is not public

URN = "urn:pulumi:test::estate::wallaroo:index:Connection::lake"


def read(inputs: Mapping[str, Any], depends: str = "") -> Any:
    """Return the arguments, with Outputs as (value, known, secret, URNs)."""
    struct = Struct()
    struct.update(dict(inputs))
    urns = proto.ConstructRequest.PropertyDependencies(urns=[URN])

    async def run() -> Any:
        found = await _Servicer._construct_inputs(struct, {depends: urns} if depends else {})
        return await resolved(found)

    return asyncio.run(run())


async def resolved(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: await resolved(item) for key, item in value.items()}
    if isinstance(value, pulumi.Output):
        urns = [await each.urn.future() for each in await value.resources()]
        return await value.future(), await value.is_known(), await value.is_secret(), urns
    return value


def secret(value: Any) -> dict[str, Any]:
    return {SIGNATURE: SECRET, "value": value}


def test_plain_values_stay_plain() -> None:
    given = {"name": "fraud", "members": {"m@example.com": "OWNER"}, "engineConfig": {"engine": {}}}
    assert read(given) == given


def test_secrets_unknown_values_and_dependencies_become_outputs() -> None:
    assert read({"name": secret("fraud")}) == {"name": ("fraud", True, True, [])}
    assert read({"name": UNKNOWN_TEXT}) == {"name": (None, False, False, [])}
    assert read({"name": "fraud"}, depends="name") == {"name": ("fraud", True, False, [URN])}


def test_members_are_a_mapping_of_outputs() -> None:
    members = {"a@example.com": secret("OWNER"), "b@example.com": UNKNOWN_TEXT, "c@example.com": "OWNER"}
    assert read({"members": members})["members"] == {
        "a@example.com": ("OWNER", True, True, []),
        "b@example.com": (None, False, False, []),
        "c@example.com": "OWNER",
    }
    assert read({"members": secret({"a@example.com": "OWNER"})})["members"] == {
        "a@example.com": ("OWNER", True, True, [])
    }


def test_connections_are_labelled_with_their_names_and_keep_their_dependencies() -> None:
    assert read({"connections": ["lake"]}, depends="connections") == {
        "connections": {"lake": ("lake", True, False, [URN])}
    }


@pytest.mark.parametrize("given", [{"members": UNKNOWN_TEXT}, {"connections": ["lake", UNKNOWN_TEXT]}])
def test_what_decides_the_resources_must_be_known(given: dict[str, Any]) -> None:
    with pytest.raises(ObjectError, match="a preview must know which these are"):
        read(given)


def test_names_are_those_of_the_class() -> None:
    assert _keywords(native.Team, {"forceDestroy": True, "adopt": None}, "Team 'fraud'") == {
        "force_destroy": True
    }
    with pytest.raises(ObjectError, match="Team 'fraud': there is no input 'colour'"):
        _keywords(native.Team, {"colour": "red"}, "Team 'fraud'")


def test_an_unknown_component_is_one_line() -> None:
    with pytest.raises(ObjectError, match="no component 'wallaroo:index:Group'"):
        _Component(proto.ConstructRequest(type="wallaroo:index:Group"))
