"""An instance that rejects a request of every kind, for tests of `wallaroo:validate`."""

from __future__ import annotations

from typing import Any

from emulated import Emulated

ASSAY: dict[str, Any] = {
    "name": "drift",
    "fields": [{"name": "out.variable"}],
    "baseline": {"Vector": [1]},
    "window_seconds": 60,
    "first_run": "2026-01-09T06:00:00Z",
    "cron": "0 6 * * *",
}
"""The inputs of an assay without its place."""


def seed(emulator: Emulated) -> None:
    """Make workspaces of this user and of others, a connection and a pipeline; the request log is empty afterwards."""
    emulator.control(
        "seed",
        workspaces=[
            {"name": "mine", "owner": "ops@example.com"},
            {"name": "free", "owner": "ops@example.com"},
            {"name": "full", "owner": "ops@example.com", "models": 1},
            {
                "name": "theirs",
                "owner": "mary.jane@example.com",
                "members": {"ops@example.com": "COLLABORATOR"},
            },
        ],
        connections=[{"name": "sales", "type": "s3", "details": {"bucket": "b"}}],
    )
    ref = {"name": "m", "version": "0", "sha": "0"}
    emulator.api(
        "pipelines/create",
        workspace_id=emulator.workspaces()["mine"],
        pipeline_id="taken",
        definition={"steps": [{"ModelInference": {"models": [ref]}}]},
    )
    emulator.forget_requests()
