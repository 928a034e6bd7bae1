"""Arrow schemas as inputs: pyarrow is no dependency, so that its objects are known by their module's name alone."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from wallaroo_pulumi.adapters.program import _serialised


class Buffer:
    def to_pybytes(self) -> bytes:
        return b"schema"


class Schema:
    """As much of a `pyarrow.Schema` as is used."""

    def serialize(self) -> Buffer:
        return Buffer()


Schema.__module__ = "pyarrow.lib"  # where the real one says it is from


def test_a_schema_of_pyarrow_is_sent_as_base64() -> None:
    assert _serialised(Schema()) == base64.b64encode(b"schema").decode()


@pytest.mark.parametrize("value", ["c2NoZW1h", None, 4, {"a": "b"}])
def test_what_is_none_stays_as_it_is(value: Any) -> None:
    assert _serialised(value) is value
