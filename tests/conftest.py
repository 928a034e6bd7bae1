"""What all tests share: one emulator for the session, put back to its start for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from emulated import Emulated

from wallaroo_pulumi.emulator import EmulatorServer

ONE_WORKER = {
    "keycloak": "one server, which takes half a minute to start",
    "faults": "one record, which is written when all have run",
    "conformance": "one environment and one record",
}
"""Folders whose tests stay together when the suite runs on several workers, and why."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        folder = item.path.relative_to(Path(__file__).parent).parts[0]
        if folder in ONE_WORKER:
            item.add_marker(pytest.mark.xdist_group(folder))


@pytest.fixture(scope="session")
def _emulator_url() -> Iterator[str]:
    with EmulatorServer() as server:
        yield server.url


@pytest.fixture
def emulator(_emulator_url: str) -> Iterator[Emulated]:
    """A local instance as it is when new."""
    emulated = Emulated(_emulator_url)
    with emulated.http:
        emulated.control("reset")
        emulated.control("latency", seconds=0)
        emulated.http.delete("/__emulator__/faults")
        emulated.forget_requests()
        yield emulated
