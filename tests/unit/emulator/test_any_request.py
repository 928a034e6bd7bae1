"""Any request that the emulator's own description allows gets an answer that it describes, or a described refusal."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from emulated import Emulated
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance


@pytest.mark.slow
def test_any_request_gets_an_answer_of_the_described_shape(emulator: Emulated) -> None:
    schema = schemathesis.openapi.from_url(f"{emulator.url}/v1/api/openapi.json")
    bearer = emulator.bearer()
    tried = 0
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), "the description is valid"
        operation = found.ok()

        @given(case=operation.as_strategy())
        @settings(
            max_examples=8,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def any_request(case: Any) -> None:
            nonlocal tried
            tried += 1
            response = case.call(headers=bearer)
            case.validate_response(response, checks=[content_type_conformance, response_schema_conformance])
            assert '"unknown error"' not in response.text, "an unexpected exception"

        any_request()
    assert tried > 100
    assert emulator.workspaces() is not None, "still at work"
