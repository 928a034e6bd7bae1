"""Arrow schemas as inputs: pyarrow is no dependency, so that its objects are known by their module's name alone."""

from __future__ import annotations

import base64

from wallaroo_pulumi.adapters.inputs import Arguments


class Buffer:
    def to_pybytes(self) -> bytes:
        return b"schema"


class Schema:
    """As much of a `pyarrow.Schema` as is used."""

    def serialize(self) -> Buffer:
        return Buffer()


Schema.__module__ = "pyarrow.lib"  # where the real one says it is from


def test_a_schema_of_pyarrow_is_sent_as_base64() -> None:
    assert Arguments("").plain(Schema(), "input_schema") == base64.b64encode(b"schema").decode()
