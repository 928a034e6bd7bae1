"""What export skips: every object is accounted for, by kind and workspace."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from emulated import Emulated

from wallaroo_pulumi.api import Client
from wallaroo_pulumi.config import load
from wallaroo_pulumi.errors import ApiError
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
        {"workspace_id": workspace_id, "orch_id": code["id"], "name": name, "status": status}
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
    skipped = "\n".join(export(client).skipped)
    for line in (
        "1 deployment of workspace 'fraud': 'live'; the API does not return their engine configuration",
        "1 orchestration of workspace 'fraud': 'code'; the estate file has no such kind",
        "2 tasks of workspace 'fraud': 'nightly', 'hourly'; the estate file has no such kind",
        "1 publish of workspace 'fraud': 'idle ",
        "1 edge of workspace 'fraud': 'edge'",
        "1 attached model registry of workspace 'fraud': 'hub'",
        "1 model registry on the instance: 'hub'",
    ):
        assert line in skipped
    assert "over" not in skipped, "a task that has ended"
    assert "hush" not in skipped


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
