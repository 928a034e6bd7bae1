"""Any history of edits, drift by hand, faults and runs ends, after a run without faults, in what is declared.

Runs go through a real dynamic host, a new one for each, as Pulumi starts them; the engine's part (refresh, then
delete, replace, update and create in the order of dependencies) is played by :class:`Stack`.
"""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from dynamic_host import DynamicHost, HostError
from emulated import Emulated
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

NAMES = ("fraud", "churn")
USERS = ("mary.jane@example.com", "john.hancock@example.com")
ROLES = ("OWNER", "COLLABORATOR")
ENDPOINTS = ("create", "list", "add_user", "list_users", "remove_user")
KINDS = ("reset", "lost_reply", "truncate", "respond")


class Stack:
    """A stack's state, and what the engine does with it."""

    def __init__(self, emulator: Emulated) -> None:
        self.emulator = emulator
        self.state: dict[tuple[str, ...], tuple[str, dict[str, Any]]] = {}
        """(workspace,) or (workspace, user) → id and outputs."""

    def up(self, declared: dict[str, dict[str, str]]) -> None:
        """Raises HostError where a call fails; what was done until then is in the state."""
        with DynamicHost({**self.emulator.settings, "maxRetries": "1"}) as host:
            self._refresh(host)
            wanted = [(name,) for name in declared]
            wanted += [(name, user) for name, members in declared.items() for user in members]
            for key in sorted(set(self.state) - set(wanted), key=len, reverse=True):
                self._delete(host, key)
            for key in wanted:
                self._apply(host, key, declared)

    def _refresh(self, host: DynamicHost) -> None:
        for key, (id, outputs) in list(self.state.items()):
            found, now, _ = host.read(kind(key), id, outputs)
            if found:
                self.state[key] = (found, now)
            else:
                del self.state[key]

    def _delete(self, host: DynamicHost, key: tuple[str, ...]) -> None:
        host.delete(kind(key), *self.state[key])
        del self.state[key]

    def _apply(self, host: DynamicHost, key: tuple[str, ...], declared: dict[str, dict[str, str]]) -> None:
        inputs: dict[str, Any] = {"name": key[0]}
        if len(key) == 2:
            workspace_id = self.state[key[:1]][1]["workspaceId"]
            inputs = {"workspaceId": workspace_id, "email": key[1], "role": declared[key[0]][key[1]]}
        checked, failures = host.check(kind(key), inputs)
        assert failures == {}
        old = self.state.get(key)
        difference = host.diff(kind(key), old[0], old[1], checked) if old else None
        if difference is None or difference.replaces:
            self.state[key] = host.create(kind(key), checked)
        elif difference.changed and old:
            self.state[key] = (old[0], host.update(kind(key), old[0], old[1], checked))


def kind(key: tuple[str, ...]) -> str:
    return "Workspace" if len(key) == 1 else "WorkspaceMember"


class History(RuleBasedStateMachine):
    emulator: Emulated

    @initialize()
    def begin(self) -> None:
        self.emulator.control("reset")
        self.emulator.http.delete("/__emulator__/faults")
        self.stack = Stack(self.emulator)
        self.declared: dict[str, dict[str, str]] = {}

    @rule(name=st.sampled_from(NAMES))
    def declare_a_workspace(self, name: str) -> None:
        self.declared.setdefault(name, {})

    @rule(name=st.sampled_from(NAMES), user=st.sampled_from(USERS), role=st.sampled_from(ROLES))
    def declare_a_member(self, name: str, user: str, role: str) -> None:
        self.declared.setdefault(name, {})[user] = role

    @rule(name=st.sampled_from(NAMES))
    def take_a_workspace_out(self, name: str) -> None:
        self.declared.pop(name, None)

    @rule(name=st.sampled_from(NAMES), user=st.sampled_from(USERS))
    def take_a_member_out(self, name: str, user: str) -> None:
        self.declared.get(name, {}).pop(user, None)

    @rule(name=st.sampled_from(NAMES), user=st.sampled_from(USERS))
    def somebody_removes_a_member(self, name: str, user: str) -> None:
        if id := self.emulator.workspaces().get(name):
            self.emulator.control("delete", workspace_id=id, email=user)

    @rule(name=st.sampled_from(NAMES))
    def somebody_removes_a_workspace(self, name: str) -> None:
        if id := self.emulator.workspaces().get(name):
            self.emulator.control("delete", workspace_id=id)

    @rule(name=st.sampled_from(NAMES), user=st.sampled_from(USERS), role=st.sampled_from(ROLES))
    def somebody_changes_a_role(self, name: str, user: str, role: str) -> None:
        if id := self.emulator.workspaces().get(name):
            self.emulator.api("workspaces/add_user", workspace_id=id, email=user, user_type=role)

    @rule(
        endpoint=st.sampled_from(ENDPOINTS),
        fault=st.sampled_from(KINDS),
        status=st.sampled_from((500, 502, 503)),
    )
    def a_run_meets_a_fault(self, endpoint: str, fault: str, status: int) -> None:
        self.emulator.control("faults", path=f"*/workspaces/{endpoint}", kind=fault, status=status)
        with contextlib.suppress(HostError):
            self.stack.up(self.declared)
        self.emulator.http.delete("/__emulator__/faults")

    @rule()
    def a_run_without_faults_ends_in_what_is_declared(self) -> None:
        self.stack.up(self.declared)
        workspaces = self.emulator.workspaces()
        for name, members in self.declared.items():
            found = self.emulator.members(workspaces[name])
            assert found.pop("ops@example.com") == "OWNER"
            managed = {user: role for user, role in found.items() if user in members}
            assert managed == members
            assert self.stack.state[(name,)][0] == str(workspaces[name])
        names = [w["name"] for w in self.emulator.api("workspaces/list")["workspaces"]]
        assert len(names) == len(set(names)), "no twins"

    def teardown(self) -> None:
        if hasattr(self, "stack"):
            self.a_run_without_faults_ends_in_what_is_declared()


@pytest.mark.timeout(900)
def test_any_history_ends_in_what_is_declared(emulator: Emulated) -> None:
    machine = type("HistoryOnThisEmulator", (History,), {"emulator": emulator})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=8,
            stateful_step_count=14,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
