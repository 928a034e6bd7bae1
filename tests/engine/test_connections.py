"""Connections and model registries on a real engine: secrets stay secret, drift is found, old goes before new."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from emulated import Emulated
from pulumi_project import Project

ROOT = Path(__file__).parent.parent.parent

Make = Callable[[str], Project]

SECRETS = ("open-sesame", "dapi-first", "dapi-second", "reader-by-hand")

PROGRAM = """
    import pulumi
    import wallaroo_pulumi as wallaroo

    fraud = wallaroo.Workspace("fraud", name="fraud-prod")
    warehouse = wallaroo.Connection(
        "warehouse",
        name="sales-warehouse",
        type="POSTGRES",
        details={"host": "db.example.com", "port": 5432, "user_name": "reader", "password": "open-sesame",
                 "options": {"sslMode": "full", "retry_on": [1, 2.5, None]}},
    )
    wallaroo.WorkspaceConnection("use", workspace_id=fraud.workspace_id, connection_name=warehouse.name)
    registry = wallaroo.ModelRegistry(
        "registry", name="databricks", url="https://registry.example.com", token="dapi-first"
    )
    wallaroo.ModelRegistryAttachment("attached", workspace_id=fraud.workspace_id, registry_id=registry.registry_id)
    pulumi.export("host", warehouse.details["host"])
    pulumi.export("registry", registry.registry_id)
"""


@pytest.fixture
def stack(project: Make, emulator: Emulated) -> Project:
    made = project(PROGRAM)
    made.configure(emulator.settings)
    made.up().ok()
    return made


def connection(emulator: Emulated) -> dict[str, Any]:
    (found,) = emulator.api("connections/list")["connections"]
    return dict(found)


def holds_no_secret(stack: Project) -> bool:
    exported = stack.export()
    return not any(secret in exported for secret in (*SECRETS, "db.example.com"))


@pytest.mark.promise
@pytest.mark.sdk_range
def test_first_up_makes_what_is_declared_and_the_second_asks_nothing(
    stack: Project, emulator: Emulated
) -> None:
    made = connection(emulator)
    assert made["details"] == {
        "host": "db.example.com",
        "port": 5432,
        "user_name": "reader",
        "password": "open-sesame",
        "options": {"sslMode": "full", "retry_on": [1, 2.5, None]},
    }
    assert type(made["details"]["port"]) is int
    assert made["workspace_names"] == ["fraud-prod"]
    registry = emulator.api("models/get_registry", registry_id=stack.outputs()["registry"])
    assert (registry["token"], [w["name"] for w in registry["workspaces"]]) == ("dapi-first", ["fraud-prod"])
    state = stack.resources()
    assert state["warehouse"]["id"] == "sales-warehouse"
    assert state["warehouse"]["outputs"]["connectionId"] == made["id"]
    assert state["use"]["id"] == f"{int(state['fraud']['id'])}/sales-warehouse"
    assert holds_no_secret(stack)
    assert stack.outputs()["host"] == "[secret]"

    emulator.forget_requests()
    stack.up("--expect-no-changes").ok()
    assert emulator.requests("/") == []


def test_details_are_replaced_old_first_and_the_use_follows(stack: Project, emulator: Emulated) -> None:
    before = connection(emulator)
    stack.write(PROGRAM.replace("db.example.com", "db2.example.com"))
    assert {name: op for name, op in stack.planned().items() if "replace" in op or "delete" in op}.keys() == {
        "warehouse",
        "use",
    }
    emulator.forget_requests()
    stack.up().ok()
    writes = [e for e in emulator.endpoints() if e.startswith("connections/") and not e.endswith("/list")]
    assert writes == [
        "connections/remove_from_workspace",
        "connections/delete",
        "connections/create",
        "connections/add_to_workspace",
    ]
    after = connection(emulator)
    assert after["details"]["host"] == "db2.example.com"
    assert after["workspace_names"] == ["fraud-prod"]
    assert after["id"] != before["id"]
    stack.up("--expect-no-changes").ok()


@pytest.mark.sdk_range
def test_drift_of_details_is_found_stays_secret_and_is_put_right(stack: Project, emulator: Emulated) -> None:
    emulator.api("connections/delete", name="sales-warehouse")
    emulator.control(
        "seed",
        connections=[
            {
                "id": stack.resources()["warehouse"]["outputs"]["connectionId"],
                "name": "sales-warehouse",
                "type": "POSTGRES",
                "details": {"host": "db.example.com", "user_name": "reader-by-hand"},
            }
        ],
    )
    stack.refresh().ok()
    assert holds_no_secret(stack)
    assert "use" not in stack.resources(), "deleting a connection ended its use"
    planned = stack.planned()
    assert "replace" in planned["warehouse"]
    assert planned["use"] == "create"
    stack.up().ok()
    assert connection(emulator)["details"]["user_name"] == "reader"
    assert connection(emulator)["workspace_names"] == ["fraud-prod"]
    assert holds_no_secret(stack)


def test_another_connection_of_the_name_is_neither_taken_for_ours_nor_deleted(
    stack: Project, emulator: Emulated
) -> None:
    emulator.api("connections/delete", name="sales-warehouse")
    emulator.api("connections/create", name="sales-warehouse", type="s3", details={"bucket": "theirs"})
    refused = stack.up("--refresh")
    assert refused.code != 0
    assert "connection 'sales-warehouse' already exists" in refused.text
    assert "with other type and details than declared" in refused.text
    stack.destroy().ok()
    assert connection(emulator)["details"] == {"bucket": "theirs"}


def test_without_a_refresh_destroy_spares_it_as_well(stack: Project, emulator: Emulated) -> None:
    emulator.api("connections/delete", name="sales-warehouse")
    emulator.api("connections/create", name="sales-warehouse", type="s3", details={"bucket": "theirs"})
    destroyed = stack.destroy().ok()
    assert "stays: it is not the one that this stack created" in destroyed.text
    assert connection(emulator)["details"] == {"bucket": "theirs"}


def test_a_resource_that_is_renamed_in_the_program_keeps_its_object(
    stack: Project, emulator: Emulated
) -> None:
    before = connection(emulator)
    stack.write(PROGRAM.replace('"warehouse",', '"store",').replace('"use",', '"usage",'))
    renamed = stack.up().ok()
    assert "refers to it" in renamed.text
    assert connection(emulator) == before
    stack.up("--expect-no-changes").ok()


def test_a_new_token_makes_a_new_registry_first(stack: Project, emulator: Emulated) -> None:
    first = stack.outputs()["registry"]
    stack.write(PROGRAM.replace("dapi-first", "dapi-second"))
    rotated = stack.up().ok()
    assert f"model registry 'databricks' (id {first}) stays on the instance with its token" in rotated.text
    second = stack.outputs()["registry"]
    assert second != first
    assert emulator.api("models/get_registry", registry_id=first)["workspaces"] == []
    workspaces = emulator.api("models/get_registry", registry_id=second)["workspaces"]
    assert [w["name"] for w in workspaces] == ["fraud-prod"]
    assert holds_no_secret(stack)


def test_destroy_leaves_a_registry_of_no_workspace_and_the_next_up_takes_it_over(
    stack: Project, emulator: Emulated
) -> None:
    first = stack.outputs()["registry"]
    stack.destroy().ok()
    assert stack.resources() == {}
    assert emulator.api("connections/list")["connections"] == []
    assert emulator.api("models/get_registry", registry_id=first)["workspaces"] == []
    stack.up().ok()
    assert stack.outputs()["registry"] == first
    assert len(emulator.api("models/list_registries")) == 1


def test_details_that_are_known_only_in_the_end_pass_a_preview(project: Make, emulator: Emulated) -> None:
    stack = project(
        """
        import wallaroo_pulumi as wallaroo

        fraud = wallaroo.Workspace("fraud", name="fraud-prod")
        wallaroo.Connection(
            "warehouse",
            name="sales-warehouse",
            type="s3",
            details={"bucket": fraud.workspace_id.apply("bucket-{}".format), "made": [fraud.created_at]},
        )
        read = wallaroo.Connection.get("read", "by-hand")
        """
    )
    stack.configure(emulator.settings)
    emulator.api("connections/create", name="by-hand", type="s3", details={"key": "open-sesame"})
    assert stack.planned()["warehouse"] == "create"
    stack.up().ok()
    found = {c["name"]: c["details"] for c in emulator.api("connections/list")["connections"]}
    assert found["sales-warehouse"]["bucket"] == f"bucket-{emulator.workspaces()['fraud-prod']}"
    assert stack.resources()["read"]["outputs"]["connectionId"]
    assert holds_no_secret(stack)
    stack.up("--expect-no-changes").ok()


@pytest.mark.sdk_range
def test_get_connection_and_its_twin(stack: Project, emulator: Emulated) -> None:
    stack.write(
        PROGRAM
        + """
    found = wallaroo.get_connection("sales-warehouse")
    later = wallaroo.get_connection_output(warehouse.name)
    pulumi.export("found", [found.type, found.details["port"], found.connection_id, list(found.workspace_names)])
    pulumi.export("later", later.details["password"])
