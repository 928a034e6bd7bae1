"""The whole life cycle of every registered resource with its own examples, through a real dynamic host."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from dynamic_host import UNKNOWN, DynamicHost, HostError
from emulated import Emulated
from host_life import Life, absent_id, live

from wallaroo_pulumi.core.names import wire_name
from wallaroo_pulumi.resources import RESOURCES

"""Ids of missing objects, for kinds whose id is not a number."""


@pytest.fixture
def later(emulator: Emulated) -> Iterator[DynamicHost]:
    """Start the host of a later run."""
    with DynamicHost(emulator.settings) as host:
        yield host


@pytest.fixture
def host(emulator: Emulated) -> Iterator[DynamicHost]:
    with DynamicHost(emulator.settings) as host:
        yield host


@pytest.fixture(scope="module")
def shared(_emulator_url: str) -> Iterator[DynamicHost]:
    """One host for tests that create nothing."""
    with DynamicHost(Emulated(_emulator_url).settings) as host:
        yield host


@pytest.mark.sdk_range
@pytest.mark.parametrize("kind", RESOURCES)
def test_create_read_update_replace_delete(
    host: DynamicHost, later: DynamicHost, kind: str, tmp_path: Path
) -> None:
    live(host, later, kind, tmp_path)


@pytest.mark.parametrize("kind", RESOURCES)
def test_a_preview_in_which_everything_is_unknown_passes_check_and_diff(
    shared: DynamicHost, kind: str
) -> None:
    unknown = {wire_name(name): UNKNOWN for name in RESOURCES[kind].examples.inputs}
    inputs, failures = shared.check(kind, unknown)
    assert failures == {}
    assert {name: inputs[name] for name in unknown} == unknown
    assert shared.diff(kind, "1", {}, inputs).changed


@pytest.mark.usefixtures("emulator")  # without what another test left
@pytest.mark.parametrize("kind", RESOURCES)
def test_an_object_that_is_gone_reads_as_gone(shared: DynamicHost, kind: str) -> None:
    absent = absent_id(kind)
    assert shared.read(kind, absent, {"somethingOfTheState": True}) == ("", {}, {})
    with pytest.raises(HostError, match="does not exist or this user cannot see it"):
        shared.read(kind, absent)  # as `.get` does, which has no state


def test_one_token_serves_all_resources_and_threads(
    host: DynamicHost, emulator: Emulated, tmp_path: Path
) -> None:
    for kind in ("Workspace", "WorkspaceMember", "User"):
        life = Life(host, kind, tmp_path)
        life.make(kind, life.wire({**life.examples.inputs, **life.examples.replace}))
    assert len(emulator.tokens()) == 1


def test_a_failure_of_the_host_is_one_line_of_ours(host: DynamicHost, emulator: Emulated) -> None:
    emulator.control(
        "faults", path="/v1/api/workspaces/*", count=20, status=500, body={"msg": "out of memory"}
    )
    inputs, _ = host.check("Workspace", {"name": "fraud"})
    with pytest.raises(HostError, match="workspaces/list answered 500: out of memory") as caught:
        host.create("Workspace", inputs)
    assert "\n" not in str(caught.value)
    assert host.lines == []
