"""The comparison of a stack's resources with the emulator: what is drift, and what could not be checked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from emulated import Emulated
from workbench import State, Workbench

from wallaroo_pulumi.api.wire.workspaces import Workspace
from wallaroo_pulumi.core.record import MARK_KEY
from wallaroo_pulumi.errors import WallarooError
from wallaroo_pulumi.estate.contents import Contents
from wallaroo_pulumi.estate.drift import Report, compare
from wallaroo_pulumi.estate.drift_report import to_table
from wallaroo_pulumi.estate.state import Managed, parsed_path
from wallaroo_pulumi.resources import RESOURCES


@pytest.fixture
def bench(emulator: Emulated) -> Iterator[Workbench]:
    with Workbench(emulator) as bench:
        yield bench


def managed(kind: str, state: State, *ignored: str) -> Managed:
    paths = tuple(parsed_path(path) for path in ignored)
    return Managed(kind, kind.lower(), state[0], state[1], external=False, ignored=paths)


def drift(bench: Workbench, *resources: Managed, unmanaged: bool = False) -> Report:
    bench.new_process()
    return compare(bench.client, resources, unmanaged=unmanaged)


def connection(bench: Workbench, **details: Any) -> State:
    return bench.create("Connection", name="sales", type="s3", details=details)


def test_a_connection_that_was_created_anew_is_changed_not_missing(
    bench: Workbench, emulator: Emulated
) -> None:
    sales = managed("Connection", connection(bench, bucket="b", key="hush"))
    emulator.api("connections/delete", name="sales")
    emulator.api("connections/create", name="sales", type="s3", details={"bucket": "c", "key": "hush-again"})
    (found,) = drift(bench, sales).findings
    assert found.what == "changed"
    assert {change.property for change in found.changes} == {"details", "connectionId"}
    assert "hush" not in repr(found)
    emulator.api("connections/delete", name="sales")
    assert [finding.what for finding in drift(bench, sales).findings] == ["missing"]


def test_an_equal_object_in_place_of_the_recorded_one_is_drift(bench: Workbench) -> None:
    workspace = int(bench.create("Workspace", name="fraud")[0])
    connection(bench, bucket="b")
    id, outputs = bench.create("WorkspaceConnection", workspace_id=workspace, connection_name="sales")
    assert drift(bench, managed("WorkspaceConnection", (id, outputs))).findings == []
    report = drift(bench, managed("WorkspaceConnection", (id, {**outputs, MARK_KEY: "another"})))
    (found,) = report.findings
    assert (found.what, found.changes) == ("changed", [])
    assert found.note == "it was deleted, and another was created in its place"
    assert found.note in to_table(report)
    assert report.exit_code == 2


def test_what_ignore_changes_covers_is_no_drift(bench: Workbench, emulator: Emulated) -> None:
    user = bench.create("User", email="ada@example.com", first_name="Ada", last_name="L")
    emulator.control("change", kind="user", where={"email": "ada@example.com"}, set={"first_name": "Eve"})
    assert len(drift(bench, managed("User", user)).findings) == 1
    assert drift(bench, managed("User", user, "firstName")).findings == []
    assert drift(bench, managed("User", user, "*")).findings == []
    emulator.control("change", kind="user", where={"email": "ada@example.com"}, set={"last_name": "E"})
    (found,) = drift(bench, managed("User", user, "firstName")).findings
    assert [change.property for change in found.changes] == ["lastName"]


def test_nested_parts_that_ignore_changes_covers_are_no_drift(bench: Workbench, emulator: Emulated) -> None:
    state = connection(bench, bucket="b", port=1)
    emulator.control(
        "change", kind="connection", where={"name": "sales"}, set={"details": '{"bucket": "b", "port": 2}'}
    )
    assert len(drift(bench, managed("Connection", state)).findings) == 1
    assert drift(bench, managed("Connection", state, "details.port")).findings == []
    assert len(drift(bench, managed("Connection", state, "details.bucket")).findings) == 1


def test_what_the_user_may_not_see_is_hidden(bench: Workbench, emulator: Emulated) -> None:
    workspace = bench.create("Workspace", name="fraud")
    member = bench.create("WorkspaceMember", workspace_id=int(workspace[0]), email="mary.jane@example.com")
    emulator.control("delete", workspace_id=int(workspace[0]), email="ops@example.com")
    report = drift(bench, managed("Workspace", workspace), managed("WorkspaceMember", member), unmanaged=True)
    assert [(finding.what, finding.kind) for finding in report.findings] == [
        ("hidden", "Workspace"),
        ("hidden", "WorkspaceMember"),
    ]
    assert all(finding.note for finding in report.findings)
    assert report.exit_code == 2


def test_one_resource_that_cannot_be_read_is_not_checked(bench: Workbench, emulator: Emulated) -> None:
    sales = managed("Connection", connection(bench, bucket="b"))
    user = managed("User", bench.create("User", email="ada@example.com"))
    page = "<html><title>Not Found</title></html>"
    emulator.control("faults", path="/v1/api/connections/*", status=404, body=page, count=100)
    emulator.api("users/deactivate", email="ada@example.com")
    report = drift(bench, sales, user, unmanaged=True)
    assert [(one.kind, one.name) for one in report.unchecked] == [
        ("Connection", "connection"),
        ("Connection", "*"),
    ]
    assert "404" in report.unchecked[0].reason
    assert [finding.kind for finding in report.findings if finding.what == "changed"] == ["User"]
    assert report.checked == 1
    assert report.exit_code == 1


def test_state_that_this_version_cannot_read_is_not_checked(bench: Workbench) -> None:
    id, outputs = connection(bench, bucket="b")
    del outputs["connectionId"]
    report = drift(bench, managed("Connection", (id, outputs)))
    assert [one.name for one in report.unchecked] == ["connection"]
    assert "\n" not in report.unchecked[0].reason


def test_what_the_instance_does_not_have_is_listed(bench: Workbench, emulator: Emulated) -> None:
    workspace = managed("Workspace", bench.create("Workspace", name="fraud"))
    for path in ("orchestration/list", "task/list"):
        answer = {"msg": "no such route", "code": 404}
        emulator.control("faults", path=f"/v1/api/{path}", status=404, body=answer, count=100)
    report = drift(bench, workspace, unmanaged=True)
    assert report.unsupported.keys() == {"Orchestration", "Task"}
    assert (report.unchecked, report.exit_code) == ([], 0)


def test_a_page_of_a_gateway_is_no_answer(bench: Workbench, emulator: Emulated) -> None:
    workspace = managed("Workspace", bench.create("Workspace", name="fraud"))
    page = "<html><title>Not Found</title></html>"
    emulator.control("faults", path="/v1/api/orchestration/list", status=404, body=page, count=100)
    report = drift(bench, workspace, unmanaged=True)
    assert [(one.kind, one.name) for one in report.unchecked] == [("Orchestration", "fraud/*")]
    assert (report.unsupported, report.exit_code) == ({}, 1)


def test_an_instance_that_cannot_be_reached_is_one_error(bench: Workbench, emulator: Emulated) -> None:
    sales = managed("Connection", connection(bench, bucket="b"))
    emulator.control("faults", path="/v1/api/*", status=400, count=100)
    with pytest.raises(WallarooError):
        drift(bench, sales)


def test_another_instance_is_one_error(bench: Workbench, emulator: Emulated) -> None:
    sales = managed("Connection", connection(bench, bucket="b"))
    emulator.control("reset")
    bench.create("User", email="ada@example.com")
    with pytest.raises(WallarooError, match="instance"):
        drift(bench, sales, unmanaged=True)


def test_a_model_registry_that_the_stack_does_not_have_is_unmanaged(
    bench: Workbench, emulator: Emulated
) -> None:
    hub = bench.create("ModelRegistry", name="hub", url="https://hub.example.com", token="hush")
    emulator.api("models/create_registry", name="other", url="https://other.example.com", token="hush")
    (found,) = drift(bench, managed("ModelRegistry", hub), unmanaged=True).findings
    assert (found.what, found.kind, found.name) == ("unmanaged", "ModelRegistry", "other")


def test_every_kind_is_searched_for_unmanaged_objects(bench: Workbench) -> None:
    contents = Contents(bench.client)
    inside = [kind for kind, _ in contents.listings(Workspace(id=1, name="fraud"))]
    searched = [*inside, *(kind for kind, _ in contents.of_the_instance())]
    assert len(searched) == len(set(searched))
    assert set(searched) == set(RESOURCES), (
        "list the objects of the kind in estate/contents.py, in listings() or of_the_instance()"
    )
