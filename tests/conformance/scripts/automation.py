"""Orchestrations and tasks through the SDK."""

import time

from wallaroo import Client
from wallaroo.orchestration import Orchestration
from wallaroo.task import Task


def upload(client: Client, workspace: str, name: str, path: str) -> dict:
    """Upload an orchestration and wait until it is packaged."""
    client.set_current_workspace(client.get_workspace(workspace))
    uploaded = client.upload_orchestration(name=name, path=path)
    wait(uploaded, "ready")
    (listed,) = client.list_orchestrations()
    assert listed.id() == uploaded.id()
    return {
        "id": uploaded.id(),
        "name": listed.name(),
        "file": listed.file_name(),
        "status": listed.status(),
    }


def run_once(client: Client, workspace: str, orchestration: str, name: str, arguments: dict) -> dict:
    """Run an orchestration once, to its end."""
    task = _orchestration(client, workspace, orchestration).run_once(name, arguments)
    ways = wait(task, "success", "failure")
    (run,) = task.last_runs()
    return {
        "id": task.id(),
        "statuses": ways,
        "arguments": client.get_task_by_id(task.id()).input_data(),
        "run": run._status,  # the SDK has no other way to it
        "logs": [*run.logs()],
    }


def run_scheduled(client: Client, workspace: str, orchestration: str, name: str, schedule: str) -> dict:
    return _observed(_orchestration(client, workspace, orchestration).run_scheduled(name, schedule))


def run_continuously(client: Client, workspace: str, orchestration: str, name: str) -> dict:
    """Run an orchestration continuously, and end it."""
    task = _orchestration(client, workspace, orchestration).run_continuously(name)
    wait(task, "started")
    (run,) = task.last_runs()
    observed = _observed(task) | {"run": run._status}
    task.kill()
    return observed | {"killed": task.status()}


def tasks(client: Client, workspace: str, orchestration: str) -> dict:
    """The tasks of the workspace and those of an orchestration, by name."""
    found = _orchestration(client, workspace, orchestration)
    return {
        "workspace": sorted(task.name() for task in client.list_tasks(killed=True)),
        "orchestration": sorted(task.name() for task in found.list_tasks()),
    }


def _orchestration(client: Client, workspace: str, name: str) -> Orchestration:
    client.set_current_workspace(client.get_workspace(workspace))
    return next(found for found in client.list_orchestrations() if found.name() == name)


def wait(found: Orchestration | Task, *ends: str) -> list:
    """Wait for one of these statuses and return the statuses on the way."""
    seen = []
    for _ in range(20):
        status = str(found.status())
        if status not in seen:
            seen.append(status)
        if status in ends:
            return seen
        time.sleep(0.1)
    raise TimeoutError(f"the status went {' → '.join(seen)}")


def _observed(task: Task) -> dict:
    return {"id": task.id(), "name": task.name(), "type": task.task_type(), "status": str(task.status())}
