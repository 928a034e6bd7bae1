"""A fresh emulator for each recorded exchange."""

from collections.abc import Iterator

import httpx
import pytest

from wallaroo_pulumi.emulator import EmulatorServer


@pytest.fixture(scope="session")
def _url() -> Iterator[str]:
    with EmulatorServer() as server:
        yield server.url


@pytest.fixture
def emulator(_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=_url, timeout=30, verify=False) as client:  # plain HTTP
        client.post("/__emulator__/reset").raise_for_status()
        yield client
