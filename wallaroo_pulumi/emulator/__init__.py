"""A local Wallaroo: Keycloak's token endpoint and the MLOps REST API on one loopback address.

Stacks, tests and demonstrations use it instead of an instance. It shares no code with the client, so that a mistake in
one is not repeated in the other. docs/emulator.md lists what it imitates, docs/internals/emulator-decisions.md what was
decided where the sources are silent.
"""

from .server import EmulatorServer, serve
from .settings import Settings
from .state import StateError

__all__ = ["EmulatorServer", "Settings", "StateError", "serve"]
