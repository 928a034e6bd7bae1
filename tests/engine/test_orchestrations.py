"""Orchestrations and tasks on a real engine: uploaded once, changed over in order, awaited, killed at the end."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from emulated import Emulated
from example_files import orchestration_file
from pulumi_project import Project

Make = Callable[[str], Project]

PROGRAM = """
    import pulumi
    import wallaroo_pulumi as wallaroo

    fraud = wallaroo.Workspace("fraud", name="fraud-prod")
    code = wallaroo.Orchestration(
        "code", workspace_id=fraud.workspace_id, name="nightly-scores", path="nightly-scores.zip"
    )
    nightly = wallaroo.Task(
        "nightly",
        workspace_id=fraud.workspace_id,
        orchestration_id=code.orchestration_id,
        name="scores",
        schedule="0 4 * * *",
        arguments={"pipeline_name": "ccfraud", "top": 3},
        paused=False,
        timeout=2,
    )
    wallaroo.Task(
        "always",
        workspace_id=fraud.workspace_id,
        orchestration_id=code.orchestration_id,
        name="listener",
        timeout=2,
    )
    pulumi.export("code", code.orchestration_id)
    pulumi.export("workspace", fraud.workspace_id)
    pulumi.export("nightly", nightly.task_id)
"""


@pytest.fixture
def stack(project: Make, emulator: Emulated) -> Project:
    made = project(PROGRAM)
    orchestration_file(made.folder)
    made.configure(emulator.settings)
    return made


def tasks(stack: Project, emulator: Emulated) -> dict[str, dict[str, Any]]:
    """The live tasks by name."""
    found = emulator.api("task/list", workspace_id=stack.outputs()["workspace"])
    return {task["name"]: task for task in found}


def orchestrations(stack: Project, emulator: Emulated) -> list[str]:
    found = emulator.api("orchestration/list", workspace_id=stack.outputs()["workspace"])
    return [orchestration["id"] for orchestration in found]


def packed_again(archive: Path, to: Path) -> None:
    """Pack an archive's entries with other timestamps and compression."""
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(to, "w") as new:
        for entry in reversed(old.infolist()):
            content = old.read(entry)
            entry.date_time = (2030, 1, 1, 0, 0, 0)
            new.writestr(entry, content, zipfile.ZIP_DEFLATED)
    assert archive.read_bytes() != to.read_bytes()


def writes(emulator: Emulated) -> list[str]:
    """The calls that change something, in order."""
    return [e for e in emulator.endpoints() if e.rsplit("/", 1)[1] not in ("list", "get_by_id", "query")]


@pytest.mark.sdk_range
def test_life(stack: Project, emulator: Emulated) -> None:
    emulator.control("readiness", kind="orchestration", mode="polls", polls=2)
    emulator.control("readiness", kind="kill", mode="polls", polls=1)
    first = stack.up().ok()
    assert "orchestration 'nightly-scores' of workspace" in first.text
    assert "packaging" in first.text
    live = tasks(stack, emulator)
    assert live["scores"]["schedule"] == "0 4 * * *"
    assert live["scores"]["input_data"] == {"pipeline_name": "ccfraud", "top": 3}
    assert (live["listener"]["schedule"], live["listener"]["input_data"]) == (None, {})
    code = stack.outputs()["code"]
    assert stack.resources()["code"]["outputs"]["status"] == "ready"

    emulator.forget_requests()
    stack.up("--expect-no-changes").ok()
    assert emulator.requests("/") == []
    stack.refresh("--expect-no-changes").ok()

    # The same sources, packed again in another place, are no change.
    (stack.folder / "elsewhere").mkdir()
    packed_again(stack.folder / "nightly-scores.zip", stack.folder / "elsewhere/nightly-scores.zip")
    stack.write(PROGRAM.replace('path="nightly', 'path="elsewhere/nightly'))
    stack.up("--expect-no-changes").ok()
    stack.write(PROGRAM)

    # Other content: new package, then each task over to it, old package last.
    orchestration_file(stack.folder, main="print('better')\n")
    planned = stack.planned()
    assert "replace" in planned["code"]
    assert {"nightly", "always"} <= planned.keys()
    emulator.forget_requests()
    stack.up().ok()
    done = writes(emulator)
    assert done[0] == "orchestration/upload"
    assert done[-1] == "orchestration/delete_orchestrations"
    assert done.count("task/kill") == 2
    assert done.index("task/kill") < done.index("task/run_scheduled")
    assert orchestrations(stack, emulator) == [stack.outputs()["code"]] != [code]
    assert {t["extra_env_vars"]["ORCH_ID"] for t in tasks(stack, emulator).values()} == {
        stack.outputs()["code"]
    }

    # Pausing happens in place.
    nightly = stack.outputs()["nightly"]
    stack.write(PROGRAM.replace("paused=False", "paused=True"))
    assert stack.planned() == {"nightly": "update"}
    stack.up().ok()
    assert (stack.outputs()["nightly"], tasks(stack, emulator)["scores"]["status"]) == (nightly, "paused")

    # One that was killed by hand is found to be gone and started again.
    emulator.api("task/kill", id=nightly)
    stack.refresh().ok()
    assert "nightly" not in stack.resources()
    stack.up().ok()
    assert stack.outputs()["nightly"] != nightly

    workspace = stack.outputs()["workspace"]
    stack.destroy().ok()
    assert emulator.api("task/list", workspace_id=workspace) == []
    assert emulator.api("orchestration/list", workspace_id=workspace) == []
    killed = emulator.api("task/list", workspace_id=workspace, killed=True)
    assert {task["status"] for task in killed} == {"killed"}


