"""What each command asks of the instance, counted: requests grow with the estate as promised, tokens do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from emulated import Emulated
from pulumi_project import SAVED_AT_THE_END, Project
from request_counts import destroy, first_up, one_more_workspace, refresh

Make = Callable[[str], Project]

MEMBERS = ("mary.jane@example.com", "john.hancock@example.com", "ada@example.com")
FEW, MANY = 20, 60

PROGRAM = f"""
    import pulumi
    import wallaroo_pulumi as wallaroo

    for i in range(pulumi.Config("test").require_int("n")):
        workspace = wallaroo.Workspace(f"w{{i}}", name=f"counted-{{i}}")
        for email in {MEMBERS!r}:
            role = "OWNER" if email.startswith("mary") else "COLLABORATOR"
            wallaroo.WorkspaceMember(
                f"w{{i}}-{{email}}", workspace_id=workspace.workspace_id, email=email, role=role)
"""


def asked(emulator: Emulated) -> Counter[str]:
    """The API calls by endpoint since the last look. Every process needs one token, and one that asks nothing none."""
    calls = Counter(emulator.endpoints())
    assert len(emulator.tokens()) == (1 if calls else 0)
    emulator.forget_requests()
    return calls


@pytest.fixture
def counted(project: Make, emulator: Emulated) -> Callable[[int], Project]:
    def counted(n: int) -> Project:
        emulator.control("seed", users=[{"email": "ada@example.com"}])
        stack = project(PROGRAM)
        stack.env |= SAVED_AT_THE_END
        stack.configure(emulator.settings)
        stack.configure({"n": str(n)}, namespace="test")
        emulator.forget_requests()
        return stack

    return counted


@pytest.mark.parametrize("n", [FEW, MANY])
def test_requests_of_a_whole_life(n: int, counted: Callable[[int], Project], emulator: Emulated) -> None:
    stack = counted(n)

    stack.up().ok()
    up = asked(emulator)
    # The reply to a create is the id alone: when a workspace was made has to be looked up in a listing after it,
    # which those that are made meanwhile share where they can.
    assert 2 <= up.pop("workspaces/list") <= n + 1
    assert up == first_up(n, n * len(MEMBERS))

    stack.up("--expect-no-changes").ok()
    stack.pulumi("preview", "--expect-no-changes").ok()
    assert asked(emulator) == {}

    for command in (stack.refresh, lambda *args: stack.pulumi("preview", "--refresh", *args)):
        command("--expect-no-changes").ok()
        assert asked(emulator) == refresh(n)

    stack.destroy().ok()
    assert asked(emulator) == destroy(n, n * len(MEMBERS))


@pytest.mark.promise
def test_an_estate_that_grows_asks_for_what_is_new_only(
    counted: Callable[[int], Project], emulator: Emulated
) -> None:
    stack = counted(FEW)
    stack.up().ok()
    asked(emulator)
    stack.configure({"n": str(FEW + 1)}, namespace="test")
    stack.up().ok()
    assert asked(emulator) == one_more_workspace(len(MEMBERS))
