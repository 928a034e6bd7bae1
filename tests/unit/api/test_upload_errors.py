"""An upload that fails names the file, its size and the limit that is likely in the way."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from scripted_server import ScriptedServer, Step, cut, reply

from wallaroo_pulumi.api.transport import Transport
from wallaroo_pulumi.auth import StaticToken
from wallaroo_pulumi.config import load
from wallaroo_pulumi.errors import ApiError, OutcomeUnknown, WallarooError
from wallaroo_pulumi.http import open_client

SIZE = 3 << 20


@pytest.fixture
def upload(tmp_path: Path) -> Callable[[Step], WallarooError]:
    """Uploads a file of 3 MiB to a server that does this, and gives the error."""
    file = tmp_path / "fraud.onnx"
    file.write_bytes(b"x" * SIZE)

    def send(step: Step) -> WallarooError:
        with ScriptedServer(step) as server:
            settings = load(
                {"apiUrl": server.url, "token": "the-token", "maxRetries": "0", "timeout": "5"}.get, {}
            )
            with open_client(settings) as http, pytest.raises(WallarooError) as caught:
                Transport(settings, StaticToken("the-token"), http).upload("models/upload", {}, file, 5, dict)
        assert str(caught.value).isprintable()
        assert "models/upload of 'fraud.onnx' (3.0 MiB)" in str(caught.value)
        return caught.value

    return send


def hang_up_early(connection: socket.socket) -> None:
    """Take the beginning, and close."""
    connection.recv(1024)


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (
            reply(413, b"<html><title>413 Request Entity Too Large</title></html>"),
            "answered 413: a web page (413 Request Entity Too Large), not an answer of the API; a gateway limits the "
            "size of requests: raise its limit (of an nginx ingress: proxy-body-size)",
        ),
        (
            reply(507, b'{"msg": "no space left", "code": 507}'),
            "answered 507: no space left; the instance's storage is",
        ),
        (
            reply(500, b'{"msg": "out of memory", "code": 500}'),
            "answered 500: out of memory; the instance failed",
        ),
    ],
)
def test_a_refusal(step: Step, said: str, upload: Callable[[Step], WallarooError]) -> None:
    error = upload(step)
    assert isinstance(error, ApiError)
    assert said in str(error)


@pytest.mark.parametrize("step", [cut, hang_up_early])
def test_a_connection_that_is_cut(step: Step, upload: Callable[[Step], WallarooError]) -> None:
    error = upload(step)
    assert isinstance(error, OutcomeUnknown)
    assert " of 3.0 MiB were sent: a gateway may limit the size or the duration of uploads" in str(error)
    assert "the request may have been applied: run `pulumi up` again" in str(error)


@pytest.mark.parametrize(("status", "may_still_run"), [(502, False), (504, True)])
def test_a_gateway_that_gives_up(
    status: int, may_still_run: bool, upload: Callable[[Step], WallarooError]
) -> None:
    error = upload(reply(status, b"<html><title>Gateway</title></html>"))
    assert isinstance(error, OutcomeUnknown)
    assert error.may_still_run is may_still_run
