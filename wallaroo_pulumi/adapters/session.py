"""One session (client, token, listings, locks) for each process and configuration, whatever the number of resources."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..config import Settings, load
from ..core.context import Claims, Context
from .dynamic_host import cancelled

if TYPE_CHECKING:
    from ..api import Client

_sessions: dict[Settings, Context[Client]] = {}
_claims: dict[Settings, Claims] = {}
_lock = threading.Lock()


def session(settings: Settings) -> Context[Client]:
    """The context for these settings, made when first asked for."""
    with _lock:
        if settings not in _sessions:
            # Imported here: programs that only declare resources need neither HTTP nor models.
            from ..api import Client

            _sessions[settings] = Context(
                client=Client(settings),
                report=_report,
                sleep=cancelled.wait,
                cancelled=cancelled.is_set,
                claims=_claims.setdefault(settings, Claims()),
            )
        return _sessions[settings]


def claims(settings: Settings) -> Claims:
    """The objects that this run has met: part of the context, but to be had without a client."""
    with _lock:
        return _claims.setdefault(settings, Claims())


def settings_from(config: Callable[[str], str | None]) -> Settings:
    """The settings that Pulumi's configuration and the environment give. Raises ConfigError."""
    return load(config, os.environ)


def _report(line: str) -> None:
    # What the dynamic host prints is shown as information of the run (DYNAMIC_HOST.md). Four threads may talk at once.
    with _lock:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
