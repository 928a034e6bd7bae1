"""A policy pack that does nothing: what it costs is Pulumi's own."""

from concurrent.futures import ThreadPoolExecutor

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime import proto


class Pack(proto.AnalyzerServicer):
    def GetPluginInfo(self, request, context):
        return proto.PluginInfo(version="0.1.0")

    def GetAnalyzerInfo(self, request, context):
        return proto.AnalyzerInfo(name="floor", version="0.1.0")

    def Configure(self, request, context):
        return empty_pb2.Empty()

    def ConfigureStack(self, request, context):
        return proto.AnalyzerStackConfigureResponse()

    def Remediate(self, request, context):
        return proto.RemediateResponse()

    def Analyze(self, request, context):
        return proto.AnalyzeResponse()

    def AnalyzeStack(self, request, context):
        return proto.AnalyzeResponse()


server = grpc.server(ThreadPoolExecutor(max_workers=4))
proto.add_AnalyzerServicer_to_server(Pack(), server)
port = server.add_insecure_port("127.0.0.1:0")
server.start()
print(port, flush=True)
server.wait_for_termination()
