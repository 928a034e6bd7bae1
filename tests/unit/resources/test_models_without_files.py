"""Model versions made of a container image, or of a file in a registry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from emulated import Emulated
from workbench import State, Workbench

from wallaroo_pulumi.core.check import check
from wallaroo_pulumi.core.diff import diff
from wallaroo_pulumi.core.fields import UNKNOWN
from wallaroo_pulumi.errors import ApiError, OutcomeUnknown
from wallaroo_pulumi.resources import RESOURCES

SCHEMA = "/////zAAAAAQAAAAAAAKAAwABgAFAAgACgAAAAABBAAMAAAACAAIAAAABAAIAAAABAAAAAAAAAA="
IMAGE: dict[str, Any] = {"framework": "mlflow", "image_path": "registry.example.com/models/fraud:1.2"}


class Bench(Workbench):
    """With a workspace and a registry that is attached to it."""

    def __init__(self, emulator: Emulated) -> None:
        super().__init__(emulator)
        self.place = self.workspace()
        _, registry = super().create(
            "ModelRegistry", name="mlflow", url="https://registry.example.com", token="a-token"
        )
        self.attached = {"workspace_id": self.place, "registry_id": registry["registryId"]}
        super().create("ModelRegistryAttachment", **self.attached)
        self.registry: dict[str, Any] = {
            "framework": "sklearn",
            "registry_id": registry["registryId"],
            "registry_path": "dbfs:/models/1/model.pkl",
            "input_schema": SCHEMA,
            "output_schema": SCHEMA,
        }

    def of(self, source: str) -> dict[str, Any]:
        form = IMAGE if source == "image" else self.registry
        return {"workspace_id": self.place, "name": "fraud", **form}

    def declared(self, source: str, **more: Any) -> State:
        return self.create("ModelVersion", **{**self.of(source), **more})

    def replacing(self, source: str, outputs: dict[str, Any], **more: Any) -> tuple[str, ...]:
        news = self.checked("ModelVersion", **{**self.of(source), **more})
        return diff(RESOURCES["ModelVersion"], outputs, news).replacing

    def versions(self) -> list[dict[str, Any]]:
        return self.emulator.contents()["model_versions"]


@pytest.fixture
def bench(emulator: Emulated) -> Iterator[Bench]:
    with Bench(emulator) as bench:
        yield bench


SOURCES = ("image", "registry")


@pytest.mark.parametrize("source", SOURCES)
def test_it_is_created_read_and_deleted(bench: Bench, source: str) -> None:
    id, outputs = state = bench.declared(source)
    (row,) = bench.versions()
    assert (str(row["id"]), row["status"], row["sha"]) == (id, "ready", outputs["sha256"])
    assert row["image_path"] == (IMAGE["image_path"] if source == "image" else None)
    assert bench.replacing(source, outputs) == ()
    bench.new_process()
    assert bench.read("ModelVersion", id, outputs) == outputs
    bench.delete("ModelVersion", state)
    assert bench.versions() == []


@pytest.mark.parametrize("source", SOURCES)
def test_it_is_a_step_of_a_pipeline(bench: Bench, source: str) -> None:
    _, model = bench.declared(source)
    ref = {"name": model["name"], "version": model["version"], "sha": model["sha256"]}
    steps = [{"modelInference": {"models": [ref]}}]
    _, pipeline = bench.create("Pipeline", workspace_id=bench.place, name="fraud", steps=steps)
    assert pipeline["steps"] == steps


@pytest.mark.parametrize("source", SOURCES)
def test_another_source_replaces_it_and_other_changes_are_in_place(bench: Bench, source: str) -> None:
    _, outputs = state = bench.declared(source)
    changes = {"image": ("image_path", "imagePath"), "registry": ("registry_path", "registryPath")}
    name, wire = changes[source]
    assert bench.replacing(source, outputs, **{name: "another"}) == (wire,)
    assert bench.replacing(source, outputs, visibility="public", tags=["eu"]) == ()
    _, changed = bench.update(
        "ModelVersion", state, **{**bench.of(source), "visibility": "public", "tags": ["eu"]}
    )
    assert {**changed, "visibility": "private", "tags": None} == outputs


def test_an_image_is_not_registered_twice(bench: Bench) -> None:
    id, _ = bench.declared("image")
    bench.new_process()
    again, outputs = bench.declared("image")
    assert (again, outputs["adopted"], len(bench.versions())) == (id, True, 1)
    bench.declared("image", image_path="registry.example.com/models/fraud:1.3")
    assert len(bench.versions()) == 2


def test_an_imported_image_is_as_declared(bench: Bench) -> None:
    id, _ = bench.declared("image")
    bench.new_process()
    found = bench.read("ModelVersion", id)
    assert found is not None
    news = bench.checked("ModelVersion", **bench.of("image"))
    assert diff(RESOURCES["ModelVersion"], found, news).changed == ()


def test_a_version_of_a_registry_is_never_adopted(bench: Bench) -> None:
    bench.declared("registry")
    bench.new_process()
    _, outputs = bench.declared("registry")
    assert not outputs["adopted"]
    assert len(bench.versions()) == 2


@pytest.mark.parametrize("source", SOURCES)
def test_a_lost_reply_makes_one_version(bench: Bench, source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    call = "register_image" if source == "image" else "upload_from_registry"
    made = getattr(bench.client.models, call)

    def lost(*arguments: Any) -> int:
        made(*arguments)
        raise OutcomeUnknown("the reply was lost", may_still_run=False)

    monkeypatch.setattr(bench.client.models, call, lost)
    id, outputs = bench.declared(source)
    assert [str(row["id"]) for row in bench.versions()] == [id]
    assert not outputs["adopted"]


def test_the_instance_refuses_a_registry_that_the_workspace_does_not_use(bench: Bench) -> None:
    bench.emulator.api("models/remove_registry_from_workspace", **bench.attached)
    with pytest.raises(ApiError, match="is not attached to workspace"):
        bench.declared("registry")


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ({**IMAGE, "path": "model.zip"}, "give only one of path, image_path, registry_id"),
        ({**IMAGE, "registry_id": UNKNOWN, "registry_path": "m"}, "this has image_path and registry_id"),
        ({**IMAGE, "framework": "onnx"}, "a model of image_path has framework 'mlflow', not 'onnx'"),
        ({"framework": "onnx", "registry_id": UNKNOWN}, "give registry_id and registry_path together"),
        ({"framework": "onnx", "registry_path": "model.onnx"}, "give registry_id and registry_path together"),
        ({"framework": "onnx"}, "is required"),
        ({"framework": "sklearn", "registry_id": "r", "registry_path": "m"}, "needs input_schema and output_schema"),
    ],
)  # fmt: skip
def test_a_version_has_one_source(bench: Bench, inputs: dict[str, Any], reason: str) -> None:
    found = bench.failures("ModelVersion", workspace_id=bench.place, name="fraud", **inputs)
    assert any(reason in text for text in found.values()), found


def test_a_registry_that_does_not_exist_is_an_error_about_the_input(bench: Bench) -> None:
    with pytest.raises(ApiError) as caught:
        bench.declared("registry", registry_id="6ba7b810-9dad-11d1-80b4-00c04fd430c8")
    assert "check registry_id and registry_path of model 'fraud'" in str(caught.value)


def test_a_model_without_a_source_names_all_of_them(bench: Bench) -> None:
    inputs = {"workspaceId": bench.place, "name": "fraud", "framework": "onnx"}
    (failure,) = check(RESOURCES["ModelVersion"], inputs, {})[1]
    assert failure.property == "path"
    assert failure.reason == "is required, or image_path, or registry_id with registry_path"
