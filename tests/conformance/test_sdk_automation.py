"""Orchestrations and tasks: what one side makes, the other runs and reads."""

from __future__ import annotations

from pathlib import Path

from example_files import orchestration_file
from vendor_sdk import Sdk
from workbench import Workbench

NAMED = {"workspace": "fraud", "orchestration": "nightly"}


def test_an_orchestration_of_the_sdk_is_taken_over(sdk: Sdk, bench: Workbench, tmp_path: Path) -> None:
    workspace_id = bench.workspace()
    file = orchestration_file(tmp_path)
    told = sdk("automation", "upload", workspace="fraud", name="nightly", path=str(file))
    assert (told["name"], told["file"], told["status"]) == ("nightly", file.name, "ready")
    id, _ = bench.create("Orchestration", workspace_id=workspace_id, name="nightly", path=str(file))
    assert told["id"] in id


def test_the_sdk_runs_our_orchestration_to_its_end(sdk: Sdk, bench: Workbench, tmp_path: Path) -> None:
    path = str(orchestration_file(tmp_path))
    bench.create("Orchestration", workspace_id=bench.workspace(), name="nightly", path=path)
    told = sdk("automation", "run_once", name="once", arguments={"day": 1}, **NAMED)
    assert told["statuses"] == ["started", "success"]
    assert told["arguments"] == {"day": 1}
    assert told["run"] == "success"
    task = bench.read("Task", told["id"])
    assert task is not None
    assert (task["name"], task["status"]) == ("once", "success")


def test_scheduled_and_continuous_tasks_of_the_sdk_are_read_by_us(
    sdk: Sdk, bench: Workbench, tmp_path: Path
) -> None:
    path = str(orchestration_file(tmp_path))
    bench.create("Orchestration", workspace_id=bench.workspace(), name="nightly", path=path)
    scheduled = sdk("automation", "run_scheduled", name="hourly", schedule="0 * * * *", **NAMED)
    task = bench.read("Task", scheduled["id"])
    assert task is not None
    assert task["schedule"] == "0 * * * *"
    continuous = sdk("automation", "run_continuously", name="always", **NAMED)
    assert (continuous["status"], continuous["run"], continuous["killed"]) == ("started", "running", "killed")
    assert sdk("automation", "tasks", **NAMED) == {
        "workspace": ["always", "hourly"],
        "orchestration": ["hourly"],
    }
