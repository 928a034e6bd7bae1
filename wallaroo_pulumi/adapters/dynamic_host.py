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
import os
import select
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import FrameType
from typing import Any, Final, TypeVar

import grpc
from pulumi.runtime import rpc

from ..errors import ApiError, LoginRejected, WallarooError

_Provider = TypeVar("_Provider")
_Result = TypeVar("_Result")

cancelled: Final = threading.Event()
"""Set when the engine cancels the run."""

_STDOUT = 1


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


# --- the served call ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Call:
    """One gRPC call as Pulumi's handler received it."""

    request: Any
    context: Any

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
    if isinstance(error, WallarooError):
        return " ".join(str(error).splitlines()) + _configuration_hint(error, call)
    label = _label(call)
    if isinstance(error, ImportError):
        reason = " ".join(str(error).splitlines())
        return (
            f"{label}wallaroo_pulumi cannot be loaded by {sys.executable}: {reason}; "
            "install wallaroo_pulumi with its dependencies in this Python environment"
        )
    if isinstance(error, OSError):
        return f"{label}{' '.join(str(error).splitlines())}"
    _log(f"traceback of a bug in wallaroo_pulumi (most recent call last):\n{_frames(error)}", call)
    return (
        f"{label}bug in wallaroo_pulumi {_version()} ({type(error).__name__} in {_place(error)}); "
        "re-run with --debug to log the traceback, and report it to the maintainers of wallaroo_pulumi"
    )


def _configuration_hint(error: WallarooError, call: _Call | None) -> str:
    """Explain a rejected login of a refresh or destroy, whose configuration is that of the last ``pulumi up``."""
    rejected = isinstance(error, LoginRejected) or (isinstance(error, ApiError) and error.status == 401)
    if not (rejected and call and type(call.request).__name__ in ("ReadRequest", "DeleteRequest")):
        return ""
    return (
        "; if you changed the credentials since the last `pulumi up`, run it first, or add --run-program: refresh and "
        "destroy use the configuration in the state"
    )


def _label(call: _Call | None) -> str:
    """Return the start of a line that names operation and object: ``create of Workspace 'fraud': ``."""
    if not call or not call.urn:
        return ""
    operation = type(call.request).__name__.removesuffix("Request").lower()
    type_token, name = call.urn.rsplit("::", 2)[-2:]
    return f"{operation} of {type_token.rpartition(':')[2]} {name!r}: "


def _place(error: BaseException) -> str:
    """Return the last file and line of our package in a traceback, or of any code if ours is not in it."""
    root = Path(__file__).parents[1]
    frames = [
        f"{Path(frame.filename).relative_to(root).as_posix()}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(root) and frame.filename != __file__
    ]
    last = traceback.extract_tb(error.__traceback__)[-1:]
    return (frames or [f"{Path(frame.filename).name}:{frame.lineno}" for frame in last] or ["unknown place"])[
        -1
    ]


def _frames(error: BaseException) -> str:
    """Return the traceback of an exception and its causes without their texts, which may contain secrets."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    earlier = _frames(cause) if cause else ""
    # The text of these names types and attributes, never values.
    text = f": {error}" if isinstance(error, AttributeError | NameError | TypeError) else ""
    return "".join([earlier, *traceback.format_tb(error.__traceback__), f"{type(error).__name__}{text}\n"])


def _version() -> str:
    try:
        return version("wallaroo_pulumi")
    except PackageNotFoundError:  # a source tree on PYTHONPATH
        return "(source tree)"


def _log(text: str, call: _Call | None) -> None:
    """Send a debug message to the engine, which shows it when ``--debug`` is given. Its address is an argument."""
    from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

    with contextlib.suppress(Exception), grpc.insecure_channel(sys.argv[1]) as channel:
        request = engine_pb2.LogRequest(
            severity=engine_pb2.DEBUG, message=text, urn=(call.urn if call else None) or ""
        )
        engine_pb2_grpc.EngineStub(channel).Log(request, timeout=2)
