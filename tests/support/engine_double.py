"""The engine as a host or plugin sees it: it receives log messages."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2_grpc


class EngineDouble(engine_pb2_grpc.EngineServicer):
    """Records what is logged, as a context manager that serves at ``address``."""

    def __init__(self) -> None:
        self.logged: list[Any] = []
        self._server = grpc.server(ThreadPoolExecutor(1))
        engine_pb2_grpc.add_EngineServicer_to_server(self, self._server)
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop(None).wait()

    def Log(self, request: Any, context: Any) -> Any:
        self.logged.append(request)
        return empty_pb2.Empty()

    @property
    def lines(self) -> list[str]:
        """What users see, in order."""
        return [request.message for request in self.logged if request.severity > 0]
