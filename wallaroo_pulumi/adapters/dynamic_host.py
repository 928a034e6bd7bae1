"""What our code needs from the dynamic host process that it runs in, and what the host offers no hook for.

- The URN of the request. The host calls a provider's methods without it; it is read from the calling frame.
- Errors of one line. SDK 3.272 ends a failed call with ``context.abort(UNKNOWN, traceback.format_exc())``; older ones
  let gRPC put words before the exception's text. Here the call's ``abort`` is replaced and called with our line.
- Private properties. Older SDKs, such as 3.216, remove properties whose names start with ``__`` from what they pass to
  a provider. They are restored from the request.
- Cancellation. At the first Ctrl-C the engine calls ``Cancel`` on every provider. The host replies and does nothing,
  so a wait for a deployment would continue for minutes. The handler is bound when the server starts; its code can
  still be replaced.
- The end of the engine. The host does not notice when its engine is killed. It would complete its calls, retries
  included, while the next run makes the same calls.

All of this follows Pulumi's ``pulumi/dynamic/__main__.py`` of SDK 3.216 to 3.272. In a host of another shape nothing is
replaced: errors are longer, there is no URN, and a second Ctrl-C ends the run.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from types import FrameType
from typing import Any, Final, TypeVar

import grpc
from pulumi.runtime import rpc

from .engine import Engine, exit_with_engine
from .error_lines import error_line

_Provider = TypeVar("_Provider")
_Result = TypeVar("_Result")

cancelled: Final = threading.Event()
"""Set when the engine cancels the run."""


def current_urn() -> str | None:
    """Return the URN of the resource whose call this thread serves, or None outside a call of the dynamic host."""
    served = _served_call()
    return served.urn if served else None


def reads_external() -> bool:
    """Return whether this thread serves a read of a resource that the program does not manage (``.get``).

    The state of such a resource has no inputs, except ours that start with ``__``. Every kind has an input that is
    always set, so managed resources do.
    """
    inputs = recorded_inputs()
    return inputs is not None and all(name.startswith("__") for name in inputs)


def recorded_inputs() -> frozenset[str] | None:
    """Return the names of the inputs that the state holds in the read that this thread serves; None if unknown."""
    served = _served_call()
    inputs = getattr(served.request, "inputs", None) if served else None
    if inputs is None:
        return None
    return frozenset(name for name, value in inputs.fields.items() if not value.HasField("null_value"))


def one_line_errors(provider: type[_Provider]) -> type[_Provider]:
    """Decorate a provider class: an exception of any call ends that call with exactly one line."""
    for name in ("configure", "check", "diff", "create", "read", "update", "delete"):
        setattr(provider, name, _reporting(getattr(provider, name)))
    return provider


def private_properties(provider: type[_Provider]) -> type[_Provider]:
    """Decorate a provider class: every call receives the properties whose names start with ``__``."""
    for name, fields in _PROPERTIES.items():
        setattr(provider, name, _restoring(getattr(provider, name), fields))
    return provider


# --- cancellation, and the end of the engine ---------------------------------------------------------------


@functools.cache
def install_cancellation() -> None:
    """Set :data:`cancelled` when the engine calls ``Cancel``; exit when the engine is gone. Idempotent."""
    servicer = getattr(sys.modules.get("__main__"), "DynamicResourceProviderServicer", None)
    handler = getattr(servicer, "Cancel", None)
    if handler is None:
        return  # not Pulumi's dynamic host
    with contextlib.suppress(ValueError):  # wrapped by a decorator, in an SDK to come
        handler.__code__ = _cancel.__code__
    exit_with_engine()


def _cancel(self: Any, request: Any, context: Any) -> Any:
    # Runs with the globals of Pulumi's module, not ours.
    from google.protobuf.empty_pb2 import Empty

    from wallaroo_pulumi.adapters.dynamic_host import cancelled

    cancelled.set()
    return Empty()


# --- the served call ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Call:
    """One gRPC call as Pulumi's handler received it."""

    request: Any
    context: Any

    @property
    def urn(self) -> str | None:
        return getattr(self.request, "urn", None) or None

    @property
    def operation(self) -> str:
        return type(self.request).__name__.removesuffix("Request").lower()


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


# --- private properties ------------------------------------------------------------------------------------

_PROPERTIES: Final = {
    "check": ("olds", "news"),
    "diff": ("id", "olds", "news"),
    "create": ("properties",),
    "read": ("id", "properties"),
    "update": ("id", "olds", "news"),
    "delete": ("id", "properties"),
}
"""Method → the fields of the request that its arguments come from."""


def _restoring(method: Callable[..., _Result], fields: tuple[str, ...]) -> Callable[..., _Result]:
    @functools.wraps(method)
    def call(self: Any, *arguments: Any) -> _Result:
        served = _served_call()
        for field, argument in zip(fields, arguments, strict=True):
            if served and isinstance(argument, dict):
                sent = getattr(served.request, field, {})
                for name in set(sent) - set(argument):
                    if name.startswith("__"):
                        argument[name] = rpc.deserialize_property(sent[name])
        return method(self, *arguments)

    return call


# --- errors ------------------------------------------------------------------------------------------------


class DynamicHostError(Exception):
    """A call failed; the text is one complete line."""


class _OneLineAbort:
    """Replaces the ``abort`` of one call: the first line stays, and a traceback becomes a line."""

    def __init__(self, call: _Call) -> None:
        self._call = call
        self._abort = call.context.abort
        self._line: str | None = None

    def __call__(self, code: grpc.StatusCode, details: str) -> None:
        error = sys.exc_info()[1]
        if self._line is None:
            self._line = _line(error, self._call) if "\n" in details and error else details
        self._abort(code, self._line)


def _reporting(method: Callable[..., _Result]) -> Callable[..., _Result]:
    @functools.wraps(method)
    def call(*args: Any) -> _Result:
        served = _served_call()
        if served and not isinstance(served.context.abort, _OneLineAbort):
            # Also for what fails after our method, when Pulumi serialises its result.
            served.context.abort = _OneLineAbort(served)
        try:
            return method(*args)
        except Exception as error:
            line = _line(error, served)
        if served:
            served.context.abort(grpc.StatusCode.UNKNOWN, line)  # raises
        raise DynamicHostError(line)

    return call


def _line(error: BaseException, call: _Call | None) -> str:
    """Return the user's line for an exception of a call."""
    operation = call.operation if call else ""
    return error_line(error, operation, call.urn if call else None, lambda text: _log(text, call))


def _log(text: str, call: _Call | None) -> None:
    """Send a debug message to the engine, which shows it when ``--debug`` is given. Its address is an argument."""
    with contextlib.suppress(Exception), closing(Engine(sys.argv[1])) as engine:
        engine.debug(text, call.urn if call else None)
