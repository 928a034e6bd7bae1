"""A forward proxy on loopback: plain HTTP requests and CONNECT, to hosts that only it can resolve."""

from __future__ import annotations

import base64
import contextlib
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Seen:
    """A request as the proxy received it."""

    method: str
    target: str
    credentials: str | None
    """``user:password``, None without."""


class ForwardProxy:
    """Sends each host's requests to its loopback port. A context manager; ``url`` is where it listens.

    ``requests`` holds what it was asked, ``refusals`` what it answers instead, in turn: a status line and a body.
    """

    def __init__(self, hosts: Mapping[str, int]) -> None:
        self._hosts = hosts
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.requests: list[Seen] = []
        self.refusals: list[tuple[str, str]] = []

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
                client, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._handle, args=(client,), daemon=True).start()

    def _handle(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            head, body = _read_head(client)
            if not head:
                return
            method, target, _ = head[0].split(" ")
            self.requests.append(Seen(method, target, _credentials(head)))
            if self.refusals:
                status, page = self.refusals.pop(0)
                answer = (
                    f"HTTP/1.1 {status}\r\ncontent-length: {len(page)}\r\nconnection: close\r\n\r\n{page}"
                )
                client.sendall(answer.encode())
                return
            parts = urlsplit(target if method != "CONNECT" else f"//{target}")
            with socket.create_connection(("127.0.0.1", self._hosts[parts.hostname or ""])) as server:
                if method == "CONNECT":
                    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                else:
                    rest = [
                        line for line in head[1:] if not line.lower().startswith(("proxy-", "connection:"))
                    ]
                    lines = [f"{method} {parts.path} HTTP/1.1", *rest, "connection: close", "", ""]
                    server.sendall("\r\n".join(lines).encode() + body)
                _join(client, server)


def _read_head(client: socket.socket) -> tuple[list[str], bytes]:
    received = b""
    while b"\r\n\r\n" not in received:
        if not (chunk := client.recv(65536)):
            return [], b""
        received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    return head.decode().split("\r\n"), body


def _credentials(head: list[str]) -> str | None:
    for line in head:
        if line.lower().startswith("proxy-authorization: basic "):
            return base64.b64decode(line.split(" ")[2]).decode()
    return None


def _join(one: socket.socket, other: socket.socket) -> None:
    """Pass bytes in both directions until one side ends."""

    def copy(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while chunk := source.recv(65536):
                target.sendall(chunk)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    back = threading.Thread(target=copy, args=(other, one), daemon=True)
    back.start()
    copy(one, other)
    back.join()
