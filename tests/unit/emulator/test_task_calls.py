"""Orchestrations and tasks: packaging, starting, pausing and killing take as long as the control plane says."""

import io
import json
import zipfile
from typing import Any

import httpx
import pytest
from emulator_client import MARY, Instance


def package(*names: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in names:
            archive.writestr(name, "")
    return content.getvalue()


def upload(instance: Instance, content: bytes | None = None, user: str = "ops@example.com") -> httpx.Response:
    token = instance.login(user).json()["access_token"]
    metadata = json.dumps({"workspace_id": 1, "name": "code"})
    return instance.http.post(
        "/v1/api/orchestration/upload",
        headers={"Authorization": f"Bearer {token}"},
        files={
            "metadata": (None, metadata, "application/json"),
            "file": ("code.zip", package("main.py") if content is None else content),
        },
    )


@pytest.fixture
def code(instance: Instance) -> str:
    """An orchestration in workspace 1."""
    instance.ok("workspaces/create", workspace_name="fraud")
    reply = upload(instance)
    assert reply.status_code == 202
    id: str = reply.json()["id"]
    return id


def status(instance: Instance, id: str) -> str:
    found: str = instance.ok("task/get_by_id", id=id)["status"]
    return found


def start(instance: Instance, how: str, **body: Any) -> httpx.Response:
    return instance.call(f"task/run_{how}", **{"workspace_id": 1, "json": {}, "name": "task", **body})


def test_packaging_that_never_begins_stays_pending(instance: Instance) -> None:
    instance.control("readiness", kind="orchestration", mode="never")
    instance.ok("workspaces/create", workspace_name="fraud")
    id = upload(instance).json()["id"]
    seen = [instance.ok("orchestration/get_by_id", id=id)["status"] for _ in range(2)]
    assert seen == ["pending_packaging"] * 2


def test_packaging_takes_as_many_looks_as_asked(instance: Instance) -> None:
    instance.control("readiness", kind="orchestration", mode="polls", polls=2)
    instance.ok("workspaces/create", workspace_name="fraud")
    id = upload(instance).json()["id"]
    seen = [instance.ok("orchestration/get_by_id", id=id)["status"] for _ in range(4)]
    assert seen == ["packaging", "packaging", "ready", "ready"]


@pytest.mark.parametrize("content", [b"no zip", package("other.py"), package("main.py", "a/main.py")])
def test_only_packages_with_a_main_are_packaged(instance: Instance, code: str, content: bytes) -> None:
    id = upload(instance, content).json()["id"]
    expected = "error" if b"main.py" not in content else "ready"
    assert instance.ok("orchestration/get_by_id", id=id)["status"] == expected


def test_strangers_upload_and_see_nothing(instance: Instance, code: str) -> None:
    assert upload(instance, user=MARY).status_code == 403
    assert instance.call("orchestration/get_by_id", MARY, id=code).status_code == 403


def test_every_upload_is_another_orchestration(instance: Instance, code: str) -> None:
    assert upload(instance).json()["id"] != code
    assert len(instance.ok("orchestration/list", workspace_id=1)) == 2


@pytest.mark.parametrize(
    ("how", "extra", "statuses"),
    [
        ("once", {}, ["pending", "started"]),
        ("scheduled", {"schedule": "0 4 * * *"}, ["pending", "started"]),
        ("continuously", {}, ["pending", "started"]),
    ],
)
def test_a_task_starts(
    instance: Instance, code: str, how: str, extra: dict[str, str], statuses: list[str]
) -> None:
    instance.ok("orchestration/get_by_id", id=code)
    instance.control("readiness", kind="task", mode="polls", polls=1)
    reply = start(instance, how, orch_id=code, **extra)
    assert reply.status_code == 201
    id = reply.json()["id"]
    assert [status(instance, id) for _ in range(2)] == statuses
    runs = instance.ok("task/list_task_runs", task_id=id)
    assert [run["status"] for run in runs] == ([] if how == "scheduled" else ["running"])


def test_a_task_that_runs_once_is_started_before_it_ends_with_its_run(instance: Instance, code: str) -> None:
    instance.ok("orchestration/get_by_id", id=code)
    id = start(instance, "once", orch_id=code, json={"day": 1}).json()["id"]
    assert [status(instance, id) for _ in range(5)] == ["started", "started", "started", "success", "success"]
    task = instance.ok("task/get_by_id", id=id)
    assert [run["status"] for run in task["last_runs"]] == ["success"]
    run_id = task["last_runs"][0]["run_id"]
    first, second = instance.ok("task/get_logs_for_run", id=run_id)["logs"]
    assert first == '2024-07-11T16:51:50.885751+00:00 stdout F {"day": 1}'
    assert second.endswith("stdout F main.py is not run: this is the emulator")


@pytest.mark.parametrize(
    ("mode", "task", "run"), [("error", "failed", "failure"), ("at_once", "success", "success")]
)
def test_a_run_ends_as_the_control_plane_says(
    instance: Instance, code: str, mode: str, task: str, run: str
) -> None:
    instance.ok("orchestration/get_by_id", id=code)
    instance.control("readiness", kind="task_run", mode=mode)
    id = start(instance, "once", orch_id=code).json()["id"]
    assert [status(instance, id) for _ in range(2)] == ["started", task]
    assert [found["status"] for found in instance.ok("task/list_task_runs", task_id=id)] == [run]


def test_a_run_that_never_ends_is_killed_with_its_task(instance: Instance, code: str) -> None:
    instance.ok("orchestration/get_by_id", id=code)
    instance.control("readiness", kind="task_run", mode="never")
    id = start(instance, "once", orch_id=code).json()["id"]
    assert [status(instance, id) for _ in range(4)] == ["started"] * 4
    instance.call("task/kill", id=id)
    assert [status(instance, id) for _ in range(2)] == ["killed"] * 2
    assert [run["status"] for run in instance.ok("task/list_task_runs", task_id=id)] == ["killed"]


def test_a_scheduled_task_runs_by_its_schedule_while_it_is_not_paused(instance: Instance, code: str) -> None:
    instance.ok("orchestration/get_by_id", id=code)
    id = start(instance, "scheduled", orch_id=code, schedule="*/5 * * * *").json()["id"]  # at 16:51:50

    def runs() -> list[str]:
        status(instance, id)
        return [run["created_at"][11:16] for run in instance.ok("task/list_task_runs", task_id=id)]

    assert status(instance, id) == "started"
    instance.clock.time += 180
    assert runs() == []
    instance.clock.time += 600
    assert runs() == ["17:00", "16:55"]
    instance.call("task/pause", id=id, pause=True)
    instance.clock.time += 600
    assert runs() == ["17:00", "16:55"]
    instance.call("task/pause", id=id, pause=False)
    assert status(instance, id) == "started"
    instance.clock.time += 300
    assert runs() == ["17:15", "17:00", "16:55"]
    shown = instance.ok("task/get_by_id", id=id, run_limit=2)["last_runs"]
    assert [run["created_at"][11:16] for run in shown] == ["17:00", "17:15"], "the last one last"
    assert {run["status"] for run in shown} == {"success"}


@pytest.mark.parametrize("schedule", ["", "* * * *", "61 4 * * *", "* * * * * *", "every day at noon x"])
def test_a_schedule_that_is_none_is_refused(instance: Instance, code: str, schedule: str) -> None:
    instance.ok("orchestration/get_by_id", id=code)
    reply = start(instance, "scheduled", orch_id=code, schedule=schedule)
    assert reply.status_code == 400
    assert reply.json()["msg"].startswith(f"schedule: '{schedule}' is not a cron schedule: ")


def test_a_run_is_read_by_its_id(instance: Instance, code: str) -> None:
    instance.ok("orchestration/get_by_id", id=code)
    id = start(instance, "continuously", orch_id=code).json()["id"]
    assert status(instance, id) == "started"
    (run,) = instance.ok("task/list_task_runs", task_id=id)
    read = instance.ok("task/get_run_details", task=id, pod_id=run["run_id"])
    assert read == {key: run[key] for key in ("run_id", "status", "created_at", "updated_at")}
    assert instance.call("task/get_run_details", task=id, pod_id="none").status_code == 404


def test_all_orchestrations_are_listed_with_their_tasks(instance: Instance, code: str) -> None:
    instance.ok("orchestration/get_by_id", id=code)
    instance.control("readiness", kind="task_run", mode="never")
    once = start(instance, "once", orch_id=code).json()["id"]
    killed = start(instance, "continuously", orch_id=code).json()["id"]
    instance.call("task/kill", id=killed)

    def listed(user: str = "ops@example.com", **body: Any) -> list[list[str]]:
        body = {"workspace_ids": [], "task_run_status": [], **body}
        found = instance.ok("orchestration/list_all", user, **body)["orchestrations"]
        assert all(item["workspace"]["name"] == "fraud" for item in found)
        assert all(item["orchestration"]["id"] == code for item in found)
        return [[task["id"] for task in item["tasks"]] for item in found]

    assert listed() == listed(workspace_ids=[1]) == [[once]]
    assert listed(killed=True) == [[once, killed]]
    assert listed(task_run_status=["running"]) == [[once]]
    assert listed(task_run_status=["failure"]) == [[]]
    assert listed(MARY) == []
    assert (
        instance.call("orchestration/list_all", MARY, workspace_ids=[1], task_run_status=[]).status_code
        == 403
    )


@pytest.mark.parametrize("file_name", [None, "metadata", "metadata.json"])
def test_metadata_may_have_a_file_name(instance: Instance, file_name: str | None) -> None:
    instance.ok("workspaces/create", workspace_name="fraud")
    metadata = {"workspace_id": 1, "name": "code", "conversion": None}
    for path, status_code in (
        ("orchestration/upload", 202),
        ("models/upload", 200),
        ("models/upload_and_convert", 202),
    ):
        reply = instance.upload(path, metadata, ("a.zip", package("main.py")), metadata_name=file_name)
        assert reply.status_code == status_code, reply.text


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"metadata": (None, "{}")}, "file: Field required"),
        ({"file": ("a.zip", b"")}, "metadata: Field required"),
        ({"file": ("a.zip", b""), "metadata": (None, "{")}, "metadata: Invalid JSON"),
        ({"file": ("a.zip", b""), "metadata": (None, "{}")}, "metadata.workspace_id: Field required"),
    ],
)
def test_an_upload_that_lacks_something_names_it(
    instance: Instance, parts: dict[str, Any], message: str
) -> None:
    token = instance.login().json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    reply = instance.http.post("/v1/api/orchestration/upload", files=parts, headers=headers)
    assert reply.status_code == 400
    assert reply.json()["msg"].startswith(message)


