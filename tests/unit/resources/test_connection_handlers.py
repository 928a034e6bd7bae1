"""Connections, registries, orchestrations and tasks: the decisions of their handlers, on the emulator."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from emulated import Emulated
from example_files import LATER_VERSION, LFS_POINTER, UNREADABLE_NAME, orchestration_file

from wallaroo_pulumi.api import Client
from wallaroo_pulumi.config import load
from wallaroo_pulumi.core.check import check
from wallaroo_pulumi.core.context import Context
from wallaroo_pulumi.core.diff import diff
from wallaroo_pulumi.core.names import wire_name
from wallaroo_pulumi.errors import ApiError, ConflictError, NotFoundError, ObjectError, TimedOut
from wallaroo_pulumi.provider.provider import Provider
from wallaroo_pulumi.resources import RESOURCES

WAREHOUSE = {"name": "sales", "type": "POSTGRES", "details": {"host": "db", "port": 5432.0}}
STORED = {"name": "sales", "type": "POSTGRES", "details": {"host": "db", "port": 5432}}


class Run:
    """The calls of one process, on wire dictionaries as Pulumi makes them."""

    def __init__(self, emulator: Emulated) -> None:
        self.client = Client(load(emulator.settings.get, {}))
        self.said: list[str] = []
        self.slept = 0.0
        ctx = Context(
            client=self.client, report=self.said.append, sleep=self._sleep, clock=lambda: self.slept
        )
        self.provider = Provider(lambda: ctx)

    def _sleep(self, seconds: float) -> None:
        self.slept += seconds

    def create(self, kind: str, **inputs: Any) -> tuple[str, dict[str, Any]]:
        return self.provider.create(kind, None, checked(kind, inputs))

    def delete(self, kind: str, made: tuple[str, Mapping[str, Any]]) -> None:
        self.provider.delete(kind, None, *made)


def checked(kind: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    found, failures = check(RESOURCES[kind], {wire_name(k): v for k, v in inputs.items()}, {})
    assert failures == []
    return found


def failures(kind: str, **inputs: Any) -> dict[str, str]:
    found = check(RESOURCES[kind], {wire_name(k): v for k, v in inputs.items()}, {})[1]
    return {failure.property: failure.reason for failure in found}


@pytest.fixture
def run(emulator: Emulated) -> Iterator[Run]:
    run = Run(emulator)
    with closing(run.client):
        yield run


@pytest.fixture
def workspace(run: Run) -> int:
    return int(run.create("Workspace", name="fraud-prod")[0])


def test_a_connection_that_is_the_same_is_taken_over(run: Run, emulator: Emulated) -> None:
    id = emulator.api("connections/create", **STORED)["id"]
    assert run.create("Connection", **WAREHOUSE)[1]["connectionId"] == id


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"type": "s3"}, "with other type than declared"),
        ({"details": {"host": "db2", "password": "open-sesame"}}, "with other details than declared"),
        ({"adopt": "never"}, "adopt is 'never'"),
    ],
)
def test_a_connection_that_is_not_is_refused_without_telling_details(
    run: Run, emulator: Emulated, other: dict[str, Any], told: str
) -> None:
    emulator.api("connections/create", **STORED)
    with pytest.raises(ConflictError, match=told) as caught:
        run.create("Connection", **{**WAREHOUSE, **other})
    assert "open-sesame" not in str(caught.value)
    assert "host" not in str(caught.value)


def test_a_rival_who_is_faster_is_found_by_the_conflict(run: Run, emulator: Emulated) -> None:
    run.client.connections.list()  # a listing from before the rival
    id = emulator.api("connections/create", **STORED)["id"]
    assert run.create("Connection", **WAREHOUSE)[1]["connectionId"] == id


def test_a_name_that_is_taken_unseen_is_explained(run: Run, emulator: Emulated) -> None:
    emulator.control(
        "faults", path="/v1/api/connections/create", status=409, body={"msg": "taken", "code": 409}
    )
    with pytest.raises(ApiError, match="this user cannot see the existing connection of this name"):
        run.create("Connection", **WAREHOUSE)


def test_two_resources_cannot_have_one_connection(run: Run) -> None:
    run.create("Connection", **WAREHOUSE)
    with pytest.raises(ConflictError, match="already declared by another resource"):
        run.create("Connection", **WAREHOUSE)


def test_details_that_are_wrong_are_not_named_as_a_property() -> None:
    """Pulumi prints the value of the property that a failure names."""
    assert set(failures("Connection", name="sales", type="s3", details="open-sesame")) == {""}


def test_a_use_that_exists_is_taken_over_and_then_belongs_to_the_run(
    run: Run, emulator: Emulated, workspace: int
) -> None:
    id = emulator.api("connections/create", **STORED)["id"]
    emulator.api("connections/add_to_workspace", workspace_id=workspace, connection_id=id)
    made = run.create("WorkspaceConnection", workspace_id=workspace, connection_name="sales")
    run.delete("WorkspaceConnection", made)  # the end of a resource that was renamed
    assert run.said[-1].endswith(f"(id {workspace}/sales) stays: another resource refers to it")
    assert len(emulator.api("connections/list", workspace_id=workspace)["connections"]) == 1


@pytest.mark.parametrize(
    ("kind", "inputs", "told"),
    [
        ("WorkspaceConnection", {"connection_name": "none"}, "the instance has no connection named 'none'"),
        ("ModelRegistryAttachment", {"registry_id": "none"}, "no model registry of the instance has the id"),
        ("WorkspaceConnection", {"workspace_id": 99, "connection_name": "x"}, "workspace 99 does not exist"),
    ],
)
def test_what_is_not_there_cannot_be_used(
    run: Run, workspace: int, kind: str, inputs: dict[str, Any], told: str
) -> None:
    with pytest.raises(NotFoundError, match=told):
        run.create(kind, **{"workspace_id": workspace, **inputs})


def test_an_unused_registry_is_adopted_rather_than_one_in_use(
    run: Run, emulator: Emulated, workspace: int
) -> None:
    registry = {"name": "databricks", "url": "https://registry.example.com", "token": "dapi"}
    other = emulator.api("models/create_registry", **registry, workspace_id=workspace)["id"]
    unused = emulator.api("models/create_registry", **registry)["id"]
    assert run.create("ModelRegistry", **registry)[0] == unused != other


def test_a_registry_in_use_is_adopted_and_stays_attached(
    run: Run, emulator: Emulated, workspace: int
) -> None:
    registry = {"name": "databricks", "url": "https://registry.example.com", "token": "dapi"}
    used = emulator.api("models/create_registry", **registry, workspace_id=workspace)["id"]
    made = run.create("ModelRegistry", **registry)
    assert made[0] == used
    run.delete("ModelRegistry", made)
    assert [r["id"] for r in emulator.api("models/list_registries", workspace_id=workspace)] == [used]


def test_deleting_a_registry_detaches_it_and_says_what_stays(
    run: Run, emulator: Emulated, workspace: int
) -> None:
    made = run.create("ModelRegistry", name="databricks", url="https://r.example.com", token="dapi")
    emulator.api("models/attach_registry_to_workspace", registry_id=made[0], workspace_id=workspace)
    run.delete("ModelRegistry", made)
    assert emulator.api("models/list_registries", workspace_id=workspace) == []
    assert len(run.said) == 1
    assert "stays on the instance with its token" in run.said[0]
    assert "dapi" not in run.said[0]


@pytest.mark.parametrize(
    ("inputs", "failed"),
    [
        (
            {"schedule": "daily"},
            {"schedule": "a cron schedule of five fields is needed, such as '0 4 * * *'"},
        ),
        (
            {"run_timeout": 60},
            {"": "run_timeout requires a schedule: a task without one runs until it is killed"},
        ),
        ({"arguments": [1]}, {"arguments": "must be an object"}),
    ],
)
def test_wrong_tasks_fail_in_the_check(inputs: dict[str, Any], failed: dict[str, str]) -> None:
    assert failures("Task", workspace_id=1, orchestration_id="a", name="b", **inputs) == failed


def test_a_task_without_arguments_has_one_form() -> None:
    none: tuple[dict[str, Any] | None, ...] = ({}, None)
    for arguments in none:
        given = {"workspace_id": 1, "orchestration_id": "a", "name": "b", "arguments": arguments}
        assert checked("Task", given)["arguments"] is None


def test_a_task_that_fails_to_start_is_killed(
    run: Run, emulator: Emulated, workspace: int, tmp_path: Path
) -> None:
    code = run.create(
        "Orchestration", workspace_id=workspace, name="code", path=str(orchestration_file(tmp_path))
    )
    emulator.control("readiness", kind="task", mode="error")
    with pytest.raises(
        ObjectError, match=r"task 'scores' of workspace .* did not start, its status is failed"
    ):
        run.create("Task", workspace_id=workspace, orchestration_id=code[0], name="scores")
    assert emulator.api("task/list", workspace_id=workspace) == []


@pytest.mark.parametrize(
    ("now", "replaced"),
    [
        ({"status": "failed"}, True),
        ({"status": "timed_out"}, True),
        ({"status": "crash_loop"}, True),
        ({"status": "failed", "run_type": "Job"}, False),
        ({"status": "success"}, False),
        ({"status": "resource_contention"}, False),
    ],
)
def test_a_task_that_should_run_on_and_failed_is_replaced_and_no_other(
    run: Run, emulator: Emulated, workspace: int, tmp_path: Path, now: dict[str, Any], replaced: bool
) -> None:
    code = run.create(
        "Orchestration", workspace_id=workspace, name="code", path=str(orchestration_file(tmp_path))
    )
    inputs = {"workspace_id": workspace, "orchestration_id": code[0], "name": "scores"}
    id, made = run.create("Task", **inputs)
    found = {**emulator.api("task/get_by_id", id=id), **now}
    emulator.control("faults", path="/v1/api/task/get_by_id", kind="respond", status=200, body=found)
    read = run.provider.read("Task", None, id, made)
    assert read is not None
    assert read[1]["status"] == now["status"]
    difference = diff(RESOURCES["Task"], read[1], checked("Task", inputs))
    assert difference.replacing == (("orchestrationId",) if replaced else ())


def test_an_orchestration_with_live_tasks_is_not_deleted(
    run: Run, emulator: Emulated, workspace: int, tmp_path: Path
) -> None:
    code = run.create(
        "Orchestration", workspace_id=workspace, name="code", path=str(orchestration_file(tmp_path))
    )
    emulator.api("task/run_continuously", orch_id=code[0], workspace_id=workspace, name="by hand", json={})
    with pytest.raises(ApiError, match="kill the tasks of orchestration 'code'"):
        run.delete("Orchestration", code)


def test_an_end_that_takes_too_long_is_told(
    run: Run, emulator: Emulated, workspace: int, tmp_path: Path
) -> None:
    code = run.create(
        "Orchestration", workspace_id=workspace, name="code", path=str(orchestration_file(tmp_path))
    )
    task = run.create(
        "Task", workspace_id=workspace, orchestration_id=code[0], name="scores", schedule="0 4 * * *"
    )
    emulator.control("readiness", kind="kill", mode="never")
    with pytest.raises(TimedOut, match="is still pending_kill after 300 s; the kill was requested"):
        run.delete("Task", task)
    assert run.slept == pytest.approx(300)


def test_a_file_that_is_no_package_fails_in_the_check(tmp_path: Path) -> None:
    path = tmp_path / "code.zip"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("other.py", "")
    given = {"workspace_id": 1, "name": "code", "path": str(path)}
    assert failures("Orchestration", **given) == {"path": "contains no main.py, which the instance runs"}
    with zipfile.ZipFile(path, "w") as package:
        for name in ("main.py", "a/requirements.txt", "b/requirements.txt"):
            package.writestr(name, "")
    assert failures("Orchestration", **given) == {"path": "holds more than one requirements.txt"}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is an empty file"),
        (LFS_POINTER, "is a Git LFS pointer, not the file itself; run `git lfs pull`"),
        (b"text", "is no readable zip file: File is not a zip file"),
        (UNREADABLE_NAME, "is no readable zip file: 'utf-8' codec can't decode byte 0xff"),
        (LATER_VERSION, "is no readable zip file: zip file version 25.5"),
    ],
)
def test_a_file_that_is_no_readable_zip_file_is_one_line(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "code.zip"
    path.write_bytes(content)
    (found,) = failures("Orchestration", workspace_id=1, name="code", path=str(path)).values()
    assert found.startswith(told)
    assert "\n" not in found
