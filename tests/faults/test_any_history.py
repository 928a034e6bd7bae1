"""Any history of edits, drift, faults, interruptions, lost access and other instances loses no object and converges.

After each run the test checks:

- Objects of others are not removed. They change only while the program declares them; afterwards they are as found.
- No object that exists leaves the state, unless its resource was deleted.
- No run removes an object that another live resource of the state refers to.

A run under normal conditions then makes all that is declared, and the next one has nothing to do.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import pytest
from dynamic_host import DynamicHost, HostError
from emulated import Emulated
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from kernel_host import KernelHost
from stack_double import Declared, Held, Host, Inputs, Interrupted, Stack, Stop

from wallaroo_pulumi.emulator import EmulatorServer

Key = tuple[str, ...]
"""The kind, the name of the object's workspace if it has one, and the object's name."""
Row = tuple[str, ...]
"""The kind, and an identity that no other object, earlier or later, has."""

OPS, ADA = "ops@example.com", "ada@example.com"
NAMES = st.sampled_from(("fraud", "churn"))
USERS = st.sampled_from(("mary.jane@example.com", "john.hancock@example.com"))
ROLES = st.sampled_from(("OWNER", "COLLABORATOR"))
HOSTS = st.sampled_from(("db-1", "db-2"))
STEP = {"ModelInference": {"models": [{"name": "m", "version": "v", "sha": "0" * 64}]}}
STEPS = st.sampled_from(([], [STEP]))
STOPS = st.builds(Stop, st.integers(1, 6), st.booleans())
SOME = st.sets(st.integers(0, 9), min_size=1, max_size=4)
"""The resources that a run targets or replaces."""
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
    "users/query",
    "users/invite",
    "users/deactivate",
)
KINDS = ("reset", "lost_reply", "truncate", "respond")
ORDER = ("User", "Workspace", "Connection", "WorkspaceMember", "Pipeline", "WorkspaceConnection")
STAYS = ("Workspace", "User")
"""Kinds whose objects cannot be deleted."""


class History(RuleBasedStateMachine):
    """``declared`` is the program, ``names`` the logical names of its resources that were renamed."""

    emulator: Emulated
    other: Emulated
    note: Callable[[str, str], None]
    host: str

    # --- the program -------------------------------------------------------------------------------------

    @initialize()
    def begin(self) -> None:
        for emulator in (self.emulator, self.other):
            emulator.control("reset")
            emulator.http.delete("/__emulator__/faults")
        self.target = self.emulator
        self.stack = Stack(self.open_host, self)
        self.declared: dict[Key, Inputs] = {}
        self.names: dict[Key, str] = {}
        self.foreign: set[Row] = set()
        self.as_found: dict[Row, Any] = {}
        self.hidden: set[int] = set()
        for name in ("private", "shared"):
            self.other.api("workspaces/create", workspace_name=name)
        self.other.api("connections/create", name="sales", type="HTTP", details={"host": "db-1"})

    def open_host(self, export: Callable[[], Sequence[Mapping[str, Any]]]) -> AbstractContextManager[Host]:
        settings = {**self.target.settings, "maxRetries": "1"}
        if self.host == "dynamic":
            return DynamicHost(settings, state=export())
        return KernelHost(settings, export)

    def program(self, keys: set[Key] | None = None) -> list[Declared]:
        chosen = [key for key in self.declared if keys is None or key in keys]
        return [self.resource(key) for key in sorted(chosen, key=lambda key: ORDER.index(key[0]))]

    def resource(self, key: Key) -> Declared:
        uses = {}
        if len(key) == 3:
            uses["workspaceId"] = (self.name_of(("Workspace", key[1])), "workspaceId")
        if key[0] == "WorkspaceConnection":
            uses["connectionName"] = (self.name_of(("Connection", "sales")), "name")
        return Declared(self.name_of(key), key[0], self.declared[key], uses)

    def name_of(self, key: Key) -> str:
        return self.names.get(key, "-".join(key))

    @rule(name=NAMES)
    def declare_a_workspace(self, name: str) -> None:
        self.declared["Workspace", name] = {"name": name, "adopt": "always"}

    @rule(name=NAMES, user=USERS, role=ROLES)
    def declare_a_member(self, name: str, user: str, role: str) -> None:
        self.declare_a_workspace(name)
        self.declared["WorkspaceMember", name, user] = {"email": user, "role": role}

    @rule(name=NAMES, steps=STEPS)
    def declare_a_pipeline(self, name: str, steps: list[Any]) -> None:
        self.declare_a_workspace(name)
        self.declared["Pipeline", name, "scores"] = {"name": "scores", "steps": steps}

    @rule(host=HOSTS)
    def declare_a_connection(self, host: str) -> None:
        self.declared["Connection", "sales"] = {"name": "sales", "type": "HTTP", "details": {"host": host}}

    @rule(name=NAMES, host=HOSTS)
    def declare_an_attachment(self, name: str, host: str) -> None:
        self.declare_a_workspace(name)
        if ("Connection", "sales") not in self.declared:
            self.declare_a_connection(host)
        self.declared["WorkspaceConnection", name, "sales"] = {}

    @rule(last_name=st.sampled_from(("Lovelace", "King")))
    def declare_a_user(self, last_name: str) -> None:
        self.declared["User", ADA] = {"email": ADA, "lastName": last_name}

    @rule(name=NAMES)
    def take_a_workspace_out(self, name: str) -> None:
        self.declared = {key: inputs for key, inputs in self.declared.items() if key[1] != name}

    @rule(position=st.integers(0, 9))
    def take_a_resource_out(self, position: int) -> None:
        if inner := [key for key in self.declared if len(key) == 3 or key[0] == "User"]:
            del self.declared[inner[position % len(inner)]]

    @rule()
    def take_the_connection_out(self) -> None:
        self.declared = {key: inputs for key, inputs in self.declared.items() if "sales" not in key}

    @rule(position=st.integers(0, 9))
    def rename_a_resource(self, position: int) -> None:
        if self.declared:
            key = sorted(self.declared)[position % len(self.declared)]
            name = self.name_of(key)
            self.names[key] = name.removesuffix("-2") if name.endswith("-2") else f"{name}-2"

    # --- changes by others ----------------------------------------------------------------------------------

    @rule(name=NAMES)
    def somebody_makes_a_workspace(self, name: str) -> None:
        with self.by_hand():
            if name not in self.workspaces():
                self.emulator.api("workspaces/create", workspace_name=name)

    @rule(name=NAMES, steps=STEPS)
    def somebody_makes_a_pipeline(self, name: str, steps: list[Any]) -> None:
        with self.by_hand():
            if (id := self.workspaces().get(name)) and not self.found(("Pipeline", name, "scores")):
                version = {"workspace_id": id, "name": "scores", "definition": {"steps": steps}}
                self.emulator.control("seed", pipeline_versions=[version])

    @rule(host=HOSTS)
    def somebody_makes_the_connection(self, host: str) -> None:
        with self.by_hand():
            if not self.found(("Connection", "sales")):
                self.emulator.api("connections/create", name="sales", type="HTTP", details={"host": host})

    @rule()
    def somebody_makes_a_user(self) -> None:
        with self.by_hand():
            if not self.found(("User", ADA)):
                user = {"email": ADA, "first_name": "Ada", "last_name": "Byron"}
                self.emulator.control("seed", users=[user])

    @rule(name=NAMES, user=USERS)
    def somebody_removes_a_member(self, name: str, user: str) -> None:
        with self.by_hand():
            if id := self.workspaces().get(name):
                self.emulator.control("delete", workspace_id=id, email=user)

    @rule(name=NAMES)
    def somebody_removes_a_workspace(self, name: str) -> None:
        with self.by_hand():
            if id := self.workspaces().get(name):
                self.emulator.control("delete", workspace_id=id)
                self.hidden.discard(id)

    @rule(name=NAMES, user=USERS, role=ROLES)
    def somebody_changes_a_role(self, name: str, user: str, role: str) -> None:
        with self.by_hand():
            if id := self.workspaces().get(name):
                self.emulator.control("seed", members=[{"workspace_id": id, "email": user, "role": role}])

    @rule(name=NAMES)
    def somebody_removes_a_pipeline(self, name: str) -> None:
        with self.by_hand():
            if id := self.workspaces().get(name):
                where = {"workspace_id": id, "name": "scores"}
                self.emulator.control("delete", kind="pipeline", where=where)

    @rule()
    def somebody_removes_the_connection(self) -> None:
        with self.by_hand():
            self.emulator.control("delete", kind="connection", where={"name": "sales"})

    @rule(name=NAMES)
    def somebody_makes_a_pipeline_anew(self, name: str) -> None:
        if found := self.found(("Pipeline", name, "scores")):
            self.somebody_removes_a_pipeline(name)
            self.somebody_makes_a_pipeline(name, found["steps"])

    @rule()
    def somebody_makes_the_connection_anew(self) -> None:
        with self.by_hand():
            self.emulator.control("recreate", kind="connection", where={})

    @rule(name=NAMES)
    def the_user_loses_access(self, name: str) -> None:
        if (id := self.workspaces().get(name)) and any(
            held.kind == "Workspace" and held.live and held.id == str(id) for held in self.stack.state
        ):
            self.emulator.control("delete", workspace_id=id, email=OPS)
            self.hidden.add(id)

    @rule()
    def the_user_regains_access(self) -> None:
        for id in self.hidden:
            self.emulator.control("seed", members=[{"workspace_id": id, "email": OPS, "role": "OWNER"}])
        self.hidden.clear()

    # --- runs --------------------------------------------------------------------------------------------

    @rule(
        endpoint=st.sampled_from(ENDPOINTS),
        fault=st.sampled_from(KINDS),
        status=st.sampled_from((403, 500, 502, 503)),
        refresh=st.booleans(),
    )
    def a_run_meets_a_fault(self, endpoint: str, fault: str, status: int, refresh: bool) -> None:
        self.emulator.control("faults", path=f"/v1/api/{endpoint}", kind=fault, status=status)
        with self.any_end():
            self.stack.up(self.program(), refresh=refresh)
        self.emulator.http.delete("/__emulator__/faults")

    @rule(stop=STOPS, refresh=st.booleans())
    def a_run_is_interrupted(self, stop: Stop, refresh: bool) -> None:
        with self.any_end():
            self.stack.up(self.program(), refresh=refresh, stop=stop)

    @rule(refresh=st.booleans())
    def a_run(self, refresh: bool) -> None:
        with self.any_end():
            self.stack.up(self.program(), refresh=refresh)

    @rule(chosen=SOME, refresh=st.booleans())
    def a_run_with_targets(self, chosen: set[int], refresh: bool) -> None:
        program = self.program()
        targets = {declared.name for declared in _some(program, chosen)}
        targets |= {held.name for held in _some(self.stack.state, chosen)}
        for declared in reversed(program):
            if declared.name in targets:
                targets |= {name for name, _ in declared.uses.values()}
        with self.any_end():
            self.stack.up(program, refresh=refresh, targets=targets)

    @rule(chosen=SOME, stop=st.none() | STOPS)
    def a_run_that_replaces(self, chosen: set[int], stop: Stop | None) -> None:
        program = self.program()
        with self.any_end():
            self.stack.up(program, replace={declared.name for declared in _some(program, chosen)}, stop=stop)

    @rule(stop=st.none() | STOPS)
    def everything_is_destroyed(self, stop: Stop | None) -> None:
        with self.any_end():
            self.stack.destroy(stop=stop)

    @rule(chosen=SOME, stop=st.none() | STOPS)
    def something_is_destroyed(self, chosen: set[int], stop: Stop | None) -> None:
        targets = {held.name for held in _some(self.stack.state, chosen)}
        for _ in ORDER:
            targets |= {held.name for held in self.stack.state if held.needs & targets}
        with self.any_end():
            self.stack.destroy(targets=targets, stop=stop)

    @rule()
    def a_refresh(self) -> None:
        with self.any_end():
            self.stack.refresh()

    @rule(user=st.sampled_from((ADA, "mary.jane@example.com")), login=st.booleans(), destroys=st.booleans())
    def an_address_goes_to_another_person(self, user: str, login: bool, destroys: bool) -> None:
        """Run once without new declarations."""
        known = {held.name for held in self.stack.state}
        keys = {key for key in self.declared if self.name_of(key) in known}
        with self.by_hand():
            if not self.found(("User", user)):
                return
            renamed = {"email": f"new-{user}"} | ({"username": f"new-{user}"} if login else {})
            self.emulator.control("change", kind="user", where={"email": user}, set=renamed)
            taken = {"email": user} if login else {"email": user, "username": f"second-{user}"}
            self.emulator.control("seed", users=[taken])
        with self.any_end():
            if destroys:
                self.stack.destroy()
            else:
                self.stack.up(self.program(keys), refresh=True)
        with self.by_hand():
            self.emulator.control("delete", kind="user", where={"email": user})
            original = {"email": user, "username": user}
            self.emulator.control("change", kind="user", where={"email": f"new-{user}"}, set=original)

    @precondition(lambda self: any(held.live for held in self.stack.state))
    @rule(what=st.sampled_from(("up", "up --refresh", "refresh", "destroy")))
    def a_run_reaches_another_instance(self, what: str) -> None:
        before, state = self.tables(self.other), self.stack.exported()
        told = None
        self.target = self.other
        try:
            if what == "destroy":
                self.stack.destroy()
            elif what == "refresh":
                self.stack.refresh()
            else:
                self.stack.up(self.program(), refresh=what == "up --refresh")
        except HostError as error:
            told = str(error)
        finally:
            self.target = self.emulator
        assert (told is None and what == "up") or "instance" in str(told)
        assert self.tables(self.other) == before
        assert self.stack.exported() == state

    @rule()
    def a_run_under_normal_conditions(self) -> None:
        self.the_user_regains_access()
        self.declare_what_exists_as_it_is()
        program = self.program()
        with self.checked():
            self.stack.up(program, refresh=True)
        wanted = {key: _observable(key, inputs) for key, inputs in self.declared.items()}
        assert {key: self.found(key) for key in self.declared} == wanted
        assert sorted(held.name for held in self.stack.state if held.live) == sorted(
            declared.name for declared in program
        )
        assert len(self.stack.state) == len(program)
        self.emulator.forget_requests()
        self.stack.up(program)
        assert self.stack.writes == []
        assert self.emulator.endpoints() == []
        self.note(
            "any history: edits, drift, faults and runs, then a run without faults", "next run converged"
        )

    def teardown(self) -> None:
        """End every history: create everything, then edit everything, then remove everything."""
        if not hasattr(self, "stack"):
            return
        self.declare_a_member("fraud", "mary.jane@example.com", "OWNER")
        self.declare_a_pipeline("fraud", [])
        self.declare_an_attachment("fraud", "db-1")
        self.declare_a_user("Lovelace")
        self.a_run_under_normal_conditions()
        self.declare_a_member("fraud", "mary.jane@example.com", "COLLABORATOR")
        self.declare_a_pipeline("fraud", [STEP])
        self.declare_a_connection("db-3")
        self.declare_a_user("King")
        self.a_run_under_normal_conditions()
        self.declared = {}
        self.a_run_under_normal_conditions()

    # --- checks ---------------------------------------------------------------------------------

    @contextlib.contextmanager
    def by_hand(self) -> Iterator[None]:
        """Objects that appear belong to others. Members and attachments in the state cannot be distinguished."""
        before = self.rows()
        yield
        after = self.rows()
        appeared = {row for row in after if row not in before and not self.referring(row, after)}
        self.foreign = {row for row in self.foreign if row in after} | appeared

    @contextlib.contextmanager
    def any_end(self) -> Iterator[None]:
        """A run that may fail or be interrupted."""
        with self.checked(), contextlib.suppress(HostError, Interrupted):
            yield

    @contextlib.contextmanager
    def checked(self) -> Iterator[None]:
        before, held_before = self.rows(), {id(held): held for held in self.stack.state if held.live}
        referred = {row for row in before if self.referring(row, before)}
        self.as_found |= {row: before[row] for row in self.foreign - referred if row in before}
        yield
        after = self.rows()
        declared = {row for row in before if self.is_declared(row, before[row])}
        for row in self.foreign:
            assert row in after, f"{row} belongs to others and was removed"
            refers = self.referring(row, after)
            if row in referred and not refers:
                assert row[0] == "Pipeline" or after[row] in (self.as_found.get(row), before[row]), row
            elif row not in referred and not refers and row not in declared:
                assert after[row] == before[row], f"{row} belongs to others and was changed"
        for row in set(before) - set(after):
            left = [
                held.name
                for held in self.referring(row, before)
                if id(held) in held_before and held.live and held.name != self.stack.unrecorded
            ]
            assert not left, f"{left} lost {row}"
        self.foreign &= set(after)

    def is_declared(self, row: Row, values: Any) -> bool:
        return any(key[0] == row[0] and values["key"] == list(key) for key in self.declared)

    def gone(self, held: Held) -> None:
        assert not self.referred(held), f"{held.name} left the state, and its object exists"

    def deleted(self, held: Held) -> None:
        same = [each for each in self.stack.state if (each.kind, each.id) == (held.kind, held.id)]
        if held.kind not in STAYS and same in ([], [held]) and not held.outputs.get("adopted"):
            assert not self.referred(held), f"{held.name} was deleted, and its object exists"

    def referring(self, row: Row, rows: Mapping[Row, Any]) -> list[Held]:
        return [held for held in self.stack.state if _refers(held, row, rows[row])]

    def referred(self, held: Held) -> list[Row]:
        rows = self.rows()
        return [row for row in rows if _refers(held, row, rows[row])]

    def declare_what_exists_as_it_is(self) -> None:
        """Objects that the stack did not create, or has under another name, must be declared with their values."""
        rows = self.rows()
        for key in list(self.declared):
            if key[0] in ("Connection", "Pipeline") and (found := self.found(key)):
                row = next(row for row, values in rows.items() if values["key"] == list(key))
                own = [
                    held for held in self.referring(row, rows) if held.live and held.name == self.name_of(key)
                ]
                if not own or (key[0] == "Connection" and own[0].outputs["adopted"]):
                    self.declared[key] = found

    def workspaces(self) -> dict[str, int]:
        return {row["name"]: row["id"] for row in self.tables().get("workspaces", [])}

    def found(self, key: Key) -> Inputs | None:
        """Return the object as the program would declare it."""
        found = [values for values in self.rows().values() if values["key"] == list(key)]
        assert len(found) < 2, "a twin"
        return found[0]["inputs"] if found else None

    def rows(self) -> dict[Row, Any]:
        """Return all objects: key in the program → inputs that declare them."""
        tables = self.tables()
        users = {user["id"]: user for user in tables["users"]}
        places = {workspace["id"]: workspace["name"] for workspace in tables.get("workspaces", [])}
        connections = {each["id"]: each for each in tables.get("connections", [])}
        versions: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for version in sorted(tables.get("pipeline_versions", []), key=lambda version: version["id"]):
            versions[version["pipeline_id"]].append(version)
        found: dict[Row, tuple[Key, Inputs]] = {}
        marked: dict[Row, tuple[str, ...]] = {}
        for id, name in places.items():
            found["Workspace", str(id)] = ("Workspace", name), {"name": name, "adopt": "always"}
        for each in tables.get("workspace_members", []):
            if (user := users[each["user_id"]])["email"] != OPS:
                key = ("WorkspaceMember", places[each["workspace_id"]], str(user["email"]))
                inputs = {"email": user["email"], "role": each["user_type"]}
                found["WorkspaceMember", f"{each['workspace_id']}/{user['id']}"] = key, inputs
        for each in tables.get("pipelines", []):
            key = ("Pipeline", places[each["workspace_id"]], each["name"])
            latest = versions[each["id"]][-1:]
            steps = json.loads(latest[0]["definition"])["steps"] if latest else []
            inputs = {"name": each["name"], "steps": steps}
            marks = (each["created_at"], *(version["version"] for version in versions[each["id"]]))
            found["Pipeline", str(each["id"]), marks[0]] = key, inputs
            marked["Pipeline", str(each["id"]), marks[0]] = marks
        for each in connections.values():
            inputs = {"name": each["name"], "type": each["type"], "details": json.loads(each["details"])}
            found["Connection", each["id"]] = ("Connection", each["name"]), inputs
        for each in tables.get("workspace_connections", []):
            used = connections[each["connection_id"]]
            key = ("WorkspaceConnection", places[each["workspace_id"]], used["name"])
            found["WorkspaceConnection", str(each["workspace_id"]), used["id"]] = key, {}
        for id, user in users.items():
            if user["email"] not in (OPS, None):
                names = {"email": user["email"], "lastName": user["last_name"]}
                found["User", id] = ("User", user["email"]), names | {"enabled": bool(user["enabled"])}
        return {
            row: {"key": list(key), "inputs": inputs, "marks": marked.get(row, ())}
            for row, (key, inputs) in found.items()
        }

    def tables(self, emulator: Emulated | None = None) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = (
            (emulator or self.emulator).http.get("/__emulator__/contents").raise_for_status().json()
        )
        for user in found["users"]:
            del user["last_login_ms"]
        return found


def _some(items: Sequence[Any], chosen: set[int]) -> list[Any]:
    return [items[position % len(items)] for position in sorted(chosen)] if items else []


def _observable(key: Key, inputs: Inputs) -> Inputs:
    return inputs | {"enabled": True} if key[0] == "User" else inputs


def _refers(held: Held, row: Row, values: Any) -> bool:
    """Return whether the resource's state refers to this object, not to another one with its name."""
    match held.kind:
        case _ if held.kind != row[0]:
            return False
        case "Connection":
            return bool(row[1] == held.outputs["connectionId"])
        case "Pipeline":
            marks = {held.outputs.get("__mark"), held.outputs["version"]}
            return row[1] == f"{held.outputs['pipelineId']:.0f}" and bool(marks & set(values["marks"]))
        case "WorkspaceConnection":
            return row[1:] == (f"{held.outputs['workspaceId']:.0f}", held.outputs["__mark"])
        case _:
            return row[1] == held.id


@pytest.fixture(scope="module")
def other() -> Iterator[Emulated]:
    with EmulatorServer() as server:
        emulated = Emulated(server.url)
        with emulated.http:
            yield emulated


@pytest.mark.timeout(5400 if "WALLAROO_TEST_HISTORIES" in os.environ else 900)
@pytest.mark.parametrize(("host", "examples"), [("kernel", 60), ("dynamic", 2)])
def test_any_history_ends_in_what_is_declared(
    emulator: Emulated, other: Emulated, note: Callable[[str, str], None], host: str, examples: int
) -> None:
    context = {"emulator": emulator, "other": other, "note": staticmethod(note), "host": host}
    run_state_machine_as_test(
        type("HistoryOnThisEmulator", (History,), context),
        settings=settings(
            max_examples=int(os.environ.get("WALLAROO_TEST_HISTORIES", examples)),
            stateful_step_count=20,
            deadline=None,
            derandomize="WALLAROO_TEST_HISTORIES" not in os.environ,
            database=None,
            phases=[Phase.generate],  # making a failing history shorter takes longer than reading it
            suppress_health_check=list(HealthCheck),
        ),
    )
