"""The reference that the state holds of a provider is a format: tiny, without secrets, and the same for ever."""

from __future__ import annotations

import base64
from typing import Any, cast

import dill
import pytest
from pulumi.dynamic.dynamic import serialize_provider

from wallaroo_pulumi.adapters.dynamic import DynamicProvider
from wallaroo_pulumi.resources import RESOURCES

STORED = {
    "Workspace": (
        "gASVUgAAAAAAAACMIHdhbGxhcm9vX3B1bHVtaS5hZGFwdGVycy5keW5hbWljlIwPRHluYW1pY1Byb3ZpZGVylJOUKYGUfZSMBGtpbmSU"
        "jAlXb3Jrc3BhY2WUc2Iu"
    ),
    "WorkspaceMember": (
        "gASVWAAAAAAAAACMIHdhbGxhcm9vX3B1bHVtaS5hZGFwdGVycy5keW5hbWljlIwPRHluYW1pY1Byb3ZpZGVylJOUKYGUfZSMBGtpbmSU"
        "jA9Xb3Jrc3BhY2VNZW1iZXKUc2Iu"
    ),
}
"""As found in state files written by the first release."""


@pytest.mark.parametrize("kind", STORED)
def test_a_stored_reference_loads_todays_provider(kind: str) -> None:
    provider = dill.loads(base64.b64decode(STORED[kind]))
    assert type(provider) is DynamicProvider
    assert vars(provider) == {"kind": kind}


@pytest.mark.parametrize("kind", RESOURCES)
def test_the_reference_is_tiny_and_the_same_in_every_run(kind: str) -> None:
    serialized = cast(Any, serialize_provider)(DynamicProvider(kind))
    assert len(serialized) <= 200
    assert serialized == STORED.get(kind, serialized)
    assert DynamicProvider.serialize_as_secret_always is False
