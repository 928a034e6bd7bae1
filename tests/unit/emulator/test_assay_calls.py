"""Assays: schedules, names, who sees them. (The recorded exchanges are replayed in tests/contract.)"""

from typing import Any

import pytest
from emulator_client import MARY, OPS, Instance
from emulator_models import Serving, inference


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
    id: int = instance.ok("workspaces/create", workspace_name="fraud")["workspace_id"]
    return id


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


class TestBaseline:
    """Binning of a baseline before an assay is scheduled."""

    PATH = "/v2/api/assays/preview_baseline_binning"

    def bin(
        self,
        instance: Instance,
        workspace_id: int,
        baseline: dict[str, Any],
        mode: Any = None,
        **options: Any,
    ) -> dict[str, Any]:
        body = definition(workspace_id, baseline=baseline, summarizer=summarizer(mode, **options))
        body = {key: body[key] for key in ("baseline", "summarizer", "targeting")}
        answer: dict[str, Any] = instance.ok(self.PATH, **body)["out.variable"]
        return answer

    def test_an_array_is_binned_by_quantiles(self, instance: Instance, workspace_id: int) -> None:
        values = [float(number) for number in range(1, 101)]
        series = self.bin(instance, workspace_id, {"Vector": values[::-1]}, {"Quantile": 5})
        assert series["bins"] == {
            "mode": {"Quantile": 5},
            "edges": [pytest.approx(edge) for edge in (20.8, 40.6, 60.4, 80.2)] + ["INFINITY"],
            "labels": ["< 20%", "20% - 40%", "40% - 60%", "60% - 80%", "> 80%"],
        }
        assert series["aggregated_values"] == [0.2] * 5
        assert series["statistics"] == {
            **{"count": 100, "min": 1.0, "max": 100.0, "mean": 50.5, "median": 50.5},
            "std": pytest.approx(28.866, abs=0.001),
        }

    @pytest.mark.parametrize(
        ("mode", "edges", "labels", "shares"),
        [
            ("None", ["INFINITY"], ["all"], [1.0]),
            ({"Quantile": 1}, ["INFINITY"], ["all"], [1.0]),
            (
                *({"Equal": 2}, [1.0, 2.5, 4.0, "INFINITY"]),
                *(["< 1", "1 - 2.5", "2.5 - 4", "> 4"], [0.25, 0.25, 0.5, 0.0]),
            ),
            (
                *({"QuantileWithExplicitOutliers": 2}, [1.0, 2.5, 4.0, "INFINITY"]),
                *(["left_outlier", "q_50", "q_100", "right_outlier"], [0.25, 0.25, 0.5, 0.0]),
            ),
            (
                {"Provided": [3.0, 2.0, "INFINITY"]},
                [2.0, 3.0, "INFINITY"],
                ["< 2", "2 - 3", "> 3"],
                [0.5, 0.25, 0.25],
            ),
        ],
    )
    def test_other_bins(
        self, instance: Instance, workspace_id: int, mode: Any, edges: Any, labels: Any, shares: Any
    ) -> None:
        series = self.bin(instance, workspace_id, {"Vector": [1.0, 2.0, None, 3.0, 4.0]}, mode)
        assert (series["bins"]["edges"], series["bins"]["labels"]) == (edges, labels)
        assert series["aggregated_values"] == shares

    @pytest.mark.parametrize(
        ("aggregation", "values"), [("Cumulative", [0.5, 1.0]), ("Edges", [2.0]), ("Density", [0.5, 0.5])]
    )
    def test_aggregations(self, instance: Instance, workspace_id: int, aggregation: str, values: Any) -> None:
        baseline = {"Vector": [1.0, 2.0, 3.0, 4.0]}
        series = self.bin(instance, workspace_id, baseline, {"Provided": [2.0]}, aggregation=aggregation)
        assert series["aggregated_values"] == values

    def test_a_range_of_time_is_read_from_the_inference_log(self, instance: Instance) -> None:
        serving = Serving(instance)
        path = serving.deploy(inference("champion"))
        serving.infer(path, [{"house": [number, 0.0]} for number in (1.0, 2.0, 3.0)])
        body = definition(1, baseline={"Static": ["2024-07-11T00:00:00Z", "2024-07-12T00:00:00Z"]})
        body["targeting"]["iopath"] = [
            {"field": "out.price", "indexes": [0]},
            {"field": "in.house", "indexes": [1]},
        ]
        body = {key: body[key] for key in ("baseline", "summarizer", "targeting")}
        answer = instance.ok(self.PATH, **body)
        assert answer["out.price.0"]["statistics"]["mean"] == 2.0
        assert answer["in.house.1"]["statistics"]["max"] == 0.0
        body["baseline"] = {"Static": ["2025-07-11T00:00:00Z", "2025-07-12T00:00:00Z"]}
        reply = instance.call(self.PATH, **body)
        assert (reply.status_code, reply.json()["msg"]) == (
            400,
            "baseline: there are no numbers for out.price.0",
        )

    def test_a_summary_is_given_back(self, instance: Instance, workspace_id: int) -> None:
        series = self.bin(instance, workspace_id, {"Vector": [1.0]}, "None")
        body = {"baseline": {"Summary": {"out.variable": series}}, "summarizer": summarizer("None")}
        assert instance.ok(self.PATH, **body) == {"out.variable": series}

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"baseline": {"Vector": []}}, "there are no numbers for out.variable"),
            ({"baseline": {"Rolling": {"start": "x", "width": {"seconds": 1}}}}, "bins arrays"),
            ({"summarizer": {"MultivariateContinuous": {}}}, "bins univariate baselines only"),
        ],
    )
    def test_what_is_not_binned(
        self, instance: Instance, workspace_id: int, changes: dict[str, Any], message: str
    ) -> None:
        body = definition(workspace_id, baseline={"Vector": [1.0]})
        body = {key: body[key] for key in ("baseline", "summarizer", "targeting")} | changes
        reply = instance.call(self.PATH, **body)
        assert reply.status_code == 400
        assert message in reply.json()["msg"]


def summarizer(mode: Any, aggregation: str = "Density") -> dict[str, Any]:
    return {"UnivariateContinuous": {"bin_mode": mode, "aggregation": aggregation, "metric": "PSI"}}
