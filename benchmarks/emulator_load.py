"""The emulator under load: many connections at once, each asking for the next thing as soon as it is answered."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from .instance import Instance

_PATIENCE = 60.0
"""Seconds after which an answer counts as missing."""
_TENTHS = 10


@dataclass(frozen=True)
class Load:
    """What came of it."""

    seeded: int
    """Workspaces."""
    seeding: float
    """Seconds."""
    connections: int
    requests: int
    errors: int
    """Answers other than 200, and connections that broke."""
    seconds: float
    memory: list[float]
    """MiB, at the start and after each tenth of the requests."""

    @property
    def growth(self) -> float:
        """Memory at the end as a multiple of that after the first tenth, when caches and pools are filled."""
        return self.memory[-1] / self.memory[1]


def measure(connections: int, requests: int, workspaces: int) -> Load:
    """Seed the workspaces, then ask for the members of one after another.

    The request log, which keeps the last 100,000 requests, is emptied after each tenth: its growth is no leak.
    """
    with Instance() as instance:
        emulated = instance.emulated
        emulated.http.timeout = 120.0
        begun = time.monotonic()
        emulated.control("seed", workspaces={"count": workspaces, "prefix": "w", "owner": "ops@example.com"})
        seeding = time.monotonic() - begun
        token = instance.bearer()
        memory, errors, seconds = [instance.resident()], 0, 0.0
        for tenth in range(_TENTHS):
            begun = time.monotonic()
            share = requests // _TENTHS
            errors += asyncio.run(_ask(emulated.url, token, connections, share, tenth * share, workspaces))
            seconds += time.monotonic() - begun
            emulated.forget_requests()
            memory.append(instance.resident())
    return Load(workspaces, seeding, connections, share * _TENTHS, errors, seconds, memory)


async def _ask(url: str, token: str, connections: int, count: int, first: int, workspaces: int) -> int:
    """Send ``count`` requests over so many connections; returns how many were not answered with 200."""
    address = urlsplit(url)
    turns = iter(range(first, first + count))

    async def one_connection() -> int:
        wrong = 0
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        try:
            for turn in turns:
                body = json.dumps({"workspace_id": turn % workspaces + 1}).encode()
                head = (
                    f"POST /v1/api/workspaces/list_users HTTP/1.1\r\nhost: {address.netloc}\r\n"
                    f"authorization: {token}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
                )
                writer.write(head.encode() + body)
                wrong += await asyncio.wait_for(_status(reader), _PATIENCE) != 200
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            wrong += 1
        finally:
            writer.close()
        return wrong

    return sum(await asyncio.gather(*(one_connection() for _ in range(connections))))


async def _status(reader: asyncio.StreamReader) -> int:
    """Read one answer to its end."""
    status, *headers = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    lengths = [line for line in headers if line.lower().startswith("content-length:")]
    await reader.readexactly(int(lengths[0].split(":")[1]))
    return int(status.split()[1])
