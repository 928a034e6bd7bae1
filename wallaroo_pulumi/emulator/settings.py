"""The settings of one emulator, and the platform version that it imitates."""

from dataclasses import dataclass
from pathlib import Path

PLATFORM_VERSION = "2026.1.3"
"""The platform release that the emulator imitates; objects report it as `created_on_version`."""
OCI_REGISTRY = "registry.example.com/org"
"""The registry that publishes and packages name; nothing is pushed."""


@dataclass(frozen=True)
class Settings:
    """How to run one emulator.

    Lifetimes are whole seconds for every client; without them each client keeps its own
    (3600 and 1800 for `api-client`, 60 and 1800 for `sdk-client`).
    """

    port: int = 0
    """TCP port on 127.0.0.1; 0 takes any free port."""
    state_file: Path | None = None
    """SQLite file that keeps the state between runs; None keeps it in memory."""
    access_token_lifetime: int | None = None
    refresh_token_lifetime: int | None = None
    keycloak_url: str | None = None
    """Base URL (without `/auth`) of a real Keycloak whose tokens are accepted as well."""
    idle_exit: float | None = None
    """Seconds without a request after which the emulator ends; None means never."""
    inference_log_length: int = 10_000
    """How many records the inference log of a pipeline keeps; 0 keeps none."""
    unique_workspace_names: bool = True
    """Whether a workspace name that is in use is refused. The sources contradict each other, so both are possible."""
