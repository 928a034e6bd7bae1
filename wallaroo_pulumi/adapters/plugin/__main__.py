"""The process that the Pulumi engine starts for the native plugin."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from wallaroo_pulumi.adapters.engine import Engine, exit_with_engine
from wallaroo_pulumi.adapters.plugin.servicer import Servicer

_CALLS: Final = 32
"""Calls served at once, as many as the client has connections (``http.py``)."""
_MESSAGE_SIZE: Final = 400 * 2**20
"""Bytes; the engine's own limit."""


def main() -> None:
    """Serve until the engine ends. The engine reads the port from standard output; its address is the last argument."""
    address = sys.argv[-1] if len(sys.argv) > 1 else None  # none if a user starts the plugin, to attach it
    server = grpc.server(
        ThreadPoolExecutor(_CALLS),
        options=[
            ("grpc.max_receive_message_length", _MESSAGE_SIZE),
            ("grpc.max_send_message_length", _MESSAGE_SIZE),
        ],
    )
    servicer = Servicer(Engine(address) if address else None)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    exit_with_engine()
    try:
        server.wait_for_termination()
    except KeyboardInterrupt:
        server.stop(None)


if __name__ == "__main__":
    main()
