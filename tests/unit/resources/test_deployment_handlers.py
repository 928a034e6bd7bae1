"""Deployments: the decisions of their handlers, on the emulator."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from emulated import Emulated
from serving_bench import Bench, deploy, deployment, failures, step, without_graphql

from wallaroo_pulumi.api.wire.pipelines import DeploymentStatus
from wallaroo_pulumi.core.diff import diff
from wallaroo_pulumi.errors import ApiError, ConflictError, Interrupted, NotFoundError, ObjectError, TimedOut
from wallaroo_pulumi.resources import RESOURCES
from wallaroo_pulumi.resources.deployment import _stale


@pytest.fixture
def bench(emulator: Emulated, tmp_path: Path) -> Iterator[Bench]:
    with Bench(emulator, tmp_path) as bench:
        yield bench


def test_a_wait_tells_its_progress_and_ends_with_the_engines(bench: Bench) -> None:
    bench.emulator.control("readiness", kind="deployment", mode="polls", polls=8)
    model = bench.model()
    made = deploy(bench, bench.pipeline(model), model)
    assert made[1]["status"] == "Running"
    assert any(line.startswith("deployment 'fraud-1': Starting (Scaling, engine-") for line in bench.said), (
        bench.said
    )


def test_engines_that_failed_are_drift_and_others_are_not(bench: Bench) -> None:
    model = bench.model()
    pipeline = bench.pipeline(model)
    made = deploy(bench, pipeline, model)
    assert bench.read("Deployment", *made) == made[1]
    bench.emulator.control("readiness", kind="deployment", mode="error", message="OOMKilled")
    bench.emulator.api("pipelines/deploy", deploy_id="fraud", pipeline_version_pk_id=pipeline[1]["versionId"])
    failed = bench.read("Deployment", *made)
    assert failed == {**made[1], "status": "Error", "pipelineVersionId": None}
    bench.emulator.control("readiness", kind="deployment")
    wanted = bench.checked("Deployment", **deployment(pipeline, model))
    assert diff(RESOURCES["Deployment"], failed, wanted).changed == ("pipelineVersionId",)
    assert bench.update("Deployment", (made[0], failed), **deployment(pipeline, model)) == made


def test_a_second_resource_of_a_pipeline_changes_nothing_of_what_runs(bench: Bench) -> None:
    model = bench.model()
    pipeline = bench.pipeline(model)
    made = deploy(bench, pipeline, model)
    bench.emulator.forget_requests()
    with pytest.raises(ConflictError, match="already declared by"):
        deploy(bench, pipeline, model, engine_config={"engine": {"replicas": 2}})
    assert not {"pipelines/deploy", "pipelines/undeploy"} & {*bench.emulator.endpoints()}
    # The same when an earlier run made the first.
    bench.new_process()
    bench.ctx.ownership.declare("urn:of-an-earlier-run", "Pipeline", {})
    bench.ctx.ownership.keep("Deployment", made[0], "urn:of-an-earlier-run", made[1])
    bench.emulator.forget_requests()
    with pytest.raises(ConflictError, match="already declared by"):
        deploy(bench, pipeline, model)
    assert not {"pipelines/deploy", "pipelines/undeploy"} & {*bench.emulator.endpoints()}
    assert bench.read("Deployment", *made) == made[1]


def test_a_deployment_that_runs_is_taken_over_which_a_line_says(bench: Bench) -> None:
    model = bench.model()
    pipeline = bench.pipeline(model)
    made = deploy(bench, pipeline, model)
    assert bench.said == []
    bench.new_process()
    assert deploy(bench, pipeline, model) == (made[0], {**made[1], "adopted": True})
    (line,) = bench.said
    assert "Deployment 'fraud' (id 1/fraud/1) already exists and is adopted" in line


def test_an_interrupted_first_deployment_goes_on_and_is_taken_over(bench: Bench) -> None:
    model = bench.model()
    pipeline = bench.pipeline(model)
    bench.emulator.control("readiness", kind="deployment", mode="never")
    bench.ctx = dataclasses.replace(bench.ctx, cancelled=lambda: True)
    with pytest.raises(Interrupted, match="the run was interrupted; the next one goes on"):
        deploy(bench, pipeline, model)
    assert "pipelines/undeploy" not in bench.emulator.endpoints()
    bench.emulator.control("readiness", kind="deployment")
    bench.new_process()
    assert deploy(bench, pipeline, model)[1]["status"] == "Running"


def test_a_model_that_does_not_exist_is_told_before_anything_is_deployed(bench: Bench) -> None:
    model = bench.model()
    pipeline = bench.pipeline(model)
    with pytest.raises(NotFoundError, match="model version 999 does not exist; check models"):
        deploy(bench, pipeline, ("999", {}))
    assert "pipelines/deploy" not in bench.emulator.endpoints()


def test_an_id_that_is_none_is_told(bench: Bench) -> None:
    with pytest.raises(
        ObjectError, match="'abc' is no id of a ModelVersion: give the version's id, such as `15`"
    ):
        bench.read("ModelVersion", "abc")


A, B, NEW = ("a", "1"), ("b", "7"), ("a", "2")


@pytest.mark.parametrize(
    ("served", "wanted", "told"),
    [
        ([A], {A}, ""),
        ([], {A}, ""),
        ([A], set(), ""),
        ([A], {NEW}, "the engines do not serve model 'a' version 2 yet, still serve model 'a' version 1"),
        ([A, NEW], {NEW}, "the engines still serve model 'a' version 1"),
        ([A], {A, B}, "the engines do not serve model 'b' version 7 yet"),
        ([A, B], {A}, "the engines still serve model 'b' version 7"),
    ],
)
def test_engines_that_change_over_are_waited_for(
    served: list[tuple[str, str]], wanted: set[tuple[str, str]], told: str
) -> None:
    models = [{"name": name, "version": version, "sha": ""} for name, version in served]
    engine = {"name": "engine", "status": "Running", "model_statuses": {"models": models}}
    status = DeploymentStatus.model_validate({"status": "Running", "engines": [engine]})
    assert _stale(status, wanted) == told


PAGE = {"status": 404, "headers": {"content-type": "text/html"}, "body": "<html>no upstream</html>"}


def test_a_gateway_s_page_does_not_make_a_deployment_gone(bench: Bench) -> None:
    model = bench.model()
    made = deploy(bench, bench.pipeline(model), model)
    uses: list[Callable[[], object]] = [
        lambda: bench.read("Deployment", *made),
        lambda: bench.delete("Deployment", made),
    ]
    for use in uses:
        bench.emulator.control("faults", path="/v1/api/status/get_deployment", kind="respond", **PAGE)
        with pytest.raises(ApiError, match="answered 404"):
            use()
    assert bench.read("Deployment", *made) is not None


def test_what_may_have_run_before_is_not_undeployed_after_a_failure(bench: Bench) -> None:
    model = bench.model()
    pipeline = bench.pipeline(model)
    deploy(bench, pipeline, model)
    bench.new_process()
    bench.emulator.control("readiness", kind="deployment", mode="error")
    bench.emulator.control(
        "faults", path="/v1/api/admin/get_pipeline_external_url", kind="respond", status=500, body="{}"
    )
    with pytest.raises(ObjectError):
        deploy(bench, pipeline, model, engine_config={"engine": {"replicas": 2}})
    assert "pipelines/undeploy" not in bench.emulator.endpoints()


def test_a_new_version_is_deployed_in_place(bench: Bench) -> None:
    model = bench.model()
    pipeline = bench.pipeline(model)
    made = deploy(bench, pipeline, model)
    pipeline = bench.update("Pipeline", pipeline, name="fraud", steps=[step(model, model)])
    bench.emulator.control("readiness", kind="deployment", mode="polls", polls=2)
    changed = bench.update("Deployment", made, **deployment(pipeline, model))
    assert changed[1]["inferenceUrl"] == made[1]["inferenceUrl"]
    bench.emulator.forget_requests()
    bench.update("Deployment", changed, **deployment(pipeline, model, timeout=5))
    assert bench.emulator.endpoints() == []


def test_a_first_deployment_that_fails_is_undone_and_an_update_that_fails_is_not(bench: Bench) -> None:
    model = bench.model()
    pipeline = bench.pipeline(model)
    greedy = {"engine": {"cpu": 500}}
    with pytest.raises(TimedOut, match=r"still Starting .*Insufficient cpu.* after 30 s"):
        deploy(bench, pipeline, model, engine_config=greedy, timeout=30)
    assert bench.client.pipelines.deployment("fraud-1") is None
    made = deploy(bench, pipeline, model)
    with pytest.raises(TimedOut, match="Insufficient cpu"):
        bench.update("Deployment", made, **deployment(pipeline, model, engine_config=greedy))
    assert bench.client.pipelines.deployment("fraud-1") is not None


def by_hand(bench: Bench, version: object, engine: dict[str, Any]) -> None:
    """Deploy as the vendor's SDK does."""
    config = {"engine": engine, "enginelb": {}, "engineAux": {"images": {}}, "workspace_id": 1}
    body = {"deploy_id": "fraud", "pipeline_version_pk_id": version, "engine_config": config}
    bench.emulator.api("pipelines/deploy", **body)


