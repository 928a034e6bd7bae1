"""The plugin's own process, spoken to as the engine does: over gRPC. One process serves any number of runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import grpc
from dynamic_host import NAME, Diff, HostError
from emulated import clean_environment
from engine_double import EngineDouble
from google.protobuf import empty_pb2, struct_pb2
from google.protobuf.json_format import MessageToDict
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

from wallaroo_pulumi.adapters.pulumi_values import UNKNOWN_TEXT, Decoder
from wallaroo_pulumi.adapters.pulumi_values import Path as ValuePath

PROVIDER = "urn:pulumi:test::estate::pulumi:providers:wallaroo::"


def native_urn(kind: str, name: str = NAME) -> str:
    """The URN that the engine sends for a native resource of the stack ``test`` of the project ``estate``."""
    return f"urn:pulumi:test::estate::wallaroo:index:{kind}::{name}"


class PluginHost:
    """The plugin, as a context manager. Properties are plain dictionaries with wire names.

    ``secrets`` holds the paths of the secret values in the last response, ``detailed`` the last detailed diff, and
    ``kept`` the id and the outputs of the object that the last call created and did not finish, if any.
    """

    def __init__(self, env: Mapping[str, str] | None = None) -> None:
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        command = folder / "pulumi"
        command.write_text(f"#!/bin/sh\ncat '{folder}/state.json'\n")
        command.chmod(0o755)
        path = os.pathsep.join([str(folder), os.environ["PATH"]])
        self._env = clean_environment() | {"PATH": path} | dict(env or {})
        self.engine = EngineDouble()
        self.secrets: set[ValuePath] = set()
        self.detailed: dict[str, Any] = {}
        self.kept: tuple[str, dict[str, Any]] | None = None

    def __enter__(self) -> Self:
        self.engine.__enter__()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "wallaroo_pulumi.adapters.plugin", self.engine.address],
            stdout=subprocess.PIPE,
            text=True,
            env=self._env,
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())
        self._channel = grpc.insecure_channel(f"127.0.0.1:{self.port}")
        self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._channel.close()
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        self._folder.cleanup()
        self.engine.__exit__(kind, error, trace)

    # --- configuration -------------------------------------------------------------------------------------

    def configure(
        self,
        config: Mapping[str, Any],
        *,
        state: Sequence[Mapping[str, Any]] = (),
        provider: str = "default",
    ) -> Self:
        """Begin another run. ``state`` are the stack's resources before it, as ``pulumi stack export`` prints them."""
        (Path(self._folder.name) / "state.json").write_text(
            json.dumps({"deployment": {"resources": [*state]}})
        )
        self.engine.logged.clear()
        urn = f"{PROVIDER}{provider}"
        request = provider_pb2.ConfigureRequest(args=struct_of(config), acceptSecrets=True, urn=urn)
        self.call("Configure", request)
        return self

    def check_config(self, news: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
        urn = f"{PROVIDER}default"
        response = self.call("CheckConfig", provider_pb2.CheckRequest(urn=urn, news=struct_of(news)))
        return self._plain(response.inputs), [failure.reason for failure in response.failures]

    def diff_config(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Any:
        request = provider_pb2.DiffRequest(
            urn=f"{PROVIDER}default", olds=struct_of(olds), old_inputs=struct_of(olds), news=struct_of(news)
        )
        return self.call("DiffConfig", request)

    def cancel(self) -> None:
        self.call("Cancel", empty_pb2.Empty())

    # --- resources -----------------------------------------------------------------------------------------

    def check(
        self,
        kind: str,
        news: Mapping[str, Any],
        olds: Mapping[str, Any] | None = None,
        *,
        name: str = NAME,
        autonaming: provider_pb2.CheckRequest.AutonamingOptions | None = None,
    ) -> tuple[dict[str, Any], dict[str, str]]:
        request = provider_pb2.CheckRequest(
            urn=native_urn(kind, name),
            olds=struct_of(olds or {}),
            news=struct_of(news),
            autonaming=autonaming,
        )
        response = self.call("Check", request)
        return self._plain(response.inputs), {f.property: f.reason for f in response.failures}

    def diff(
        self, kind: str, id: str, olds: Mapping[str, Any], news: Mapping[str, Any], *, name: str = NAME
    ) -> Diff:
        request = provider_pb2.DiffRequest(
            urn=native_urn(kind, name), id=id, olds=struct_of(olds), news=struct_of(news)
        )
        response = self.call("Diff", request)
        self.detailed = {
            name: provider_pb2.PropertyDiff.Kind.Name(of.kind) for name, of in response.detailedDiff.items()
        }
        changed = response.changes == provider_pb2.DiffResponse.DIFF_SOME
        return Diff(changed, list(response.replaces), response.deleteBeforeReplace)

    def create(
        self,
        kind: str,
        inputs: Mapping[str, Any],
        *,
        name: str = NAME,
        preview: bool = False,
        timeout: float = 0,
    ) -> tuple[str, dict[str, Any]]:
        request = provider_pb2.CreateRequest(
            urn=native_urn(kind, name), properties=struct_of(inputs), preview=preview, timeout=timeout
        )
        response = self.call("Create", request)
        return response.id, self._plain(response.properties)

    def read(
        self,
        kind: str,
        id: str,
        state: Mapping[str, Any] | None = None,
        *,
        inputs: Mapping[str, Any] | None = None,
        name: str = NAME,
    ) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """Id (empty when gone), outputs and inputs: with a state as in a refresh, else as in an import or ``.get``.

        ``inputs`` are the last ones, by default the state.
        """
        request = provider_pb2.ReadRequest(
            urn=native_urn(kind, name),
            id=id,
            properties=struct_of(state or {}),
            inputs=struct_of(state or {} if inputs is None else inputs),
        )
        response = self.call("Read", request)
        read_inputs = self._plain(response.inputs)
        return response.id, self._plain(response.properties), read_inputs

    def update(
        self,
        kind: str,
        id: str,
        olds: Mapping[str, Any],
        news: Mapping[str, Any],
        *,
        name: str = NAME,
        preview: bool = False,
        timeout: float = 0,
    ) -> dict[str, Any]:
        request = provider_pb2.UpdateRequest(
            urn=native_urn(kind, name),
            id=id,
            olds=struct_of(olds),
            news=struct_of(news),
            preview=preview,
            timeout=timeout,
        )
        return self._plain(self.call("Update", request).properties)

    def delete(self, kind: str, id: str, state: Mapping[str, Any], *, name: str = NAME) -> None:
        request = provider_pb2.DeleteRequest(urn=native_urn(kind, name), id=id, properties=struct_of(state))
        self.call("Delete", request)

    def invoke(self, function: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Call a function, such as ``getWorkspace``."""
        request = provider_pb2.InvokeRequest(tok=f"wallaroo:index:{function}", args=struct_of(arguments))
        return self._plain(getattr(self.call("Invoke", request), "return"))

    def call(self, name: str, request: Any) -> Any:
        """Raises HostError with the line that the user would see."""
        self.kept = None
        try:
            return getattr(self._stub, name)(request, timeout=120)
        except grpc.RpcError as error:
            failed = cast(grpc.Call, error)
            for key, value in failed.trailing_metadata() or ():
                if key == "grpc-status-details-bin":
                    status = status_pb2.Status.FromString(value)
                    details = provider_pb2.ErrorResourceInitFailed()
                    assert status.details[0].Unpack(details)
                    assert list(details.reasons) == [status.message] == [failed.details()]
                    self.kept = details.id, self._plain(details.properties)
            raise HostError(failed.details()) from None

    def _plain(self, struct: struct_pb2.Struct) -> dict[str, Any]:
        self.secrets = set()
        values: dict[str, Any] = Decoder(UNKNOWN_TEXT, on_secret=self.secrets.add).value(
            MessageToDict(struct)
        )
        return values


def struct_of(values: Mapping[str, Any]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(dict(values))
    return struct
