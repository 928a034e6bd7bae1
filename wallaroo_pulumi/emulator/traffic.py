"""Request handling around the services: logging, latency, rate limits and injected faults.

This is the outermost ASGI application, directly under uvicorn, because only there can a connection be cut.
"""

import asyncio
import contextlib
import json
import socket
import struct
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any, Literal
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTROL_PREFIX = "/__emulator__/"
SECRET_KEYS = frozenset(
    ("password", "client_secret", "secret", "refresh_token", "access_token", "token", "join_token", "details")
)
LOGGED_BODY_BYTES = 65_536
LOG_LENGTH = 100_000

FaultKind = Literal["respond", "reset", "lost_reply", "late_reply", "truncate", "delay"]


@dataclass
class Fault:
    """A fault of the next `count` requests whose path matches the glob `path`.

    - `respond`: not executed; answered with `status`, `headers` and `body` (bytes);
    - `reset`: not executed; the connection is reset;
    - `lost_reply`: executed and committed, then the connection is reset;
    - `late_reply`: executed and committed, then answered after `delay` seconds;
    - `truncate`: executed; half of the response's body arrives, as a complete HTTP response;
    - `delay`: a delay only. Every other kind may have a `delay` before it, in seconds.
    """

    path: str
    count: int
    kind: FaultKind
    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    delay: float = 0.0


@dataclass
class Entry:
    """One request of the log. `body` has secrets redacted; `status` is None without a response."""

    time: str
    method: str
    path: str
    status: int | None = None
    sub: str | None = None
    user: str | None = None
    client: str | None = None
    body: dict[str, Any] | None = None
    fault: FaultKind | None = None


