"""Orchestrations, tasks, assays, publishes, edges and registries in an export."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from emulated import Emulated
from example_files import orchestration_file
from workbench import Workbench

from wallaroo_pulumi import estate
from wallaroo_pulumi.estate.export import Exported, export

DAILY = {"unit": "Day", "quantity": 1}
ASSAY = {
    "pipeline_name": "houses",
    "fields": [{"name": "out.price", "indexes": [0], "alert": 0.25}],
    "baseline": {"static": ["2026-01-01T00:00:00Z", "2026-01-08T00:00:00Z"]},
    "window_seconds": 86400,
    "first_run": "2026-01-09T06:00:00Z",
    "every": DAILY,
}


@pytest.fixture
def bench(emulator: Emulated) -> Iterator[Workbench]:
    with Workbench(emulator) as bench:
        yield bench


def exported(bench: Workbench, folder: Path, *names: str) -> Exported:
    bench.new_process()
    return export(bench.client, names, folder)


def read_back(found: Exported, folder: Path) -> estate.Estate:
    file = folder / "estate.yaml"
    file.write_text(found.to_text(), encoding="utf-8")
    return estate.load(file)


def code(bench: Workbench, workspace: int, folder: Path, name: str = "scores", main: str = "pass") -> str:
    """An orchestration whose file is in the folder."""
    path = str(orchestration_file(folder, main, f"{name}.zip"))
    return bench.create("Orchestration", workspace_id=workspace, name=name, path=path)[0]


def test_tasks_are_exported_with_their_orchestration(bench: Workbench, tmp_path: Path) -> None:
    place = bench.workspace()
    given = {"workspace_id": place, "orchestration_id": code(bench, place, tmp_path)}
    bench.create("Task", **given, name="nightly", schedule="0 4 * * *", arguments={"pipeline": "fraud"})
    bench.create("Task", **given, name="always", paused=True)
    bench.create("Task", **given, name="always", arguments={"n": 1})
    found = exported(bench, tmp_path)
    assert found.skipped == []
    part = read_back(found, tmp_path).workspaces["fraud"]
    assert part == found.estate.workspaces["fraud"]
    assert part.orchestrations == {
        "scores": estate.OrchestrationPart(path=str(tmp_path / "scores.zip"), protect=True)
    }
    assert part.tasks["nightly"] == estate.TaskPart(
        orchestration="scores", schedule="0 4 * * *", arguments={"pipeline": "fraud"}, protect=True
    )
    second = next(task for key, task in part.tasks.items() if key not in ("nightly", "always"))
    assert second.name == "always"
    assert sorted([second.paused, part.tasks["always"].paused]) == [False, True]
    assert second.arguments != part.tasks["always"].arguments


def test_tasks_that_no_estate_can_declare_are_skipped(
    bench: Workbench, emulator: Emulated, tmp_path: Path
) -> None:
    place = bench.workspace()
    id = code(bench, place, tmp_path)
    given = {"workspace_id": place, "orchestration_id": id}
    bench.create("Task", **given, name="secretive", arguments={"token": "hush"})
    emulator.api("task/run_once", workspace_id=place, orch_id=id, name="once", json={})
    for _ in range(2):
        emulator.api("task/run_continuously", workspace_id=place, orch_id=id, name="twin", json={})
    seeded = {"workspace_id": place, "orch_id": id, "schedule": "0 4 * * *"}
    emulator.control("seed", tasks=[{**seeded, "name": "looping", "status": "crash_loop"}, seeded])
    found = exported(bench, tmp_path)
    assert "hush" not in found.to_text() + "".join(found.skipped)
    assert list(found.estate.workspaces["fraud"].tasks) == ["twin"]
    skipped = "\n".join(found.skipped)
    for line in (
        "1 task of workspace 'fraud': 'secretive'; arguments.token may be a secret",
        "1 task of workspace 'fraud': 'once'; a single run is an action",
        "1 task of workspace 'fraud': 'twin'; `pulumi up` would adopt another one that is the same (id ",
        "1 task of workspace 'fraud': 'looping'; `pulumi up` would create another one",
        "name: ",
    ):
        assert line in skipped
    assert len(found.skipped) == 5


def test_two_orchestrations_of_one_name(bench: Workbench, emulator: Emulated, tmp_path: Path) -> None:
    place = bench.workspace()
    for n in range(2):
        path = str(orchestration_file(tmp_path, f"print({n})", f"{n}.zip"))
        bench.create("Orchestration", workspace_id=place, name="scores", path=path)
    emulator.control("seed", orchestrations=[{"workspace_id": place, "name": "lost", "sha": "a" * 64}])
    found = exported(bench, tmp_path)
    parts = found.estate.workspaces["fraud"].orchestrations
    assert {part.name or key for key, part in parts.items()} == {"scores"}
    assert len({part.path for part in parts.values()}) == 2
    (line,) = found.skipped
    assert line.startswith("1 orchestration of workspace 'fraud': 'lost'; the API does not return files; ")


def test_assays_are_exported_whether_or_not_their_pipeline_is(bench: Workbench, tmp_path: Path) -> None:
    place = bench.workspace()
    bench.pipeline_version(place)
    bench.create("Assay", workspace_id=place, name="price drift", **ASSAY)
    bench.create("Assay", workspace_id=place, name="off", active=False, **ASSAY)
    found = exported(bench, tmp_path)
    part = read_back(found, tmp_path).workspaces["fraud"]
    assert found.skipped == []
    assert list(part.assays) == ["price drift"], "an inactive assay does nothing"
    assert part.assays["price drift"].model_dump(include={"pipeline_name", "window_seconds"}) == {
        "pipeline_name": "houses",
        "window_seconds": 86400,
    }
    assert part == found.estate.workspaces["fraud"]


def test_publishes_of_the_latest_version_are_exported(
    bench: Workbench, emulator: Emulated, tmp_path: Path
) -> None:
    place = bench.workspace()
    old = bench.pipeline_version(place)
    emulator.api("pipelines/publish", pipeline_version_id=old, model_config_ids=[])
    version = bench.pipeline_version(place)
    config = {"engine": {"resources": {"limits": {"cpu": 2, "memory": "1Gi"}}}}
    ids = [
        emulator.api("pipelines/publish", pipeline_version_id=version, model_config_ids=[], **given)["id"]
        for given in ({}, {"engine_config": config}, {"engine_config": config})
    ]
    for id in ids:
        emulator.api("pipelines/add_edge_to_publish", pipeline_publish_id=id, name=f"edge-{id}", tags=[])
    found = exported(bench, tmp_path)
    part = read_back(found, tmp_path).workspaces["fraud"]
    assert part == found.estate.workspaces["fraud"]
    assert list(part.pipelines["houses"].publishes) == [f"publish-{ids[0]}", f"publish-{ids[2]}"]
    assert part.pipelines["houses"].publishes[f"publish-{ids[2]}"].engine_config is not None
    skipped = "\n".join(found.skipped)
    assert "1 publish of workspace 'fraud': 'houses 1'; the pipeline has a newer version" in skipped
    assert f"'houses {ids[1]}'; `pulumi up` would adopt another one that is the same (id {ids[2]})" in skipped
    assert "3 edges of workspace 'fraud': " in skipped
    assert len(found.skipped) == 3


def test_registries_are_exported_without_their_tokens(
    bench: Workbench, emulator: Emulated, tmp_path: Path
) -> None:
    place = bench.workspace()
    hub: dict[str, Any] = {"name": "hub", "url": "https://hub.example.com", "workspaces": [place]}
    emulator.control(
        "seed",
        registries=[
            {**hub, "token": "hush-1"},
            {**hub, "token": "hush-2"},
            {**hub, "token": "hush-2", "workspaces": []},
            {**hub, "name": "secretive", "url": "https://u:hush@hub.example.com", "token": "hush-3"},
        ],
    )
    found = exported(bench, tmp_path)
    assert "hush" not in found.to_text() + "".join(found.skipped)
    parts = read_back(found, tmp_path).registries
    assert [part.name or key for key, part in parts.items()] == ["hub", "hub"]
    assert [part.secret_token for part in parts.values()] == found.secrets
    assert len(found.skipped) == 2
    attached = found.estate.workspaces["fraud"].registries
    assert attached[0] == "hub"
    assert len(attached) == 3
    # Without the instance's objects, registries are named by their ids.
    part = exported(bench, tmp_path, "fraud").estate
    assert part.registries == {}
    ids = [registry["id"] for registry in emulator.api("models/list_registries", workspace_id=place)]
    assert sorted(part.workspaces["fraud"].registries) == sorted(ids)
