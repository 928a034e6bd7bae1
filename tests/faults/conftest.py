"""An instance on which a twin could be made, and lives that take no longer than they must."""

from __future__ import annotations

import functools
import ssl
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

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
    monkeypatch.setattr("wallaroo_pulumi.core.wait._FIRST_PAUSE", 0.0)
    monkeypatch.setattr("wallaroo_pulumi.core.create._PAUSES", (0.0,) * 5)


@pytest.fixture(autouse=True)
def _no_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plugin reads the stack's state with `pulumi`; here it has no other resources."""
    monkeypatch.setattr("wallaroo_pulumi.adapters.stack_state.export", lambda stack: {})


_tls = functools.cache(ssl.create_default_context)


@pytest.fixture(autouse=True)
def _one_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of clients, none of which uses TLS: reading the authorities takes half of a short life."""
    monkeypatch.setattr("wallaroo_pulumi.http.ssl.create_default_context", _tls)
