"""stacks/serving on a real engine: from a model file to a prediction, with changes and failures."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from emulated import Emulated
from pulumi_project import Project, Run

STACK = Path(__file__).parents[2] / "stacks/serving"
HOUSE = {"house": [100.0, 4.0]}


def price(metre: float = 1000.0) -> float:
    """Compute the prediction with the formula of make_model.py."""
    return 100 * metre + 4 * 5000 + 20000


@pytest.fixture
def serving(engine_env: dict[str, str], tmp_path: Path, emulator: Emulated) -> Project:
    project = Project.copy(STACK, tmp_path / "serving", engine_env)
    project.configure(emulator.settings)
    return project


def predict(emulator: Emulated, url: str) -> float:
    answer = emulator.infer(url, [HOUSE])
    found: float = answer[0]["out"]["price"][0]
    return found


def change_model(project: Project, metre: float) -> None:
    """Write another model to the same file."""
    subprocess.run([sys.executable, "make_model.py", str(metre)], cwd=project.folder, check=True)


def versions(emulator: Emulated) -> list[dict[str, Any]]:
    listed = emulator.api("models/list")["models"]
    return [v["model_version"] for model in listed for v in model["model_versions"]]


def pipeline_versions(emulator: Emulated, workspace_id: int) -> list[dict[str, Any]]:
    body = {"workspace_id": workspace_id, "pipeline_id": "house-price"}
    found: list[dict[str, Any]] = emulator.api("pipelines/list_pipeline_versions", **body)[
        "pipeline_versions"
    ]
    return found


def one_line(run: Run, *parts: str) -> None:
    assert run.code != 0
    assert [line for line in run.text.splitlines() if all(part in line for part in parts)], run.text
    assert "wallaroo_pulumi/" not in run.text, "no frame of the package"


@pytest.mark.promise
@pytest.mark.sdk_range
def test_from_a_model_file_to_a_prediction_and_back(serving: Project, emulator: Emulated) -> None:
    serving.up().ok()
    outputs = serving.outputs()
    workspace_id = outputs["workspace_id"]
    assert predict(emulator, outputs["inference_url"]) == price()

    # A second run has no changes and sends no requests.
    emulator.forget_requests()
    serving.up().ok()
    assert serving.changes() == {"same": 6}
    assert emulator.endpoints() == []

    # The state contains no paths of this machine.
    model = serving.resources("ModelVersion")["house-price"]
    assert model["outputs"]["path"] == "house_price.onnx"
    assert str(serving.folder) not in serving.export()

    # Changed content: in the preview, the model is replaced first and its users change in place.
    change_model(serving, 1200)
    steps = [step for step in serving.preview()["steps"] if step["op"] != "same"]
    assert [(step["urn"].rsplit("::", 2)[1].rsplit(":", 1)[1], step["op"]) for step in steps] == [
        ("ModelVersion", "replace"),
        ("Pipeline", "update"),
        ("Deployment", "update"),
    ]
    assert steps[0]["replaceReasons"] == ["sha256"]
    emulator.forget_requests()
    serving.up().ok()
    calls = [e for e in emulator.endpoints() if e in (
        "models/upload_and_convert", "pipelines/create", "pipelines/deploy", "models/delete_model_versions",
        "pipelines/undeploy")]  # fmt: skip
    assert calls == [
        "models/upload_and_convert",
        "pipelines/create",
        "pipelines/deploy",
        "models/delete_model_versions",
    ]
    assert serving.outputs()["inference_url"] == outputs["inference_url"]
    assert predict(emulator, outputs["inference_url"]) == price(1200)
    assert len(versions(emulator)) == 1
    assert len(pipeline_versions(emulator, workspace_id)) == 2

    serving.refresh().ok()
    assert serving.planned() == {}

    serving.destroy().ok()
    assert serving.resources() == {}
    (workspace,) = emulator.api("workspaces/list")["workspaces"]
    assert (workspace["models"], workspace["pipelines"]) == ([], [])
    serving.up().ok()  # the empty workspace is taken over


def test_a_checkout_that_moved_changes_nothing(
    serving: Project, emulator: Emulated, engine_env: dict[str, str]
) -> None:
    serving.up().ok()
    moved = serving.folder.parent / "elsewhere"
    shutil.copytree(serving.folder, moved)
    (moved / "models").mkdir()
    (moved / "house_price.onnx").rename(moved / "models/renamed.onnx")
    program = (moved / "__main__.py").read_text().replace("house_price.onnx", "models/renamed.onnx")
    serving.folder = moved
    serving.write(program)
    assert serving.planned() == {}


def test_what_was_undone_by_hand_is_made_again(serving: Project, emulator: Emulated) -> None:
    serving.up().ok()
    (pipeline,) = serving.resources("Pipeline").values()
    emulator.api("pipelines/undeploy", pipeline_id=pipeline["outputs"]["pipelineId"])
    serving.refresh().ok()
    assert serving.resources("Deployment") == {}
    serving.up().ok()
    assert predict(emulator, serving.outputs()["inference_url"]) == price()
    assert len(pipeline_versions(emulator, serving.outputs()["workspace_id"])) == 1


def test_engines_that_failed_later_are_found_and_deployed_again_in_place(
    serving: Project, emulator: Emulated
) -> None:
    serving.up().ok()
    url = serving.outputs()["inference_url"]
    emulator.control("readiness", kind="deployment", mode="error", message="OOMKilled")
    (version,) = pipeline_versions(emulator, serving.outputs()["workspace_id"])
    emulator.api(
        "pipelines/deploy", deploy_id="house-price", pipeline_version=version["pipeline_version"]["version"]
    )
    serving.refresh().ok()
    assert serving.resources("Deployment")["house-price"]["outputs"]["status"] == "Error"
    assert serving.planned() == {"house-price": "update"}
    emulator.control("readiness", kind="deployment")
    serving.up().ok()
    assert predict(emulator, url) == price()
    serving.refresh().ok()
    assert serving.planned() == {}


def test_steps_changed_by_hand_are_found_and_put_right(serving: Project, emulator: Emulated) -> None:
    serving.up().ok()
    workspace_id = serving.outputs()["workspace_id"]
    body = {"pipeline_id": "house-price", "workspace_id": workspace_id, "definition": {"steps": []}}
    emulator.api("pipelines/create", **body)
    serving.refresh().ok()
    assert serving.planned() == {"house-price": "update"}
    serving.up().ok()
    assert predict(emulator, serving.outputs()["inference_url"]) == price()


@pytest.mark.promise
def test_an_engine_configuration_changed_by_hand_is_found_and_put_right(
    serving: Project, emulator: Emulated
) -> None:
    serving.up().ok()

    def deployed() -> dict[str, Any]:
        (row,) = emulator.contents()["deployments"]
        found: dict[str, Any] = json.loads(row["engine_config"])
        return found

    declared = deployed()
    version = serving.resources("Pipeline")["house-price"]["outputs"]["versionId"]
    emulator.api(
        "pipelines/deploy",
        deploy_id="house-price",
        pipeline_version_pk_id=version,
        engine_config={"engine": {"cpu": 2, "replicas": 3}},
    )
    # An instance that rejects GraphQL works as before; the change stays unnoticed.
    emulator.control("faults", path="/v1/graphql", status=403, body="<html></html>")
    serving.refresh().ok()
    assert serving.planned() == {}
    serving.refresh().ok()
    found = serving.resources("Deployment")["house-price"]["outputs"]
    assert found["engineConfig"] == {"engine": {"cpu": 2, "replicas": 3}}
    assert serving.planned() == {"house-price": "update"}
    serving.up().ok()
    assert deployed() == declared
    emulator.forget_requests()
    assert serving.up().ok().text
    assert emulator.requests("/") == []


def test_an_upload_that_is_cut_is_sent_again(serving: Project, emulator: Emulated) -> None:
    emulator.control("faults", path="*/upload_and_convert", kind="reset")
    serving.up().ok()
    assert len(versions(emulator)) == 1


@pytest.mark.parametrize("lost", ["*/upload_and_convert", "*/pipelines/create", "*/pipelines/deploy"])
def test_a_lost_reply_makes_no_twin(serving: Project, emulator: Emulated, lost: str) -> None:
    emulator.control("faults", path=lost, kind="lost_reply")
    serving.up().ok()
    outputs = serving.outputs()
    assert predict(emulator, outputs["inference_url"]) == price()
    assert len(versions(emulator)) == 1
    assert len(pipeline_versions(emulator, outputs["workspace_id"])) == 1
    serving.refresh().ok()
    assert serving.planned() == {}


def test_a_conversion_that_fails_says_why_and_leaves_nothing(serving: Project, emulator: Emulated) -> None:
    emulator.control("readiness", kind="model", mode="error", message="no requirements.txt")
    one_line(
        serving.up(), "model 'house-price'", "could not be converted: no requirements.txt", "the log ends"
    )
    assert emulator.api("models/list")["models"] == []
    emulator.control("readiness", kind="model")
    serving.up().ok()


def test_a_conversion_that_takes_too_long_is_waited_for_by_the_next_up(
    serving: Project, emulator: Emulated
) -> None:
    program = (STACK / "__main__.py").read_text()
    serving.write(program.replace('framework="onnx",', 'framework="onnx", timeout=2,'))
    emulator.control("readiness", kind="model", mode="never")
    one_line(serving.up(), "model 'house-price'", "is still pending_load_container after 2 s")
    emulator.control("readiness", kind="model")
    serving.up().ok()
    assert len(versions(emulator)) == 1


def test_a_pipeline_that_was_made_though_the_answer_is_500_is_completed(
    serving: Project, emulator: Emulated
) -> None:
    emulator.control("readiness", kind="pipeline_version", mode="error")
    serving.up().ok()
    outputs = serving.outputs()
    assert len(pipeline_versions(emulator, outputs["workspace_id"])) == 1
    assert predict(emulator, outputs["inference_url"]) == price()


def test_a_deployment_that_does_not_come_up_is_completed_with_another_configuration(
    serving: Project, emulator: Emulated
) -> None:
    program = (STACK / "__main__.py").read_text()
    greedy = program.replace("engine_config(cpus=0.5,", "engine_config(cpus=500,")
    serving.write(greedy.replace("models=[", "timeout=2, models=["))
    one_line(serving.up(), "deployment 'house-price-", "is still Starting", "Insufficient cpu", "after 2 s")
    assert "Deployment" not in {r["type"].rsplit(":", 1)[1] for r in serving.resources().values()}
    serving.write(program)
    serving.up().ok()
    outputs = serving.outputs()
    assert predict(emulator, outputs["inference_url"]) == price()
    assert len(pipeline_versions(emulator, outputs["workspace_id"])) == 1


def test_an_engine_that_fails_says_why(serving: Project, emulator: Emulated) -> None:
    emulator.control("readiness", kind="deployment", mode="error", message="OOMKilled")
    one_line(serving.up(), "deployment 'house-price-", "failed: engine-", "is Failed: OOMKilled")


def test_a_model_that_is_rolled_back_during_an_outage_is_still_there_afterwards(
    serving: Project, emulator: Emulated
) -> None:
    """The first version is replaced and then adopted again, in runs that end before the deletes."""
    serving.up().ok()
    file = serving.folder / "house_price.onnx"
    first, made = file.read_bytes(), versions(emulator)
    emulator.control("readiness", kind="deployment", mode="error", message="OOMKilled")
    change_model(serving, 1100.0)
    assert serving.up().code != 0
    file.write_bytes(first)
    assert serving.up().code != 0
    emulator.control("readiness", kind="deployment")
    serving.up().ok()
    assert versions(emulator) == made
    assert predict(emulator, serving.outputs()["inference_url"]) == price()
    emulator.forget_requests()
    serving.up("--expect-no-changes").ok()
    assert emulator.endpoints() == []


@pytest.mark.promise
def test_a_model_in_use_is_not_deleted_and_the_pipeline_is_named(
    serving: Project, emulator: Emulated
) -> None:
    serving.up().ok()
    program = (STACK / "__main__.py").read_text()
    # Only the model leaves the stack: another stack keeps the pipeline.
    serving.pulumi("state", "delete", serving.resources("Deployment")["house-price"]["urn"], "--yes").ok()
    serving.pulumi("state", "delete", serving.resources("Pipeline")["house-price"]["urn"], "--yes").ok()
    serving.write(program.split("model = ")[0])
    one_line(
        serving.up(), "version 1 of model 'house-price'", "cannot be deleted: pipeline 'house-price' uses it"
    )
    assert len(versions(emulator)) == 1


@pytest.mark.sdk_range
def test_a_missing_file_is_found_in_preview(serving: Project, emulator: Emulated) -> None:
    (serving.folder / "house_price.onnx").unlink()
    one_line(serving.pulumi("preview"), "path: ", " cannot be read", "No such file or directory")
    assert emulator.requests("/") == []


@pytest.mark.sdk_range
def test_force_destroy_empties_the_workspace(serving: Project, emulator: Emulated) -> None:
    program = (STACK / "__main__.py").read_text()
    forced = 'name="house-prices", force_destroy=True)'
    serving.write(program.replace('name="house-prices")', forced))
    serving.up().ok()
    for kind in ("Deployment", "Pipeline", "ModelVersion"):
        serving.pulumi("state", "delete", serving.resources(kind)["house-price"]["urn"], "--yes").ok()
    run = serving.destroy().ok()
    assert "stays on the instance and is empty" in run.text
    (workspace,) = emulator.api("workspaces/list")["workspaces"]
    assert (workspace["models"], workspace["pipelines"]) == ([], [])


def test_models_and_pipelines_of_an_estate(
    engine_env: dict[str, str], tmp_path: Path, emulator: Emulated
) -> None:
    estate = Project(tmp_path / "estate", engine_env, "")
    (estate.folder / "__main__.py").unlink()
    shutil.copytree(STACK.parent / "estate", estate.folder / "stacks/estate")
    (estate.folder / "Pulumi.yaml").write_text("name: estate\nruntime: python\nmain: stacks/estate\n")
    (estate.folder / "models").mkdir()
    shutil.copy(STACK / "house_price.onnx", estate.folder / "models")
    (estate.folder / "estate.yaml").write_text(
        """
        workspaces:
          houses:
            models:
              price: {path: models/house_price.onnx, framework: onnx}
            pipelines:
              estimate: {steps: [price], deploy: {cpus: 0.5, memory: 512Mi}}
              idle: {steps: [{split: {price: 1}}]}
        """
    )
    estate.configure(emulator.settings)
    estate.up().ok()
    assert predict(emulator, estate.outputs()["inference_urls"]["houses/estimate"]) == price()
    assert str(tmp_path) not in estate.export()
    estate.up("--expect-no-changes").ok()
    estate.destroy().ok()


@pytest.mark.sdk_range
def test_an_interrupt_ends_a_wait_and_loses_nothing(serving: Project, emulator: Emulated) -> None:
    """The engine cancels the dynamic host, which would otherwise wait for the model until the timeout."""
    emulator.control("readiness", kind="model", mode="never")
    running = serving.start("up", "--yes", "--skip-preview")
    assert running.stdout is not None
    for line in running.stdout:
        if "pending_load_container" in line:
            break
    os.kill(running.pid, signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert running.returncode != 0
    assert "the run was interrupted; the next one goes on" in out + err

    emulator.control("readiness", kind="model")
    serving.up().ok()
    assert len(versions(emulator)) == 1
    assert predict(emulator, serving.outputs()["inference_url"]) == price()


def test_what_exists_is_read_from_another_program(
    serving: Project, engine_env: dict[str, str], tmp_path: Path, emulator: Emulated
) -> None:
    serving.up().ok()
    workspace_id = serving.outputs()["workspace_id"]
    reader = Project(
        tmp_path / "reader",
        engine_env,
        f"""
        import pulumi
        import wallaroo_pulumi as wallaroo

        model = wallaroo.get_model_version(workspace_id={workspace_id}, name="house-price")
        again = wallaroo.get_model_version_output(model_version_id=pulumi.Output.from_input(model.model_version_id))
        pipeline = wallaroo.get_pipeline_output({workspace_id}, pulumi.Output.from_input("house-price"))
        wallaroo.Pipeline("copy", workspace_id={workspace_id}, name="copy", steps=[wallaroo.model_step(again)])
        wallaroo.Pipeline.get("read", "{workspace_id}/house-price")
        wallaroo.ModelVersion.get("read", str(model.model_version_id))
        wallaroo.Deployment.get("read", "{workspace_id}/house-price/1")
        pulumi.export("model", [model.name, model.status, model.framework])
        pulumi.export("steps", pipeline.steps)
        """,
    )
    reader.configure(emulator.settings)
    reader.up().ok()
    outputs = reader.outputs()
    assert outputs["model"] == ["house-price", "ready", "onnx"]
    (pipeline,) = serving.resources("Pipeline").values()
    (step,) = steps = pipeline["outputs"]["steps"]
    assert outputs["steps"] == [{"model_inference": step["modelInference"]}]
    assert reader.resources("Pipeline")["copy"]["outputs"]["steps"] == steps
    (deployment,) = reader.resources("Deployment").values()
    assert deployment["outputs"]["inferenceUrl"] == serving.outputs()["inference_url"]

    reader.write(f'import wallaroo_pulumi as wallaroo\nwallaroo.get_pipeline({workspace_id}, "none")')
    one_line(reader.pulumi("preview"), f"workspace {workspace_id} has no pipeline 'none'")
    reader.write("import wallaroo_pulumi as wallaroo\nwallaroo.get_model_version(model_version_id=99)")
    one_line(reader.pulumi("preview"), "model version 99 does not exist or this user cannot see it")
    reader.write(
        "import wallaroo_pulumi as wallaroo\nwallaroo.get_model_version(model_version_id=1, name='x')"
    )
    one_line(reader.pulumi("preview"), "give either model_version_id alone, or workspace_id and name")
