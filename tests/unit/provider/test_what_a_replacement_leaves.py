"""A preview tells what a replacement leaves on the instance, since some objects cannot be deleted."""

from __future__ import annotations

import pytest
from emulated import Emulated
from workbench import Workbench

from wallaroo_pulumi.resources import RESOURCES

URN = "urn:pulumi:test::project::pulumi-python:dynamic/wallaroo:Workspace::fraud"


@pytest.mark.parametrize("kind", RESOURCES)
def test_every_kind_whose_objects_cannot_be_deleted_says_what_stays(kind: str) -> None:
    resource = RESOURCES[kind]
    stays = "cannot delete" in resource.deletion
    assert bool(resource.left_by_replacement({})) == stays, (
        f"define left_by_replacement of {kind}, or correct its `deletion`"
    )


@pytest.mark.parametrize(
    ("force_destroy", "contents"), [(False, "keeps its models and pipelines"), (True, "is emptied")]
)
def test_a_workspace_keeps_its_contents_unless_it_is_emptied(
    emulator: Emulated, force_destroy: bool, contents: str
) -> None:
    with Workbench(emulator) as bench:
        inputs = bench.checked("Workspace", name="fraud", force_destroy=force_destroy)
        bench.provider.check("Workspace", URN, inputs, {})
        id, outputs = bench.provider.create("Workspace", URN, inputs)
        assert not bench.provider.diff("Workspace", URN, id, outputs, inputs).leaves
        found = bench.provider.diff("Workspace", URN, id, outputs, {**inputs, "name": "fraud-eu"})
    assert found.leaves == (
        f"Workspace 'fraud' (id {id}) is replaced, and the old one stays on the instance and {contents}: "
        "Wallaroo cannot delete workspaces"
    )


def test_an_adopted_object_stays_as_it_was_found(emulator: Emulated) -> None:
    urn = URN.replace("Workspace", "User")
    with Workbench(emulator) as bench:
        inputs = bench.checked("User", email="mary.jane@example.com")
        bench.provider.check("User", urn, inputs, {})
        id, outputs = bench.provider.create("User", urn, inputs)
        found = bench.provider.diff("User", urn, id, outputs, {**inputs, "email": "ada@example.com"})
        assert found.leaves.endswith(
            "the old one stays as it was found: this stack adopted it and did not create it"
        )


def test_a_refresh_which_replaces_nothing_prints_nothing(emulator: Emulated) -> None:
    with Workbench(emulator) as bench:
        inputs = bench.checked("Workspace", name="fraud")
        id, outputs = bench.provider.create("Workspace", URN, inputs)
        bench.new_process()
        assert not bench.provider.diff("Workspace", URN, id, outputs, {**inputs, "name": "fraud-eu"}).leaves
