"""The record of all fault tests; it writes its page when all of them ran."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from reliability import Record

from wallaroo_pulumi.emulator import EmulatorServer, Settings


@pytest.fixture(scope="session")
def _emulator_url() -> Iterator[str]:
    """An instance that lets a name be taken twice: on one that refuses it, no twin could ever be seen."""
    with EmulatorServer(Settings(unique_workspace_names=False)) as server:
        yield server.url


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of retries: their order matters here, their pauses do not."""
    monkeypatch.setattr("httpx_retries.retry.time", SimpleNamespace(sleep=lambda seconds: None))


@pytest.fixture(scope="session")
def record(request: pytest.FixtureRequest) -> Iterator[Record]:
    record = Record()
    yield record
    if not request.session.testsfailed and not request.config.getoption("keyword"):
        record.write()
