"""Which resource holds an object, as the engine calls it: renames and replacements, interrupted and refreshed."""

from __future__ import annotations

from collections.abc import Callable

from emulated import Emulated
from pulumi_project import Project

Make = Callable[[str], Project]

CONNECTION = """
    import pulumi
    import wallaroo_pulumi as wallaroo

    lake = wallaroo.Connection("{name}", name="lake", type="s3", details={{"bucket": "sales"}})
"""
FAILING = """
    wallaroo.WorkspaceMember("failing", workspace_id=999, email="mary.jane@example.com",
        opts=pulumi.ResourceOptions(depends_on=lake))
"""


def connections(emulator: Emulated) -> list[str]:
    return [each["name"] for each in emulator.api("connections/list")["connections"]]


def test_a_renamed_resource_takes_its_object_over_in_a_run_that_refreshes(
    project: Make, emulator: Emulated
) -> None:
    """The engine diffs what it has refreshed, so the old name is called too."""
    stack = project(CONNECTION.format(name="old"))
    stack.configure(emulator.settings)
    stack.up().ok()
    stack.write(CONNECTION.format(name="new"))
    stack.up("--refresh").ok()
    assert set(stack.resources()) == {"new"}
    assert stack.resources()["new"]["outputs"]["adopted"] is False
    assert connections(emulator) == ["lake"]

    stack.destroy().ok()
    assert connections(emulator) == []


def test_a_replacement_by_itself_that_was_interrupted_ends_with_its_object(
    project: Make, emulator: Emulated
) -> None:
    stack = project(CONNECTION.format(name="lake"))
    stack.configure(emulator.settings)
    stack.up().ok()
    urn = stack.resources()["lake"]["urn"]
    stack.write(CONNECTION.format(name="lake") + FAILING)
    assert stack.up("--replace", urn).code != 0
    assert [r.get("delete", False) for r in stack.all_resources() if r["urn"] == urn] == [False, True]

    stack.write(CONNECTION.format(name="lake"))
    stack.up().ok()
    assert connections(emulator) == ["lake"]
    assert [r.get("delete", False) for r in stack.all_resources() if r["urn"] == urn] == [False]
    stack.destroy().ok()
    assert connections(emulator) == []


LAKES = """
    import wallaroo_pulumi as wallaroo

    wallaroo.Connection("{first}", name="lake", type="s3", details={{"bucket": "sales"}})
    wallaroo.Connection("{second}", name="pond", type="s3", details={{"bucket": "sales"}})
"""


def test_a_run_with_targets_counts_the_resources_that_it_leaves_out(
    project: Make, emulator: Emulated
) -> None:
    stack = project(LAKES.format(first="lake", second="pond"))
    stack.configure(emulator.settings)
    stack.up().ok()
    both = connections(emulator)
    old = stack.resources()["lake"]["urn"]

    # The new name takes the object over, and the old one, which created it, is left out.
    stack.write(LAKES.format(first="new", second="pond"))
    new = old.replace("::lake", "::new")
    stack.up("--target", new).ok()
    assert set(stack.resources()) == {"lake", "new", "pond"}
    # The old name is deleted, and the new one is left out.
    stack.up("--target", old).ok()
    assert set(stack.resources()) == {"new", "pond"}
    assert connections(emulator) == both
    stack.destroy("--target", new).ok()
    assert connections(emulator) == ["pond"]


def test_a_rename_whose_other_change_is_refused_keeps_the_object_and_an_alias_replaces_it(
    project: Make, emulator: Emulated
) -> None:
    stack = project(CONNECTION.format(name="old"))
    stack.configure(emulator.settings)
    stack.up().ok()
    stack.write(CONNECTION.format(name="new").replace("sales", "archive"))
    assert stack.up("--continue-on-error").code != 0
    assert set(stack.resources()) == {"old"}
    (found,) = emulator.api("connections/list")["connections"]
    assert found["details"] == {"bucket": "sales"}

    alias = 'details={"bucket": "archive"}, opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="old")])'
    stack.write(CONNECTION.format(name="new").replace('details={"bucket": "sales"}', alias))
    stack.up().ok()
    assert set(stack.resources()) == {"new"}
    (found,) = emulator.api("connections/list")["connections"]
    assert found["details"] == {"bucket": "archive"}
