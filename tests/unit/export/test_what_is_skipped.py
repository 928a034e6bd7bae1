"""What export skips: every object is accounted for, by kind and workspace."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from emulated import Emulated

from wallaroo_pulumi.api import Client
from wallaroo_pulumi.config import load
from wallaroo_pulumi.errors import ApiError
from wallaroo_pulumi.estate import DeployPart
from wallaroo_pulumi.estate.export import export

DEFAULT = "ops@example.com - Default Workspace"


@pytest.fixture
def client(emulator: Emulated) -> Iterator[Client]:
    client = Client(load(emulator.settings.get, {}))
    yield client
    client.close()


def workspace(emulator: Emulated, name: str) -> int:
    ids: list[int] = emulator.control("seed", workspaces=[{"name": name, "owner": "ops@example.com"}])[
        "workspaces"
    ]
    return ids[0]


def fill(emulator: Emulated, workspace_id: int) -> None:
    """Put an object of every kind into a workspace."""
    code = {"workspace_id": workspace_id, "id": "4711", "name": "code"}
    tasks = [
        {
            "workspace_id": workspace_id,
            "orch_id": code["id"],
            "name": name,
            "status": status,
            "schedule": "0 4 * * *",
        }
        for name, status in {"nightly": "started", "hourly": "started", "over": "success"}.items()
    ]
    live = {"workspace_id": workspace_id, "definition": {"steps": []}, "name": "live", "deployment_id": 100}
    emulator.control(
        "seed",
        orchestrations=[code],
        tasks=tasks,
        pipeline_versions=[live],
        registries=[{"name": "hub", "url": "https://x", "token": "hush", "workspaces": [workspace_id]}],
        model_versions=[
            {
                "name": "risk",
                "workspace_id": workspace_id,
                "visibility": "private",
                "conversion": {"framework": "onnx", "requirements": []},
                "sha": digit * 64,
            }
            for digit in "ab"
        ],
    )
    made = emulator.api(
        "pipelines/create", workspace_id=workspace_id, pipeline_id="idle", definition={"steps": []}
    )
    version_id = made["pipeline_variant_pk_id"]
    publish = emulator.api("pipelines/publish", pipeline_version_id=version_id, model_config_ids=[])
    emulator.api("pipelines/add_edge_to_publish", pipeline_publish_id=publish["id"], name="edge", tags=[])


def test_every_kind_is_listed_with_its_names(client: Client, emulator: Emulated) -> None:
    fill(emulator, workspace(emulator, "fraud"))
    found = export(client)
    skipped = "\n".join(found.skipped)
    assert found.estate.workspaces["fraud"].pipelines["live"].deploy == DeployPart(protect=True)
    for line in (
        "1 orchestration of workspace 'fraud': 'code'; the API does not return files; name the folder of the zip",
        "2 tasks of workspace 'fraud': 'nightly', 'hourly'; the orchestration is skipped",
        "1 edge of workspace 'fraud': 'edge'; a join token cannot be read again",
    ):
        assert line in skipped
    assert "no such kind" not in skipped
    assert "over" not in skipped, "a task that has ended"
    assert "hush" not in skipped


def with_models(emulator: Emulated, *names: str) -> dict[str, int]:
    """A workspace with pipelines without steps that run: name → version id."""
    id = workspace(emulator, "fraud")
    return {
        name: emulator.api("pipelines/create", workspace_id=id, pipeline_id=name, definition={"steps": []})[
            "pipeline_variant_pk_id"
        ]
        for name in names
    }


def deploy(emulator: Emulated, name: str, version: int, **config: Any) -> None:
    body = {"deploy_id": name, "pipeline_version_pk_id": version, "engine_config": config}
    emulator.api("pipelines/deploy", **body)


def test_deployments_that_no_estate_can_declare_are_skipped(client: Client, emulator: Emulated) -> None:
    versions = with_models(emulator, "older", "secretive", "odd name")
    env = [{"name": "HF_TOKEN", "value": "hush"}]
    deploy(emulator, "older", versions["older"])
    deploy(emulator, "secretive", versions["secretive"], engineAux={"images": {"m-1": {"env": env}}})
    deploy(emulator, "odd name", versions["odd name"])
    emulator.api(
        "pipelines/create",
        workspace_id=emulator.workspaces()["fraud"],
        pipeline_id="older",
        definition={"steps": []},
    )
    found = export(client)
    assert "hush" not in found.to_text() + "".join(found.skipped)
    lines = [line for line in found.skipped if line.startswith("deployment of pipeline")]
    of = "of workspace 'fraud': "
    assert lines == [
        f"deployment of pipeline 'odd name' {of}its pipeline is skipped",
        f"deployment of pipeline 'older' {of}it does not run the pipeline's latest version; `deploy` would deploy "
        "that one",
        f"deployment of pipeline 'secretive' {of}engine_config.m-1.HF_TOKEN may be a secret; declare it in a program",
    ]


def test_without_graphql_deployments_are_skipped(client: Client, emulator: Emulated) -> None:
    deploy(emulator, "live", with_models(emulator, "live")["live"])
    emulator.control("faults", path="/v1/graphql", status=403, body="<html></html>")
    found = export(client)
    assert found.estate.workspaces["fraud"].pipelines["live"].deploy is None
    (line,) = found.skipped
    assert "only GraphQL returns its engine configuration" in line


def test_there_is_no_line_about_what_does_not_exist(client: Client, emulator: Emulated) -> None:
    id = workspace(emulator, "fraud")
    emulator.api("pipelines/create", workspace_id=id, pipeline_id="idle", definition={"steps": []})
    assert export(client).skipped == []


def test_a_skipped_workspace_lists_its_contents(client: Client, emulator: Emulated) -> None:
    fill(emulator, workspace(emulator, DEFAULT))
    workspace(emulator, "Also not a label")
    first, second, *_ = export(client, [DEFAULT, "Also not a label"]).skipped
    assert first.endswith("its name is not a DNS label, so a Workspace cannot declare it; it is empty")
    assert DEFAULT in second
    for part in (
        "1 model ('risk')",
        "2 pipelines ('idle', 'live')",
        "1 deployment ('live')",
        "1 orchestration ('code')",
        "2 tasks ('nightly', 'hourly')",
        "1 edge ('edge')",
        "1 attached model registry ('hub')",
    ):
        assert part in second


def test_many_names_are_cut(client: Client, emulator: Emulated) -> None:
    id = workspace(emulator, "fraud")
    emulator.control("seed", orchestrations=[{"workspace_id": id, "name": f"n{n}"} for n in range(25)])
    (line,) = export(client).skipped
    assert line.startswith("25 orchestrations of workspace 'fraud': 'n0', ")
    assert "'n19' and 5 more; " in line


def test_kinds_that_the_instance_does_not_have_are_listed(client: Client, emulator: Emulated) -> None:
    workspace(emulator, "fraud")
    answer = {"msg": "no such route", "code": 404}
    emulator.control("faults", path="/v1/api/orchestration/list", status=404, body=answer, count=9)
    (line,) = export(client).skipped
    assert line.startswith("orchestrations: not checked, because this instance does not support them (")


def test_a_page_of_a_gateway_is_an_error(client: Client, emulator: Emulated) -> None:
    workspace(emulator, "fraud")
    emulator.control("faults", path="/v1/api/orchestration/list", status=404, body="<html></html>", count=9)
    with pytest.raises(ApiError):
        export(client)


def test_names_that_the_estate_cannot_have_are_skipped(client: Client, emulator: Emulated) -> None:
    id = workspace(emulator, "fraud")
    emulator.control("seed", connections=[{"name": "", "type": "s3", "workspaces": [id]}])
    found = export(client)
    assert (found.estate.connections, found.estate.workspaces["fraud"].connections) == ({}, [])
    assert len([line for line in found.skipped if line.startswith("connection ''")]) == 2
