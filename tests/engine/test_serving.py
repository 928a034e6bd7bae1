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
from applied import Applied
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


@pytest.fixture(scope="module")
def applied(
    engine_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory, _emulator_url: str
) -> Applied:
    folder = tmp_path_factory.mktemp("applied") / "serving"
    return Applied(Project.copy(STACK, folder, engine_env), Emulated(_emulator_url))


@pytest.fixture
def served(applied: Applied, emulator: Emulated, tmp_path: Path) -> Project:
    """The stack after its first `up`."""
    return applied.again(tmp_path / "serving")


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


def test_what_was_changed_by_hand_is_found_and_put_right(served: Project, emulator: Emulated) -> None:
    outputs = served.outputs()
    url, workspace_id = outputs["inference_url"], outputs["workspace_id"]

    # Undeployed.
    (pipeline,) = served.resources("Pipeline").values()
    emulator.api("pipelines/undeploy", pipeline_id=pipeline["outputs"]["pipelineId"])
    served.refresh().ok()
    assert served.resources("Deployment") == {}
    served.up().ok()
    assert predict(emulator, url) == price()
    (version,) = pipeline_versions(emulator, workspace_id)

    # Engines that failed later are deployed again in place.
    emulator.control("readiness", kind="deployment", mode="error", message="OOMKilled")
    emulator.api(
        "pipelines/deploy", deploy_id="house-price", pipeline_version=version["pipeline_version"]["version"]
    )
    served.refresh().ok()
    assert served.resources("Deployment")["house-price"]["outputs"]["status"] == "Error"
    assert served.planned() == {"house-price": "update"}
    emulator.control("readiness", kind="deployment")
    served.up().ok()
    assert predict(emulator, url) == price()

    # Other steps.
    body = {"pipeline_id": "house-price", "workspace_id": workspace_id, "definition": {"steps": []}}
    emulator.api("pipelines/create", **body)
    served.refresh().ok()
    assert served.planned() == {"house-price": "update"}
    served.up().ok()
    assert predict(emulator, url) == price()

    # A checkout that moved, and a file with another name, change nothing.
    served.refresh().ok()
    moved = served.folder.parent / "elsewhere"
    shutil.copytree(served.folder, moved)
    (moved / "models").mkdir()
    (moved / "house_price.onnx").rename(moved / "models/renamed.onnx")
    program = (moved / "__main__.py").read_text().replace("house_price.onnx", "models/renamed.onnx")
    served.folder = moved
    served.write(program)
    assert served.planned() == {}


def test_an_engine_configuration_changed_by_hand_is_found_and_put_right(
    served: Project, emulator: Emulated
) -> None:

    def deployed() -> dict[str, Any]:
        (row,) = emulator.contents()["deployments"]
        found: dict[str, Any] = json.loads(row["engine_config"])
        return found

    declared = deployed()
    version = served.resources("Pipeline")["house-price"]["outputs"]["versionId"]
    emulator.api(
        "pipelines/deploy",
        deploy_id="house-price",
        pipeline_version_pk_id=version,
        engine_config={"engine": {"cpu": 2, "replicas": 3}},
    )
    # An instance that rejects GraphQL works as before; the change stays unnoticed.
    emulator.control("faults", path="/v1/graphql", status=403, body="<html></html>")
    served.refresh().ok()
    assert served.planned() == {}
    served.refresh().ok()
    found = served.resources("Deployment")["house-price"]["outputs"]
    assert found["engineConfig"] == {"engine": {"cpu": 2, "replicas": 3}}
    assert served.planned() == {"house-price": "update"}
    served.up().ok()
    assert deployed() == declared
    emulator.forget_requests()
    assert served.up().ok().text
    assert emulator.requests("/") == []


def test_lost_requests_and_replies_make_no_twin(serving: Project, emulator: Emulated) -> None:
    emulator.control("faults", path="*/upload_and_convert", kind="reset")
    for lost in ("*/upload_and_convert", "*/pipelines/deploy"):
        emulator.control("faults", path=lost, kind="lost_reply")
    emulator.control(
        "readiness", kind="pipeline_version", mode="error"
    )  # it is made, and the response is 500
    serving.up().ok()
    outputs = serving.outputs()
    assert predict(emulator, outputs["inference_url"]) == price()
    assert len(versions(emulator)) == 1
    assert len(pipeline_versions(emulator, outputs["workspace_id"])) == 1
    serving.refresh().ok()
    assert serving.planned() == {}


