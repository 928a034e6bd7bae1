"""Assays: schedules, names, who sees them. (The recorded exchanges are replayed in tests/contract.)"""

from typing import Any

import pytest
from emulator_client import MARY, OPS, Instance


def definition(workspace_id: int, **changes: Any) -> dict[str, Any]:
    origin = {
        "pipeline_name": "houses",
        "pipeline_id": 1,
        "workspace_name": "fraud",
        "workspace_id": workspace_id,
    }
    return {
        "name": "price drift",
        "baseline": {"Static": ["2024-07-01T00:00:00Z", "2024-07-02T00:00:00Z"]},
        "scheduling": {
            "first_run": "2024-07-11T16:00:00Z",
            "run_frequency": {"SimpleRunFrequency": {"unit": "Minute", "quantity": 10}},
        },
        "summarizer": {
            "UnivariateContinuous": {"bin_mode": {"Quantile": 5}, "aggregation": "Density", "metric": "PSI"}
        },
        "targeting": {"data_origin": origin, "iopath": [{"field": "out.variable"}]},
        "window": {"width": {"seconds": 600}},
        **changes,
    }


@pytest.fixture
def workspace_id(instance: Instance) -> int:
    return instance.ok("workspaces/create", workspace_name="fraud")["workspace_id"]


def test_a_schedule_is_active_and_tells_its_runs(instance: Instance, workspace_id: int) -> None:
    id = instance.ok("/v2/api/assays/schedule", **definition(workspace_id))
    runs = instance.ok("/v2/api/assays/get_next_run", assay_id=id)
    assert runs == {"last_run": "2024-07-11T16:50:00Z", "next_run": "2024-07-11T17:00:00Z"}
    instance.ok("/v2/api/assays/set_active", assay_id=id, active=False)
    assert instance.ok("/v2/api/assays/get_next_run", assay_id=id)["next_run"] is None
    assert instance.ok("/v2/api/assays/get", active="ActiveOnly") == []
    (listed,) = instance.ok("/v2/api/assays/get", active="InactiveOnly", pipeline_name="houses")
    assert listed == instance.ok("/v2/api/assays/get/:id", id=id)
    assert (listed["active"], listed["scheduling"]["end"]) == (False, None)


def test_a_schedule_that_has_not_begun_has_no_last_run(instance: Instance, workspace_id: int) -> None:
    scheduling = {
        "first_run": "2024-07-11T17:00:00Z",
        "end": "2024-07-11T17:05:00Z",
        "run_frequency": {"SimpleRunFrequency": {"unit": "Minute", "quantity": 5}},
    }
    id = instance.ok("/v2/api/assays/schedule", **definition(workspace_id, scheduling=scheduling))
    runs = instance.ok("/v2/api/assays/get_next_run", assay_id=id)
    assert runs == {"last_run": None, "next_run": "2024-07-11T17:00:00Z"}
    instance.clock.time += 1800
    runs = instance.ok("/v2/api/assays/get_next_run", assay_id=id)
    assert runs == {"last_run": "2024-07-11T17:05:00Z", "next_run": None}


def test_a_deactivated_assay_keeps_its_name(instance: Instance, workspace_id: int) -> None:
    id = instance.ok("/v2/api/assays/schedule", **definition(workspace_id))
    instance.ok("/v2/api/assays/set_active", assay_id=id, active=False)
    refusal = instance.call("/v2/api/assays/schedule", **definition(workspace_id))
    assert refusal.status_code == 500
    assert "assay_name_key" in refusal.json()["msg"]


def test_strangers_see_nothing(instance: Instance, workspace_id: int) -> None:
    id = instance.ok("/v2/api/assays/schedule", **definition(workspace_id))
    assert instance.ok("/v2/api/assays/get", MARY, active="All") == []
    assert instance.call("/v2/api/assays/get/:id", MARY, id=id).status_code == 403
    assert instance.call("/v2/api/assays/get/:id", OPS, id="nothing").status_code == 404
    assert instance.call("/v2/api/assays/schedule", MARY, **definition(workspace_id)).status_code == 403


def test_a_baseline_of_no_known_kind_is_refused(instance: Instance, workspace_id: int) -> None:
    refusal = instance.call("/v2/api/assays/schedule", **definition(workspace_id, baseline={"Guess": 1}))
    assert refusal.status_code == 400


def test_the_first_kind_is_kept_found_and_switched(instance: Instance, workspace_id: int) -> None:
    body = {
        "name": "old",
        "workspace_id": workspace_id,
        "pipeline_id": 7,
        "pipeline_name": "houses",
        "active": True,
        "baseline": {},
        "window": {},
        "summarizer": {},
        "alert_threshold": 0.25,
    }
    id = instance.ok("assays/create", **body)["assay_id"]
    assert instance.call("assays/create", **body).status_code == 500
    query = {"workspace_id": workspace_id, "pipeline_id": 7, "sort_by": "LastRunDateDesc"}
    (found,) = instance.ok("assays/filter", **query, name="ol")
    assert found == instance.ok("assays/get_assay_by_id", id=id)
    assert instance.ok("assays/set_active", id=id, active=False) == {"id": id, "active": False}
    assert instance.ok("assays/filter", **query, active=True) == []
    assert instance.call("assays/get_assay_by_id", id=99).status_code == 400


def test_a_pipeline_takes_its_deactivated_assays_with_it(instance: Instance, workspace_id: int) -> None:
    named = {"workspace_id": workspace_id, "pipeline_id": "houses"}
    instance.ok("pipelines/create", **named)
    id = instance.ok("/v2/api/assays/schedule", **definition(workspace_id))
    assert instance.call("pipelines/delete_pipeline", **named).status_code == 409
    instance.ok("/v2/api/assays/set_active", assay_id=id, active=False)
    instance.ok("pipelines/delete_pipeline", **named)
    assert instance.ok("/v2/api/assays/get", active="All") == []
