"""One provider (client, token, listings, locks) for each process and configuration, for any number of resources.

For the dynamic host and for programs. The plugin has one per run instead.
"""

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
    from ..provider.provider import Provider
    from .stack_state import StackState

_providers: dict[Settings, Provider] = {}
_lock = threading.Lock()


def provider(settings: Settings) -> Provider:
    """The provider for these settings, made when first asked for. It connects at the first request."""
    with _lock:
        if settings not in _providers:
            # Imported here: programs that only declare resources need neither HTTP nor models.
            from ..provider.session import open_provider

            _providers[settings] = open_provider(
                settings, report=report, cancelled=cancelled, stack=stack_state()
            )
        return _providers[settings]


@functools.cache
def explain_recording(*, replaces: bool) -> None:
    """Say once why resources are updated whose inputs did not change."""
    from ..provider.session import recording_explained

    report(recording_explained(replaces=replaces))


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
