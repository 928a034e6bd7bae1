"""What becomes of a call whose connection, reply or gateway fails, on real sockets."""

from __future__ import annotations

import socket
from types import SimpleNamespace

import pytest
from scripted_server import ScriptedServer, Step, cut, drip, hang_up, reply

from wallaroo_pulumi import http
from wallaroo_pulumi.api.transport import Effect, Transport
from wallaroo_pulumi.auth import StaticToken
from wallaroo_pulumi.config import load
from wallaroo_pulumi.errors import ApiError, ConnectionFailed, OutcomeUnknown, WallarooError
from wallaroo_pulumi.http import open_client

DONE = reply(200, b'{"workspace_id": 7}')
HTML = reply(200, b"<html><h1>Sign in</h1></html>", "content-type: text/html")
CUT_JSON = reply(200, b'{"workspace_id":')
SHORT_BODY = reply(200, b'{"workspace_id":', length=1000)
REPEATED = [Effect.READ, Effect.IDEMPOTENT]


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits between tries, which take no time."""
    waited: list[float] = []
    monkeypatch.setattr("httpx_retries.retry.time", SimpleNamespace(sleep=waited.append))
    return waited


def call(url: str, effect: Effect, retries: int = 3, timeout: float = 30.0) -> object:
    """One call of a client of its own."""
    settings = load(
        {
            "apiUrl": url,
            "token": "the-token",
            "maxRetries": str(retries),
            "timeout": str(timeout),
        }.get,
        {},
    )
    with open_client(settings) as http:
        return Transport(settings, StaticToken("the-token"), http).call(
            "workspaces/create", {"workspace_name": "fraud"}, effect
        )


def unused_address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


@pytest.mark.parametrize("effect", Effect)
def test_a_refused_connection_leaves_no_doubt(effect: Effect, waits: list[float]) -> None:
    with pytest.raises(ConnectionFailed, match=r"cannot be reached: .*Connection refused"):
        call(unused_address(), effect)
    assert len(waits) == 3


@pytest.mark.parametrize("effect", REPEATED)
@pytest.mark.parametrize("fault", [cut, hang_up, SHORT_BODY, CUT_JSON, HTML, reply(504, b"<html>")])
def test_what_may_be_repeated_is_repeated(effect: Effect, fault: Step, waits: list[float]) -> None:
    with ScriptedServer(fault, fault, DONE) as server:
        assert call(server.url, effect) == {"workspace_id": 7}
    assert server.served == 3


@pytest.mark.parametrize("fault", [cut, hang_up, SHORT_BODY, CUT_JSON, HTML])
def test_repetition_ends(fault: Step, waits: list[float]) -> None:
    with ScriptedServer(fault) as server, pytest.raises(ConnectionFailed):
        call(server.url, Effect.READ)
    assert server.served == 4


@pytest.mark.parametrize(
    ("fault", "may_still_run"),
    [
        (cut, False),
        (hang_up, False),
        (SHORT_BODY, False),
        (CUT_JSON, False),
        (HTML, False),
        (reply(502, b"<html>"), False),
        (reply(504, b"<html>"), True),
    ],
)
def test_a_write_that_may_have_been_carried_out_is_not_repeated(
    fault: Step, may_still_run: bool, waits: list[float]
) -> None:
    with ScriptedServer(fault, DONE) as server, pytest.raises(OutcomeUnknown) as caught:
        call(server.url, Effect.WRITE)
    assert caught.value.may_still_run is may_still_run
    assert server.served == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_write_that_was_not_carried_out_is_repeated(status: int, waits: list[float]) -> None:
    with ScriptedServer(reply(status, b"", "retry-after: 3"), DONE) as server:
        assert call(server.url, Effect.WRITE) == {"workspace_id": 7}
    assert waits == [3.0]


def test_an_absurd_retry_after_is_cut_down(waits: list[float]) -> None:
    with (
        ScriptedServer(reply(503, b"", "retry-after: 86400")) as server,
        pytest.raises(ApiError, match="503"),
    ):
        call(server.url, Effect.READ, retries=100)
    assert max(waits) <= 10
    assert sum(waits) <= 60


@pytest.mark.parametrize(
    "opening", [b"HTTP/1.1 200 OK\r\nx-slow: ", b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n"]
)
def test_a_reply_that_drips_for_ever_is_given_up(opening: bytes) -> None:
    # Each byte comes well within the time for one read; the whole reply never does.
    with ScriptedServer(drip(opening)) as server:
        with pytest.raises(ConnectionFailed, match="did not answer in time"):
            call(server.url, Effect.READ, retries=0, timeout=0.2)
        with pytest.raises(OutcomeUnknown) as caught:
            call(server.url, Effect.WRITE, retries=0, timeout=0.2)
    assert caught.value.may_still_run is True


def test_a_reply_without_end_is_given_up_before_it_fills_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "_LARGEST_REPLY", 1 << 20)
    with ScriptedServer(reply(200, b"x" * (1 << 20) + b"yz")) as server:
        with pytest.raises(ConnectionFailed, match="it is longer than 1 MiB"):
            call(server.url, Effect.READ, retries=0)
        with pytest.raises(OutcomeUnknown):
            call(server.url, Effect.WRITE, retries=0)


def test_json_that_is_nested_without_end_cannot_be_read() -> None:
    with (
        ScriptedServer(reply(200, b"[" * 200_000)) as server,
        pytest.raises(ConnectionFailed, match="no JSON"),
    ):
        call(server.url, Effect.READ, retries=0)
    with ScriptedServer(reply(400, b"[" * 200_000)) as server, pytest.raises(ApiError, match="answered 400"):
        call(server.url, Effect.READ, retries=0)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (reply(400, b'{"msg": "no such\\nworkspace", "code": 400}'), "no such workspace"),
        (reply(500, b'{"error": "engine failed", "code": 500}'), "engine failed"),
        (reply(500, b"<html>\x00\x1b[31m" + b"long " * 1000), "answered 500: a web page ( [31mlong"),
        (reply(500, b""), "workspaces/create answered 500: x"),
        (reply(302, b"", "location: https://elsewhere.example/login?state=abc"), "elsewhere.example"),
    ],
)
def test_an_error_is_one_line(fault: Step, said: str) -> None:
    with ScriptedServer(fault) as server, pytest.raises(WallarooError) as caught:
        call(server.url, Effect.WRITE)
    text = str(caught.value)
    assert said in " ".join(text.split())
    assert text.isprintable()
    assert len(text) < 700
    assert "state=abc" not in text
