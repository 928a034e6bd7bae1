"""A TCP proxy that mistreats one exchange: the network between a client and a server."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import urlsplit

Mistreatment = Literal["reset before", "reset after", "cut reply", "drip reply", "silence"]


class TcpProxy:
    """Passes bytes on, as a context manager; ``url`` is where it listens.

    :meth:`mistreat` names bytes of a request; the next connection that sends them is treated as told, once:
    reset before the request is passed on, reset after it but before the reply, half of the reply and then the end,
    a byte of the reply now and then without end, or no reply at all.
    """

    def __init__(self, target: str, port: int = 0) -> None:
        parts = urlsplit(target)
        self._target = (parts.hostname or "", parts.port or 0)
        self._socket = socket.create_server(("127.0.0.1", port))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._orders: list[tuple[bytes, Mistreatment]] = []
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def mistreat(self, request: str, how: Mistreatment) -> None:
        self._orders.append((request.encode(), how))

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []
        server = await asyncio.start_server(self._accept, sock=self._socket)
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.sleep(0)  # aborted transports close in the next turn of the loop

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        self._start(self._connection(reader, writer))

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection(*self._target)
        self._writers.append(up_writer)
        replies = self._start(self._pass_on(up_reader, writer))
        try:
            while request := await reader.read(65536):
                how = self._order_for(request)
                if how == "reset before":
                    return
                if how is not None:
                    replies.cancel()
                up_writer.write(request)
                await up_writer.drain()
                if how is not None:
                    await self._mistreat_reply(how, up_reader, writer)
                    return
        except (ConnectionError, asyncio.CancelledError):
            return
        finally:
            replies.cancel()
            _reset(writer)
            up_writer.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while reply := await reader.read(65536):
            writer.write(reply)
            await writer.drain()

    async def _mistreat_reply(
        self, how: Mistreatment, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await asyncio.sleep(0)  # the task that passed replies on has gone by now
        reply = await reader.read(65536)
        if how == "cut reply":
            writer.write(reply[: len(reply) // 2])
            await writer.drain()
        if how == "drip reply":
            for byte in reply[:-1] + b" " * 1000:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0.05)
        if how == "silence":
            await self._stop.wait()

    def _order_for(self, request: bytes) -> Mistreatment | None:
        for order in self._orders:
            if order[0] in request:
                self._orders.remove(order)
                return order[1]
        return None


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with RST instead of FIN."""
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