def test_what_does_not_come_up_says_why_and_the_next_up_goes_on(serving: Project, emulator: Emulated) -> None:
    program = (STACK / "__main__.py").read_text()
    emulator.control("readiness", kind="model", mode="error", message="no requirements.txt")
    one_line(
        serving.up(), "model 'house-price'", "could not be converted: no requirements.txt", "the log ends"
    )
    assert emulator.api("models/list")["models"] == []

    emulator.control("readiness", kind="model", mode="never")
    serving.write(program.replace('framework="onnx",', 'framework="onnx", timeout=2,'))
    one_line(serving.up(), "model 'house-price'", "is still pending_load_container after 2 s")
    emulator.control("readiness", kind="model")

    emulator.control("readiness", kind="deployment", mode="error", message="OOMKilled")
    one_line(serving.up(), "deployment 'house-price-", "failed: engine-", "is Failed: OOMKilled")
    assert len(versions(emulator)) == 1
    emulator.control("readiness", kind="deployment")

    greedy = program.replace("engine_config(cpus=0.5,", "engine_config(cpus=500,")
    serving.write(greedy.replace("models=[", "timeout=2, models=["))
    one_line(serving.up(), "deployment 'house-price-", "is still Starting", "Insufficient cpu", "after 2 s")
    assert "Deployment" not in {r["type"].rsplit(":", 1)[1] for r in serving.resources().values()}

    serving.write(program)
    serving.up().ok()
    outputs = serving.outputs()
    assert predict(emulator, outputs["inference_url"]) == price()
    assert len(versions(emulator)) == 1
    assert len(pipeline_versions(emulator, outputs["workspace_id"])) == 1


def test_a_model_that_is_rolled_back_during_an_outage_is_still_there_afterwards(
    served: Project, emulator: Emulated
) -> None:
    """The first version is replaced and then adopted again, in runs that end before the deletes."""
    file = served.folder / "house_price.onnx"
    first, made = file.read_bytes(), versions(emulator)
    emulator.control("readiness", kind="deployment", mode="error", message="OOMKilled")
    change_model(served, 1100.0)
    assert served.up().code != 0
    file.write_bytes(first)
    assert served.up().code != 0
    emulator.control("readiness", kind="deployment")
    served.up().ok()
    assert versions(emulator) == made
    assert predict(emulator, served.outputs()["inference_url"]) == price()
    emulator.forget_requests()
    served.up("--expect-no-changes").ok()
    assert emulator.endpoints() == []


def test_a_model_in_use_is_not_deleted_and_the_pipeline_is_named(served: Project, emulator: Emulated) -> None:
    program = (STACK / "__main__.py").read_text()
    # Only the model leaves the stack: another stack keeps the pipeline.
    served.pulumi("state", "delete", served.resources("Deployment")["house-price"]["urn"], "--yes").ok()
    served.pulumi("state", "delete", served.resources("Pipeline")["house-price"]["urn"], "--yes").ok()
    served.write(program.split("model = ")[0])
    one_line(
        served.up(), "version 1 of model 'house-price'", "cannot be deleted: pipeline 'house-price' uses it"
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
    served: Project, engine_env: dict[str, str], tmp_path: Path, emulator: Emulated
) -> None:
    workspace_id = served.outputs()["workspace_id"]
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
    (pipeline,) = served.resources("Pipeline").values()
    (step,) = steps = pipeline["outputs"]["steps"]
    assert outputs["steps"] == [{"model_inference": step["modelInference"]}]
    assert reader.resources("Pipeline")["copy"]["outputs"]["steps"] == steps
    (deployment,) = reader.resources("Deployment").values()
    assert deployment["outputs"]["inferenceUrl"] == served.outputs()["inference_url"]

    reader.write(f'import wallaroo_pulumi as wallaroo\nwallaroo.get_pipeline({workspace_id}, "none")')
    one_line(reader.pulumi("preview"), f"workspace {workspace_id} has no pipeline 'none'")
    reader.write("import wallaroo_pulumi as wallaroo\nwallaroo.get_model_version(model_version_id=99)")
    one_line(reader.pulumi("preview"), "model version 99 does not exist or this user cannot see it")
    reader.write(
        "import wallaroo_pulumi as wallaroo\nwallaroo.get_model_version(model_version_id=1, name='x')"
    )
    one_line(reader.pulumi("preview"), "give either model_version_id alone, or workspace_id and name")