def test_a_task_that_failed_is_found_and_another_one_runs(stack: Project, emulator: Emulated) -> None:
    stack.up().ok()
    nightly = stack.outputs()["nightly"]
    emulator.control("readiness", kind="pause", mode="error")
    emulator.api("task/pause", id=nightly, pause=True)
    stack.refresh().ok()
    assert stack.planned() == {"nightly": "replace"}
    emulator.forget_requests()
    stack.up().ok()
    assert writes(emulator) == ["task/kill", "task/run_scheduled"]
    assert stack.outputs()["nightly"] != nightly
    assert tasks(stack, emulator)["scores"]["status"] == "started"
    assert stack.planned() == {}


def test_a_package_that_fails_leaves_nothing_and_the_next_up_completes(
    stack: Project, emulator: Emulated
) -> None:
    emulator.control("readiness", kind="orchestration", mode="error")
    failed = stack.up()
    assert failed.code != 0
    assert "could not be packaged; check that its requirements can be installed" in failed.text
    workspace = emulator.workspaces()["fraud-prod"]
    assert emulator.api("orchestration/list", workspace_id=workspace) == []
    emulator.control("readiness", kind="orchestration", mode="at_once")
    stack.up().ok()
    assert len(orchestrations(stack, emulator)) == 1


def test_a_wait_that_times_out_is_gone_on_with_without_a_twin(stack: Project, emulator: Emulated) -> None:
    stack.write(PROGRAM.replace('path="nightly-scores.zip"', 'path="nightly-scores.zip", timeout=1'))
    emulator.control("readiness", kind="orchestration", mode="never")
    failed = stack.up()
    assert failed.code != 0
    assert (
        "is still pending_packaging after 1 s; run `pulumi up` again, which continues to wait" in failed.text
    )
    emulator.control("readiness", kind="orchestration", mode="at_once")
    emulator.control("readiness", kind="task", mode="never")
    failed = stack.up()
    assert "already exists and is adopted" in failed.text
    assert "task 'listener' of workspace" in failed.text
    assert "is still pending after 2 s" in failed.text
    emulator.control("readiness", kind="task", mode="at_once")
    stack.up().ok()
    assert len(orchestrations(stack, emulator)) == 1
    assert sorted(tasks(stack, emulator)) == ["listener", "scores"]


def test_lost_replies_make_no_twin(stack: Project, emulator: Emulated) -> None:
    for endpoint in ("orchestration/upload", "task/run_scheduled", "task/run_continuously"):
        emulator.control("faults", path=f"/v1/api/{endpoint}", kind="lost_reply")
    stack.up().ok()
    assert len(orchestrations(stack, emulator)) == 1
    found = emulator.api("task/list", workspace_id=stack.outputs()["workspace"], killed=True)
    assert sorted(task["name"] for task in found) == ["listener", "scores"]


def zipped(*names: str, link: str | None = None) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as package:
        for name in names:
            package.writestr(name, "")
        if link:
            entry = zipfile.ZipInfo(link)
            entry.external_attr = (stat.S_IFLNK | 0o777) << 16
            package.writestr(entry, "/etc/shadow")
    return content.getvalue()


def test_files_that_are_no_packages_are_told_in_the_preview(stack: Project, emulator: Emulated) -> None:
    for content, told in (
        (None, "cannot be read (in "),
        (b"no zip", "is no readable zip file"),
        (zipped("main.py", link="passwords"), "contains 'passwords', which leads out of the package"),
        (zipped("main.py", "../../evil"), "contains '../../evil', which leads out of the package"),
    ):
        (stack.folder / "nightly-scores.zip").unlink()
        if content is not None:
            (stack.folder / "nightly-scores.zip").write_bytes(content)
        run = stack.pulumi("preview")
        assert run.code != 0
        assert told in run.text
        (stack.folder / "nightly-scores.zip").touch()
    assert emulator.requests("/v1/api/orchestration") == []
