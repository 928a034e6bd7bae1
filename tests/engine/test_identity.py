"""The wrong instance, account or object, with a real engine: nothing is written there, and nothing leaves the state."""

from __future__ import annotations

from collections.abc import Callable

import pytest
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


@pytest.mark.promise
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


@pytest.mark.promise
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


@pytest.mark.promise
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


def test_a_person_whose_address_changed_stays_the_same_account(project: Make, emulator: Emulated) -> None:
    """No account has the old address: a refresh that took the new one over would invite another user to the old one."""
    program = PERSON.format(user="", member="lead", role="")
    stack = project(program)
    stack.configure(emulator.settings)
    stack.up().ok()
    ids = {name: resource["id"] for name, resource in stack.resources().items()}
    new = {"email": "ada.king@example.com", "username": "ada.king@example.com"}
    emulator.control("change", kind="user", where={"id": ids["ada"]}, set=new)
    emulator.forget_requests()
    assert stack.up("--refresh").code != 0
    stack.write(program.replace("ada@example.com", "ada.king@example.com"))
    stack.up().ok()
    assert writes(emulator) == []
    assert {name: resource["id"] for name, resource in stack.resources().items()} == ids
    assert stack.resources()["lead"]["outputs"]["email"] == "ada.king@example.com"
    stack.refresh("--expect-no-changes").ok()


def test_destroying_an_old_name_alone_leaves_what_the_new_one_holds(
    project: Make, emulator: Emulated
) -> None:
    program = """
        import pulumi
        import wallaroo_pulumi as wallaroo

        lake = wallaroo.Connection("{name}", name="lake", type="s3", details={{"bucket": "sales"}})
        {more}
    """
    stack = project(program.format(name="old", more=""))
    stack.configure(emulator.settings)
    stack.up().ok()
    old = stack.resources()["old"]["urn"]
    opts = "opts=pulumi.ResourceOptions(depends_on=lake)"
    failing = f'wallaroo.WorkspaceMember("x", workspace_id=999, email="mary.jane@example.com", {opts})'
    stack.write(program.format(name="new", more=failing))
    assert stack.up().code != 0
    assert set(stack.resources()) == {"old", "new"}
    stack.pulumi("destroy", "--yes", "--skip-preview", "--target", old).ok()
    assert set(stack.resources()) == {"new"}
    assert [each["name"] for each in emulator.api("connections/list")["connections"]] == ["lake"]
    stack.destroy().ok()
    assert emulator.api("connections/list")["connections"] == []


PERSON = """
    import wallaroo_pulumi as wallaroo

    ws = wallaroo.Workspace("fraud", name="fraud-prod")
    ada = wallaroo.User("ada", email="ada@example.com"{user})
    wallaroo.WorkspaceMember("{member}", workspace_id=ws.workspace_id, email=ada.email{role})
"""


def test_an_address_that_another_person_has_now_leads_to_nobody_but_the_recorded_account(
    project: Make, emulator: Emulated
) -> None:
    stack = project(PERSON.format(user="", member="lead", role=""))
    stack.configure(emulator.settings)
    stack.up().ok()
    recorded_id = stack.resources()["ada"]["id"]
    new = {"email": "ada.king@example.com", "username": "ada.king@example.com"}
    emulator.control("change", kind="user", where={"id": recorded_id}, set=new)
    emulator.control("seed", users=[{"email": "ada@example.com"}])

    def others() -> list[dict[str, object]]:
        tables = emulator.contents()
        rows = [row for row in tables["users"] if row["id"] != recorded_id]
        return rows + [row for row in tables["workspace_members"] if row["user_id"] != recorded_id]

    def ada() -> dict[str, object]:
        return next(row for row in emulator.contents()["users"] if row["id"] == recorded_id)

    def persons() -> dict[str, tuple[str, str]]:
        return {name: (of["id"], of["outputs"].get("email", "")) for name, of in stack.resources().items()}

    before, state = others(), persons()
    emulator.forget_requests()
    run = stack.refresh()
    assert run.code != 0
    both = f"this stack recorded ada.king@example.com (id {recorded_id}), and ada@example.com is ada@example.com (id "
    assert both in run.text
    assert writes(emulator) == []
    assert persons() == state

    # A renamed membership is a create: it would give the role to whoever has the address.
    stack.write(PERSON.format(user="", member="renamed", role=""))
    run = stack.up()
    assert run.code != 0
    assert both in run.text
    assert writes(emulator) == []

    stack.write(PERSON.format(user=', last_name="King", is_admin=True', member="lead", role=', role="OWNER"'))
    stack.up().ok()
    assert ada()["last_name"] == "King"
    assert emulator.members(emulator.workspaces()["fraud-prod"])["ada.king@example.com"] == "OWNER"
    assert others() == before

    stack.destroy().ok()
    assert ada()["enabled"] == 0
    assert others() == before


BY_ID = """
    import wallaroo_pulumi as wallaroo

    ws = wallaroo.Workspace("fraud", name="fraud-prod")
    wallaroo.Pipeline("scores", workspace_id=ws.workspace_id, name="scores", steps=[])
    wallaroo.WorkspaceMember("ada", workspace_id=ws.workspace_id, {ada})
"""


def test_a_member_named_by_id_is_followed_and_an_empty_listing_drops_nothing(
    project: Make, emulator: Emulated
) -> None:
    emulator.control("seed", users=[{"email": "ada@example.com"}])
    ada = emulator.user_id("ada@example.com")
    stack = project(BY_ID.format(ada='email="ada@example.com"'))
    stack.configure(emulator.settings)
    stack.up().ok()
    new = {"email": "ada.king@example.com", "username": "ada.king@example.com"}
    emulator.control("change", kind="user", where={"id": ada}, set=new)
    emulator.control("seed", users=[{"email": "ada@example.com"}])
    refused = stack.refresh()
    assert refused.code != 0
    assert "or their user_id, and run `pulumi up`" in refused.text

    stack.write(BY_ID.format(ada=f'user_id="{ada}"'))
    stack.up("--expect-no-changes").ok()
    for _ in range(2):
        emulator.control(
            "faults", path="/v1/api/pipelines/list_pipelines", count=1, status=200, body={"pipelines": []}
        )
        stack.refresh().ok()
    assert stack.resources()["ada"]["outputs"]["email"] == "ada.king@example.com"
    assert "scores" in stack.resources()
    stack.up("--expect-no-changes").ok()
