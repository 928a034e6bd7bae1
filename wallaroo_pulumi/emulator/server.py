"""Runs the emulator on 127.0.0.1: `serve` in the foreground, `EmulatorServer` on a thread for tests."""

import errno
import logging
import socket
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Self

import uvicorn

from .app import create_app, open_state
from .control.seed_format import OPERATOR
from .settings import Settings
from .state import StateError
from .traffic import Traffic

HOST = "127.0.0.1"


class _Server(uvicorn.Server):
    """A uvicorn server that signals readiness, stops at once, and may stop when idle."""

    def __init__(self, app: Traffic, idle_exit: float | None, on_ready: Callable[[], object]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                loop="asyncio",
                http="httptools",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                # Longer than any client keeps an idle connection, so that no new request meets a closed one.
                timeout_keep_alive=300,
            )
        )
        self._traffic = app
        self._idle_exit = idle_exit
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_ready()

    async def on_tick(self, counter: int) -> bool:
        idle = time.monotonic() - self._traffic.last_request
        return await super().on_tick(counter) or (self._idle_exit is not None and idle > self._idle_exit)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Every write is committed, so there is nothing to wait for.
        self.force_exit = True
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.should_exit = True


class EmulatorServer:
    """An emulator on a thread of this process, as a context manager.

    `url` is its base address. `clock` (seconds since 1970) decides when tokens expire. `on_ready` is called
    on the serving thread once the server answers requests and handles signals.
    Raises OSError if the port is in use and StateError for an unusable state file.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        clock: Callable[[], float] = time.time,
        on_ready: Callable[["EmulatorServer"], object] = lambda _: None,
    ) -> None:
        self.settings = settings or Settings()
        self._socket = _listen(self.settings.port)
        try:
            self._db = open_state(self.settings, clock)
        except BaseException:
            self._socket.close()
            raise
        self._on_ready = on_ready
        self._ready = threading.Event()
        self._server = _Server(create_app(self.settings, self._db), self.settings.idle_exit, self._announce)
        self._thread = threading.Thread(target=self.run, name="wallaroo-emulator", daemon=True)
        self.url = f"http://{HOST}:{self._socket.getsockname()[1]}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Wait until the server answers requests."""
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()

    def _announce(self) -> None:
        self._on_ready(self)
        self._ready.set()

    def run(self) -> None:
        """Serve on the calling thread until a signal, `stop` or the idle timeout."""
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._ready.set()  # a failed start must not wait forever
            self._db.close()
            self._socket.close()


def serve(settings: Settings) -> int:
    """Run an emulator in the foreground and return the process's exit code.

    The first line of standard output is the base URL; the commands that point a stack at it follow. Everything
    else goes to standard error. SIGTERM and SIGINT end it at once with code 0.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    try:
        server = EmulatorServer(settings, on_ready=_print_address)
    except StateError as error:
        return _fail(str(error))
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            return _fail(f"cannot listen on {HOST} port {settings.port}: {error}")
        return _fail(
            f"port {settings.port} on {HOST} is in use; choose another with --port, or 0 for any free one"
        )
    server.run()
    return 0


def _print_address(server: EmulatorServer) -> None:
    keycloak = server.settings.keycloak_url
    settings = [f"wallaroo:apiUrl {server.url}"]
    if keycloak:
        settings.append(f"wallaroo:keycloakUrl {keycloak}")
    else:
        settings += [
            "wallaroo:clientSecret api-client-secret --secret",
            f"wallaroo:username {OPERATOR}",
            "wallaroo:password ops-password --secret",
        ]
    lines = [f"pulumi config set {setting}" for setting in settings]
    print(server.url, *lines, sep="\n", flush=True)


def _fail(message: str) -> int:
    print(f"wallaroo emulator: {message}", file=sys.stderr)
    return 1


def _listen(port: int) -> socket.socket:
    # asyncio disables Nagle's algorithm only if the protocol is named; with it every response takes 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":
            # Otherwise the port stays in use for a minute after connections were cut.
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
        listening.listen(2048)
    except BaseException:
        listening.close()
        raise
    return listening
