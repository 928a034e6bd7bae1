"""The private part of a resource's outputs."""

from __future__ import annotations

import pytest

from wallaroo_pulumi.core.record import RECORD_KEYS, Record, StackEntry, resource_name


@pytest.mark.parametrize(
    "record",
    [
        Record(),
        Record("a-b-c"),
        Record("a-b-c", "2026-01-01T00:00:00+00:00", {"role": "OWNER", "active": False}),
    ],
)
def test_what_is_written_is_read_again(record: Record) -> None:
    wire = record.to_wire()
    assert set(wire) <= set(RECORD_KEYS)
    assert Record.of({"name": "lake", **wire}) == record


def test_pulumi_does_not_display_the_keys() -> None:
    assert all(key.startswith("__") for key in RECORD_KEYS)


def test_state_of_earlier_versions_has_no_record() -> None:
    assert Record.of({"name": "lake"}) == Record()
    assert Record().to_wire() == {}


def test_an_entry_is_adopted_when_its_outputs_say_so() -> None:
    assert [StackEntry("urn", "User", "1", outputs).adopted for outputs in ({}, {"adopted": True})] == [
        False,
        True,
    ]


def test_outputs_stay_out_of_logs() -> None:
    assert "hunter2" not in repr(StackEntry("urn", "Connection", "lake", {"details": "hunter2"}))


def test_the_name_is_the_last_part_of_a_urn() -> None:
    assert resource_name("urn:pulumi:test::estate::a:b:Team$wallaroo:index:User::ada: lead") == "ada: lead"
