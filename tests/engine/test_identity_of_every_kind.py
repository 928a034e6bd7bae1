"""Identity and ownership for all kinds at once, on a real engine: one program declares every kind's example."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import every_kind
import pytest
from emulated import Emulated
from every_kind import Declared
from pulumi_project import Project

from wallaroo_pulumi.core.fields import SECRET, STATE_ONLY, fields_with
from wallaroo_pulumi.core.names import wire_name
from wallaroo_pulumi.emulator import EmulatorServer
from wallaroo_pulumi.resources import RESOURCES

BESIDE_WORKSPACES = {"User", "Connection", "ModelRegistry"}
"""Kinds that every user of an instance sees: losing a workspace does not hide them."""
NEEDS_ALIASES = "Edge"
"""The kind whose resource cannot be renamed without aliases, nor adopted, as its join token cannot be read again."""
STAYING = {
    "users": lambda row: not row["enabled"] or row["email"] != "ada@example.com",
    "workspaces": lambda row: True,
    "workspace_members": lambda row: True,
    "publishes": lambda row: True,
    "registries": lambda row: True,
    "tasks": lambda row: row["status"] == "killed",
}
"""Tables whose rows stay when all is destroyed, because the API cannot delete them, and how they are left."""

ONE_MORE = {"kind": "Workspace", "name": "one-more", "inputs": {"name": "one-more"}, "needs": []}
FAILING = {
    "kind": "WorkspaceMember",
    "name": "failing",
    "inputs": {"workspace_id": 999, "email": "mary.jane@example.com"},
    "needs": [],
}


@dataclass
class Applied:
    """A stack that applied every kind's example to an instance of its own."""

    stack: Project
    instance: Emulated
    objects: Declared

    def beside(self, name: str) -> Project:
        """An empty stack of the same instance."""
        folder = self.stack.folder.parent / name
        return Project(folder, self.stack.env, every_kind.PROGRAM, name)


Apply = Callable[[str], Applied]


@pytest.fixture(scope="module")
def apply(engine_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apply]:
    with ExitStack() as open_until_the_end:

        def apply(name: str) -> Applied:
            instance = Emulated(open_until_the_end.enter_context(EmulatorServer()).url)
            open_until_the_end.enter_context(instance.http)
            folder = tmp_path_factory.mktemp("every-kind") / name
            stack = Project(folder, engine_env | instance.environment, every_kind.PROGRAM, name)
            objects = every_kind.declared(folder)
            every_kind.write(stack, objects)
            stack.up().ok()
            return Applied(stack, instance, objects)

        yield apply


@pytest.fixture(scope="module")
def estate(apply: Apply) -> Applied:
    """Used by one test after the other: all but the last leave it as it is."""
    return apply("estate")


@pytest.fixture(scope="module")
def twin(apply: Apply) -> Applied:
    """The same program on another instance, so that names and integer ids are the same there."""
    return apply("twin")


def with_inputs(objects: Declared, inputs: Callable[[str], dict[str, Any]]) -> Declared:
    """The objects with other inputs; ``inputs`` returns those of a kind's example."""
    changed: Declared = json.loads(json.dumps(objects))
    for key, of in changed.items():
        if key == of["kind"]:
            of["inputs"] |= inputs(key)
    return changed


def renamed(objects: Declared) -> Declared:
    return {
        key: of if key == NEEDS_ALIASES else of | {"name": f"{of['name']}-renamed"}
        for key, of in objects.items()
    }


def recorded(stack: Project) -> dict[str, Any]:
    """What the state holds of each resource. Without secrets, and without what the instance does not know."""
    found = {}
    for name, resource in stack.resources().items():
        outputs = RESOURCES[name.split("-")[0]].outputs
        left_out = {wire_name(field) for field, _ in fields_with(outputs, STATE_ONLY, SECRET)}
        found[name] = resource["id"], {k: v for k, v in resource["outputs"].items() if k not in left_out}
    return found


