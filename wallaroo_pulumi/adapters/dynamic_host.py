"""What our code needs from the dynamic host process that it runs in: the request, cancellation, an end with the engine.

Pulumi's host (``pulumi/dynamic/__main__.py``) calls a provider's methods without the request that it serves, so the
URN is read from the local variables of the calling frame.

At the first Ctrl-C the engine calls ``Cancel`` on every provider. Pulumi's dynamic host replies and does nothing, and
offers no hook (SDK 3.216 to 3.272), so a wait for a deployment would continue for
minutes. The handler is bound when the server starts; its code can still be replaced. In a host of another shape
nothing is replaced: a wait then ends by itself, and a second Ctrl-C ends the run.

The host does not notice either when its engine is killed. It would complete its calls, retries included, while the
next run makes the same calls.
"""

from __future__ import annotations

import functools
import os
import select
import sys
import threading
from dataclasses import dataclass
from types import FrameType
from typing import Any, Final

import grpc

cancelled: Final = threading.Event()
"""Set when the engine cancels the run."""

_STDOUT = 1


def current_urn() -> str | None:
    """Return the URN of the resource whose call this thread serves, or None outside a call of the dynamic host."""
    served = _served_call()
    return served.urn if served else None


@dataclass(frozen=True)
class _Call:
    """One gRPC call as Pulumi's handler received it."""

    request: Any
    context: grpc.ServicerContext

    @property
    def urn(self) -> str | None:
        return getattr(self.request, "urn", None) or None


def _served_call() -> _Call | None:
    """Return the call that this thread serves: the arguments of the nearest gRPC handler among the calling frames."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if {"request", "context"} <= set(frame.f_code.co_varnames[: frame.f_code.co_argcount]):
            context = frame.f_locals.get("context")
            if isinstance(context, grpc.ServicerContext):
                return _Call(frame.f_locals.get("request"), context)
        frame = frame.f_back
    return None


@functools.cache
def install_cancellation() -> None:
    """Set :data:`cancelled` when the engine calls ``Cancel``; exit when the engine is gone. Idempotent."""
    servicer = getattr(sys.modules.get("__main__"), "DynamicResourceProviderServicer", None)
    handler = getattr(servicer, "Cancel", None)
    if handler is None:
        return  # not Pulumi's dynamic host
    handler.__code__ = _cancel.__code__
    if hasattr(select, "poll"):  # not on Windows
        threading.Thread(target=_leave_with_the_engine, daemon=True).start()


def _cancel(self: Any, request: Any, context: Any) -> Any:
    # Runs with the globals of Pulumi's module, not ours.
    from google.protobuf.empty_pb2 import Empty

    from wallaroo_pulumi.adapters.dynamic_host import cancelled

    cancelled.set()
    return Empty()


def _leave_with_the_engine() -> None:
    """Wait until the engine closes its end of our standard output, then end this process."""
    poll = select.poll()
    poll.register(_STDOUT, 0)
    if all(event & select.POLLERR for _, event in poll.poll()):
        os._exit(1)
