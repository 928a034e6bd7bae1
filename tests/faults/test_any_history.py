"""Any history of edits, drift by hand, faults and runs ends, after a run without faults, in what is declared."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from dynamic_host import HostError
from emulated import Emulated
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from stack_double import Inputs, Key, Stack

OPS = "ops@example.com"
NAMES = st.sampled_from(("fraud", "churn"))
USERS = st.sampled_from(("mary.jane@example.com", "john.hancock@example.com"))
ROLES = st.sampled_from(("OWNER", "COLLABORATOR"))
STEP = {"ModelInference": {"models": [{"name": "m", "version": "v", "sha": "0" * 64}]}}
STEPS = st.sampled_from(([], [STEP]))
EDITED: dict[str, Callable[[Inputs], Inputs]] = {
    "Workspace": lambda old: old,
    "WorkspaceMember": lambda old: old | {"role": "OWNER" if old["role"] != "OWNER" else "COLLABORATOR"},
    "Pipeline": lambda old: old | {"steps": [] if old["steps"] else [STEP]},
    "Connection": lambda old: old | {"details": {"host": "db-3"}},
}
ENDPOINTS = (
    "workspaces/create",
    "workspaces/list",
    "workspaces/add_user",
    "workspaces/list_users",
    "workspaces/remove_user",
    "connections/create",
    "connections/list",
    "connections/delete",
    "pipelines/create",
    "pipelines/list_pipelines",
    "pipelines/delete_pipeline",
)
KINDS = ("reset", "lost_reply", "truncate", "respond")


class History(RuleBasedStateMachine):
    """``declared`` is the program; ``others`` what may be on the instance without being declared.

    That is what somebody made by hand, and what a run that failed may have made without knowing.
    """

    emulator: Emulated
    note: Callable[[str, str], None]

    @initialize()
    def begin(self) -> None:
        self.emulator.control("reset")
        self.stack = Stack(self.emulator)
        self.declared: dict[Key, Inputs] = {}
        self.others: set[Key] = set()

    @rule(name=NAMES)
    def declare_a_workspace(self, name: str) -> None:
        self.declared["Workspace", name] = {"name": name}

    @rule(name=NAMES, user=USERS, role=ROLES)
    def declare_a_member(self, name: str, user: str, role: str) -> None:
        self.declare_a_workspace(name)
        self.declared["WorkspaceMember", name, user] = {"email": user, "role": role}

    @rule(name=NAMES, steps=STEPS)
    def declare_a_pipeline(self, name: str, steps: list[Any]) -> None:
        self.declare_a_workspace(name)
        self.declared["Pipeline", name, "scores"] = {"name": "scores", "steps": steps}

    @rule(host=st.sampled_from(("db-1", "db-2")))
    def declare_a_connection(self, host: str) -> None:
        self.declared["Connection", "sales"] = {"name": "sales", "type": "HTTP", "details": {"host": host}}

    @rule(name=NAMES)
    def take_a_workspace_out(self, name: str) -> None:
        self.declared = {key: inputs for key, inputs in self.declared.items() if key[1] != name}

    @rule(name=NAMES, user=USERS)
    def take_a_member_out(self, name: str, user: str) -> None:
        self.declared.pop(("WorkspaceMember", name, user), None)

    @rule(name=NAMES)
    def take_a_pipeline_out(self, name: str) -> None:
        self.declared.pop(("Pipeline", name, "scores"), None)

    @rule()
    def take_the_connection_out(self) -> None:
        self.declared.pop(("Connection", "sales"), None)

    @rule(name=NAMES, user=USERS)
    def somebody_removes_a_member(self, name: str, user: str) -> None:
        if id := self.emulator.workspaces().get(name):
            self.emulator.control("delete", workspace_id=id, email=user)
            self.others.discard(("WorkspaceMember", name, user))

    @rule(name=NAMES)
    def somebody_removes_a_workspace(self, name: str) -> None:
        if id := self.emulator.workspaces().get(name):
            self.emulator.control("delete", workspace_id=id)
            self.others = {key for key in self.others if key[1] != name}

    @rule(name=NAMES, user=USERS, role=ROLES)
    def somebody_changes_a_role(self, name: str, user: str, role: str) -> None:
        if id := self.emulator.workspaces().get(name):
            self.emulator.api("workspaces/add_user", workspace_id=id, email=user, user_type=role)
            self.others.add(("WorkspaceMember", name, user))

    @rule(name=NAMES)
    def somebody_removes_a_pipeline(self, name: str) -> None:
        if id := self.emulator.workspaces().get(name):
            with contextlib.suppress(Exception):  # there may be none
                self.emulator.api("pipelines/delete_pipeline", workspace_id=id, pipeline_id="scores")

    @rule()
    def somebody_removes_the_connection(self) -> None:
        with contextlib.suppress(Exception):  # there may be none
            self.emulator.api("connections/delete", name="sales")

    @rule(
        endpoint=st.sampled_from(ENDPOINTS),
        fault=st.sampled_from(KINDS),
        status=st.sampled_from((500, 502, 503)),
    )
    def a_run_meets_a_fault(self, endpoint: str, fault: str, status: int) -> None:
        self.emulator.control("faults", path=f"/v1/api/{endpoint}", kind=fault, status=status)
        before = set(self.stack.state)
        with contextlib.suppress(HostError):
            self.stack.up(self.declared)
        self.emulator.http.delete("/__emulator__/faults")
        self.others |= set(self.declared) - set(self.stack.state)
        self.others -= before - set(self.declared) - set(self.stack.state)

    @rule()
    def a_run_without_faults_ends_in_what_is_declared(self) -> None:
        before = set(self.stack.state)
        self.stack.up(self.declared)
        self.others -= before | set(self.declared)
        found = self.on_the_instance()
        assert {key: found[key] for key in self.declared} == self.declared
        left = {key for key in set(found) - set(self.declared) if key[0] != "Workspace"}
        assert left <= self.others, "what was taken out of the program is gone"
        self.note(
            "any history: edits, drift, faults and runs, then a run without faults", "next run converged"
        )

    def on_the_instance(self) -> dict[Key, Inputs]:
        """All objects there, as the program would declare them."""
        found: dict[Key, Inputs] = {}
        listed = self.emulator.api("workspaces/list")["workspaces"]
        for name, id in ((workspace["name"], workspace["id"]) for workspace in listed):
            assert ("Workspace", name) not in found, "a twin"
            found["Workspace", name] = {"name": name}
            members = self.emulator.members(id)
            assert members.pop(OPS) == "OWNER"
            for user, role in members.items():
                found["WorkspaceMember", name, user] = {"email": user, "role": role}
            for pipeline in self.emulator.api("pipelines/list_pipelines", workspace_id=id)["pipelines"]:
                version = pipeline["pipeline_version"]["version"]
                definition = self.emulator.api("pipelines/get_version", version=version)["definition"]
                key = ("Pipeline", name, pipeline["pipeline"]["name"])
                assert key not in found, "a twin"
                found[key] = {"name": key[2], "steps": definition["steps"]}
        for connection in self.emulator.api("connections/list")["connections"]:
            key = ("Connection", connection["name"])
            found[key] = {name: connection[name] for name in ("name", "type", "details")}
        return found

    def teardown(self) -> None:
        """The end of every history: all is made, then all is edited, then all is taken out."""
        if not hasattr(self, "stack"):
            return
        self.declare_a_member("fraud", "mary.jane@example.com", "OWNER")
        self.declare_a_pipeline("fraud", [])
        self.declare_a_connection("db-1")
        self.a_run_without_faults_ends_in_what_is_declared()
        for key, inputs in self.declared.items():
            self.declared[key] = EDITED[key[0]](inputs)
        self.a_run_without_faults_ends_in_what_is_declared()
        self.declared = {}
        self.a_run_without_faults_ends_in_what_is_declared()


@pytest.mark.timeout(900)
def test_any_history_ends_in_what_is_declared(emulator: Emulated, note: Callable[[str, str], None]) -> None:
    machine = type("HistoryOnThisEmulator", (History,), {"emulator": emulator, "note": staticmethod(note)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=10,
            stateful_step_count=12,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],  # making a failing history shorter takes longer than reading it
            suppress_health_check=list(HealthCheck),
        ),
    )