def test_an_orchestration_that_is_not_ready_does_not_run(instance: Instance) -> None:
    instance.control("readiness", kind="orchestration", mode="never")
    instance.ok("workspaces/create", workspace_name="fraud")
    id = upload(instance).json()["id"]
    assert start(instance, "continuously", orch_id=id).status_code == 400
    assert start(instance, "continuously", orch_id="none").status_code == 404


def test_paused_resumed_killed_and_hidden(instance: Instance, code: str) -> None:
    instance.ok("orchestration/get_by_id", id=code)
    id = start(instance, "continuously", orch_id=code).json()["id"]
    assert status(instance, id) == "started"
    for pause, pending, then in ((True, "pending_pause", "paused"), (False, "pending_resume", "started")):
        reply = instance.call("task/pause", id=id, pause=pause)
        assert (reply.status_code, reply.json()["status"]) == (202, pending)
        assert status(instance, id) == then
    assert (
        instance.call(
            "orchestration/delete_orchestrations", orchestrations=[code], confirm_delete=True
        ).status_code
        == 409
    )
    reply = instance.call("task/kill", id=id)
    assert (reply.status_code, reply.json()["status"], reply.json()["killed"]) == (202, "pending_kill", False)
    assert status(instance, id) == "killed"
    assert instance.ok("task/list", workspace_id=1) == []
    assert [task["killed"] for task in instance.ok("task/list", workspace_id=1, killed=True)] == [True]
    assert instance.call("task/pause", id=id, pause=True).status_code == 400
    instance.ok("orchestration/delete_orchestrations", orchestrations=[code], confirm_delete=True)
    assert instance.ok("orchestration/list", workspace_id=1) == []