class RateLimit:
    """A limit of `rate` requests in each second of the clock, like a gateway's; None is no limit."""

    def __init__(self, rate: int | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._second = 0
        self._passed = 0

    def refuses(self) -> bool:
        """Count a request and return whether it exceeds the limit."""
        if self._rate is None:
            return False
        second = int(self._clock())
        if second != self._second:
            self._second, self._passed = second, 0
        self._passed += 1
        return self._passed > self._rate


_TOO_MANY = Fault(
    path="*",
    count=1,
    kind="respond",
    status=429,
    headers={"content-type": "application/json", "retry-after": "1"},
    body=b'{"msg": "too many requests", "code": 429}',
)


class Traffic:
    """ASGI middleware around the services. The control plane (`/__emulator__/`) bypasses it."""

    def __init__(self, app: ASGIApp, clock: Callable[[], float]) -> None:
        self._app = app
        self._clock = clock
        self.latency = 0.0
        self.limit = RateLimit(None)
        self.faults: list[Fault] = []
        self.log: deque[Entry] = deque(maxlen=LOG_LENGTH)
        self.last_request = time.monotonic()

    def entries(self) -> list[dict[str, Any]]:
        return [asdict(entry) for entry in self.log]

    def reset(self) -> None:
        self.latency = 0.0
        self.limit = RateLimit(None)
        self.faults.clear()
        self.log.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        self.last_request = time.monotonic()
        try:
            if scope["path"].startswith(CONTROL_PREFIX):
                await self._app(scope, receive, send)
            else:
                await self._handle(scope, receive, send)
        except asyncio.CancelledError:
            pass  # only the end of the server cancels a request, and the connection is closed by then
        finally:
            self.last_request = time.monotonic()

    async def _handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        now = datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="microseconds")
        entry = Entry(now, scope["method"], scope["path"])
        self.log.append(entry)
        fault = _TOO_MANY if self.limit.refuses() else self._next_fault(scope["path"])
        entry.fault = fault.kind if fault else None
        delay = self.latency + (fault.delay if fault and fault.kind != "late_reply" else 0.0)
        if delay:
            await asyncio.sleep(delay)

        async def recorded(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry.status = message["status"]
            await send(message)

        body = _Recorder(scope, receive)
        try:
            match fault:
                case None | Fault(kind="delay"):
                    await self._app(scope, body.receive, recorded)
                case Fault(kind="reset"):
                    await body.drain()
                    await _cut(receive, send)
                case Fault(kind="lost_reply"):
                    reply = await self._collect(scope, body.receive)
                    entry.status = reply.status
                    await _cut(receive, send)
                case Fault(kind="late_reply"):
                    reply = await self._collect(scope, body.receive)
                    entry.status = reply.status
                    await asyncio.sleep(fault.delay)
                    await reply.send(send, reply.body)
                case Fault(kind="truncate"):
                    reply = await self._collect(scope, body.receive)
                    await reply.send(recorded, reply.body[: len(reply.body) // 2])
                case Fault(kind="respond"):
                    await body.drain()
                    headers = [
                        (name.lower().encode(), value.encode()) for name, value in fault.headers.items()
                    ]
                    await _Reply(fault.status, headers).send(recorded, fault.body)
        finally:
            entry.body = body.redacted()
            known = scope.get("state", {})
            if user := known.get("user"):
                entry.sub, entry.user = user.id, user.username
            entry.client = known.get("client_id")

    def _next_fault(self, path: str) -> Fault | None:
        for fault in self.faults:
            if fnmatchcase(path, fault.path):
                fault.count -= 1
                if fault.count <= 0:
                    self.faults.remove(fault)
                return fault
        return None

    async def _collect(self, scope: Scope, receive: Receive) -> "_Reply":
        """Carry the request out and hold the response back."""
        reply = _Reply()

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                reply.status = message["status"]
                reply.headers = list(message["headers"])
            else:
                reply.body += message.get("body", b"")

        await self._app(scope, receive, keep)
        return reply


@dataclass
class _Reply:
    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    async def send(self, send: Send, body: bytes) -> None:
        headers = [pair for pair in self.headers if pair[0] != b"content-length"]
        headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class _Recorder:
    """The body of a request, passed on, with a copy of a small JSON or form body for the log."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        headers = dict(scope["headers"])
        self._content_type = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        self._receive = receive
        self._body = bytearray()
        self.receive: Receive = self._recording if self._is_logged() else receive

    def _is_logged(self) -> bool:
        return self._content_type in (b"application/json", b"application/x-www-form-urlencoded")

    async def _recording(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request" and len(self._body) <= LOGGED_BODY_BYTES:
            self._body += message.get("body", b"")
        return message

    async def drain(self) -> None:
        """Read the request to its end, so that the client notices nothing before the response or the cut."""
        while (message := await self.receive())["type"] == "http.request" and message.get("more_body"):
            pass

    def redacted(self) -> dict[str, Any] | None:
        """Return the body as an object with secrets redacted; None if it is not one or too large."""
        if not self._body or len(self._body) > LOGGED_BODY_BYTES:
            return None
        try:
            if self._content_type == b"application/json":
                parsed = json.loads(self._body)
            else:
                parsed = dict(parse_qsl(self._body.decode(), keep_blank_values=True))
        except ValueError:
            return None
        redacted = _redact(parsed)
        return redacted if isinstance(redacted, dict) else None


def _redact(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: "***" if key in SECRET_KEYS else _redact(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_redact(item) for item in value]
    return value


async def _cut(receive: Receive, send: Send) -> None:
    """Reset the TCP connection of a request (the client gets ECONNRESET instead of a response).

    ASGI offers no reset, so this takes the transport from uvicorn's request cycle, which `send` is a method of.
    Without a transport (an in-process test) it raises ConnectionResetError.
    """
    transport: asyncio.Transport | None = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionResetError("a fault of the emulator resets this connection")
    connection = transport.get_extra_info("socket")
    if connection is not None:
        # A linger time of 0 makes the close a reset. The client may be gone already.
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    # uvicorn must notice before this returns, or it would answer 500.
    while (await receive())["type"] != "http.disconnect":
        pass
