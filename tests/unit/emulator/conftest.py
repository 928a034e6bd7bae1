"""One emulator for all tests of this folder, put back to its start before each."""

from collections.abc import Iterator

import pytest
from emulator_client import Clock, Instance

from wallaroo_pulumi.emulator import EmulatorServer


@pytest.fixture(scope="session")
def _running() -> Iterator[tuple[str, Clock]]:
    clock = Clock()
    with EmulatorServer(clock=clock) as server:
        yield server.url, clock


@pytest.fixture
def instance(_running: tuple[str, Clock]) -> Iterator[Instance]:
    url, clock = _running
    clock.time = Clock().time
    instance = Instance(url, clock)
    with instance.http:
        instance.control("reset")
        yield instance
