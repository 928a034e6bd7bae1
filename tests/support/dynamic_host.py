"""A real dynamic host process (``python -m pulumi.dynamic``), spoken to as the engine does: over gRPC."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import grpc
from emulated import clean_environment
from google.protobuf import struct_pb2
from google.protobuf.json_format import MessageToDict
from pulumi.dynamic import ResourceProvider
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from wallaroo_pulumi.adapters.dynamic import DynamicProvider
from wallaroo_pulumi.core.record import RECORD_KEYS

UNKNOWN: str = rpc.UNKNOWN
"""What the engine sends for a value that a preview cannot know yet."""


NAME = "example"
"""The resource's name in URNs where a test gives none."""


def urn_of(kind: str, name: str = NAME) -> str:
    """The URN that the engine sends for a resource of this name in the stack ``test`` of the project ``estate``."""
    return f"urn:pulumi:test::estate::pulumi-python:dynamic/wallaroo:{kind}::{name}"


def entry(
    kind: str, id: str, outputs: Mapping[str, Any], *, name: str = NAME, delete: bool = False
) -> dict[str, Any]:
    """A resource as ``pulumi stack export`` prints it."""
    urn = urn_of(kind, name)
    return {"urn": urn, "type": urn.split("::")[2], "id": id, "outputs": dict(outputs), "delete": delete}


def _exporting(state: Sequence[Mapping[str, Any]], folder: Path) -> str:
    """Put a ``pulumi`` into the folder that prints this state, whatever it is asked."""
    (folder / "state.json").write_text(json.dumps({"deployment": {"resources": [*state]}}))
    command = folder / "pulumi"
    command.write_text(f"#!/bin/sh\ncat '{folder}/state.json'\n")
    command.chmod(0o755)
    return str(folder)


class HostError(Exception):
    """A call failed; the text is what the user would see behind Pulumi's own words."""


@dataclass(frozen=True)
class Diff:
    changed: bool
    replaces: list[str]
    delete_before_replace: bool


class DynamicHost:
    """The host, as a context manager. Properties are plain dictionaries with wire names, without ``__provider``.

    ``provider`` makes the provider of a kind, ``engine`` is the address of the engine, and ``name`` is
    the resource's name in the URN of a call. ``state`` are the stack's resources before the run, made by :func:`entry`.
    """

    def __init__(
        self,
        config: Mapping[str, str] | None = None,
        env: Mapping[str, str] | None = None,
        provider: Callable[[str], ResourceProvider] = DynamicProvider,
        engine: str = "127.0.0.1:1",
        state: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        self._engine = engine
        self._provider = provider
        self._config = {f"wallaroo:{key}": value for key, value in (config or {}).items()}
        self._folder = tempfile.TemporaryDirectory()
        path = os.pathsep.join([_exporting(state, Path(self._folder.name)), os.environ["PATH"]])
        self._env = clean_environment() | {"PULUMI_CONFIG": "{}", "PATH": path} | dict(env or {})
        self.lines: list[str] = []

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-m", "pulumi.dynamic", self._engine],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self._env,
        )
        assert self.process.stdout is not None
        port = self.process.stdout.readline().strip()
        self._reader = threading.Thread(target=self._collect, daemon=True)
        self._reader.start()
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        self._call("Configure", provider_pb2.ConfigureRequest(args=_struct(self._config), acceptSecrets=True))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._channel.close()
        self.process.kill()
        self.process.wait()
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()
        self._folder.cleanup()

    def _collect(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    def check(
        self, kind: str, news: Mapping[str, Any], olds: Mapping[str, Any] | None = None, *, name: str = NAME
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """The checked inputs and the failures by property."""
        reply = self._call(
            "Check",
            provider_pb2.CheckRequest(
                urn=urn_of(kind, name), olds=self._props(kind, olds or {}), news=self._props(kind, news)
            ),
        )
        return _plain(reply.inputs), {f.property: f.reason for f in reply.failures}

    def diff(
        self, kind: str, id: str, olds: Mapping[str, Any], news: Mapping[str, Any], *, name: str = NAME
    ) -> Diff:
        reply = self._call(
            "Diff",
            provider_pb2.DiffRequest(
                urn=urn_of(kind, name), id=id, olds=self._props(kind, olds), news=self._props(kind, news)
            ),
        )
        changed = reply.changes == provider_pb2.DiffResponse.DIFF_SOME
        return Diff(changed, list(reply.replaces), reply.deleteBeforeReplace)

    def create(self, kind: str, inputs: Mapping[str, Any], *, name: str = NAME) -> tuple[str, dict[str, Any]]:
        reply = self._call(
            "Create",
            provider_pb2.CreateRequest(urn=urn_of(kind, name), properties=self._props(kind, inputs)),
        )
        return reply.id, _plain(reply.properties)

    def read(
        self,
        kind: str,
        id: str,
        state: Mapping[str, Any] | None = None,
        *,
        inputs: Mapping[str, Any] | None = None,
        name: str = NAME,
    ) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """Id (empty when gone), outputs, inputs.

        With a state as in a refresh, else as for ``.get``. ``inputs`` are the last ones, by default the state.
        """
        reply = self._call(
            "Read",
            provider_pb2.ReadRequest(
                urn=urn_of(kind, name),
                id=id,
                properties=self._props(kind, state or {}),
                inputs=self._props(kind, state or {} if inputs is None else inputs),
            ),
        )
        return reply.id, _plain(reply.properties), _plain(reply.inputs)

    def update(
        self, kind: str, id: str, olds: Mapping[str, Any], news: Mapping[str, Any], *, name: str = NAME
    ) -> dict[str, Any]:
        reply = self._call(
            "Update",
            provider_pb2.UpdateRequest(
                urn=urn_of(kind, name), id=id, olds=self._props(kind, olds), news=self._props(kind, news)
            ),
        )
        return _plain(reply.properties)

    def delete(self, kind: str, id: str, state: Mapping[str, Any], *, name: str = NAME) -> None:
        self._call(
            "Delete",
            provider_pb2.DeleteRequest(urn=urn_of(kind, name), id=id, properties=self._props(kind, state)),
        )

    def _props(self, kind: str, props: Mapping[str, Any]) -> struct_pb2.Struct:
        reference = cast(Any, serialize_provider)(self._provider(kind))
        return _struct({**props, "__provider": reference})

    def _call(self, name: str, request: Any) -> Any:
        try:
            return getattr(self._stub, name)(request, timeout=120)
        except grpc.RpcError as error:
            raise HostError(cast(grpc.Call, error).details()) from None


def _struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(dict(values))
    return struct


def _plain(struct: struct_pb2.Struct) -> dict[str, Any]:
    return {k: v for k, v in MessageToDict(struct).items() if k in RECORD_KEYS or not k.startswith("__")}
