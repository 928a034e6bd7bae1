"""The plugin's protocol: configuration, the order of calls, and errors. The calls about resources are in ``run.py``.

It implements the raw gRPC stubs. ``pulumi.provider.experimental`` loses a changed password in DiffConfig and has
neither the old inputs, partial creates nor the engine's log (docs/internals/native-plugin.md).

The kernel and the client are imported by Configure, so that the process starts as fast as Pulumi's SDK allows.
"""

from __future__ import annotations

import functools
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import resources
from typing import TYPE_CHECKING, Any, Final, TypeVar

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import plugin_pb2, provider_pb2_grpc
from pulumi.runtime.proto import provider_pb2 as proto

from ...config import BY_KEY, SECRETS, STACK, Holder, load
from ...errors import ConfigError, ObjectError
from ...unknown_settings import unknown_settings
from ..engine import Engine
from ..error_lines import error_line, package_version
from ..pulumi_values import UNKNOWN, Decoder, Secret, encode
from .failures import CODE, InitFailed

if TYPE_CHECKING:
    from .run import Run

_Response = TypeVar("_Response")

_COMPONENTS: Final = 32
"""Components that are constructed at once; others wait."""
_OF_THE_ENGINE: Final = ("version", "pluginDownloadURL", "parameterization")
"""Keys among a provider's inputs that are not settings."""
_urn: ContextVar[str | None] = ContextVar("urn", default=None)
"""The resource that this thread's call is about."""


def _call(method: Callable[[Any, Any], _Response]) -> Callable[[Any, Any, Any], _Response]:
    """Make a method of the servicer from one that takes the request alone: an exception becomes one line."""

    @functools.wraps(method)
    def call(self: Servicer, request: Any, context: grpc.ServicerContext) -> _Response:
        urn = getattr(request, "urn", "") or None
        with _about(urn):
            try:
                return method(self, request)
            except InitFailed as failed:
                line = str(failed)
                context.set_trailing_metadata(failed.metadata)
            except Exception as error:
                operation = method.__name__.lower()
                line = error_line(error, operation, urn, lambda text: self.debug(text))
        context.abort(CODE, line)
        raise AssertionError("abort raises")

    return call


