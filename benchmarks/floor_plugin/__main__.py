"""The process of the plugin that does nothing, in the form of ours: the raw stubs and a pool of threads."""

from __future__ import annotations

import itertools
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import plugin_pb2, provider_pb2_grpc
from pulumi.runtime.proto import provider_pb2 as proto

_CALLS = 32
_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_ids = itertools.count(1)


class Floor(provider_pb2_grpc.ResourceProviderServicer):
    """Gives back what it gets, with ids."""

    def Handshake(self, request: Any, context: Any) -> Any:
        return proto.ProviderHandshakeResponse(accept_secrets=True)

    def Attach(self, request: Any, context: Any) -> Any:
        return Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version="0.1.0")

    def GetSchema(self, request: Any, context: Any) -> Any:
        return proto.GetSchemaResponse(schema='{"name": "floor", "version": "0.1.0"}')

    def Cancel(self, request: Any, context: Any) -> Any:
        return Empty()

    def CheckConfig(self, request: Any, context: Any) -> Any:
        return proto.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        return proto.DiffResponse(changes=proto.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: Any) -> Any:
        return proto.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Check(self, request: Any, context: Any) -> Any:
        return proto.CheckResponse(inputs=request.news)

    def Diff(self, request: Any, context: Any) -> Any:
        same = all(request.olds[name] == value for name, value in request.news.items())
        return proto.DiffResponse(
            changes=proto.DiffResponse.DIFF_NONE if same else proto.DiffResponse.DIFF_SOME
        )

    def Create(self, request: Any, context: Any) -> Any:
        made = Struct()
        made.CopyFrom(request.properties)
        made.update({"adopted": False})
        if "email" in request.properties:
            id = uuid.uuid4().hex
            made.update({"userId": id})
        else:
            number = next(_ids)
            id = str(number)
            made.update({"workspaceId": number, "createdAt": "2024-07-11T16:51:50.885751+00:00"})
        if request.preview:
            made.update({name: _UNKNOWN for name in ("workspaceId", "createdAt", "userId") if name in made})
        return proto.CreateResponse(id="" if request.preview else id, properties=made)

    def Read(self, request: Any, context: Any) -> Any:
        return proto.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)

    def Update(self, request: Any, context: Any) -> Any:
        return proto.UpdateResponse(properties=request.news)

    def Delete(self, request: Any, context: Any) -> Any:
        return Empty()


def main() -> None:
    server = grpc.server(ThreadPoolExecutor(_CALLS))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Floor(), server)
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    server.wait_for_termination()


if __name__ == "__main__":
    main()
