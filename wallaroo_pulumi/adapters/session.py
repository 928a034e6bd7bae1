"""One provider (client, token, listings, locks) for each process and configuration, for any number of resources."""

from __future__ import annotations

import functools
import os
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..config import Settings, load
from .dynamic_host import cancelled

if TYPE_CHECKING:
    from ..api import Client
    from ..core.context import Context
    from ..provider.provider import Provider
    from .stack_state import StackState

_providers: dict[Settings, Provider] = {}
_lock = threading.Lock()


def provider(settings: Settings) -> Provider:
    """The provider for these settings, made when first asked for. It connects at the first request."""
    with _lock:
        if settings not in _providers:
            from ..core.ownership import Ownership
            from ..provider.provider import Provider

            _providers[settings] = Provider(
                lambda: _connect(settings),
                Ownership(stack_state()),
                accept_instance=settings.accept_instance,
                validates=settings.validate,
            )
        return _providers[settings]


def _connect(settings: Settings) -> Context[Client]:
    # Imported here: programs that only declare resources need neither HTTP nor models.
    from ..api import Client
    from ..core.context import Context

    return Context(client=Client(settings), report=report, sleep=cancelled.wait, cancelled=cancelled.is_set)


@functools.cache
def explain_recording(*, replaces: bool) -> None:
    """Say once why resources are updated whose inputs did not change.

    ``replaces`` is false for state of an earlier version, and true where the user accepts another instance.
    """
    why = "the state does not record yet which Wallaroo instance these objects are on: this update records it"
    if replaces:
        why = (
            "wallaroo:acceptInstance (WALLAROO_ACCEPT_INSTANCE) names another instance than the state records: if it "
            "is the one in use, this update records it"
        )
    report(f"{why}, and sends nothing to the instance but reads")


@functools.cache
def stack_state() -> StackState:
    """The state of the stack that this process's run is about."""
    from .stack_state import StackState

    return StackState(report)


def settings_from(config: Callable[[str], str | None]) -> Settings:
    """The settings that Pulumi's configuration and the environment give. Raises ConfigError."""
    return load(config, os.environ)


def report(line: str) -> None:
    # Pulumi shows what the dynamic host prints (docs/internals/dynamic-host.md#process). Four threads print at once.
    with _lock:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
