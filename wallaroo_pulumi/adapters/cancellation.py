"""Ctrl-C: the engine tells the dynamic host, and whatever waits there is to stop at once.

Pulumi's engine calls ``Cancel`` of every provider at the first Ctrl-C, for exactly this. Its dynamic host answers and
does nothing, and has no door for us (``pulumi/dynamic/__main__.py``, SDK 3.259); a wait for a deployment would go on
for minutes. The handler is bound when the server starts, so its code is what can be replaced. A host that is made
otherwise is left alone: then a wait ends by itself, and a second Ctrl-C ends the run.
"""

from __future__ import annotations

import sys
import threading
from typing import Any, Final

cancelled: Final = threading.Event()
"""Set when the run is to end."""


def listen() -> None:
    """Have the dynamic host, which this process is, set :data:`cancelled` when the engine calls ``Cancel``."""
    servicer = getattr(sys.modules.get("__main__"), "DynamicResourceProviderServicer", None)
    handler = getattr(servicer, "Cancel", None)
    if handler is not None:
        handler.__code__ = _cancel.__code__


def _cancel(self: Any, request: Any, context: Any) -> Any:
    # Runs with the globals of Pulumi's module, not with ours.
    from google.protobuf.empty_pb2 import Empty

    from wallaroo_pulumi.adapters.cancellation import cancelled

    cancelled.set()
    return Empty()
