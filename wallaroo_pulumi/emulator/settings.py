"""The settings of one emulator, and the version of the platform that it imitates."""

from dataclasses import dataclass
from pathlib import Path

PLATFORM_VERSION = "2026.1.3"
"""The release whose answers the emulator gives; objects report it as `created_on_version`."""
OCI_REGISTRY = "registry.example.com/org"
"""Where published pipelines and packaged orchestrations are said to be; nothing is pushed."""


@dataclass(frozen=True)
class Settings:
    """How to run one emulator.

    Lifetimes are whole seconds and, when given, hold for every client; otherwise each client keeps its own
    (3600 and 1800 for `api-client`, 60 and 1800 for `sdk-client`).
    """

    port: int = 0
    """TCP port on 127.0.0.1; 0 takes any free one."""
    state_file: Path | None = None
    """SQLite file that keeps everything between runs; None keeps it in memory."""
    access_token_lifetime: int | None = None
    refresh_token_lifetime: int | None = None
    keycloak_url: str | None = None
    """Base URL (without `/auth`) of a real Keycloak whose tokens are accepted as well."""
    idle_exit: float | None = None
    """Seconds without a request after which the emulator ends; None means never."""
    inference_log_length: int = 10_000
    """How many records the inference log of a pipeline keeps; 0 keeps none."""
    unique_workspace_names: bool = True
    """Whether a taken workspace name is refused. The sources contradict each other, so both can be tried."""
