"""The file for ``pulumi import --file``: every object once, with a type, a unique name and the Pulumi id."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from emulated import Emulated

from wallaroo_pulumi.api import Client
from wallaroo_pulumi.config import load
from wallaroo_pulumi.errors import NotFoundError
from wallaroo_pulumi.estate.contents import Object
from wallaroo_pulumi.estate.import_file import ImportFile, _newest_versions, import_file


@pytest.fixture
def client(emulator: Emulated) -> Iterator[Client]:
    client = Client(load(emulator.settings.get, {}))
    yield client
    client.close()


@pytest.fixture
def workspaces(emulator: Emulated) -> dict[str, int]:
    """Two workspaces; one has a member and a connection."""
    lake = emulator.api("connections/create", name="lake", type="s3", details={"key": "hunter2"})["id"]
    made = {
        name: emulator.api("workspaces/create", workspace_name=name)["workspace_id"]
        for name in ("fraud", "churn")
    }
    emulator.api("workspaces/add_user", workspace_id=made["fraud"], email="mary.jane@example.com")
    emulator.api("connections/add_to_workspace", workspace_id=made["fraud"], connection_id=lake)
    return made


def rows(found: ImportFile) -> set[tuple[str, str, str]]:
    """The file's resources as (kind, name, id)."""
    resources = json.loads(found.to_text())["resources"]
    return {(r["type"].removeprefix("wallaroo:index:"), r["name"], r["id"]) for r in resources}


def test_every_object_has_a_name_and_its_id(
    client: Client, emulator: Emulated, workspaces: dict[str, int]
) -> None:
    found = rows(import_file(client))
    fraud, mary = workspaces["fraud"], emulator.user_id("mary.jane@example.com")
    assert {
        ("Workspace", "fraud", str(fraud)),
        ("Workspace", "churn", str(workspaces["churn"])),
        ("WorkspaceMember", "fraud-mary-jane-example-com", f"{fraud}/{mary}"),
        ("WorkspaceConnection", "fraud-lake", f"{fraud}/lake"),
        ("Connection", "lake", "lake"),
        ("User", "mary-jane-example-com", mary),
    } <= found


def test_a_selected_workspace_comes_without_what_belongs_to_the_instance(
    client: Client, workspaces: dict[str, int]
) -> None:
    assert {kind for kind, _, _ in rows(import_file(client, ["churn"]))} == {"Workspace"}
    with pytest.raises(NotFoundError, match="workspace 'none'"):
        import_file(client, ["none"])


def test_only_the_newest_version_of_a_model_is_imported() -> None:
    kept, skipped = _newest_versions(
        [
            Object("ModelVersion", "price", "9"),
            Object("ModelVersion", "price", "10"),
            Object("Task", "t", "a"),
        ]
    )
    assert [found.id for found in kept] == ["10", "a"]
    assert skipped == ["1 older version of model 'price'"]


def test_names_are_unique_for_each_type() -> None:
    file = ImportFile(
        [
            Object("Task", "a b", "1"),
            Object("Task", "A/b", "2"),
            Object("Edge", "a b", "3"),
            Object("Task", "é", "4"),
        ],
        [],
    )
    assert rows(file) == {
        ("Task", "a-b", "1"),
        ("Task", "a-b-2", "2"),
        ("Edge", "a-b", "3"),
        ("Task", "task", "4"),
    }


def test_objects_with_secrets_are_named_and_no_secret_is_written(
    client: Client, workspaces: dict[str, int]
) -> None:
    found = import_file(client)
    assert [line for line in found.remarks if line.startswith("Connection 'lake': ") and "details" in line]
    assert not [line for line in found.remarks if line.startswith("User ")]
    assert "hunter2" not in found.to_text() + "".join(found.remarks)
