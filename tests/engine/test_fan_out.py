"""The script of stacks/fan_out on 20 stacks and 4 instances that limit their rate."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from emulated import Emulated
from pulumi_project import Project, Run

from wallaroo_pulumi.emulator import EmulatorServer

FAN_OUT = Path(__file__).parents[2] / "stacks/fan_out/fan_out.py"
INSTANCES, STACKS = 4, 20
AT_ONCE, PER_INSTANCE = 4, 2
RATE = 3
"""Requests per second: a stack sends more than that at a time, so some are rejected."""
LEAD = "mary.jane@example.com"
PROGRAM = f"""
    import pulumi
    import wallaroo_pulumi as wallaroo

    workspace = wallaroo.Workspace("only", name=f"of-{{pulumi.get_stack()}}")
    wallaroo.WorkspaceMember("lead", workspace_id=workspace.workspace_id, email={LEAD!r})
"""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


class Estate:
    """One project whose stacks are spread over the instances. Their names do not contain the instance."""

    def __init__(self, project: Project, instances: list[Emulated], stacks: int) -> None:
        self._project, self.instances = project, instances
        project.configure(instances[0].settings)
        self.names = [f"team-{number:02}" for number in range(stacks)]
        config = (project.folder / "Pulumi.test.yaml").read_text()
        empty = self._state_file("test").read_text()
        for name in self.names:
            settings = config.replace(instances[0].url, self.instance(name).url)
            (project.folder / f"Pulumi.{name}.yaml").write_text(settings)
            self._state_file(name).write_text(empty.replace("estate/test", f"estate/{name}"))

    def instance(self, name: str) -> Emulated:
        return self.instances[self.names.index(name) % len(self.instances)]

    def on(self, instance: Emulated) -> list[str]:
        return [name for name in self.names if self.instance(name) is instance]

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        limits = [f"--at-once={AT_ONCE}", f"--per-instance={PER_INSTANCE}"]
        return subprocess.Popen(
            [sys.executable, str(FAN_OUT), *limits, "--stacks=team-*", *arguments],
            cwd=self._project.folder,
            env=self._project.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def fan_out(self, *arguments: str) -> Run:
        with self.start(*arguments) as process:
            out, err = process.communicate()
        return Run(process.returncode, out, err)

    def state(self, name: str) -> dict[str, dict[str, Any]]:
        """The resources of a stack: type → resource."""
        deployment = json.loads(self._state_file(name).read_text())["checkpoint"]["latest"] or {}
        return {r["type"].rpartition(":")[2]: r for r in deployment.get("resources", [])}

    def periods(self) -> dict[str, tuple[int, int]]:
        """From when to when the last run of each stack took, in whole seconds."""
        history = self._project.folder / "state/.pulumi/history/estate"
        last = {name: max((history / name).glob("*.history.json")) for name in self.names}
        runs = {name: json.loads(file.read_text()) for name, file in last.items()}
        return {name: (run["startTime"], run["endTime"]) for name, run in runs.items()}

    def set_wrong_password(self, name: str) -> None:
        file = self._project.folder / f"Pulumi.{name}.yaml"
        secret = r"wallaroo:password:\s+secure: \S+"
        file.write_text(re.sub(secret, "wallaroo:password: wrong", file.read_text()))

    def lock_files(self) -> list[Path]:
        return list((self._project.folder / "state/.pulumi/locks").rglob("*.json"))

    def _state_file(self, name: str) -> Path:
        return self._project.folder / f"state/.pulumi/stacks/estate/{name}.json"


@pytest.fixture
def instances() -> Iterator[list[Emulated]]:
    with ExitStack() as stack:
        servers = [stack.enter_context(EmulatorServer()) for _ in range(INSTANCES)]
        instances = [Emulated(server.url) for server in servers]
        for instance in instances:
            stack.enter_context(instance.http)
        yield instances


def results(run: Run) -> dict[str, str]:
    """How each stack ended: name → ``ok`` or ``failed``."""
    lines = [line.split() for line in run.out.splitlines()[:-1]]
    ended = {line[3].rstrip(":").rpartition("/")[2]: line[0] for line in lines}
    assert len(ended) == len(lines)  # one line per stack
    return ended


def most_at_once(periods: list[tuple[int, int]]) -> int:
    """A run that begins in the second in which another ends counts as begun after it."""
    return max(sum(begin <= second < end for begin, end in periods) for second, _ in periods)


def test_every_stack_is_run_within_the_limits_and_one_that_fails_is_named(
    project: Callable[[str], Project], instances: list[Emulated]
) -> None:
    estate = Estate(project(PROGRAM), instances, STACKS)
    for instance in instances:
        instance.control("rate", requests_per_second=RATE)
    assert set(results(estate.fan_out("up").ok()).items()) == {(name, "ok") for name in estate.names}
    periods = estate.periods()
    assert 1 < most_at_once(list(periods.values())) <= AT_ONCE
    answers = Counter(entry["status"] for instance in instances for entry in instance.requests("/"))
    assert 429 in answers
    for instance in instances:
        mine = estate.on(instance)
        assert most_at_once([periods[name] for name in mine]) <= PER_INSTANCE
        instance.control("rate", requests_per_second=None)
        made = [workspace["name"] for workspace in instance.api("workspaces/list")["workspaces"]]
        assert sorted(made) == [f"of-{name}" for name in mine]
        ids = instance.workspaces()
        for name in mine:
            assert estate.state(name)["Workspace"]["id"] == str(ids[f"of-{name}"])
            assert LEAD in instance.members(ids[f"of-{name}"])
        instance.forget_requests()

    some = estate.names[:INSTANCES]  # one on each instance
    run = estate.fan_out("refresh", "--expect-no-changes", "--stacks=team-0[0-3]").ok()
    assert results(run) == dict.fromkeys(some, "ok")
    for instance in instances:
        assert set(instance.endpoints()) <= {"workspaces/list", "workspaces/list_users", "users/query"}

    drifted = estate.names[-1]
    instance = estate.instance(drifted)
    instance.api(
        "workspaces/remove_user",
        workspace_id=instance.workspaces()[f"of-{drifted}"],
        user_id=instance.user_id(LEAD),
    )
    run = estate.fan_out("refresh", "--expect-no-changes")
    assert run.code == 1
    assert results(run) == dict.fromkeys(estate.names, "ok") | {drifted: "failed"}
    assert run.out.splitlines()[-1] == (
        f"refresh: {STACKS - 1} of {STACKS} stacks succeeded; failed: project/{drifted}"
    )
    assert {name for name in estate.names if "WorkspaceMember" not in estate.state(name)} == {drifted}


def test_the_line_of_a_stack_contains_its_error(
    project: Callable[[str], Project], emulator: Emulated
) -> None:
    estate = Estate(project(PROGRAM), [emulator], 1)
    estate.fan_out("up").ok()
    estate.set_wrong_password("team-00")
    run = estate.fan_out("refresh", "--", "--run-program")  # else Pulumi uses the settings of the last `up`
    assert run.code == 1
    failed, summary = run.out.splitlines()
    assert "project/team-00: " in failed
    assert "the user name or the password is wrong" in failed
    assert summary == "refresh: 0 of 1 stacks succeeded; failed: project/team-00"


def test_an_interrupt_ends_the_running_stack_and_starts_no_more(
    project: Callable[[str], Project], emulator: Emulated
) -> None:
    estate = Estate(project(PROGRAM), [emulator], 2)
    emulator.control("latency", seconds=5)  # the first run does not end before the interrupt
    emulator.forget_requests()
    with estate.start("up", "--per-instance=1") as process:
        while not emulator.requests("/"):
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    run = Run(process.returncode, out, err)
    assert run.code == 1, run.text
    assert results(run) == dict.fromkeys(estate.names, "failed")
    assert [line.partition(": ")[2] for line in run.out.splitlines()[:-1]] == [
        "interrupted",
        "not started",
    ]
    assert estate.lock_files() == []
    assert estate.state(estate.names[1]) == {}

    emulator.control("latency", seconds=0)
    estate.fan_out("up").ok()
    made = [workspace["name"] for workspace in emulator.api("workspaces/list")["workspaces"]]
    assert sorted(made) == [f"of-{name}" for name in estate.names]
