"""Opening a provider: one client (token, connections, listings) for the settings of one run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from ..api import Client
from ..config import Settings
from ..core.context import Context
from ..core.ownership import Ownership
from ..core.record import StackEntry
from .provider import Provider


def open_provider(
    settings: Settings,
    *,
    report: Callable[[str], None],
    cancelled: threading.Event,
    stack: Callable[[], Sequence[StackEntry]],
    status: Callable[[str], None] | None = None,
    keeps_unfinished: bool = False,
) -> Provider:
    """Return a provider for the instance that the settings name. It connects at its first request.

    ``report`` prints a line to the user and ``status`` shows progress; ``cancelled`` is set when the user cancels the
    run; ``stack`` reads the state before the run; ``keeps_unfinished`` is whether the state can hold an object whose
    background work is not done yet.
    """

    def connect() -> Context[Client]:
        return Context(
            client=Client(settings),
            report=report,
            status=status,
            sleep=cancelled.wait,
            cancelled=cancelled.is_set,
        )

    return Provider(
        connect,
        Ownership(stack),
        accept_instance=settings.accept_instance,
        validates=settings.validate,
        keeps_unfinished=keeps_unfinished,
    )


def recording_explained(*, replaces: bool) -> str:
    """Explain why resources are updated whose inputs did not change.

    ``replaces`` is false for state of an earlier version, and true where the user accepts another instance.
    """
    why = "the state does not record yet which Wallaroo instance these objects are on: this update records it"
    if replaces:
        why = (
            "wallaroo:acceptInstance (WALLAROO_ACCEPT_INSTANCE) names another instance than the state records: if it "
            "is the one in use, this update records it"
        )
    return f"{why}, and sends nothing to the instance but reads"
