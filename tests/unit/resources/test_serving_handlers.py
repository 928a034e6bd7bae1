"""Model versions, pipelines and deployments: the decisions of their handlers, on the emulator."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from emulated import Emulated
from example_files import orchestration_file
from workbench import State, Workbench

from wallaroo_pulumi.api.wire import DeploymentStatus
from wallaroo_pulumi.core.check import check
from wallaroo_pulumi.core.diff import Difference, diff
from wallaroo_pulumi.core.fields import UNKNOWN
from wallaroo_pulumi.core.names import wire_name
from wallaroo_pulumi.errors import ApiError, ConflictError, Interrupted, NotFoundError, ObjectError, TimedOut
from wallaroo_pulumi.resources import RESOURCES
from wallaroo_pulumi.resources.deployment import _stale

Made = State
HOUSE_PRICE = Path(__file__).parents[3] / "stacks/serving/house_price.onnx"


class Bench(Workbench):
    """With a workspace and a model file."""

    def __init__(self, emulator: Emulated, folder: Path) -> None:
        super().__init__(emulator)
        self.file = folder / "model.onnx"
        self.file.write_bytes(b"one")
        self.workspace_id = self.workspace()

    def checked(self, kind: str, **inputs: Any) -> dict[str, Any]:
        return super().checked(kind, **{"workspace_id": self.workspace_id, **inputs})

    def model(self, **inputs: Any) -> Made:
        given = {"name": "ccfraud", "path": str(self.file), "framework": "onnx", **inputs}
        return self.create("ModelVersion", **given)

    def pipeline(self, *models: Made, **inputs: Any) -> Made:
        return self.create("Pipeline", **{"name": "fraud", "steps": [step(*models)], **inputs})

    def versions(self) -> list[dict[str, Any]]:
        listed = self.emulator.api("models/list", workspace_id=self.workspace_id)["models"]
        return [v for model in listed for v in model["model_versions"]]

    def pipeline_versions(self) -> int:
        body = {"workspace_id": self.workspace_id, "pipeline_id": "fraud"}
        return len(self.emulator.api("pipelines/list_pipeline_versions", **body)["pipeline_versions"])


def step(*models: Made) -> dict[str, Any]:
    refs = [{"name": m["name"], "version": m["version"], "sha": m["sha256"]} for _, m in models]
    return {"modelInference": {"models": refs}}


@pytest.fixture
def bench(emulator: Emulated, tmp_path: Path) -> Iterator[Bench]:
    with Bench(emulator, tmp_path) as bench:
        yield bench


def failures(kind: str, **inputs: Any) -> dict[str, str]:
    found = check(RESOURCES[kind], {wire_name(k): v for k, v in inputs.items()}, {})[1]
    return {failure.property: failure.reason for failure in found}


# --- model versions ---------------------------------------------------------------------------------------


def test_the_same_content_is_not_uploaded_twice(bench: Bench) -> None:
    id, _ = bench.model()
    bench.new_process()
    again, _ = bench.model(arch="x86")
    assert again == id
    assert len(bench.versions()) == 1
    assert any("already exists and is adopted" in line for line in bench.said)


@pytest.mark.parametrize(
    "other",
    [{"visibility": "public"}, {"arch": "arm"}, {"accel": "cuda"}, {"framework": "tensorflow"},
     {"requirements": ["numpy"]}, {"accel": {"qaic": {"num_cores": 4}}}, {"name": "other"}],
)  # fmt: skip
def test_the_same_content_for_another_purpose_is_another_version(bench: Bench, other: dict[str, Any]) -> None:
    bench.model()
    bench.new_process()
    bench.model(**other)
    assert len(bench.versions()) == 2
    bench.new_process()
    bench.model(**other)
    assert len(bench.versions()) == 2


def test_two_resources_of_the_same_content_are_refused(bench: Bench) -> None:
    bench.model()
    with pytest.raises(ConflictError, match="already declared by"):
        bench.model()


def test_a_file_that_changes_between_check_and_create_is_not_uploaded(bench: Bench) -> None:
    wire = bench.checked("ModelVersion", name="m", path=str(bench.file), framework="onnx")
    bench.file.write_bytes(b"another")
    with pytest.raises(ObjectError, match="changed while Pulumi was running"):
        bench.provider.create("ModelVersion", None, wire)
    assert bench.versions() == []


def test_a_link_to_elsewhere_is_told(bench: Bench, tmp_path: Path) -> None:
    link = tmp_path / "link.onnx"
    link.symlink_to(bench.file)
    bench.model(path=str(link))
    assert any(f"{link} is a link to {bench.file}" in line for line in bench.said)


def test_an_upload_ends_with_the_run_and_leaves_nothing(bench: Bench) -> None:
    with bench.file.open("wb") as large:
        large.truncate(8 << 20)
    running, bench.ctx = bench.ctx, replace(bench.ctx, cancelled=lambda: True)
    with pytest.raises(
        Interrupted, match=r"was interrupted after .* of the upload; the next run starts it again"
    ):
        bench.model()
    assert bench.versions() == []
    bench.ctx = running
    bench.model()
    assert len(bench.versions()) == 1


def test_a_folder_that_is_a_link_to_elsewhere_is_told(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "models").symlink_to(bench.file.parent)
    inside = tmp_path / "models" / bench.file.name
    bench.model(path=str(inside))
    assert any(f"{inside} is a link to {bench.file}" in line for line in bench.said)


def test_a_configuration_is_changed_in_place_and_taken_back(bench: Bench) -> None:
    given = {"name": "ccfraud", "path": str(bench.file), "framework": "onnx"}
    made = bench.model(dynamic_batching={"max_batch_delay_ms": 5, "batchSizeTarget": 4.0})
    assert made[1]["dynamicBatching"] == {"maxBatchDelayMs": 5, "batchSizeTarget": 4}
    (version,) = bench.versions()
    assert version["config"]["dynamic_batching_config"] == {"max_batch_delay_ms": 5, "batch_size_target": 4}
    assert bench.provider.read("ModelVersion", None, *made) == (made[0], made[1], _inputs(made))

    assert bench.said == []
    made = bench.update("ModelVersion", made, **given, openai={"completion_config": {"max_tokens": 9.0}})
    (version,) = bench.versions()
    assert version["config"]["dynamic_batching_config"] is None
    assert version["config"]["openai"] == {"enabled": True, "completion_config": {"max_tokens": 9}}
    made = bench.update("ModelVersion", made, **given)
    assert bench.versions()[0]["config"]["openai"] is None
    assert len(bench.said) == 2
    assert bench.said[0].endswith("existing deployments use it after their next deploy")
    bench.update("ModelVersion", made, **given, timeout=5)
    assert len(bench.said) == 2
    assert bench.versions()[0]["model_version"]["id"] == int(made[0])


def _inputs(made: Made) -> dict[str, Any]:
    names = [wire_name(name) for name in RESOURCES["ModelVersion"].inputs.model_fields]
    return {name: made[1].get(name) for name in names}


def test_the_model_goes_with_its_last_version_only(bench: Bench) -> None:
    first = bench.model()
    bench.file.write_bytes(b"two")
    second = bench.model()
    bench.delete("ModelVersion", first)
    assert len(bench.versions()) == 1
    bench.delete("ModelVersion", second)
    assert bench.emulator.api("models/list")["models"] == []


@pytest.mark.parametrize("by_hand_id", [None, "same"])
def test_an_empty_model_that_others_made_under_the_name_stays(bench: Bench, by_hand_id: str | None) -> None:
    made = bench.model()
    where = {"name": "ccfraud"}
    if by_hand_id:
        bench.emulator.control("recreate", kind="model", where=where)
    else:
        bench.emulator.control("delete", kind="model", where=where)
        bench.model(name="other")
        bench.emulator.control("change", kind="model", where={"name": "other"}, set=where)
        bench.emulator.control("delete", kind="model_version", where={})
    bench.new_process()
    bench.delete("ModelVersion", made)
    assert [m["name"] for m in bench.emulator.contents()["models"]] == ["ccfraud"]


def test_the_empty_model_that_an_interrupted_deletion_left_is_deleted(bench: Bench) -> None:
    made = bench.model()
    bench.emulator.control("delete", kind="model_version", where={"version": made[1]["version"]})
    bench.new_process()
    bench.delete("ModelVersion", made)
    assert bench.emulator.contents()["models"] == []


def test_force_destroy_of_a_model_removes_the_pipeline_that_uses_it(bench: Bench) -> None:
    made = bench.model(force_destroy=True)
    pipeline = bench.pipeline(made)
    deploy(bench, pipeline, made)
    bench.emulator.control("readiness", kind="undeployment", mode="polls", polls=3)
    bench.delete("ModelVersion", made)
    assert bench.emulator.api("pipelines/list_pipelines")["pipelines"] == []
    assert bench.versions() == []


def in_use(bench: Bench, model: Made) -> str:
    """The line that refuses the deletion, of an instance that says nothing itself."""
    path = "/v1/api/models/delete_model_versions"
    bench.emulator.control("faults", path=path, kind="respond", status=409, body="")
    with pytest.raises(ObjectError) as caught:
        bench.delete("ModelVersion", model)
    return str(caught.value)


@pytest.mark.parametrize("force_destroy", [False, True])
def test_a_pipeline_of_another_workspace_is_named_and_never_removed(
    bench: Bench, force_destroy: bool
) -> None:
    model = bench.model(visibility="public", force_destroy=force_destroy)
    other = bench.workspace("other")
    bench.pipeline(model, workspace_id=other, name="theirs")
    bench.pipeline(model)
    told = in_use(bench, model)
    assert "cannot be deleted: pipeline" in told
    assert "'theirs' of workspace 2" in told
    assert "'fraud'" in told
    assert "force_destroy leaves pipelines of other workspaces" in told
    assert len(bench.emulator.api("pipelines/list_pipelines")["pipelines"]) == 2


def test_a_pipeline_whose_earlier_version_is_at_work_is_named_and_only_undeployed(bench: Bench) -> None:
    model = bench.model()
    pipeline = bench.pipeline(model)
    deploy(bench, pipeline, model)
    bench.update("Pipeline", pipeline, name="fraud", steps=[])
    # It names the version in its past alone: none of this one's business.
    past = bench.pipeline(model, name="past")
    bench.update("Pipeline", past, name="past", steps=[])
    told = in_use(bench, model)
    assert "cannot be deleted: pipeline 'fraud' uses it (Conflict); give" in told
    bench.emulator.control("readiness", kind="undeployment", mode="polls", polls=3)
    bench.delete("ModelVersion", (model[0], {**model[1], "forceDestroy": True}))
    assert bench.versions() == []
    assert len(bench.emulator.api("pipelines/list_pipelines")["pipelines"]) == 2


@pytest.mark.parametrize(
    ("inputs", "property", "told"),
    [
        ({"path": "none.onnx"}, "path", "No such file or directory"),
        ({"path": "model.bin"}, "path", ".zip, .pt, .onnx, .h5, .pkl"),
        ({"framework": "onyx"}, "framework", "must be one of"),
        ({"framework": "sklearn"}, "", "needs input_schema and output_schema"),
        ({"framework_config": {"a": 1}}, "", "for the frameworks custom, sglang, vllm only"),
        ({"dynamic_batching": {"delay": 1}}, "dynamicBatching.delay", "is not a property"),
        ({"timeout": 0}, "timeout", "greater than 0"),
    ],
)
def test_wrong_inputs_are_told_where_they_stand(
    tmp_path: Path, inputs: dict[str, Any], property: str, told: str
) -> None:
    (tmp_path / "m.onnx").write_bytes(b"a model")
    good = {"workspace_id": 1, "name": "m", "path": str(tmp_path / "m.onnx"), "framework": "onnx"}
    assert failures("ModelVersion", **good) == {}
    found = failures("ModelVersion", **{**good, **inputs})
    assert list(found) == [property]
    assert told in found[property]


@pytest.mark.parametrize(
    ("file", "inputs", "told"),
    [
        ("model.onnx", {}, "is a zip archive; framework 'onnx' takes an ONNX model"),
        (
            "model.pkl",
            {"framework": "sklearn"},
            "is an ONNX model; framework 'sklearn' takes a Python pickle or",
        ),
        ("model.zip", {"framework": "python"}, "is an ONNX model; framework 'python' takes a zip archive"),
        ("model.onnx", {"framework": UNKNOWN}, None),
    ],
)
def test_a_file_of_another_format_than_the_frameworks_is_rejected(
    tmp_path: Path, file: str, inputs: dict[str, Any], told: str | None
) -> None:
    content = HOUSE_PRICE if told and "is an ONNX" in told else orchestration_file(tmp_path)
    shutil.copy(content, tmp_path / file)
    given = {"framework": "onnx", "input_schema": "eA==", "output_schema": "eA==", **inputs}
    found = failures("ModelVersion", workspace_id=1, name="m", path=str(tmp_path / file), **given)
    assert list(found) == ([] if told is None else ["path"])
    assert (told or "") in found.get("path", "")


def test_state_without_size_and_archive_digest_is_no_difference(bench: Bench) -> None:
    shutil.copy(orchestration_file(bench.file.parent), archive := bench.file.with_suffix(".zip"))
    given = {"name": "byop", "path": str(archive), "framework": "python"}
    _, state = bench.model(**given)
    assert (state["size"], len(state["archiveDigest"])) == (archive.stat().st_size, 64)
    older = {key: value for key, value in state.items() if key not in ("size", "archiveDigest")}
    assert diff(RESOURCES["ModelVersion"], older, bench.checked("ModelVersion", **given)) == Difference(
        (), ()
    )


def test_size_and_archive_digest_survive_a_refresh(bench: Bench) -> None:
    shutil.copy(orchestration_file(bench.file.parent), archive := bench.file.with_suffix(".zip"))
    id, state = bench.model(name="byop", path=str(archive), framework="python")
    assert bench.read("ModelVersion", id, state) == state
    found = bench.read("ModelVersion", id)
    assert found
    assert found["size"] == archive.stat().st_size


def test_a_path_that_is_not_known_yet_may_replace(bench: Bench) -> None:
    made = bench.model()
    news = bench.checked("ModelVersion", name="ccfraud", framework="onnx", path=UNKNOWN)
    assert news["sha256"] is UNKNOWN
    assert diff(RESOURCES["ModelVersion"], made[1], news).replacing == ("sha256",)


# --- pipelines --------------------------------------------------------------------------------------------


def test_an_unchanged_definition_makes_no_version(bench: Bench) -> None:
    model = bench.model()
    made = bench.pipeline(model)
    given = {"name": "fraud", "steps": [step(model)]}
    bench.update("Pipeline", made, **given, force_destroy=True)
    bench.new_process()
    taken = bench.pipeline(model)
    assert bench.pipeline_versions() == 1
    assert taken[1]["version"] == made[1]["version"]
    # Without GraphQL, only the call that creates the version returns its integer id.
    assert made[1]["versionId"] == taken[1]["versionId"] == 1
    bench.new_process()
    without_graphql(bench)
    taken = bench.pipeline(model)
    assert taken[1]["versionId"] == taken[1]["version"]


def test_a_pipeline_with_other_steps_is_somebody_elses(bench: Bench) -> None:
    bench.emulator.api("pipelines/create", pipeline_id="fraud", workspace_id=1, definition={"steps": []})
    with pytest.raises(ConflictError, match=r"already exists .* with other steps"):
        bench.pipeline(bench.model())
    assert bench.pipeline_versions() == 1


def test_a_pipeline_without_any_version_is_completed(bench: Bench) -> None:
    bench.emulator.control("readiness", kind="pipeline_version", mode="error")
    model = bench.model()
    made = bench.pipeline(model)
    assert bench.pipeline_versions() == 1
    assert made[1]["versionId"] == 1


@pytest.mark.parametrize(
    "steps",
    [
        [{"modelInference": {"models": [{"name": "a", "version": UNKNOWN, "sha": UNKNOWN}]}}],
        [{"randomSplit": {"weights": [{"model": UNKNOWN, "weight": UNKNOWN}, UNKNOWN]}}],
        [{"metaValueSplit": {"splitKey": "card", "control": UNKNOWN, "routes": {"gold": UNKNOWN}}}],
        [UNKNOWN, {"modelInference": UNKNOWN}],
    ],
)
def test_unknowns_stand_anywhere_in_steps(steps: list[Any]) -> None:
    found, problems = check(RESOURCES["Pipeline"], {"workspaceId": 1, "name": "p", "steps": steps}, {})
    assert problems == []
    assert found["steps"] == steps


REF = {"name": "a", "version": "b", "sha": "c"}


@pytest.mark.parametrize(
    ("given", "canonical"),
    [
        ({"ModelInference": {"models": [REF]}}, {"modelInference": {"models": [REF]}}),
        ({"model_inference": {"models": [REF]}}, {"modelInference": {"models": [REF]}}),
        (
            {"RandomSplit": {"hash_key": "card", "weights": [{"model": REF, "weight": 1.0}]}},
            {"randomSplit": {"hashKey": "card", "weights": [{"model": REF, "weight": 1.0}]}},
        ),
        ({"Check": {"tree_of": ["{}"]}}, {"check": {"tree_of": ["{}"]}}),
    ],
)
def test_steps_have_one_form_whatever_their_spelling(given: Any, canonical: Any) -> None:
    found, problems = check(RESOURCES["Pipeline"], {"workspaceId": 1, "name": "p", "steps": [given]}, {})
    assert (problems, found["steps"]) == ([], [canonical])


@pytest.mark.parametrize(
    ("steps", "property", "told"),
    [
        ([{}], "steps[0]", "exactly one key is needed: model_inference, random_split"),
        ([{"Inference": {}}], "steps[0].Inference", "is not a property; did you mean 'modelInference'?"),
        ([{"ModelInference": {"models": []}}], "steps[0].modelInference.models", "at least 1 item"),
        (
            [{"model_inference": {"models": [{"name": "a", "version": "b"}]}}],
            "steps[0].modelInference.models[0].sha",
            "is required",
        ),
        (
            [{"randomSplit": {"weights": [{"model": REF, "weight": 0}]}}],
            "steps[0].randomSplit",
            "at least one weight must be greater than 0",
        ),
    ],
)
def test_wrong_steps_are_told_where_they_stand(steps: list[Any], property: str, told: str) -> None:
    found = failures("Pipeline", workspace_id=1, name="p", steps=steps)
    assert list(found) == [property]
    assert told in found[property]


# --- deployments ------------------------------------------------------------------------------------------


def deploy(bench: Bench, pipeline: Made, model: Made, **inputs: Any) -> Made:
    return bench.create("Deployment", **deployment(pipeline, model, **inputs))


def deployment(pipeline: Made, model: Made, **inputs: Any) -> dict[str, Any]:
    return {
        "pipeline_name": pipeline[1]["name"],
        "pipeline_version_id": pipeline[1]["versionId"],
        "models": [model[0]],  # the id of Pulumi, a text
        **inputs,
    }


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


def without_graphql(bench: Bench) -> None:
    bench.emulator.control("faults", path="/v1/graphql", status=403, body="<html></html>", count=100)


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
