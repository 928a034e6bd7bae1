"""Names that might break out of URLs, JSON or SQL are refused in check, or come back as they were."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from emulated import Emulated
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from wallaroo_pulumi.api import Client
from wallaroo_pulumi.config import load
from wallaroo_pulumi.core.check import check
from wallaroo_pulumi.core.context import Context
from wallaroo_pulumi.core.names import DNS_LABEL
from wallaroo_pulumi.provider.provider import Provider
from wallaroo_pulumi.resources import RESOURCES

HOSTILE = (
    "'; DROP TABLE connections; --",
    '"}',
    "../../admin",
    "%2e%2e%2f",
    "a?b#c",
    "a\u0000b",
    "\r\nX: y",
    "💥",
)


def hostile_names(test: Any) -> Any:
    for name in HOSTILE:
        test = example(name)(test)
    return test


def test_any_name_of_a_connection_is_refused_or_harmless(emulator: Emulated) -> None:
    resource = RESOURCES["Connection"]
    with closing(Client(load(emulator.settings.get, {}))) as client:

        @settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
        @given(name=st.text(min_size=1, max_size=40))
        @hostile_names
        def any_name(name: str) -> None:
            ctx = Context(client=client, report=lambda line: None, sleep=lambda seconds: None)
            inputs, failures = check(resource, {"name": name, "type": "HTTP", "details": {"host": name}}, {})
            if failures:
                return
            provider = Provider(lambda: ctx)
            id, outputs = provider.create("Connection", None, inputs)
            found = provider.read("Connection", None, id, outputs)
            assert found is not None
            assert found[1] == outputs
            assert outputs["details"] == {"host": name}
            provider.delete("Connection", None, id, outputs)

        any_name()
        assert client.connections.list() == ()


@given(name=st.text())
def test_any_name_of_a_workspace_is_a_dns_label_or_refused(name: str) -> None:
    _, failures = check(RESOURCES["Workspace"], {"name": name}, {})
    assert bool(failures) != bool(DNS_LABEL.fullmatch(name))
