"""Properties of the plugin's calls: unknown values, secrets at any depth, and private keys."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.struct_pb2 import Struct
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wallaroo_pulumi.adapters.plugin.properties import read_properties, write_properties
from wallaroo_pulumi.adapters.pulumi_values import SECRET, SIGNATURE, UNKNOWN_TEXT, UNKNOWNS, Path
from wallaroo_pulumi.core.fields import UNKNOWN


def secret(value: Any) -> dict[str, Any]:
    return {SIGNATURE: SECRET, "value": value}


def struct(values: dict[str, Any]) -> Struct:
    made = Struct()
    made.update(values)
    return made


@pytest.mark.parametrize("marker", sorted(UNKNOWNS))
def test_unknown_values_of_every_type(marker: str) -> None:
    plain, secrets = read_properties(struct({"name": marker, "steps": [{"check": marker}]}))
    assert plain == {"name": UNKNOWN, "steps": [{"check": UNKNOWN}]}
    assert secrets == frozenset()


def test_secrets_are_found_at_any_depth() -> None:
    sent = {
        "details": {"user": "u", "key": secret("k")},
        "token": secret(UNKNOWN_TEXT),
        "tags": [secret("a")],
    }
    plain, secrets = read_properties(struct(sent))
    assert plain == {"details": {"user": "u", "key": "k"}, "token": UNKNOWN, "tags": ["a"]}
    assert secrets == {("details", "key"), ("token",), ("tags", 0)}


def test_private_keys_are_left_out_except_our_record() -> None:
    plain, _ = read_properties(struct({"__provider": "x", "__defaults": [], "__mark": "m", "name": "n"}))
    assert plain == {"__mark": "m", "name": "n"}


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ([], {"a": {"b": [1, 2]}, "c": None}),
        ([("a", "b", 1)], {"a": {"b": [1, secret(2)]}, "c": None}),
        ([("a", "b")], {"a": {"b": secret([1, 2])}, "c": None}),
        ([("a",), ("a", "b")], {"a": secret({"b": [1, 2]}), "c": None}),
        # The canonical form lacks the place: what contains it is secret.
        ([("a", "x")], {"a": secret({"b": [1, 2]}), "c": None}),
        ([("a", "b", 5)], {"a": {"b": secret([1, 2])}, "c": None}),
        ([("a", "b", 0, "deeper")], {"a": {"b": [secret(1), 2]}, "c": None}),
        # Nothing to hide.
        ([("c",), ("missing",)], {"a": {"b": [1, 2]}, "c": None}),
    ],
)
def test_secrets_are_marked_where_they_were_or_around_it(paths: list[Path], expected: Any) -> None:
    assert write_properties({"a": {"b": [1, 2]}, "c": None}, paths) == struct(expected)


_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text("ab é", max_size=3) | st.just(UNKNOWN),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("abc", min_size=1, max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), _values, max_size=4), st.data())
def test_what_is_written_is_read_again_and_no_secret_is_lost(properties: dict[str, Any], data: Any) -> None:
    paths = data.draw(
        st.lists(st.tuples(st.text("abc", min_size=1, max_size=3), st.text("abc", max_size=2)), max_size=2)
    )
    plain, secrets = read_properties(write_properties(properties, paths))
    assert plain == properties
    for name, _ in paths:
        if properties.get(name) is not None:
            assert any(found[0] == name for found in secrets)
