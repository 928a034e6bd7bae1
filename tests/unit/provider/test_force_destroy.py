"""What force_destroy removes of others: never what another resource of the stack refers to, in this run or not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dynamic_host import urn_of
from emulated import Emulated
from example_files import model_file
from workbench import Workbench

from wallaroo_pulumi.core.ownership import Ownership
from wallaroo_pulumi.core.record import StackEntry
from wallaroo_pulumi.errors import ConflictError, RefusedError
from wallaroo_pulumi.provider.provider import Provider

KINDS = ("Workspace", "ModelVersion", "Pipeline", "Deployment")


class Stack:
    """A workspace with a model, a pipeline and its deployment, all with force_destroy, made in an earlier run."""

    def __init__(self, bench: Workbench, folder: Path) -> None:
        self.bench = bench
        workspace = self._create("Workspace", name="fraud-prod", force_destroy=True)
        place = {"workspace_id": workspace["workspaceId"]}
        model = self._create(
            "ModelVersion",
            **place,
            name="m",
            path=str(model_file(folder)),
            framework="onnx",
            force_destroy=True,
        )
        ref = {"name": "m", "version": model["version"], "sha": model["sha256"]}
        steps = [{"ModelInference": {"models": [ref]}}]
        pipeline = self._create("Pipeline", **place, name="p", steps=steps, force_destroy=True)
        self._create("Deployment", **place, pipeline_name="p", pipeline_version_id=pipeline["versionId"])

    def _create(self, kind: str, **inputs: Any) -> dict[str, Any]:
        state = self.bench.create(kind, **inputs)
        setattr(self, kind, state)
        return state[1]

    def delete(self, kind: str, *, beside: tuple[str, ...] = KINDS) -> None:
        """Delete in a new run that calls no other resource, as with --target; ``beside`` are those in the state."""
        self.bench.new_process()
        context = self.bench.ctx
        entries = [StackEntry(urn_of(k), k, *getattr(self, k)) for k in {*beside, kind}]
        provider = Provider(lambda: context, Ownership(lambda: entries))
        provider.delete(kind, urn_of(kind), *getattr(self, kind))


@pytest.fixture
def stack(emulator: Emulated, tmp_path: Path) -> Iterator[Stack]:
    with Workbench(emulator) as bench:
        stack = Stack(bench, tmp_path)
        emulator.forget_requests()
        yield stack


def test_a_workspace_keeps_what_the_stack_refers_to(stack: Stack, emulator: Emulated) -> None:
    emulator.api("pipelines/create", workspace_id=1, pipeline_id="by-hand", definition={"steps": []})
    before = emulator.contents()
    stack.delete("Workspace")
    assert [pipeline["name"] for pipeline in emulator.contents()["pipelines"]] == ["p"]
    for table in ("models", "model_versions", "deployments"):
        assert emulator.contents()[table] == before[table]
    assert "contains pipeline 'p' (resource 'example' of this stack refers to it)" in stack.bench.said[-1]


@pytest.mark.parametrize("beside", [("Pipeline",), ("Deployment",)])
def test_a_model_version_keeps_the_pipeline_that_the_stack_refers_to(
    stack: Stack, emulator: Emulated, beside: tuple[str, ...]
) -> None:
    before = emulator.contents()
    with pytest.raises(
        ConflictError, match="pipeline 'p' to which resource 'example' of this stack refers uses it"
    ):
        stack.delete("ModelVersion", beside=beside)
    assert emulator.contents() == before


def test_a_pipeline_keeps_the_deployment_that_the_stack_refers_to(stack: Stack, emulator: Emulated) -> None:
    before = emulator.contents()
    with pytest.raises(RefusedError, match="is not undeployed, although force_destroy is set"):
        stack.delete("Pipeline")
    assert emulator.contents() == before


@pytest.mark.parametrize("kind", ["Workspace", "ModelVersion", "Pipeline"])
def test_what_no_resource_refers_to_is_removed(stack: Stack, emulator: Emulated, kind: str) -> None:
    stack.delete(kind, beside=())
    after = emulator.contents()
    assert (after["pipelines"], after["deployments"]) == ([], [])
    assert bool(after["models"]) == (kind == "Pipeline")