AMOUNTS = {"cpu": 2, "memory": "1Gi"}
DECLARED = {"engine": {"cpu": 2, "resources": {"limits": AMOUNTS, "requests": AMOUNTS}}}


def test_an_engine_configuration_and_a_version_that_were_changed_by_hand_are_drift(bench: Bench) -> None:
    model = bench.model()
    pipeline = bench.pipeline(model)
    given = deployment(pipeline, model, engine_config=DECLARED)
    made = bench.create("Deployment", **given)
    bench.new_process()
    assert bench.read("Deployment", *made) == made[1]
    by_hand(bench, pipeline[1]["versionId"], {"cpu": 3, "resources": {"limits": {"cpu": 3}}})
    found = bench.read("Deployment", *made)
    assert found is not None
    assert found["engineConfig"] == {"engine": {"cpu": 3, "resources": {"limits": {"cpu": 3}}}}
    assert found["pipelineVersionId"] == made[1]["pipelineVersionId"]
    desired = bench.checked("Deployment", **given)
    assert diff(RESOURCES["Deployment"], found, desired).changed == ("engineConfig",)
    made = bench.update("Deployment", (made[0], found), **given)
    assert bench.read("Deployment", *made) == made[1]
    other = bench.emulator.api(
        "pipelines/create", workspace_id=1, pipeline_id="fraud", definition={"steps": []}
    )["pipeline_variant_pk_id"]
    by_hand(bench, other, DECLARED["engine"])
    found = bench.read("Deployment", *made)
    assert found == {**made[1], "pipelineVersionId": other}


