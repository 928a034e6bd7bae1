"""Failures on a real engine: one readable line from this package, and no lost objects."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from emulated import Emulated
from pulumi_project import Project, Run

Make = Callable[[str], Project]

ONE = """
    import wallaroo_pulumi as wallaroo
    wallaroo.Workspace("fraud", name="fraud-prod")
"""


def told(run: Run, *parts: str) -> None:
    """Assert that the run failed, that one line contains all parts, and that there is no traceback of ours."""
    assert run.code != 0
    lines = [line for line in run.text.splitlines() if all(part in line for part in parts)]
    assert lines, run.text
    assert "wallaroo_pulumi/" not in run.text, "no frame of the package"


@pytest.fixture
def one(project: Make, emulator: Emulated) -> Project:
    made = project(ONE)
    made.configure(emulator.settings)
    return made


@pytest.mark.promise
@pytest.mark.parametrize(
    ("declared", "parts"),
    [
        ('Workspace("x", name="Fraud Prod")', ["name: ", "at most 63 characters", "'fraud-prod'"]),
        ("WorkspaceMember('x', workspace_id=ws.workspace_id)", ["set exactly one of email and user_id"]),
    ],
)
def test_inputs_that_are_wrong_are_found_in_preview(
    one: Project, emulator: Emulated, declared: str, parts: list[str]
) -> None:
    one.write(
        f"""
        import wallaroo_pulumi as wallaroo
        ws = wallaroo.Workspace("good", name="good")
        wallaroo.{declared}
        """
    )
    told(one.pulumi("preview"), *parts)
    assert emulator.requests("/") == []


@pytest.mark.sdk_range
def test_what_only_the_instance_knows_is_found_at_create(one: Project) -> None:
    one.write(
        """
        import wallaroo_pulumi as wallaroo
        ws = wallaroo.Workspace("good", name="good")
        wallaroo.WorkspaceMember("stranger", workspace_id=ws.workspace_id, email="unknown@example.com")
        wallaroo.WorkspaceMember("nowhere", workspace_id=4711, email="mary.jane@example.com")
        """
    )
    told(one.up("--continue-on-error"), "unknown@example.com", "check the spelling")
    told(one.up("--continue-on-error"), "workspace 4711 does not exist")


def test_a_refusal_of_the_api_is_one_line(one: Project, emulator: Emulated) -> None:
    for fault, parts in (
        (
            {"status": 400, "body": {"msg": "bad name", "code": 400}},
            ["workspaces/create answered 400: bad name"],
        ),
        (
            {"status": 403, "body": "<html>no</html>"},
            ["answered 403: a web page (no), not an answer of the API", "gateway"],
        ),
    ):
        emulator.http.delete("/__emulator__/faults")
        emulator.control("faults", path="/v1/api/workspaces/create", count=50, **fault)
        told(one.up(), *parts)
    emulator.http.delete("/__emulator__/faults")
    one.up().ok()
    assert list(emulator.workspaces()) == ["fraud-prod"]


@pytest.mark.promise
@pytest.mark.sdk_range
def test_a_lost_reply_makes_neither_a_twin_nor_an_error(one: Project, emulator: Emulated) -> None:
    emulator.control("faults", path="/v1/api/workspaces/create", kind="lost_reply")
    one.up().ok()
    assert list(emulator.workspaces()) == ["fraud-prod"]
    assert emulator.endpoints().count("workspaces/create") == 1


@pytest.mark.sdk_range
def test_an_unreachable_instance(one: Project) -> None:
    one.configure({"apiUrl": "http://127.0.0.1:9", "maxRetries": "0"})
    one.pulumi("preview").ok()
    told(one.up(), "127.0.0.1:9", "cannot be reached")


@pytest.mark.sdk_range
def test_wrong_credentials(one: Project) -> None:
    one.configure({"password": "wrong-password"})
    run = one.up()
    told(run, "Keycloak rejects user 'ops@example.com'", "one-time code", "config wallaroo:password")
    assert "wrong-password" not in run.text


@pytest.mark.promise
@pytest.mark.sdk_range
def test_missing_configuration_is_one_line_in_preview(project: Make) -> None:
    bare = project(ONE)
    told(bare.pulumi("preview"), "wallaroo:domain (WALLAROO_DOMAIN)", "no credentials are given")


def test_a_program_error_is_pulumis_own(one: Project) -> None:
    one.write(ONE + "\n    raise ValueError('the program is wrong')\n")
    told(one.pulumi("preview"), "ValueError: the program is wrong")


def test_the_user_who_runs_pulumi_cannot_be_demoted(one: Project, emulator: Emulated) -> None:
    program = ONE.replace("wallaroo.W", "ws = wallaroo.W", 1) + (
        '    wallaroo.WorkspaceMember("me", workspace_id=ws.workspace_id, email="ops@example.com", role="OWNER")\n'
    )
    one.write(program)
    one.up().ok()
    one.write(program.replace('"OWNER"', '"COLLABORATOR"'))
    told(one.up(), "this is the user who runs Pulumi", "ops@example.com")
    assert emulator.members(emulator.workspaces()["fraud-prod"]) == {"ops@example.com": "OWNER"}


@pytest.mark.promise
def test_the_last_owner_cannot_be_removed(one: Project, emulator: Emulated) -> None:
    program = ONE.replace("wallaroo.W", "ws = wallaroo.W", 1)
    lead = (
        '    wallaroo.WorkspaceMember("m", workspace_id=ws.workspace_id, email="mary.jane@example.com", '
        'role="OWNER")\n'
    )
    one.write(program + lead)
    one.up().ok()
    id = emulator.workspaces()["fraud-prod"]
    emulator.api("workspaces/add_user", workspace_id=id, email="ops@example.com", user_type="COLLABORATOR")
    one.write(program)
    told(one.up(), "cannot remove mary.jane@example.com", "a workspace must keep at least one OWNER")
    assert set(one.resources()) == {"fraud", "m"}, "what was not removed stays in the state"


@pytest.mark.parametrize(
    ("adopt", "holds", "owner", "refusal"),
    [
        ("if_empty", 2, "ops@example.com", "contains 2 models and 0 pipelines"),
        ("always", 0, "mary.jane@example.com", "not one of its owners"),
        ("always", 2, "ops@example.com", None),
    ],
)
def test_what_exists_is_taken_over_by_the_rules_of_adopt(
    one: Project, emulator: Emulated, adopt: str, holds: int, owner: str, refusal: str | None
) -> None:
    members = {"ops@example.com": "COLLABORATOR"} if owner != "ops@example.com" else {}
    seeded = {"name": "fraud-prod", "owner": owner, "models": holds, "members": members}
    emulator.control("seed", workspaces=[seeded])
    one.write(ONE.replace('"fraud-prod"', f'"fraud-prod", adopt="{adopt}"'))
    if refusal:
        told(one.up(), "workspace 'fraud-prod' already exists (id", refusal)
    else:
        one.up().ok()
    assert len(emulator.workspaces()) == 1
    assert "workspaces/create" not in emulator.endpoints()


def test_two_resources_cannot_be_the_same_workspace(one: Project, emulator: Emulated) -> None:
    one.write(ONE + '    wallaroo.Workspace("again", name="fraud-prod")\n')
    told(one.up("--parallel", "1"), "declares a Workspace with the same name")
    assert list(emulator.workspaces()) == ["fraud-prod"]


def test_nor_can_one_that_a_later_program_adds(one: Project, emulator: Emulated) -> None:
    """Removing the second resource would otherwise remove the member of the first."""
    program = """
        import pulumi
        import wallaroo_pulumi as wallaroo
        ws = wallaroo.Workspace("fraud", name="fraud-prod")
        mary = {"workspace_id": ws.workspace_id, "email": "mary.jane@example.com"}
        lead = wallaroo.WorkspaceMember("lead", role="OWNER", **mary)
    """
    one.write(program)
    one.up().ok()
    after = "opts=pulumi.ResourceOptions(depends_on=lead)"
    one.write(program + f'    wallaroo.WorkspaceMember("again", role="COLLABORATOR", **mary, {after})\n')
    told(one.up(), "declares a WorkspaceMember with the same")
    (workspace_id,) = emulator.workspaces().values()
    assert emulator.members(workspace_id)["mary.jane@example.com"] == "OWNER"
