"""Model versions: the decisions of their handlers, on the emulator."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from emulated import Emulated
from example_files import orchestration_file
from serving_bench import Bench, Made, deploy, failures

from wallaroo_pulumi.core.diff import Difference, diff
from wallaroo_pulumi.core.fields import UNKNOWN
from wallaroo_pulumi.core.names import wire_name
from wallaroo_pulumi.errors import ConflictError, Interrupted, ObjectError
from wallaroo_pulumi.resources import RESOURCES

HOUSE_PRICE = Path(__file__).parents[3] / "stacks/serving/house_price.onnx"


@pytest.fixture
def bench(emulator: Emulated, tmp_path: Path) -> Iterator[Bench]:
    with Bench(emulator, tmp_path) as bench:
        yield bench


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


@pytest.mark.parametrize("first", ["with", "without"])
@pytest.mark.parametrize("more", [{"python_version": "3.8"}, {"input_schema": "c2NoZW1h"}])
def test_versions_with_and_without_an_optional_input_are_two(
    bench: Bench, first: str, more: dict[str, str]
) -> None:
    declared: dict[str, dict[str, str]] = {"with": more, "without": {}}
    made = []
    for name in sorted(declared, key=lambda name: name != first):
        urn = f"urn:pulumi:test::project::wallaroo:index:ModelVersion::{name}"
        given = bench.checked(
            "ModelVersion", name="ccfraud", path=str(bench.file), framework="onnx", **declared[name]
        )
        checked, failures = bench.provider.check("ModelVersion", urn, given, {})
        assert not failures
        made.append(bench.provider.create("ModelVersion", urn, checked)[0])
    assert len(set(made)) == len(bench.versions()) == 2


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


def test_a_failed_conversion_is_told_without_the_password_of_a_package_index(bench: Bench) -> None:
    message = (
        f"https://ada:hush@{'x' * 370}.example.com is no index"  # the log's last 400 characters begin inside
    )
    bench.emulator.control("readiness", kind="model", mode="error", message=message)
    with pytest.raises(ObjectError, match=r"could not be converted: https://\*\*\*@") as caught:
        bench.model()
    assert "hush" not in str(caught.value)
    assert "the log ends" in str(caught.value)
