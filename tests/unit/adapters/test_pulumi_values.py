"""Pulumi's encoding: the constants are the SDK's, and what is encoded is decoded as it was."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.runtime import rpc
from pulumi_policy import deserialize, proxy

from wallaroo_pulumi.adapters import pulumi_values
from wallaroo_pulumi.adapters.pulumi_values import SECRET, SIGNATURE, UNKNOWN, Decoder, Secret, encode


def test_the_constants_are_those_of_pulumis_sdks() -> None:
    assert pulumi_values.UNKNOWN_TEXT == rpc.UNKNOWN == proxy.UNKNOWN_STRING_VALUE
    named = {value for name, value in vars(proxy).items() if name.startswith("UNKNOWN_")}
    assert named == pulumi_values.UNKNOWNS
    assert deserialize.SPECIAL_SIG_KEY == SIGNATURE
    assert deserialize.SPECIAL_SECRET_SIG == SECRET


def test_what_is_encoded_is_decoded_with_the_paths_of_secrets() -> None:
    secrets: list[pulumi_values.Path] = []
    given = {"details": {"keys": [1, Secret({"a": UNKNOWN}), "x"]}, "gone": None}
    sent = {**encode(given), "__provider": "reference"}
    decoded = Decoder(on_secret=secrets.append).properties(sent)
    assert decoded == {"details": {"keys": [1, {"a": UNKNOWN}, "x"]}, "gone": None}
    assert secrets == [("details", "keys", 1)]


@pytest.mark.parametrize(
    ("content", "decoded"),
    [
        ({"value": "hush"}, "hush"),
        ({"plaintext": '{"a": 1}'}, {"a": 1}),
        ({"ciphertext": "v1:abc"}, UNKNOWN),
    ],
)
def test_a_secret_is_decoded_where_it_is_not_encrypted(content: dict[str, Any], decoded: Any) -> None:
    assert Decoder().value({SIGNATURE: SECRET, **content}) == decoded


def test_other_encoded_objects_stay_as_they_are() -> None:
    asset = {SIGNATURE: "c44067f5952c0a294b673a41bacd8c17", "path": "x"}
    assert Decoder().value(asset) == asset


def test_private_properties_are_removed_unless_listed() -> None:
    sent = {"__provider": 1, "__instance": "i", "name": "x"}
    assert Decoder().properties(sent, {"__instance"}) == {"__instance": "i", "name": "x"}


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        ("pulumi-python:dynamic/wallaroo:Workspace", "Workspace"),
        ("wallaroo:index:Workspace", "Workspace"),
        ("wallaroo:index/workspace:Workspace", "Workspace"),
        ("pulumi:providers:wallaroo", None),
        ("aws:s3/bucket:Bucket", None),
        ("pulumi-python:dynamic:Resource", None),
    ],
)
def test_types_of_both_adapters_name_their_kind(token: str, kind: str | None) -> None:
    assert pulumi_values.kind_of(token) == kind
