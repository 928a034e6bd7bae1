"""The plugin's servicer in this process: the calls of one run as the engine makes them, without gRPC between."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from dynamic_host import NAME
from google.protobuf import empty_pb2
from google.protobuf.json_format import MessageToDict
from plugin_host import PROVIDER, native_urn, struct_of
from pulumi.runtime.proto import provider_pb2, status_pb2

from wallaroo_pulumi.adapters.plugin.servicer import Servicer
from wallaroo_pulumi.adapters.pulumi_values import UNKNOWN_TEXT, Decoder
from wallaroo_pulumi.errors import WallarooError
from wallaroo_pulumi.provider.provider import PartialCreate


class CallFailed(WallarooError):
    """A call ended in an error; the text is what the engine prints."""


class PluginInProcess:
    """Has the methods of the kernel's `Provider` that `lives.Life` calls. URNs are of a resource `example`."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        self._servicer = Servicer()
        urn = f"{PROVIDER}default"
        self._call("Configure", provider_pb2.ConfigureRequest(args=struct_of(settings), urn=urn))

    def create(self, kind: str, urn: str | None, inputs: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        properties = struct_of(inputs)
        request = provider_pb2.CreateRequest(urn=urn or native_urn(kind, NAME), properties=properties)
        response = self._call("Create", request)
        return response.id, _plain(response.properties)

    def read(
        self, kind: str, urn: str | None, id: str, state: Mapping[str, Any]
    ) -> tuple[str, dict[str, Any], dict[str, Any]] | None:
        properties = struct_of(state)
        request = provider_pb2.ReadRequest(
            urn=urn or native_urn(kind, NAME), id=id, properties=properties, inputs=properties
        )
        response = self._call("Read", request)
        return (response.id, _plain(response.properties), _plain(response.inputs)) if response.id else None

    def update(
        self, kind: str, urn: str | None, id: str, olds: Mapping[str, Any], news: Mapping[str, Any]
    ) -> dict[str, Any]:
        request = provider_pb2.UpdateRequest(
            urn=urn or native_urn(kind, NAME), id=id, olds=struct_of(olds), news=struct_of(news)
        )
        return _plain(self._call("Update", request).properties)

    def delete(self, kind: str, urn: str | None, id: str, state: Mapping[str, Any]) -> None:
        request = provider_pb2.DeleteRequest(
            urn=urn or native_urn(kind, NAME), id=id, properties=struct_of(state)
        )
        self._call("Delete", request)

    def close(self) -> None:
        """End the run, as the engine does, and the process, which closes its connections."""
        self._call("Cancel", empty_pb2.Empty())
        self._servicer.close()

    def _call(self, name: str, request: Any) -> Any:
        return getattr(self._servicer, name)(request, _Context())


class _Context:
    """Raises what a call aborts with: PartialCreate if the object was created, or else CallFailed."""

    def __init__(self) -> None:
        self._metadata: tuple[tuple[str, bytes], ...] = ()

    def set_trailing_metadata(self, metadata: tuple[tuple[str, bytes], ...]) -> None:
        self._metadata = metadata

    def abort(self, code: object, line: str) -> NoReturn:
        del code
        for _, value in self._metadata:
            details = provider_pb2.ErrorResourceInitFailed()
            status_pb2.Status.FromString(value).details[0].Unpack(details)
            raise PartialCreate(details.id, _plain(details.properties), line)
        raise CallFailed(line)


def _plain(struct: Any) -> dict[str, Any]:
    values: dict[str, Any] = Decoder(UNKNOWN_TEXT).value(MessageToDict(struct))
    return values
