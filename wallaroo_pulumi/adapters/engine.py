"""The Pulumi engine, as a plugin process sees it: the receiver of messages, and the reader of standard output."""

from __future__ import annotations

import contextlib
import os
import select
import threading
from typing import Any, Final

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

_STDOUT: Final = 1
_TIMEOUT: Final = 10.0
"""Seconds for one message. A message that takes longer is lost, so a busy machine must not reach them."""


class Engine:
    """Sends messages to the engine. A message that does not arrive is lost without an error. Safe for threads."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._channel = grpc.insecure_channel(address)
        self._stub = engine_pb2_grpc.EngineStub(self._channel)

    def info(self, line: str, urn: str | None) -> None:
        """Print a line under the resource."""
        self._log(engine_pb2.INFO, line, urn)

    def status(self, line: str, urn: str | None) -> None:
        """Show a line beside the resource until the next one."""
        self._log(engine_pb2.INFO, line, urn, ephemeral=True)

    def warning(self, line: str, urn: str | None) -> None:
        self._log(engine_pb2.WARNING, line, urn)

    def debug(self, text: str, urn: str | None) -> None:
        """Log a text that users see with ``--debug`` only."""
        self._log(engine_pb2.DEBUG, text, urn)

    def close(self) -> None:
        self._channel.close()

    def _log(self, severity: Any, text: str, urn: str | None, *, ephemeral: bool = False) -> None:
        request = engine_pb2.LogRequest(severity=severity, message=text, urn=urn or "", ephemeral=ephemeral)
        with contextlib.suppress(grpc.RpcError, ValueError):  # ValueError: the channel is closed
            self._stub.Log(request, timeout=_TIMEOUT)


def exit_with_engine() -> None:
    """Let this process end when the engine does. Has no effect on Windows."""
    if hasattr(select, "poll"):
        threading.Thread(target=_wait_for_its_end, daemon=True).start()


def _wait_for_its_end() -> None:
    """Wait until the engine closes its end of our standard output, then end this process."""
    poll = select.poll()
    poll.register(_STDOUT, 0)
    if all(event & select.POLLERR for _, event in poll.poll()):
        os._exit(1)
