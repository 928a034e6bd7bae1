"""Too many requests in one second are answered 429, and nothing of them is carried out."""

from __future__ import annotations

import asyncio

import httpx
from emulator_client import Instance
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from wallaroo_pulumi.emulator.traffic import RateLimit, Traffic


def test_each_second_lets_so_many_through() -> None:
    now = 7.0
    limit = RateLimit(2, lambda: now)
    assert [limit.refuses() for _ in range(3)] == [False, False, True]
    now = 7.9
    assert limit.refuses()
    now = 8.0
    assert [limit.refuses() for _ in range(3)] == [False, False, True]


def test_one_too_many_is_told_when_to_come_back_and_is_not_carried_out() -> None:
    carried_out = []

    async def service(scope: Scope, receive: Receive, send: Send) -> None:
        carried_out.append(scope["path"])
        await PlainTextResponse("done")(scope, receive, send)

    traffic = Traffic(service, lambda: 0.0)
    traffic.limit = RateLimit(1, lambda: 0.0)

    async def two_requests() -> list[httpx.Response]:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(traffic), base_url="http://localhost"
        ) as client:
            return [await client.post(path) for path in ("/first", "/second")]

    first, second = asyncio.run(two_requests())
    assert (first.status_code, second.status_code) == (200, 429)
    assert second.headers["retry-after"] == "1"
    assert second.json() == {"msg": "too many requests", "code": 429}
    assert carried_out == ["/first"]
    assert [entry["status"] for entry in traffic.entries()] == [200, 429]


def test_the_limit_is_set_and_lifted(instance: Instance) -> None:
    instance.control("rate", requests_per_second=1)
    # However slow the machine, one of so many shares its second with another.
    statuses = [instance.http.get("/v1/api/config").status_code for _ in range(50)]
    assert set(statuses) == {200, 429}
    instance.control("rate", requests_per_second=None)
    assert {instance.http.get("/v1/api/config").status_code for _ in range(50)} == {200}
