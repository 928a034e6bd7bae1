"""A gateway's page is no answer about objects: the report lists what it could not check."""

from __future__ import annotations

import pytest
from emulated import Emulated

from wallaroo_pulumi.api import Client
from wallaroo_pulumi.config import load
from wallaroo_pulumi.estate.drift import Report, compare
from wallaroo_pulumi.estate.state import Managed

PAGE = "<html><head><title>404 Not Found</title></head></html>"


def report(emulator: Emulated) -> Report:
    """The comparison of a stack that holds nothing but one workspace."""
    workspace = emulator.api("workspaces/create", workspace_name="fraud")["workspace_id"]
    outputs = {"name": "fraud", "workspaceId": workspace}
    client = Client(load((emulator.settings | {"maxRetries": "0"}).get, {}))
    try:
        return compare(client, [Managed("Workspace", "fraud", str(workspace), outputs, external=False)])
    finally:
        client.close()


@pytest.mark.parametrize("path", ["*/orchestration/list", "*/task/list"])
def test_a_page_for_a_listing_is_an_error(path: str, emulator: Emulated) -> None:
    emulator.control("faults", path=path, count=20, status=404, body=PAGE)
    found = report(emulator)
    assert found.exit_code == 1
    assert "answered 404: a web page (404 Not Found)" in found.unchecked[0].reason


@pytest.mark.parametrize("path", ["*/orchestration/list", "*/task/list"])
def test_the_apis_own_404_means_that_it_has_no_such_objects(path: str, emulator: Emulated) -> None:
    emulator.control("faults", path=path, count=20, status=404, body={"msg": "not served", "code": 404})
    found = report(emulator)
    assert (found.unchecked, found.of("unmanaged")) == ([], [])
    assert found.unsupported, "the report lists what was not checked"
