"""A server on loopback that does to each connection what the test's script says."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

Step = Callable[[socket.socket], None]
"""Handles one connection; it is closed afterwards."""


class ScriptedServer:
    """Serves one connection for each step of its script; the last step is repeated. A context manager.

    ``served`` counts the connections.
    """

    def __init__(self, *script: Step) -> None:
        self._script = script
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.served = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)  # wakes the accept
        self._socket.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            step = self._script[min(self.served, len(self._script) - 1)]
            self.served += 1
            with connection:
                step(connection)


def take_request(connection: socket.socket) -> None:
    """Read a request to its end."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    lengths = [
        line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
    ]
    missing = int(lengths[0]) - len(body)
    while missing > 0:
        missing -= len(connection.recv(65536))


def reply(status: int, body: bytes, *headers: str, length: int | None = None) -> Step:
    """An answer; ``length`` is the one that the header tells, if not the true one."""

    def step(connection: socket.socket) -> None:
        take_request(connection)
        lines = [
            f"HTTP/1.1 {status} x",
            f"content-length: {len(body) if length is None else length}",
            "connection: close",
            *headers,
        ]
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)

    return step


def cut(connection: socket.socket) -> None:
    """Take the request, and reset the connection."""
    take_request(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hang_up(connection: socket.socket) -> None:
    """Take the request, and close the connection in an orderly way."""
    take_request(connection)


def drip(opening: bytes) -> Step:
    """Send ``opening``, and then a byte now and then until the client has gone."""

    def step(connection: socket.socket) -> None:
        take_request(connection)
        try:
            connection.sendall(opening)
            connection.settimeout(0.02)
            while True:
                connection.sendall(b"x")
                try:
                    if not connection.recv(1):
                        return
                except TimeoutError:
                    pass  # the client is still there
        except OSError:
            pass

    return step
