"""A renamed resource that was not created: with --continue-on-error the engine deletes the old one all the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from dynamic_host import entry, urn_of
from emulated import Emulated
from workbench import Workbench

from wallaroo_pulumi.adapters.stack_state import entries
from wallaroo_pulumi.core.ownership import Ownership
from wallaroo_pulumi.errors import RefusedError, WallarooError
from wallaroo_pulumi.provider.provider import Provider

OLD, NEW = urn_of("Connection", "old"), urn_of("Connection", "new")
LAKE: dict[str, Any] = {"name": "lake", "type": "s3", "details": {"bucket": "sales"}}


@pytest.fixture
def bench(emulator: Emulated) -> Iterator[Workbench]:
    with Workbench(emulator) as bench:
        yield bench


def run_on(bench: Workbench, state: tuple[str, dict[str, Any]]) -> Provider:
    """A run on the state in which the resource ``old`` holds a connection."""
    context, exported = bench.ctx, {"deployment": {"resources": [entry("Connection", *state, name="old")]}}
    return Provider(lambda: context, Ownership(lambda: entries(exported)))


def connections(bench: Workbench) -> list[str]:
    return [row["name"] for row in bench.emulator.contents()["connections"]]


def test_the_object_is_kept_until_the_new_resource_is_created(bench: Workbench) -> None:
    state = bench.create("Connection", **LAKE)
    run = run_on(bench, state)
    inputs, _ = run.check("Connection", NEW, LAKE, {})
    bench.emulator.control("faults", path="/v1/api/connections/list", status=400, count=10)
    with pytest.raises(WallarooError, match="400"):
        run.create("Connection", NEW, inputs)
    bench.emulator.http.delete("/__emulator__/faults")
    with pytest.raises(RefusedError, match="resource 'new' declares the same object and was not created"):
        run.delete("Connection", OLD, *state)
    assert connections(bench) == ["lake"]

    run.create("Connection", NEW, inputs)
    run.delete("Connection", OLD, *state)
    assert connections(bench) == ["lake"]


def test_a_resource_that_the_engine_skips_keeps_its_object(bench: Workbench) -> None:
    """As one that depends on a resource which failed: its inputs are checked, and it is not created."""
    state = bench.create("Connection", **LAKE)
    run = run_on(bench, state)
    run.check("Connection", NEW, LAKE, {})
    with pytest.raises(RefusedError, match="resource 'new' declares the same object"):
        run.delete("Connection", OLD, *state)
    assert connections(bench) == ["lake"]


def test_another_object_is_deleted(bench: Workbench) -> None:
    state = bench.create("Connection", **LAKE)
    run = run_on(bench, state)
    inputs, _ = run.check("Connection", NEW, LAKE | {"name": "pond"}, {})
    bench.emulator.control("faults", path="/v1/api/connections/create", status=400)
    with pytest.raises(WallarooError, match="400"):
        run.create("Connection", NEW, inputs)
    run.delete("Connection", OLD, *state)
    assert connections(bench) == []


def test_a_resource_is_deleted_to_be_created_anew_while_others_are_still_to_be_created(
    bench: Workbench,
) -> None:
    state = bench.create("Connection", **LAKE)
    run = run_on(bench, state)
    run.check("Connection", NEW, LAKE, {})
    inputs, _ = run.check("Connection", OLD, LAKE | {"type": "gcs"}, state[1])
    assert run.diff("Connection", OLD, *state, inputs).replacing
    run.delete("Connection", OLD, *state)
    assert connections(bench) == []


def test_an_object_of_the_same_name_is_kept_whatever_else_the_new_resource_changes(bench: Workbench) -> None:
    """Without an alias, the new resource is refused because of the name, and the old one must not go for it."""
    state = bench.create("Connection", **LAKE)
    run = run_on(bench, state)
    inputs, _ = run.check("Connection", NEW, LAKE | {"details": {"bucket": "other"}}, {})
    with pytest.raises(WallarooError, match="with other details than declared"):
        run.create("Connection", NEW, inputs)
    with pytest.raises(RefusedError, match="resource 'new' declares the same object and was not created"):
        run.delete("Connection", OLD, *state)
    assert connections(bench) == ["lake"]


def test_an_object_that_its_resource_replaces_under_a_new_name_is_deleted(bench: Workbench) -> None:
    """With an alias, the engine compares under the new URN, deletes under the old one, and creates then."""
    state = bench.create("Connection", **LAKE)
    run = run_on(bench, state)
    inputs, _ = run.check("Connection", NEW, LAKE | {"type": "gcs"}, state[1])
    assert run.diff("Connection", NEW, *state, inputs).replacing
    run.delete("Connection", OLD, *state)
    assert connections(bench) == []
    run.create("Connection", NEW, inputs)
    assert connections(bench) == ["lake"]


def test_an_object_that_its_resource_has_replaced_is_kept_for_another_one(bench: Workbench) -> None:
    """The old resource has another object now, and the one that was to take this over was not created."""
    state = bench.create("Connection", **LAKE)
    run = run_on(bench, state)
    inputs, _ = run.check("Connection", OLD, LAKE | {"name": "pond"}, state[1])
    run.check("Connection", NEW, LAKE, {})
    assert run.diff("Connection", OLD, *state, inputs).replacing
    run.create("Connection", OLD, inputs)
    with pytest.raises(RefusedError, match="resource 'new' declares the same object and was not created"):
        run.delete("Connection", OLD, *state)
    assert connections(bench) == ["lake", "pond"]
