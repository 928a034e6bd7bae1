"""Assays: scheduled once, switched on and off, never deleted."""

from __future__ import annotations

from typing import Any

import pytest
from workbench import Workbench

from wallaroo_pulumi.core.fields import UNKNOWN
from wallaroo_pulumi.errors import ConflictError, HiddenError, NotFoundError, WallarooError
from wallaroo_pulumi.resources._assay_definition import instant
from wallaroo_pulumi.resources.assay import _canonical


def inputs(**changes: Any) -> dict[str, Any]:
    return {
        "name": "price drift",
        "workspace_id": 1,
        "pipeline_name": "houses",
        "fields": [{"name": "out.variable", "indexes": [0], "alert": 0.25}],
        "baseline": {"Static": ["2026-01-01T00:00:00Z", "2026-01-08T00:00:00Z"]},
        "window_seconds": 86400,
        "first_run": "2026-01-09T06:00:00Z",
        "every": {"unit": "Day", "quantity": 1},
        **changes,
    }


@pytest.fixture
def houses(bench: Workbench) -> None:
    bench.pipeline_version(bench.workspace())


def found(bench: Workbench) -> list[tuple[str, bool]]:
    return [(assay.name, assay.active) for assay in bench.client.assays.list(fresh=True)]


@pytest.mark.usefixtures("houses")
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"every": None, "cron": "0 6 * * *", "run_until": "2027-01-01T00:00:00+01:00"},
        {"baseline": {"Rolling": {"start": "2026-01-01T00:00:00Z", "width": {"seconds": 60}}}},
        {"baseline": {"Vector": [1, 2.5]}, "model_name": "prices"},
        {"active": False},
    ],
)
def test_what_is_scheduled_reads_back_the_same_by_its_id_alone(
    bench: Workbench, changes: dict[str, Any]
) -> None:
    id, outputs = bench.create("Assay", **inputs(**changes))
    assert bench.read("Assay", id, outputs) == outputs
    assert bench.read("Assay", id) == {k: v for k, v in outputs.items() if k != "__instance"}


@pytest.mark.usefixtures("houses")
def test_deleting_deactivates_and_the_same_definition_activates_again(bench: Workbench) -> None:
    first = bench.create("Assay", **inputs())
    bench.delete("Assay", first)
    assert found(bench) == [("price drift", False)]
    assert bench.said[-1].endswith("stays on the instance, deactivated: Wallaroo cannot delete assays")
    bench.new_process()
    # The same moment, written in another way.
    again = bench.create("Assay", **inputs(first_run="2026-01-09T07:00:00+01:00"))
    assert again == (first[0], {**first[1], "adopted": True, "__found": {"active": False}})
    assert found(bench) == [("price drift", True)]


def test_a_pipeline_that_an_assay_monitors_is_not_deleted_and_the_assay_is_named(bench: Workbench) -> None:
    place = {"workspace_id": bench.workspace(), "name": "houses"}
    pipeline = bench.create("Pipeline", **place, steps=[])
    assay = bench.create("Assay", **inputs())
    with pytest.raises(
        ConflictError, match=r"because it is in use .*; assay 'price drift' monitors it: destroy"
    ):
        bench.delete("Pipeline", pipeline)
    bench.delete("Assay", assay)
    bench.delete("Pipeline", pipeline)
    assert bench.client.pipelines.list(1, fresh=True) == ()


@pytest.mark.usefixtures("houses")
def test_the_name_of_another_assay_is_refused(bench: Workbench) -> None:
    active = bench.create("Assay", **inputs())
    bench.new_process()
    with pytest.raises(ConflictError, match=r"'price drift' already exists .* with another definition"):
        bench.create("Assay", **inputs(window_seconds=60))
    bench.delete("Assay", active)
    with pytest.raises(WallarooError, match="keeps it, since Wallaroo cannot delete assays: choose another"):
        bench.create("Assay", **inputs(window_seconds=60))
    assert found(bench) == [("price drift", False)]


@pytest.mark.usefixtures("houses")
def test_one_that_was_switched_off_by_hand_is_drift_and_is_switched_on(bench: Workbench) -> None:
    state = bench.create("Assay", **inputs())
    bench.client.assays.set_active(state[0], False)
    drifted = bench.read("Assay", *state)
    assert drifted is not None
    assert drifted == {**state[1], "active": False}
    bench.update("Assay", (state[0], drifted), **inputs())
    assert found(bench) == [("price drift", True)]


@pytest.mark.usefixtures("houses")
def test_a_hidden_assay_is_not_reported_as_gone(bench: Workbench) -> None:
    id, _ = bench.create("Assay", **inputs())
    bench.emulator.control("delete", kind="member", where={"user_id": bench.client.caller_id})
    bench.new_process()
    with pytest.raises(HiddenError, match=f"assay {id} exists, but user ops@example.com may not see it"):
        bench.read("Assay", id)


@pytest.mark.usefixtures("houses")
def test_a_lost_reply_makes_no_second_assay(bench: Workbench) -> None:
    bench.emulator.control("faults", path="/v2/api/assays/schedule", kind="lost_reply")
    id, _ = bench.create("Assay", **inputs())
    assert [assay.id for assay in bench.client.assays.list(fresh=True)] == [id]


@pytest.mark.usefixtures("houses")
def test_a_pipeline_that_does_not_exist_is_named(bench: Workbench) -> None:
    with pytest.raises(
        NotFoundError, match="pipeline 'boats' does not exist in workspace 1; check pipeline_name"
    ):
        bench.create("Assay", **inputs(pipeline_name="boats"))


@pytest.mark.parametrize(
    ("changes", "property", "reason"),
    [
        ({"cron": "0 6 * * *"}, "", "exactly one of every and cron"),
        ({"every": None}, "", "exactly one of every and cron"),
        ({"first_run": "2026-01-09T06:00:00"}, "firstRun", "with its zone"),
        ({"first_run": "tomorrow"}, "firstRun", "with its zone"),
        ({"baseline": {}}, "baseline", "exactly one key is needed: static, rolling"),
        ({"summarizer": {}}, "summarizer", "exactly one key is needed"),
        ({"fields": []}, "fields", "at least 1 item"),
        ({"fields": [{"nam": "out.x"}]}, "fields[0].name", "is required"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_asked(
    bench: Workbench, changes: dict[str, Any], property: str, reason: str
) -> None:
    assert reason in bench.failures("Assay", **inputs(**changes))[property]
    assert bench.emulator.requests("/") == []


def test_unknown_parts_pass(bench: Workbench) -> None:
    unknown = inputs(fields=[UNKNOWN, {"name": UNKNOWN}], baseline=UNKNOWN, every=UNKNOWN)
    assert bench.checked("Assay", **unknown)["fields"] == [UNKNOWN, {"name": UNKNOWN}]


@pytest.mark.parametrize("time", ["9999-12-31T23:59:59-05:00", "0001-01-01T00:00:00+01:00"])
def test_a_time_that_does_not_exist_in_utc(time: str) -> None:
    with pytest.raises(ValueError, match=r"^must be between the years 1 and 9999 in UTC$"):
        instant(time)
    assert _canonical({"created_at": time}) == {"created_at": time}