"""
    )
    stack.up().ok()
    assert stack.outputs()["found"] == ["POSTGRES", 5432, connection(emulator)["id"], ["fraud-prod"]]
    assert stack.outputs()["later"] == "[secret]"
    assert holds_no_secret(stack)


def test_a_connection_that_is_not_there_is_one_line(project: Make, emulator: Emulated) -> None:
    stack = project('import wallaroo_pulumi as wallaroo\nwallaroo.get_connection("none")\n')
    stack.configure(emulator.settings)
    assert "connection 'none' does not exist or this user cannot see it" in stack.pulumi("preview").text


def test_connections_of_an_estate(engine_env: dict[str, str], tmp_path: Path, emulator: Emulated) -> None:
    emulator.control("seed", connections=[{"name": "shared", "type": "s3"}])
    stack = Project.copy(ROOT / "stacks/estate", tmp_path / "estate", engine_env)
    (stack.folder / "estate.yaml").write_text(
        textwrap.dedent(
            """
            workspaces:
              fraud-prod: {connections: [sales-warehouse, shared]}
            connections:
              sales-warehouse:
                type: POSTGRES
                details: {host: db.example.com, port: 5432}
                secret_details: {password: warehousePassword}
            """
        )
    )
    stack.configure(emulator.settings)
    missing = stack.pulumi("preview")
    assert missing.code != 0
    assert "wallaroo-estate:warehousePassword" in missing.text
    stack.pulumi("config", "set", "--secret", "wallaroo-estate:warehousePassword", "open-sesame").ok()
    stack.up().ok()
    found = {c["name"]: c for c in emulator.api("connections/list")["connections"]}
    assert found["sales-warehouse"]["details"] == {
        "host": "db.example.com",
        "port": 5432,
        "password": "open-sesame",
    }
    assert [c["workspace_names"] for c in found.values()] == [["fraud-prod"], ["fraud-prod"]]
    assert holds_no_secret(stack)
    stack.up("--expect-no-changes").ok()