def test_engine_settings_that_the_program_leaves_to_the_instance_are_no_drift(bench: Bench) -> None:
    model = bench.model()
    pipeline = bench.pipeline(model)
    made = bench.create("Deployment", **deployment(pipeline, model, engine_config={"engine": {"cpu": 2}}))
    by_hand(bench, pipeline[1]["versionId"], {"cpu": 2, "replicas": 3, "arch": "x86", "accel": "none"})
    assert bench.read("Deployment", *made) == made[1]


def test_a_deployment_that_is_as_declared_is_adopted_without_a_write(bench: Bench) -> None:
    model = bench.model()
    pipeline = bench.pipeline(model)
    by_hand(bench, pipeline[1]["versionId"], {**DECLARED["engine"], "arch": "x86"})
    deploy(bench, pipeline, model, engine_config=DECLARED, delete_adopted=True)  # and waits until it runs
    bench.new_process()
    bench.emulator.forget_requests()
    adopted = deploy(bench, bench.pipeline(model), model, engine_config=DECLARED)
    assert "pipelines/deploy" not in bench.emulator.endpoints()
    assert (adopted[1]["adopted"], adopted[1]["pipelineVersionId"]) == (True, pipeline[1]["versionId"])
    bench.new_process()
    without_graphql(bench)
    bench.emulator.forget_requests()
    deploy(bench, bench.pipeline(model), model, engine_config=DECLARED)
    assert "pipelines/deploy" in bench.emulator.endpoints()


