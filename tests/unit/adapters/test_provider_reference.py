"""The reference that the state holds of a provider is a format: tiny, without secrets, and the same for ever."""

from __future__ import annotations

import base64
from typing import Any, cast

import dill
import pytest
from pulumi.dynamic.dynamic import serialize_provider

from wallaroo_pulumi.adapters.dynamic import DynamicProvider
from wallaroo_pulumi.adapters.program import _reference
from wallaroo_pulumi.resources import RESOURCES

pytestmark = pytest.mark.sdk_range

STORED = {
    "Workspace": (
        "gAJjd2FsbGFyb29fcHVsdW1pLmFkYXB0ZXJzLmR5bmFtaWMKRHluYW1pY1Byb3ZpZGVyClgJAAAAV29ya3NwYWNlhVIu"
    ),
    "WorkspaceMember": (
        "gAJjd2FsbGFyb29fcHVsdW1pLmFkYXB0ZXJzLmR5bmFtaWMKRHluYW1pY1Byb3ZpZGVyClgPAAAAV29ya3NwYWNlTWVtYmVyhVIu"
    ),
}
"""As found in state files written by the first release."""


@pytest.mark.parametrize("kind", RESOURCES)
def test_what_is_stored_is_tiny_and_the_same_for_ever(kind: str) -> None:
    reference = _reference(kind)
    assert len(reference) <= 120
    assert reference == STORED.get(kind, reference)
    assert DynamicProvider.serialize_as_secret_always is False


@pytest.mark.parametrize("reference", [*STORED.items()], ids=lambda item: item[0])
def test_a_stored_reference_loads_todays_provider(reference: tuple[str, str]) -> None:
    kind, stored = reference
    provider = dill.loads(base64.b64decode(stored))
    assert type(provider) is DynamicProvider
    assert vars(provider) == {"kind": kind}


def test_pulumi_s_own_way_to_store_a_provider_gives_the_same_one() -> None:
    serialized = cast(Any, serialize_provider)(DynamicProvider("Workspace"))
    assert len(serialized) <= 200
    assert vars(dill.loads(base64.b64decode(serialized))) == {"kind": "Workspace"}
