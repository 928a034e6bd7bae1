"""A gateway's page is no answer about objects: the comparison fails instead of reporting less."""

from __future__ import annotations

import pytest
from emulated import Emulated

from wallaroo_pulumi.api import Client
from wallaroo_pulumi.config import load
from wallaroo_pulumi.errors import ApiError
from wallaroo_pulumi.estate.drift import Finding, Managed, find

PAGE = "<html><head><title>404 Not Found</title></head></html>"


def findings(emulator: Emulated) -> list[Finding]:
    """What is unmanaged in a stack that reads nothing but one workspace."""
    workspace = emulator.api("workspaces/create", workspace_name="fraud")["workspace_id"]
    outputs = {"name": "fraud", "workspaceId": workspace}
    client = Client(load((emulator.settings | {"maxRetries": "0"}).get, {}))
    try:
        found = find(client, [Managed("Workspace", "fraud", str(workspace), outputs, external=False)])
        return [finding for finding in found if finding.what == "unmanaged"]
    finally:
        client.close()


@pytest.mark.parametrize("path", ["*/orchestration/list", "*/task/list"])
def test_a_page_for_a_listing_is_an_error(path: str, emulator: Emulated) -> None:
    emulator.control("faults", path=path, count=20, status=404, body=PAGE)
    with pytest.raises(ApiError, match=r"answered 404: a web page \(404 Not Found\)"):
        findings(emulator)


@pytest.mark.parametrize("path", ["*/orchestration/list", "*/task/list"])
def test_the_apis_own_404_means_that_it_has_no_such_objects(path: str, emulator: Emulated) -> None:
    emulator.control("faults", path=path, count=20, status=404, body={"msg": "not served", "code": 404})
    assert findings(emulator) == []