def test_nothing_is_touched_on_another_instance(estate: Applied, twin: Applied) -> None:
    stack, instance, other = estate.stack, estate.instance, twin.instance
    before, there, state = instance.contents(), other.contents(), recorded(stack)

    def is_refused(*command: str, declared: Declared = estate.objects) -> None:
        other.forget_requests()
        every_kind.write(stack, declared)
        run = stack.pulumi(*command, "--yes", "--skip-preview", env=other.environment)
        assert run.code == 1, run.text
        assert f"but {other.url} is instance" in run.text
        assert set(other.endpoints()) == {"users/query"}

    edited = with_inputs(estate.objects, lambda kind: {**RESOURCES[kind].examples.update})
    replaced = with_inputs(estate.objects, lambda kind: {**RESOURCES[kind].examples.replace})
    is_refused("refresh")
    is_refused("up", "--continue-on-error", declared={"one more": ONE_MORE, **edited})
    is_refused("up", declared=replaced)
    is_refused("destroy", "--continue-on-error")
    assert recorded(stack) == state
    assert other.contents() == there

    instance.forget_requests()
    every_kind.write(stack, estate.objects)
    stack.up().ok()
    assert instance.endpoints() == []  # the edits that were made changed the state alone
    assert instance.contents() == before


def test_nothing_hidden_leaves_the_state(estate: Applied) -> None:
    stack, instance = estate.stack, estate.instance
    state = recorded(stack)
    hidden = [of["urn"] for name, of in stack.resources().items() if name not in BESIDE_WORKSPACES]
    instance.control("delete", workspace_id=1, email="ops@example.com")
    before = instance.contents()

    def is_refused(*command: str) -> None:
        run = stack.pulumi(*command, "--yes", "--skip-preview")
        assert run.code == 1, run.text
        assert "exists, but user ops@example.com may not see it" in run.text
        assert instance.contents() == before

    is_refused("refresh")
    every_kind.write(stack, {key: of for key, of in estate.objects.items() if key != "WorkspaceMember"})
    is_refused("up")
    is_refused("destroy", "--continue-on-error", *(word for urn in hidden for word in ("--target", urn)))
    assert set(stack.resources()) == set(state)
    every_kind.write(stack, estate.objects)
    instance.control("seed", members=[{"workspace_id": 1, "email": "ops@example.com", "role": "OWNER"}])
    stack.refresh().ok()
    assert recorded(stack) == state
    instance.forget_requests()
    stack.up("--expect-no-changes").ok()
    assert instance.endpoints() == []


def test_adopted_objects_stay_and_are_deleted_where_that_is_declared(twin: Applied) -> None:
    instance, stack = twin.instance, twin.beside("adopting")
    objects = {key: of for key, of in twin.objects.items() if key != NEEDS_ALIASES}
    workspace = objects["Workspace"]
    objects["Workspace"] = workspace | {"inputs": workspace["inputs"] | {"adopt": "always"}}
    every_kind.write(stack, objects)
    before = instance.contents()
    stack.up().ok()
    adopted = {name for name, of in stack.resources().items() if of["outputs"]["adopted"]}
    assert adopted == {key.replace(" ", "-") for key in objects}
    stack.destroy().ok()
    assert instance.contents() == before

    deleting = with_inputs(objects, lambda kind: {"delete_adopted": True} if _adopts(kind) else {})
    deleting["Pipeline ccfraud"]["inputs"]["delete_adopted"] = True
    every_kind.write(stack, deleting)
    stack.up().ok()
    stack.destroy().ok()
    left_behind(instance, but=("edges",))  # those of the first stack


def test_renamed_resources_take_their_objects_over_also_after_a_run_that_failed(estate: Applied) -> None:
    stack, instance = estate.stack, estate.instance
    before = instance.contents()
    every_kind.write(stack, {"failing": FAILING, **renamed(estate.objects)})
    assert stack.up("--continue-on-error").code == 1
    assert instance.contents() == before
    every_kind.write(stack, renamed(estate.objects))
    stack.up().ok()
    assert instance.contents() == before
    assert set(stack.resources()) == {of["name"] for of in renamed(estate.objects).values()}
    assert stack.planned() == {}

    edge = renamed(estate.objects)[NEEDS_ALIASES]
    every_kind.write(stack, renamed(estate.objects) | {NEEDS_ALIASES: edge | {"name": "Edge-renamed"}})
    run = stack.up("--continue-on-error")
    assert run.code == 1
    assert "already the object of resource 'Edge' of this stack" in run.text
    assert instance.contents() == before

    stack.destroy().ok()
    left_behind(instance)
    assert stack.resources() == {}


def left_behind(instance: Emulated, but: tuple[str, ...] = ()) -> None:
    """Check that only what the API cannot delete is left, in the state that the kinds' pages describe."""
    for table, rows in instance.contents().items():
        if table in STAYING:
            assert all(map(STAYING[table], rows)), table
        elif table not in ("clients", *but):
            assert rows == [], table


def _adopts(kind: str) -> bool:
    return "delete_adopted" in RESOURCES[kind].inputs.model_fields