def test_a_deployment_is_read_by_its_id_alone(bench: Bench) -> None:
    model = bench.model()
    pipeline = bench.pipeline(model)
    made = deploy(bench, pipeline, model, engine_config=DECLARED)
    bench.new_process()
    alone = bench.read("Deployment", made[0])
    assert alone is not None
    assert (alone["engineConfig"], alone["pipelineVersionId"]) == (DECLARED, pipeline[1]["versionId"])
    by_hand(bench, pipeline[1]["versionId"], {})
    alone = bench.read("Deployment", made[0])
    assert alone is not None
    assert alone["engineConfig"] is None


def test_a_deployment_of_a_version_that_was_found_goes_by_its_uuid(bench: Bench) -> None:
    without_graphql(bench)
    model = bench.model()
    bench.pipeline(model)
    bench.new_process()
    taken = bench.pipeline(model)
    made = deploy(bench, taken, model)
    assert made[1]["pipelineVersionId"] == taken[1]["version"]


def test_deleting_waits_until_the_engines_have_ended(bench: Bench) -> None:
    model = bench.model()
    pipeline = bench.pipeline(model)
    made = deploy(bench, pipeline, model)
    bench.emulator.control("readiness", kind="undeployment", mode="polls", polls=4)
    with pytest.raises(
        ConflictError, match="pipeline 'fraud' of workspace 1 cannot be deleted because it is in use"
    ):
        bench.delete("Pipeline", pipeline)
    bench.delete("Deployment", made)
    bench.delete("Pipeline", pipeline)


def test_whole_quantities_are_sent_as_integers_and_gpus_as_their_number(bench: Bench) -> None:
    model = bench.model()
    amounts = {"cpu": 2.0, "memory": "1Gi", "amd.com/gpu": 2.0}
    config = {"engine": {"cpu": 0.5, "gpu": 2.0, "accel": "rocm", "resources": {"limits": amounts}}}
    deploy(bench, bench.pipeline(model), model, engine_config=config)
    (stored,) = bench.emulator.contents()["deployments"]
    engine = json.loads(stored["engine_config"], parse_float=str)["engine"]
    assert (engine["cpu"], engine["gpu"]) == ("0.5", 2)
    assert engine["resources"]["limits"] == {"cpu": 2, "memory": "1Gi", "amd.com/gpu": 2}


@pytest.mark.parametrize(
    ("config", "property"),
    [
        ({"engine": {"cpu": "many"}}, "engineConfig.engine.cpu"),
        ({"engine": {"autoscale": {"type": "weather"}}}, "engineConfig.engine.autoscale.type"),
        (
            {"engine": {"resources": {"limits": {"memory": "1 GB"}}}},
            "engineConfig.engine.resources.limits.memory",
        ),
    ],
)
def test_a_wrong_engine_configuration_is_told_where_it_stands(config: dict[str, Any], property: str) -> None:
    good = {"workspace_id": 1, "pipeline_name": "p", "pipeline_version_id": 1.0, "models": [1.0]}
    assert failures("Deployment", **good) == {}
    assert list(failures("Deployment", **good, engine_config=config)) == [property]


def test_the_reason_of_a_failed_deployment_is_told_without_passwords(bench: Bench) -> None:
    model = bench.model()
    pipeline = bench.pipeline(model)
    bench.emulator.control(
        "readiness", kind="deployment", mode="error", message="no https://ada:hush@oci.example"
    )
    with pytest.raises(ObjectError, match=r"no https://\*\*\*@oci\.example") as caught:
        deploy(bench, pipeline, model)
    assert "hush" not in str(caught.value)
