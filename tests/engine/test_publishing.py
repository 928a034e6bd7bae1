"""Publishes, edges and assays on a real engine: secret join tokens, moved edges, messages about what stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from emulated import Emulated
from pulumi_project import Project

PROGRAM = """
    import pulumi
    import wallaroo_pulumi as wallaroo

    fraud = wallaroo.Workspace("fraud", name="fraud-prod")
    pipeline = wallaroo.Pipeline("pipeline", workspace_id=fraud.workspace_id, name="fraud", steps=[])
    publish = wallaroo.PipelinePublish("publish", pipeline_version_id=pipeline.version_id, models=[])
    store = wallaroo.Edge("store", name="store-17", publish_id=publish.publish_id, tags=["north"])
    wallaroo.Assay(
        "drift",
        name="fraud drift",
        workspace_id=fraud.workspace_id,
        pipeline_name=pipeline.name,
        fields=[{"name": "out.dense_1", "alert": 0.25}],
        baseline={"Static": ["2026-01-01T00:00:00Z", "2026-01-08T00:00:00Z"]},
        window_seconds=86400,
        first_run="2026-01-09T06:00:00Z",
        every={"unit": "Day", "quantity": 1},
    )
    pulumi.export("bundle", store.edge_bundle)
    pulumi.export("chart", publish.chart)
"""


@pytest.fixture
def stack(project: Callable[[str], Project], emulator: Emulated) -> Project:
    made = project(PROGRAM)
    made.configure(emulator.settings)
    made.up().ok()
    return made


def edges(emulator: Emulated) -> dict[str, int]:
    listed = emulator.api("pipelines/list_publishes_for_pipeline")["edges"]
    return {edge["name"]: edge["should_run_publish"] for edge in listed}


def bundle(stack: Project) -> str:
    """Return the decrypted bundle."""
    shown = stack.pulumi("stack", "output", "bundle", "--show-secrets").ok().out
    return shown.strip()


@pytest.mark.sdk_range
def test_the_second_up_asks_nothing_and_the_token_is_ciphertext(stack: Project, emulator: Emulated) -> None:
    token = bundle(stack)
    assert len(token) > 40
    assert token not in stack.export()
    assert stack.outputs()["bundle"] == "[secret]"
    emulator.forget_requests()
    stack.up("--expect-no-changes").ok()
    assert emulator.requests("/") == []
    stack.refresh("--expect-no-changes").ok()
    assert bundle(stack) == token
    assert token not in stack.export()


def test_a_new_version_is_published_and_the_edge_follows_in_place(stack: Project, emulator: Emulated) -> None:
    first = bundle(stack)
    # Another version of the same pipeline.
    stack.write(PROGRAM.replace("steps=[]", 'steps=[{"AuditResults": {"from": 0, "to": 1}}]'))
    planned = stack.planned()
    assert (planned["pipeline"], planned["store"]) == ("update", "update")
    assert "replace" in planned["publish"]
    assert "drift" not in planned
    up = stack.up().ok()
    assert "publish 1 of pipeline 'fraud' stays on the instance" in up.text
    assert "edge 'store-17' gets publish 2 with a new join token" in up.text
    assert edges(emulator) == {"store-17": 2}
    assert bundle(stack) != first
    stack.up("--expect-no-changes").ok()


def test_a_changed_assay_is_deactivated_once_the_new_one_is_made(stack: Project, emulator: Emulated) -> None:
    def writes() -> list[str]:
        return [r["path"] for r in emulator.requests("/v2/api/assays/") if not r["path"].endswith("/get")]

    # With the same name: rejected, and the old one continues.
    changed = PROGRAM.replace('"Day"', '"Hour"')
    stack.write(changed)
    emulator.forget_requests()
    refused = stack.up()
    assert refused.code != 0
    assert "assay 'fraud drift' already exists" in refused.text
    assert "choose another name" in refused.text
    assert writes() == []

    stack.write(changed.replace("fraud drift", "fraud drift, hourly"))
    stack.up().ok()
    assert writes() == ["/v2/api/assays/schedule", "/v2/api/assays/set_active"]
    stack.up("--expect-no-changes").ok()


def test_destroy_says_what_stays_and_the_next_up_works(stack: Project, emulator: Emulated) -> None:
    before: dict[str, Any] = {name: r["id"] for name, r in stack.resources().items()}
    destroyed = stack.destroy().ok()
    assert "publish 1 of pipeline 'fraud' stays on the instance" in destroyed.text
    assert "assay 'fraud drift'" in destroyed.text
    assert "stays on the instance, deactivated" in destroyed.text
    assert edges(emulator) == {}
    assert stack.resources() == {}
    stack.up().ok()
    after = {name: r["id"] for name, r in stack.resources().items()}
    assert {name: id for name, id in after.items() if name not in ("drift", "publish")} == {
        name: id for name, id in before.items() if name not in ("drift", "publish")
    }
    # The pipeline was deleted and recreated, so it is another one with another version.
    assert after["publish"] == "2"
