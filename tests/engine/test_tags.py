"""Tags on an engine, with both adapters: a removed declaration is forgotten, and one that is added again holds."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from emulated import Emulated
from native_program import use_plugin
from pulumi_project import Project
from workbench import Workbench

PROGRAM = """
    import MODULE as wallaroo

    ws = wallaroo.Workspace("fraud", name="fraud")
    wallaroo.Pipeline("scores", workspace_id=ws.workspace_id, name="scores", steps=[], TAGS)
    """


def attached(emulator: Emulated) -> set[str]:
    """The tags that the instance has on its only pipeline."""
    contents = emulator.contents()
    texts = {tag["id"]: tag["tag"] for tag in contents["tags"]}
    return {texts[row["tag_pk_id"]] for row in contents["pipeline_tags"]}


@pytest.mark.parametrize("module", ["wallaroo_pulumi", "wallaroo_pulumi.native"])
def test_tags_hold_from_their_declaration_to_its_removal(
    project: Callable[[str], Project], emulator: Emulated, module: str
) -> None:
    program = PROGRAM.replace("MODULE", module)
    tagged, untagged = program.replace("TAGS", 'tags=["eu", "fraud"]'), program.replace("TAGS", "")
    stack = project(tagged)
    if module.endswith("native"):
        use_plugin(stack)
    stack.configure(emulator.settings)
    stack.up().ok()
    assert attached(emulator) == {"eu", "fraud"}

    stack.write(untagged)
    stack.up().ok()
    assert attached(emulator) == {"eu", "fraud"}
    emulator.forget_requests()
    stack.up("--expect-no-changes").ok()
    assert emulator.requests("/") == []

    # Another user takes one away meanwhile.
    (pipeline,) = emulator.contents()["pipelines"]
    tags = Workbench(emulator).client.tags
    tags.detach("pipeline", pipeline["id"], next(tag.id for tag in tags.list() if tag.text == "eu"))
    assert attached(emulator) == {"fraud"}
    stack.write(tagged)
    stack.up().ok()
    assert attached(emulator) == {"eu", "fraud"}
    stack.up("--refresh", "--expect-no-changes").ok()
