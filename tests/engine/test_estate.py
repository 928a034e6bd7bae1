"""The main job on a real engine: workspaces and members, from the first `up` to `destroy`."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from applied import Applied
from emulated import Emulated
from pulumi_project import Project

Make = Callable[[str], Project]

PROGRAM = """
    import pulumi
    import wallaroo_pulumi as wallaroo

    fraud = wallaroo.Workspace("fraud", name="fraud-prod")
    churn = wallaroo.Workspace("churn")
    wallaroo.WorkspaceMember("lead", workspace_id=fraud.workspace_id, email="mary.jane@example.com", role="OWNER")
    wallaroo.WorkspaceMember("dev", workspace_id=fraud.workspace_id, email="john.hancock@example.com")
    wallaroo.WorkspaceMember("self", workspace_id=fraud.workspace_id, email="ops@example.com", role="OWNER")
    pulumi.export("fraud", fraud.workspace_id)
    pulumi.export("churn", churn.name)
"""


@pytest.fixture(scope="module")
def applied(apply_once: Callable[[str], Applied]) -> Applied:
    return apply_once(PROGRAM)


@pytest.fixture
def estate(applied: Applied, emulator: Emulated, tmp_path: Path) -> Project:
    """The stack after its first `up`."""
    return applied.again(tmp_path / "project")


@pytest.mark.promise
@pytest.mark.sdk_range
def test_first_up_makes_what_is_declared(project: Make, emulator: Emulated) -> None:
    estate = project(PROGRAM)
    estate.configure(emulator.settings)
    estate.up().ok()
    assert estate.changes() == {"create": 6}
    assert len(emulator.tokens()) == 1, "one token for the process, whatever the number of resources"
    fraud = estate.outputs()["fraud"]
    workspaces = emulator.workspaces()
    assert workspaces["fraud-prod"] == fraud
    assert emulator.members(fraud) == {
        "ops@example.com": "OWNER",
        "mary.jane@example.com": "OWNER",
        "john.hancock@example.com": "COLLABORATOR",
    }
    churn = estate.outputs()["churn"]
    assert churn in workspaces
    assert churn.startswith("churn-")
    assert len(churn) == len("churn-") + 7
    state = estate.resources()
    assert state["fraud"]["id"] == str(fraud)
    assert state["fraud"]["outputs"]["workspaceId"] == fraud
    assert state["fraud"]["outputs"]["createdAt"]
    assert state["lead"]["id"] == f"{fraud}/{emulator.user_id('mary.jane@example.com')}"


@pytest.mark.promise
@pytest.mark.sdk_range
def test_the_second_up_changes_nothing_and_asks_nothing(estate: Project, emulator: Emulated) -> None:
    emulator.forget_requests()
    before = estate.resources()
    estate.up("--expect-no-changes").ok()
    assert estate.changes() == {"same": 6}
    assert emulator.requests("/") == []
    assert {n: (r["inputs"], r["outputs"]) for n, r in before.items()} == {
        n: (r["inputs"], r["outputs"]) for n, r in estate.resources().items()
    }


@pytest.mark.sdk_range
def test_a_role_changes_in_place_and_keeps_the_member(estate: Project, emulator: Emulated) -> None:
    edited = PROGRAM.replace('"john.hancock@example.com"', '"john.hancock@example.com", role="OWNER"')
    estate.write(edited)
    plan = estate.preview()
    assert estate.planned() == {"dev": "update"}
    step = next(s for s in plan["steps"] if s["op"] == "update")
    assert step["newState"]["inputs"]["role"] == "OWNER"
    assert step["oldState"]["inputs"]["role"] == "COLLABORATOR"
    emulator.forget_requests()
    estate.up().ok()
    assert estate.changes() == {"update": 1, "same": 5}
    assert emulator.members(estate.outputs()["fraud"])["john.hancock@example.com"] == "OWNER"
    assert "workspaces/remove_user" not in emulator.endpoints()


@pytest.mark.promise
@pytest.mark.sdk_range
def test_a_preview_asks_nothing(estate: Project, emulator: Emulated) -> None:
    emulator.forget_requests()
    estate.write(PROGRAM + '\n    wallaroo.Workspace("more", name="more")\n')
    assert estate.planned() == {"more": "create"}
    assert emulator.requests("/") == []


def test_an_edit_of_a_workspace_in_place_does_not_touch_its_members(estate: Project) -> None:
    """Pulumi forgets computed outputs of an updated resource in preview; its id is known and tells them."""
    estate.write(PROGRAM.replace('name="fraud-prod"', 'name="fraud-prod", force_destroy=True'))
    assert estate.planned() == {"fraud": "update"}
    estate.up().ok()
    assert estate.changes() == {"update": 1, "same": 5}


@pytest.mark.sdk_range
def test_a_rename_replaces_and_the_preview_says_so(estate: Project, emulator: Emulated) -> None:
    old = estate.outputs()["fraud"]
    estate.write(PROGRAM.replace("fraud-prod", "fraud-live"))
    steps = estate.preview()["steps"]
    replaced = next(s for s in steps if s["op"] == "replace" and s["urn"].endswith("::fraud"))
    assert replaced["replaceReasons"] == ["name"]
    estate.up().ok()
    workspaces = emulator.workspaces()
    assert workspaces["fraud-live"] == estate.outputs()["fraud"] != old
    assert workspaces["fraud-prod"] == old, "the old workspace stays"
    assert emulator.members(workspaces["fraud-live"])["mary.jane@example.com"] == "OWNER"


@pytest.mark.sdk_range
def test_what_was_removed_by_hand_is_found_by_refresh_and_made_again(
    estate: Project, emulator: Emulated
) -> None:
    fraud = estate.outputs()["fraud"]
    emulator.control("delete", workspace_id=fraud, email="john.hancock@example.com")
    emulator.control("delete", workspace_id=emulator.workspaces()[estate.outputs()["churn"]])
    emulator.api(
        "workspaces/add_user", workspace_id=fraud, email="mary.jane@example.com", user_type="COLLABORATOR"
    )
    emulator.forget_requests()
    estate.refresh().ok()
    assert emulator.endpoints().count("workspaces/list") == 1, "all reads share one listing"
    state = estate.resources()
    assert set(state) == {"fraud", "lead", "self"}
    assert state["lead"]["outputs"]["role"] == "COLLABORATOR"
    assert estate.planned() == {"churn": "create", "dev": "create", "lead": "update"}
    estate.up().ok()
    assert emulator.members(fraud) == {
        "ops@example.com": "OWNER",
        "mary.jane@example.com": "OWNER",
        "john.hancock@example.com": "COLLABORATOR",
    }
    estate.up("--expect-no-changes").ok()


def test_a_refresh_without_drift_changes_nothing(estate: Project) -> None:
    before = estate.resources()
    estate.refresh("--expect-no-changes").ok()
    after = estate.resources()
    assert {n: r["outputs"] for n, r in before.items()} == {n: r["outputs"] for n, r in after.items()}
    assert estate.planned() == {}


@pytest.mark.promise
@pytest.mark.sdk_range
def test_destroy_leaves_the_workspaces_and_the_next_up_takes_them_over(
    estate: Project, emulator: Emulated
) -> None:
    before = emulator.workspaces()
    run = estate.destroy().ok()
    fraud = before["fraud-prod"]
    assert f"workspace 'fraud-prod' (id {fraud}) stays on the instance and is empty" in run.text
    assert estate.resources() == {}
    assert emulator.workspaces() == before
    assert emulator.members(fraud) == {"ops@example.com": "OWNER"}
    estate.up().ok()
    assert emulator.workspaces() == before
    assert estate.outputs()["fraud"] == fraud


def test_resources_that_are_renamed_in_the_program_keep_their_objects(
    estate: Project, emulator: Emulated
) -> None:
    """Without aliases Pulumi creates the new resources, which take the objects over, and then deletes the old ones."""
    before = emulator.members(estate.outputs()["fraud"])
    estate.write(
        PROGRAM.replace('"fraud"', '"team"').replace('"lead"', '"boss"').replace('("dev"', '("coder"')
    )
    estate.up().ok()
    assert {"team", "boss", "coder"} <= set(estate.resources())
    assert emulator.members(estate.resources()["team"]["outputs"]["workspaceId"]) == before
    estate.refresh("--expect-no-changes").ok()


def test_a_secret_that_is_configured_in_clear_is_told(estate: Project) -> None:
    estate.pulumi("config", "set", "--plaintext", "wallaroo:password", "ops-password").ok()
    assert (
        "wallaroo:password is configured in clear, and so is it in the state"
        in estate.pulumi("preview").ok().text
    )


@pytest.mark.promise
@pytest.mark.sdk_range
def test_nothing_secret_is_in_the_state_or_the_output(estate: Project) -> None:
    secrets = ["ops-password", "api-client-secret", "eyJhbGciOi"]  # the last begins every token
    assert not any(secret in estate.export() for secret in secrets)
    shown = estate.up("--refresh", "--diff", "--debug").ok().text
    assert not any(secret in shown for secret in secrets)
    for resource in estate.resources().values():
        reference = resource["inputs"]["__provider"]
        assert isinstance(reference, str), "no secret, so no ciphertext"
        assert len(reference) <= 200


def test_a_hundred_workspaces_in_parallel(project: Make, emulator: Emulated) -> None:
    many = project(
        """
        import wallaroo_pulumi as wallaroo
        for n in range(100):
            wallaroo.Workspace(f"w{n}", name=f"w{n}")
        """
    )
    many.configure(emulator.settings)
    many.up("--parallel", "16").ok()
    assert len(many.resources("Workspace")) == 100
    assert sorted(emulator.workspaces()) == sorted(f"w{n}" for n in range(100))
    assert len([r for r in emulator.tokens() if r["user"] == "ops@example.com"]) <= 2, (
        "one, and this test's own"
    )
    emulator.forget_requests()
    many.refresh().ok()
    assert sorted(emulator.endpoints()) == ["users/query", "workspaces/list"], "one to compare the instance"


def test_the_entry_point_for_large_programs_changes_nothing_but_speed(
    project: Make, emulator: Emulated
) -> None:
    """The lines of docs/scale.md: the estate is complete, and an error in the program still fails the run."""
    page = (Path(__file__).parents[2] / "docs/scale.md").read_text()
    lines = re.search(r"(?s)## Large programs.*?```python\n(.*?)```", page)
    assert lines
    program = textwrap.dedent(PROGRAM) + lines[1]
    stack = project(program)
    stack.configure(emulator.settings)
    stack.up().ok()
    assert set(emulator.workspaces()) == {"fraud-prod", stack.outputs()["churn"]}
    assert len(stack.resources("WorkspaceMember")) == 3
    stack.up("--expect-no-changes").ok()

    # Pulumi waits for the request that is under way before it tells the error.
    emulator.control("latency", seconds=1)
    error = "pulumi.Output.from_input(0).apply(lambda zero: 1 / zero)"
    stack.write(f'{program}\nwallaroo.Workspace("more", name="more")\n{error}\n')
    run = stack.up()
    assert run.code != 0
    assert "ZeroDivisionError" in run.text
    assert stack.resources()["more"]["outputs"]["name"] == "more"
