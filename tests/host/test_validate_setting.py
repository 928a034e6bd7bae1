"""`wallaroo:validate`: what the instance would reject is a failed check of a property, for every kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dynamic_host import DynamicHost
from emulated import Emulated
from example_files import model_file, orchestration_file
from validation_seeds import ASSAY, seed

from wallaroo_pulumi.core.names import wire_name

MINE, THEIRS = "mine", "theirs"
"""Workspaces of the instance, whose ids the test fills in."""
REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("Workspace", {"name": "full"}, "name", "contains 1 model and 0 pipelines; set adopt to 'always'"),
    ("Workspace", {"name": "theirs"}, "name", "this user is not one of its owners"),
    ("Workspace", {"name": "mine", "adopt": "never"}, "name", "already exists (id"),
    (
        "WorkspaceMember",
        {"workspace_id": MINE, "email": "unknown@example.com"},
        "email",
        "the instance has no user with the e-mail address unknown@example.com",
    ),
    (
        "WorkspaceMember",
        {"workspace_id": MINE, "user_id": "4711"},
        "user_id",
        "the instance has no user with the id '4711'",
    ),
    (
        "WorkspaceMember",
        {"workspace_id": 4711, "email": "mary.jane@example.com"},
        "workspace_id",
        "workspace 4711 does not exist",
    ),
    ("Connection", {"name": "sales", "type": "gcs", "details": {}}, "name", "already exists (id"),
    (
        "WorkspaceConnection",
        {"workspace_id": MINE, "connection_name": "none"},
        "connection_name",
        "the instance has no connection named 'none'",
    ),
    (
        "WorkspaceMember",
        {"workspace_id": THEIRS, "email": "john.hancock@example.com"},
        "workspace_id",
        "and only an OWNER may change its members; ask an owner",
    ),
    (
        "WorkspaceMember",
        {"workspace_id": MINE, "email": "ops@example.com", "role": "COLLABORATOR"},
        "role",
        "this is the user who runs Pulumi, who could then neither manage",
    ),
    (
        "ModelVersion",
        {"workspace_id": 4711, "name": "m", "path": "ccfraud.onnx", "framework": "onnx"},
        "workspace_id",
        "workspace 4711 does not exist",
    ),
    (
        "Pipeline",
        {"workspace_id": 4711, "name": "p", "steps": []},
        "workspace_id",
        "workspace 4711 does not exist",
    ),
    (
        "Pipeline",
        {"workspace_id": MINE, "name": "taken", "steps": []},
        "name",
        "already exists (id 1) with other steps",
    ),
    (
        "Deployment",
        {"workspace_id": MINE, "pipeline_name": "none", "pipeline_version_id": 1},
        "pipeline_name",
        "pipeline 'none' does not exist",
    ),
    (
        "PipelinePublish",
        {"pipeline_version_id": 1, "models": [4711]},
        "models",
        "model version 4711 does not exist",
    ),
    ("Edge", {"name": "shop", "publish_id": 4711}, "publish_id", "publish 4711 does not exist"),
    (
        "Assay",
        {"workspace_id": 4711, "pipeline_name": "taken", **ASSAY},
        "workspace_id",
        "workspace 4711 does not exist",
    ),
    (
        "ModelRegistryAttachment",
        {"workspace_id": MINE, "registry_id": "none"},
        "registry_id",
        "no model registry of the instance has the id 'none'",
    ),
    (
        "Orchestration",
        {"workspace_id": 4711, "name": "code", "path": "nightly-scores.zip"},
        "workspace_id",
        "workspace 4711 does not exist",
    ),
    (
        "Task",
        {"workspace_id": MINE, "orchestration_id": "none", "name": "scores"},
        "orchestration_id",
        "no orchestration has the id 'none'",
    ),
]


def test_what_the_instance_would_refuse_fails_the_check_of_the_property(
    emulator: Emulated, tmp_path: Path
) -> None:
    seed(emulator)
    ids = emulator.workspaces()
    model_file(tmp_path)
    orchestration_file(tmp_path)
    objects = emulator.http.get("/__emulator__/objects").json()
    with (
        DynamicHost({**emulator.settings, "validate": "true"}) as host,
        DynamicHost(emulator.settings) as without,
    ):
        for kind, inputs, property, reason in REFUSED:
            filled = {**inputs, "path": str(tmp_path / inputs["path"])} if "path" in inputs else dict(inputs)
            if "workspace_id" in filled:
                filled["workspace_id"] = ids.get(filled["workspace_id"], filled["workspace_id"])
            wire = {wire_name(name): value for name, value in filled.items()}
            _, failures = host.check(kind, wire)
            assert len(failures) == 1, (kind, inputs)
            (line,) = failures.values()
            assert line.startswith(f"{property}: ")
            assert reason in line
            assert "\n" not in line
            assert without.check(kind, wire)[1] == {}, "without the setting, it is left to `up`"
    counted = emulator.http.get("/__emulator__/objects").json()
    assert {**counted, "sessions": 0} == {**objects, "sessions": 0}
