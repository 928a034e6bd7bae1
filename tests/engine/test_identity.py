"""The wrong instance, account or object, with a real engine: nothing is written there, and nothing leaves the state."""

from __future__ import annotations

from collections.abc import Callable

from emulated import Emulated
from pulumi_project import Project

Make = Callable[[str], Project]

READS = ("list", "query", "get", "list_users", "list_pipelines", "list_pipeline_versions")
ESTATE = """
    import wallaroo_pulumi as wallaroo

    {before}
    ws = wallaroo.Workspace("fraud", name="fraud-prod", force_destroy=True)
    wallaroo.Pipeline("scores", workspace_id=ws.workspace_id, name="scores", steps=[])
    {after}
"""
MEMBER = 'wallaroo.WorkspaceMember("lead", workspace_id=ws.workspace_id, email="mary.jane@example.com", role="OWNER")'


def writes(emulator: Emulated) -> list[str]:
    return [call for call in emulator.endpoints() if call.rpartition("/")[2] not in READS]


def recorded(stack: Project) -> dict[str, object]:
    return {name: (resource["id"], resource["outputs"]) for name, resource in stack.resources().items()}


def test_another_instance_with_the_same_names_and_ids_is_left_alone(
    project: Make, emulator: Emulated, other_instance: Emulated
) -> None:
    stack = project(ESTATE.format(before="", after=""))
    stack.configure(emulator.settings)
    stack.up().ok()
    state = recorded(stack)
    stack.configure({"apiUrl": other_instance.url})
    other_instance.forget_requests()
    stack.write(ESTATE.format(before='wallaroo.Workspace("new", name="brand-new")', after=MEMBER))
    for run in (stack.up("--refresh"), stack.up(), stack.refresh(), stack.destroy()):
        assert run.code != 0
        assert "this stack's objects are on Wallaroo instance" in run.text
    assert writes(other_instance) == []
    assert recorded(stack) == state

    stack.configure({"apiUrl": emulator.url})
    emulator.forget_requests()
    stack.write(ESTATE.format(before="", after=""))
    stack.up("--expect-no-changes").ok()
    assert emulator.endpoints() == []


def test_what_the_user_may_not_see_stays_in_the_state(project: Make, emulator: Emulated) -> None:
    stack = project(ESTATE.format(before="", after=MEMBER))
    stack.configure(emulator.settings)
    stack.up().ok()
    state = stack.resources()
    workspace_id = emulator.workspaces()["fraud-prod"]
    emulator.control("delete", workspace_id=workspace_id, email="ops@example.com")
    emulator.forget_requests()
    stack.write(ESTATE.format(before="", after=""))
    for run in (stack.refresh(), stack.up(), stack.destroy()):
        assert run.code != 0
        assert "exists, but user ops@example.com may not see it" in run.text
    assert writes(emulator) == []
    assert set(stack.resources()) == set(state)


ADOPTED = """
    import wallaroo_pulumi as wallaroo

    wallaroo.Connection("lake", name="lake", type="s3", details={{"bucket": "sales"}}{more})
    wallaroo.User("mary", email="mary.jane@example.com", is_admin=True{more})
"""


def test_adopted_objects_are_left_as_they_were_found(project: Make, emulator: Emulated) -> None:
    emulator.api("connections/create", name="lake", type="s3", details={"bucket": "sales"})
    mary = emulator.user_id("mary.jane@example.com")
    before = emulator.api("users/query", user_ids=[mary])["users"][mary]
    stack = project(ADOPTED.format(more=""))
    stack.configure(emulator.settings)
    stack.up().ok()
    assert {name: r["outputs"]["adopted"] for name, r in stack.resources().items()} == {
        "lake": True,
        "mary": True,
    }
    stack.destroy().ok()
    assert [each["name"] for each in emulator.api("connections/list")["connections"]] == ["lake"]
    after = emulator.api("users/query", user_ids=[mary])["users"][mary]
    assert after["enabled"] == before["enabled"]
    assert "realmRoles" not in emulator.api("users/query")["users"][mary], "the right is taken back"

    stack.write(ADOPTED.format(more=", delete_adopted=True"))
    stack.up().ok()
    stack.destroy().ok()
    assert emulator.api("connections/list")["connections"] == []
    assert emulator.api("users/query", user_ids=[mary])["users"][mary]["enabled"] is False


def test_destroying_an_old_name_alone_leaves_what_the_new_one_holds(
    project: Make, emulator: Emulated
) -> None:
    program = """
        import wallaroo_pulumi as wallaroo

        wallaroo.Connection("{name}", name="lake", type="s3", details={{"bucket": "sales"}})
        {more}
    """
    stack = project(program.format(name="old", more=""))
    stack.configure(emulator.settings)
    stack.up().ok()
    old = stack.resources()["old"]["urn"]
    failing = 'wallaroo.WorkspaceMember("x", workspace_id=999, email="mary.jane@example.com")'
    stack.write(program.format(name="new", more=failing))
    assert stack.up().code != 0
    assert set(stack.resources()) == {"old", "new"}
    stack.pulumi("destroy", "--yes", "--skip-preview", "--target", old).ok()
    assert set(stack.resources()) == {"new"}
    assert [each["name"] for each in emulator.api("connections/list")["connections"]] == ["lake"]
    stack.destroy().ok()
    assert emulator.api("connections/list")["connections"] == []
