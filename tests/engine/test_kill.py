"""`kill -9` in the middle of a run: the next `up` ends with exactly the declared objects.

On an instance that lets a workspace's name be taken twice: on one that refuses it, no twin could ever be seen.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from emulated import Emulated
from native_program import use_plugin
from pulumi_project import Project

from wallaroo_pulumi.adapters.pulumi_values import kind_of
from wallaroo_pulumi.emulator import EmulatorServer, Settings

Make = Callable[[str], Project]
MODEL = Path(__file__).parents[2] / "stacks/serving/house_price.onnx"

WORKSPACE = """
import wallaroo_pulumi as wallaroo
ws = wallaroo.Workspace("fraud", name="fraud-prod")
"""
OWNER = """
wallaroo.WorkspaceMember("lead", workspace_id=ws.workspace_id, email="mary.jane@example.com", role="OWNER")
"""
COLLABORATOR = OWNER.replace('role="OWNER"', 'role="COLLABORATOR"')
MODEL_VERSION = f"""
model = wallaroo.ModelVersion(
    "model", workspace_id=ws.workspace_id, name="house-price", framework="onnx", path="{MODEL}"
)
"""
EMPTY = """
pipeline = wallaroo.Pipeline("pipeline", workspace_id=ws.workspace_id, name="house-price", steps=[])
"""
PIPELINE = MODEL_VERSION + EMPTY.replace("steps=[]", "steps=[wallaroo.model_step(model)]")
DEPLOYMENT = f"""{PIPELINE}
wallaroo.Deployment(
    "deployment", workspace_id=ws.workspace_id, pipeline_name=pipeline.name,
    pipeline_version_id=pipeline.version_id, models=[wallaroo.model_ref(model)],
    engine_config=wallaroo.engine_config(cpus=0.5, memory="512Mi", replicas=1),
)
"""
CONNECTION = """
wallaroo.Connection("sales", name="sales", type="HTTP", details={"host": "db-1"})
"""
SERVED = {"models": 1, "model_versions": 1, "pipelines": 1, "pipeline_versions": 1}


@dataclass(frozen=True)
class Case:
    """A run that is killed while the answer to a call is out."""

    program: str
    call: str
    objects: dict[str, int]
    """What the instance holds in the end, besides the workspace and its owner."""
    before: str | None = None
    """The program of an earlier run, where the killed one edits something."""
    carried_out: bool = True
    """Whether the instance has done what the call asks when the process dies, or does it afterwards."""


CASES = {
    "create of a Workspace, not carried out yet": Case("", "workspaces/create", {}, carried_out=False),
    "create of a Workspace": Case("", "workspaces/create", {}),
    "update of a WorkspaceMember": Case(
        COLLABORATOR, "workspaces/add_user", {"workspace_members": 2}, before=OWNER
    ),
    "delete of a WorkspaceMember": Case("", "workspaces/remove_user", {}, before=OWNER),
    "create of a ModelVersion": Case(
        MODEL_VERSION, "models/upload_and_convert", {"models": 1, "model_versions": 1}
    ),
    "update of a Pipeline": Case(
        PIPELINE,
        "pipelines/create",
        {**SERVED, "pipeline_versions": 2},
        before=MODEL_VERSION + EMPTY,
    ),
    "create of a Deployment": Case(DEPLOYMENT, "pipelines/deploy", {**SERVED, "deployments": 1}),
    "wait for a Deployment": Case(DEPLOYMENT, "status/get_deployment", {**SERVED, "deployments": 1}),
    "replacement of a Connection": Case(
        CONNECTION.replace("db-1", "db-2"), "connections/delete", {"connections": 1}, before=CONNECTION
    ),
}
DYNAMIC = [
    ("create of a Workspace, not carried out yet", "engine"),
    ("create of a Workspace", "engine and host"),
    ("create of a Workspace", "host"),
    ("create of a Workspace", "engine"),
    ("update of a WorkspaceMember", "engine and host"),
    ("delete of a WorkspaceMember", "host"),
    ("create of a ModelVersion", "engine"),
    ("update of a Pipeline", "engine"),
    pytest.param("create of a Deployment", "engine", marks=pytest.mark.promise),
    ("wait for a Deployment", "engine"),
    ("replacement of a Connection", "engine"),
]
"""Each operation, and each process with a create. tests/faults loses the reply of every call of every kind."""
TOLD = {
    "engine and host": "`kill -9` of all processes of the run",
    "host": "`kill -9` of the dynamic host",
    "engine": "`kill -9` of the engine alone",
}


@pytest.fixture(scope="module")
def _emulator_url() -> Iterator[str]:
    with EmulatorServer(Settings(unique_workspace_names=False)) as server:
        yield server.url


@pytest.mark.parametrize(("case", "victim"), DYNAMIC)
def test_the_next_up_completes_what_was_killed(
    project: Make, emulator: Emulated, note: Callable[[str, str], None], case: str, victim: str
) -> None:
    kill_and_complete(project, emulator, CASES[case], victim)
    note(TOLD[victim], "next run converged")


@pytest.mark.promise
def test_the_plugin_ends_with_its_engine_and_the_next_up_completes(
    project: Make, emulator: Emulated, note: Callable[[str, str], None]
) -> None:
    native = "wallaroo_pulumi.native"
    kill_and_complete(project, emulator, CASES["create of a Deployment"], "engine", module=native)
    note(TOLD["engine"], "next run converged")


HOSTS = {"wallaroo_pulumi": "pulumi.dynamic", "wallaroo_pulumi.native": "pulumi-resource-wallaroo"}
"""Module of the program → what the command line of the process that serves it holds."""


def kill_and_complete(
    project: Make, emulator: Emulated, case: Case, victim: str, *, module: str = "wallaroo_pulumi"
) -> None:
    def program(rest: str) -> str:
        return (WORKSPACE + rest).replace("import wallaroo_pulumi as", f"import {module} as")

    estate = project(program(case.program if case.before is None else case.before))
    if module != "wallaroo_pulumi":
        use_plugin(estate)
    estate.configure(emulator.settings)
    if case.before is not None:
        estate.up().ok()
        estate.write(program(case.program))
    emulator.forget_requests()
    kind = "late_reply" if case.carried_out else "delay"
    emulator.control("faults", path=f"*/{case.call}", kind=kind, delay=60.0)

    with running(estate) as run:
        wait_until(lambda: is_out(emulator, case), "the run never came so far")
        if victim == "engine":
            os.kill(run.pid, signal.SIGKILL)
            # The host that is left would go on beside the next run, so it is to see that its engine is gone.
            wait_until(lambda: not processes(run.pid, HOSTS[module]), "the host outlives its engine", 60)
        else:
            kill(processes(run.pid, HOSTS[module] if victim == "host" else ""))
        assert run.wait(timeout=120) != 0

    if victim != "host":
        estate.pulumi("cancel", "--yes").ok()
    estate.up().ok()
    found = emulator.http.get("/__emulator__/objects").json()
    expected = {"workspaces": 1, "workspace_members": 1, "users": 4, **case.objects}
    assert {table: found[table] for table in COUNTED if found[table]} == expected
    ours = [resource for resource in estate.all_resources() if kind_of(resource["type"])]
    assert len(ours) == len(re.findall(r"wallaroo\.[A-Z]", WORKSPACE + case.program))
    # A refresh compares all that is declared with the instance.
    estate.up("--refresh", "--expect-no-changes").ok()


COUNTED = (
    *("workspaces", "workspace_members", "users", "models", "model_versions", "pipelines"),
    *("pipeline_versions", "deployments", "connections"),
)


def is_out(emulator: Emulated, case: Case) -> bool:
    """Whether the call has been made and, where it is to be, carried out."""
    made = [r for r in emulator.requests() if r["path"].endswith(f"/{case.call}")]
    return any(call["status"] is not None or not case.carried_out for call in made)


@contextmanager
def running(estate: Project) -> Iterator[subprocess.Popen[Any]]:
    """An `up` under way; what is left of it in the end is killed."""
    with estate.start("up", "--yes", "--skip-preview") as run:
        try:
            yield run
        finally:
            kill(processes(run.pid))


def wait_until(true: Callable[[], bool], otherwise: str, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.02)


def kill(pids: list[int]) -> None:
    """One that has ended by itself since it was seen, as a host does without its engine, counts as killed."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def processes(leader: int, command: str = "") -> list[int]:
    """The processes of the run's session, those whose command line holds ``command``."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            pid = int(folder.name)
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            if line and os.getsid(pid) == leader and command in line:
                found.append(pid)
        except (ValueError, OSError):
            continue
    return found
