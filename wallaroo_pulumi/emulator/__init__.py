"""A local Wallaroo: Keycloak's token endpoint and the MLOps REST API on one loopback address.

It exists so that stacks, tests and demonstrations run without an instance. It shares no code with the client,
so that a mistake in one is not repeated in the other. What it does and does not imitate: docs/emulator.md.
"""

from .server import EmulatorServer, serve
from .settings import Settings
from .state import StateError

__all__ = ["EmulatorServer", "Settings", "StateError", "serve"]