@contextmanager
def _about(urn: str | None) -> Iterator[None]:
    token = _urn.set(urn)
    try:
        yield
    finally:
        _urn.reset(token)


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """The provider of the package ``wallaroo``. Safe for threads. ``engine`` receives messages; None if unknown yet."""

    def __init__(self, engine: Engine | None = None) -> None:
        self._engine = engine
        self._configured: Run | None = None

    def close(self) -> None:
        """Close the connections of the last run."""
        if self._configured is not None:
            self._configured.close()
            self._configured = None

    # --- the process ---------------------------------------------------------------------------------------

    @_call
    def Handshake(self, request: proto.ProviderHandshakeRequest) -> proto.ProviderHandshakeResponse:
        if self._engine is None and request.engine_address:
            self._engine = Engine(request.engine_address)
        return proto.ProviderHandshakeResponse(
            accept_secrets=True,
            accept_resources=False,
            accept_outputs=False,
            supports_autonaming_configuration=True,
        )

    @_call
    def Attach(self, request: plugin_pb2.PluginAttach) -> Empty:
        self._engine = Engine(request.address)
        return Empty()

    @_call
    def GetPluginInfo(self, request: Empty) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=package_version())

    @_call
    def GetSchema(self, request: proto.GetSchemaRequest) -> proto.GetSchemaResponse:
        schema = resources.files(__package__).joinpath("schema.json").read_text(encoding="utf-8")
        return proto.GetSchemaResponse(schema=schema)

    @_call
    def Cancel(self, request: Empty) -> Empty:
        # The engine also calls it at the end of every run. The next Configure starts another one.
        if self._configured is not None:
            self._configured.cancel()
        return Empty()

    # --- configuration -------------------------------------------------------------------------------------

    @_call
    def CheckConfig(self, request: proto.CheckRequest) -> proto.CheckResponse:
        news = _properties(request.news)
        for unknown in unknown_settings([f"wallaroo:{key}" for key in _settings(news)], ()):
            self.warn(str(unknown))
        texts = _texts(news)
        if texts is not None:
            try:
                load(texts.get, os.environ, _holder(request.urn))
            except ConfigError as error:
                return proto.CheckResponse(failures=[proto.CheckFailure(reason=str(error))])
        inputs = {key: Secret(value) if key in SECRETS else value for key, value in news.items()}
        return proto.CheckResponse(inputs=_struct(inputs))

    @_call
    def DiffConfig(self, request: proto.DiffRequest) -> proto.DiffResponse:
        # Never with `replaces`, which would replace every resource of the provider. The engine also calls this for a
        # resource whose provider changes, with the inputs of another package's provider as the old ones.
        olds = _properties(request.old_inputs if request.HasField("old_inputs") else request.olds)
        news = _properties(request.news)
        changed = [key for key in BY_KEY if olds.get(key) != news.get(key)]
        return proto.DiffResponse(
            changes=proto.DiffResponse.DIFF_SOME if changed else proto.DiffResponse.DIFF_NONE, diffs=changed
        )

    @_call
    def Configure(self, request: proto.ConfigureRequest) -> proto.ConfigureResponse:
        from .run import Run

        texts = _texts(_properties(request.args)) or {}
        urn: str = getattr(request, "urn", "")
        settings = load(texts.get, os.environ, _holder(urn))
        self.close()
        self._configured = Run(settings, self, urn or None)
        return proto.ConfigureResponse(
            acceptSecrets=True,
            supportsPreview=True,
            acceptResources=False,
            acceptOutputs=False,
            supports_autonaming_configuration=True,
        )

    # --- resources -----------------------------------------------------------------------------------------

    @_call
    def Check(self, request: proto.CheckRequest) -> proto.CheckResponse:
        return self._run.check(request)

    @_call
    def Diff(self, request: proto.DiffRequest) -> proto.DiffResponse:
        return self._run.diff(request)

    @_call
    def Create(self, request: proto.CreateRequest) -> proto.CreateResponse:
        return self._run.create(request)

    @_call
    def Read(self, request: proto.ReadRequest) -> proto.ReadResponse:
        return self._run.read(request)

    @_call
    def Update(self, request: proto.UpdateRequest) -> proto.UpdateResponse:
        return self._run.update(request)

    @_call
    def Delete(self, request: proto.DeleteRequest) -> Empty:
        self._run.delete(request)
        return Empty()

    @_call
    def Invoke(self, request: proto.InvokeRequest) -> proto.InvokeResponse:
        return self._run.invoke(request)

    @_call
    def Construct(self, request: proto.ConstructRequest) -> proto.ConstructResponse:
        from .construct import construct

        return construct(request, self._engine.address if self._engine else "")

    # A component waits for the calls about its resources: the threads of those must not all be taken by components.
    Construct.experimental_thread_pool = ThreadPoolExecutor(_COMPONENTS)  # type: ignore[attr-defined]

    # --- messages ------------------------------------------------------------------------------------------

    def report(self, line: str) -> None:
        """Print a line under the resource that this thread's call is about."""
        if self._engine is not None:
            self._engine.info(line, _urn.get())

    def status(self, line: str) -> None:
        """Show progress beside the resource that this thread's call is about."""
        if self._engine is not None:
            self._engine.status(line, _urn.get())

    def warn(self, line: str) -> None:
        if self._engine is not None:
            self._engine.warning(line, _urn.get())

    def debug(self, text: str) -> None:
        if self._engine is not None:
            self._engine.debug(text, _urn.get())

    @property
    def _run(self) -> Run:
        if self._configured is None:
            raise ObjectError("the engine called the provider before it configured it; run the command again")
        return self._configured


def _properties(struct: Struct) -> dict[str, Any]:
    """The inputs of a provider, without the engine's own."""
    decoded = Decoder().properties(MessageToDict(struct))
    return {key: value for key, value in decoded.items() if key not in _OF_THE_ENGINE}


def _settings(properties: Mapping[str, Any]) -> list[str]:
    return [key for key, value in properties.items() if value is not None]


def _holder(urn: str) -> Holder:
    """Return what holds the settings of a provider: its inputs, or the stack configuration for a default one."""
    name = urn.rpartition("::")[2]
    return Holder.provider(name) if name and not re.fullmatch(r"default(_[\d_]+)?", name) else STACK


def _texts(properties: Mapping[str, Any]) -> dict[str, str] | None:
    """The settings as texts; None if a preview does not know one yet."""
    given = {key: properties[key] for key in _settings(properties)}
    if any(value is UNKNOWN for value in given.values()):
        return None
    return {key: _text(value) for key, value in given.items()}


def _text(value: Any) -> str:
    """A setting as text: programs in YAML give numbers and booleans."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, str) else json.dumps(value)


def _struct(properties: Mapping[str, Any]) -> Struct:
    struct = Struct()
    struct.update(encode(properties))
    return struct
