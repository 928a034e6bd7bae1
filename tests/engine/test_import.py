"""Objects of every kind are imported by their ids, and the program that Pulumi writes needs no edit."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from emulated import Emulated
from every_kind import PROGRAM, declared, secret_texts, write
from native_program import natives, use_plugin
from pulumi_project import Project

NATIVE_PROGRAM = PROGRAM.replace(
    "import pulumi, wallaroo_pulumi", "import pulumi\n    import wallaroo_pulumi.native as wallaroo_pulumi"
)


@pytest.mark.promise
def test_the_program_of_an_import_has_no_changes(
    project: Callable[[str], Project], emulator: Emulated
) -> None:
    made = use_plugin(project(NATIVE_PROGRAM))
    made.configure(emulator.settings)
    write(made, declared(made.folder))
    made.up().ok()
    rows = [{"type": r["type"], "name": name, "id": r["id"]} for name, r in natives(made).items()]
    made.pulumi("state", "delete", "--all", "--yes", "--force").ok()
    assert natives(made) == {}

    (made.folder / "import.json").write_text(json.dumps({"resources": rows}))
    before = emulator.contents()
    made.pulumi("import", "--file", "import.json", "--yes", "--protect=false", "--out", "generated.py").ok()
    made.write((made.folder / "generated.py").read_text())
    emulator.forget_requests()
    made.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes").ok()
    assert emulator.requests() == []
    assert {name: r["id"] for name, r in natives(made).items()} == {row["name"]: row["id"] for row in rows}
    assert emulator.contents() == before
    assert not [text for text in secret_texts() if text in made.export()]
