"""What the dynamic host, the process that this runs in, is to know of its engine: Ctrl-C, and that it is gone.

Pulumi's engine calls ``Cancel`` of every provider at the first Ctrl-C, for what is under way to stop. Its dynamic host
answers and does nothing, and has no door for us (``pulumi/dynamic/__main__.py``, SDK 3.259); a wait for a deployment
would go on for minutes. The handler is bound when the server starts, so its code is what can be replaced. A host that
is made otherwise is left alone: then a wait ends by itself, and a second Ctrl-C ends the run.

Nor does the host notice when its engine is killed: it would carry out what it had begun, retries and all, while the
next run does the same again.
"""

from __future__ import annotations

import functools
import os
import select
import sys
import threading
from typing import Any, Final

cancelled: Final = threading.Event()
"""Set when the run is to end."""

_STDOUT = 1


@functools.cache
def attend() -> None:
    """Set :data:`cancelled` when the engine calls ``Cancel``, and leave when the engine is gone. Once is enough."""
    servicer = getattr(sys.modules.get("__main__"), "DynamicResourceProviderServicer", None)
    handler = getattr(servicer, "Cancel", None)
    if handler is None:
        return  # not Pulumi's dynamic host
    handler.__code__ = _cancel.__code__
    if hasattr(select, "poll"):  # not on Windows
        threading.Thread(target=_leave_with_the_engine, daemon=True).start()


def _cancel(self: Any, request: Any, context: Any) -> Any:
    # Runs with the globals of Pulumi's module, not with ours.
    from google.protobuf.empty_pb2 import Empty

    from wallaroo_pulumi.adapters.host import cancelled

    cancelled.set()
    return Empty()


def _leave_with_the_engine() -> None:
    """Wait until nobody holds the other end of standard output, which the engine reads; then end this process."""
    poll = select.poll()
    poll.register(_STDOUT, 0)
    if all(event & select.POLLERR for _, event in poll.poll()):
        os._exit(1)
