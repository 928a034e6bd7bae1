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
        ("once", {}, ["pending", "success"]),
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
    assert [run["status"] for run in runs] == (["success"] if how == "once" else [])


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
