"""Connections: what one side writes, the other reads; and what the SDK made is taken over."""

from __future__ import annotations

import pytest
from emulated import Emulated
from vendor_sdk import Sdk, SdkError
from workbench import Workbench

DETAILS = {"host": "db.example.com", "port": 5432}


def test_what_the_sdk_writes_we_read(sdk: Sdk, bench: Workbench) -> None:
    workspace = bench.workspace()
    id = sdk("connections", "create", name="warehouse", type="POSTGRES", details=DETAILS)
    sdk("connections", "attach", workspace="fraud", name="warehouse")
    connection = bench.read("Connection", "warehouse")
    assert connection is not None
    assert (connection["connectionId"], connection["type"]) == (id, "POSTGRES")
    assert connection["details"] == DETAILS
    assert bench.read("WorkspaceConnection", f"{workspace}/warehouse") is not None

    sdk("connections", "detach", workspace="fraud", name="warehouse")
    bench.new_process()
    assert bench.read("WorkspaceConnection", f"{workspace}/warehouse") is None
    sdk("connections", "delete", name="warehouse")
    bench.new_process()
    assert bench.read("Connection", "warehouse") is None


def test_what_we_write_the_sdk_reads(sdk: Sdk, bench: Workbench) -> None:
    workspace = bench.workspace()
    _, connection = bench.create("Connection", name="warehouse", type="POSTGRES", details=DETAILS)
    used = bench.create("WorkspaceConnection", workspace_id=workspace, connection_name="warehouse")
    assert sdk("connections", "look", name="warehouse") == {
        "id": connection["connectionId"],
        "type": "POSTGRES",
        "details": DETAILS,
        "workspaces": ["fraud"],
    }
    assert sdk("connections", "names", workspace="fraud") == [["warehouse"], ["warehouse"]]
    bench.delete("WorkspaceConnection", used)
    assert sdk("connections", "names", workspace="fraud") == [["warehouse"], []]


def test_a_connection_of_the_sdk_is_taken_over(sdk: Sdk, bench: Workbench, emulator: Emulated) -> None:
    workspace = bench.workspace()
    id = sdk("connections", "create", name="warehouse", type="POSTGRES", details=DETAILS)
    sdk("connections", "attach", workspace="fraud", name="warehouse")
    emulator.forget_requests()
    _, taken = bench.create("Connection", name="warehouse", type="POSTGRES", details=DETAILS)
    bench.create("WorkspaceConnection", workspace_id=workspace, connection_name="warehouse")
    assert taken["connectionId"] == id
    assert not {"connections/create", "connections/add_to_workspace"} & {*emulator.endpoints()}
    assert sdk("connections", "look", name="warehouse")["workspaces"] == ["fraud"]


def test_a_name_that_we_took_is_refused_to_the_sdk(sdk: Sdk, bench: Workbench) -> None:
    _, ours = bench.create("Connection", name="warehouse", type="POSTGRES", details=DETAILS)
    with pytest.raises(SdkError, match="already exists"):
        sdk("connections", "create", name="warehouse", type="MYSQL", details={})
    kept = sdk("connections", "look", name="warehouse")
    assert (kept["id"], kept["type"]) == (ours["connectionId"], "POSTGRES")
