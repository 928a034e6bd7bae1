"""Connections and registries: unique names, members only, a second attachment refused."""

from typing import Any

import pytest
from emulator_client import MARY, Instance

REGISTRY = {"name": "databricks", "url": "https://registry.example.com", "token": "dapi"}


def connection(instance: Instance, name: str = "sales") -> str:
    id: str = instance.ok("connections/create", name=name, type="s3", details={"bucket": "b"})["id"]
    return id


def workspace(instance: Instance) -> int:
    id: int = instance.ok("workspaces/create", workspace_name="fraud")["workspace_id"]
    return id


def test_a_taken_name_is_a_conflict(instance: Instance) -> None:
    connection(instance)
    reply = instance.call("connections/create", MARY, name="sales", type="s3")
    assert reply.status_code == reply.json()["code"] == 409


def test_got_by_name_and_by_id_with_details_and_workspaces(instance: Instance) -> None:
    id, workspace_id = connection(instance), workspace(instance)
    instance.ok("connections/add_to_workspace", workspace_id=workspace_id, connection_id=id)
    found = instance.ok("connections/get", name="sales")
    assert found == instance.ok("connections/get_by_id", id=id)
    assert (found["details"], found["workspace_names"]) == ({"bucket": "b"}, ["fraud"])
    assert instance.call("connections/get", name="none").status_code == 404


def test_details_are_starred_in_the_log(instance: Instance) -> None:
    connection(instance)
    assert [entry["body"]["details"] for entry in instance.log() if "create" in entry["path"]] == ["***"]


@pytest.mark.parametrize("kind", ["connection", "registry"])
def test_attaching_twice_is_refused_and_detaching_twice_is_not(instance: Instance, kind: str) -> None:
    link: dict[str, Any] = {"workspace_id": workspace(instance)}
    if kind == "connection":
        attach, detach = "connections/add_to_workspace", "connections/remove_from_workspace"
        link["connection_id"] = connection(instance)
    else:
        attach, detach = "models/attach_registry_to_workspace", "models/remove_registry_from_workspace"
        link["registry_id"] = instance.ok("models/create_registry", **REGISTRY)["id"]
    assert instance.call(attach, MARY, **link).status_code == 403
    assert instance.call(attach, **link).status_code == 200
    assert instance.call(attach, **link).status_code == 500
    assert instance.call(detach, **link).is_success
    assert instance.call(detach, **link).is_success


def test_deleting_a_connection_ends_its_use(instance: Instance) -> None:
    id, workspace_id = connection(instance), workspace(instance)
    instance.ok("connections/add_to_workspace", workspace_id=workspace_id, connection_id=id)
    assert instance.call("connections/delete", name="sales").status_code == 204
    assert instance.ok("connections/list", workspace_id=workspace_id) == {"connections": []}
    assert instance.call("connections/delete", name="sales").status_code == 400


def test_registries_may_share_a_name_and_tell_their_workspaces(instance: Instance) -> None:
    workspace_id = workspace(instance)
    first = instance.ok("models/create_registry", **REGISTRY)["id"]
    second = instance.ok("models/create_registry", **REGISTRY, workspace_id=workspace_id)["id"]
    assert [r["id"] for r in instance.ok("models/list_registries")] == [first, second]
    assert [r["id"] for r in instance.ok("models/list_registries", workspace_id=workspace_id)] == [second]
    found = instance.ok("models/get_registry", registry_id=second)
    assert (found["token"], found["workspaces"]) == ("dapi", [{"id": workspace_id, "name": "fraud"}])
    assert instance.call("models/get_registry", registry_id="none").status_code == 404
