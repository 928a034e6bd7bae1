"""Validation: what the instance would reject, found by reading only, by kind and property."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from example_files import example_files
from workbench import Workbench

from wallaroo_pulumi.core.fields import UNKNOWN
from wallaroo_pulumi.core.validate import validate
from wallaroo_pulumi.errors import ApiError
from wallaroo_pulumi.resources import RESOURCES

MARY, JOHN, OPS = "mary.jane@example.com", "john.hancock@example.com", "ops@example.com"
NOWHERE = "workspace 4711 does not exist"


def refused(
    bench: Workbench, kind: str, last: dict[str, Any] | None = None, /, **inputs: Any
) -> dict[str, str]:
    """Return property → reason. ``last`` contains the inputs of an object that the stack already has."""
    olds = bench.checked(kind, **last) if last else {}
    objects = bench.emulator.http.get("/__emulator__/objects").json()
    found = validate(RESOURCES[kind], bench.ctx, bench.checked(kind, **inputs), olds)
    counted = bench.emulator.http.get("/__emulator__/objects").json()
    assert {**counted, "sessions": 0} == {**objects, "sessions": 0}, "it only reads"
    return {failure.property: failure.reason for failure in found}


def declare(bench: Workbench, kind: str, **inputs: Any) -> None:
    """Inputs of declared objects that do not exist yet."""
    assert refused(bench, kind, **inputs) == {}


@pytest.fixture
def place(bench: Workbench) -> int:
    return bench.workspace()


@pytest.fixture
def theirs(bench: Workbench) -> int:
    """A workspace of another user, with the user who runs Pulumi as COLLABORATOR."""
    seeded = [{"name": "theirs", "owner": MARY, "members": {OPS: "COLLABORATOR"}}]
    bench.emulator.control("seed", workspaces=seeded)
    return bench.emulator.workspaces()["theirs"]


ASSAY = {
    "name": "drift",
    "pipeline_name": "houses",
    "fields": [{"name": "out.variable"}],
    "baseline": {"Vector": [1]},
    "window_seconds": 60,
    "first_run": "2026-01-09T06:00:00Z",
    "cron": "0 6 * * *",
}
IN_A_WORKSPACE = [kind for kind, of in RESOURCES.items() if "workspace_id" in of.inputs.model_fields]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    return {key.lower().replace("file", "_file"): path for key, path in example_files(tmp_path).items()}


def example(kind: str, files: dict[str, str]) -> dict[str, Any]:
    """The inputs of the kind's example. What it needs has the id 1, and does not exist."""

    def filled(value: Any) -> Any:
        if isinstance(value, str) and value.startswith("$"):
            return files.get(value[1:], "1")
        if isinstance(value, Mapping):
            return {key: filled(item) for key, item in value.items()}
        return [filled(item) for item in value] if isinstance(value, list) else value

    return {name: filled(value) for name, value in RESOURCES[kind].examples.inputs.items()}


@pytest.mark.parametrize("kind", IN_A_WORKSPACE)
def test_a_workspace_that_is_not_there(bench: Workbench, kind: str, files: dict[str, str]) -> None:
    found = refused(bench, kind, **{**example(kind, files), "workspace_id": 4711})
    assert NOWHERE in found["workspaceId"], "validate() of the kind must call _lookups.refused_workspace"


@pytest.mark.parametrize("kind", IN_A_WORKSPACE)
def test_what_is_not_known_yet_passes(bench: Workbench, kind: str) -> None:
    assert refused(bench, kind, **dict.fromkeys(RESOURCES[kind].examples.inputs, UNKNOWN)) == {}
    assert bench.emulator.requests() == []


# --- members ----------------------------------------------------------------------------------------------


def test_a_collaborator_gives_no_role(bench: Workbench, theirs: int) -> None:
    for inputs in ({"email": JOHN}, {"email": JOHN, "role": "OWNER"}, {"email": OPS, "role": "OWNER"}):
        found = refused(bench, "WorkspaceMember", workspace_id=theirs, **inputs)
        assert set(found) == {"workspaceId"}
        assert f"is a COLLABORATOR of workspace {theirs}, and only an OWNER may" in found["workspaceId"]
    with pytest.raises(ApiError, match="only an OWNER of workspace"):
        bench.create("WorkspaceMember", workspace_id=theirs, email=JOHN)


def test_a_collaborator_may_declare_what_is_so_already(bench: Workbench, theirs: int) -> None:
    assert refused(bench, "WorkspaceMember", workspace_id=theirs, email=MARY, role="OWNER") == {}
    user_id = bench.emulator.user_id(OPS)
    assert refused(bench, "WorkspaceMember", workspace_id=theirs, user_id=user_id) == {}
    bench.create("WorkspaceMember", workspace_id=theirs, email=MARY, role="OWNER")


def test_a_collaborator_gives_no_role_to_a_user_of_the_stack_either(bench: Workbench, theirs: int) -> None:
    declare(bench, "User", email="ada@example.com")
    found = refused(bench, "WorkspaceMember", workspace_id=theirs, email="ada@example.com")
    assert set(found) == {"workspaceId"}


@pytest.mark.parametrize("another", [False, True])
def test_the_user_who_runs_pulumi_keeps_the_role_of_an_owner(
    bench: Workbench, place: int, another: bool
) -> None:
    if another:
        bench.create("WorkspaceMember", workspace_id=place, email=MARY, role="OWNER")
    ops = {"workspace_id": place, "email": OPS}
    last = {**ops, "role": "OWNER"}
    by_id = {"workspace_id": place, "user_id": bench.emulator.user_id(OPS)}
    for prior, inputs in (({}, ops), (last, ops), ({}, by_id)):
        found = refused(bench, "WorkspaceMember", prior, **inputs, role="COLLABORATOR")
        assert "this is the user who runs Pulumi, who could then neither manage" in found["role"]


def test_an_owner_goes_when_another_is_left(bench: Workbench, place: int) -> None:
    mary = {"workspace_id": place, "email": MARY}
    bench.create("WorkspaceMember", **mary, role="OWNER")
    assert refused(bench, "WorkspaceMember", **mary, role="COLLABORATOR") == {}


# --- other references -----------------------------------------------------------------------------


def test_a_pipeline_that_is_not_there(bench: Workbench, place: int) -> None:
    missing = {"pipelineName": f"pipeline 'houses' does not exist in workspace {place}; check pipeline_name, or "
               "declare a Pipeline and pass its `name`"}  # fmt: skip
    deployment = {"workspace_id": place, "pipeline_name": "houses", "pipeline_version_id": 1}
    assert refused(bench, "Assay", workspace_id=place, **ASSAY) == missing
    assert refused(bench, "Deployment", **deployment) == missing
    declare(bench, "Pipeline", workspace_id=place, name="houses", steps=[])
    assert refused(bench, "Assay", workspace_id=place, **ASSAY) == {}
    assert refused(bench, "Deployment", **deployment) == {}


def test_the_name_of_another_assay(bench: Workbench, place: int) -> None:
    bench.pipeline_version(place)
    wanted = {**ASSAY, "workspace_id": place}
    assay = bench.create("Assay", **wanted)
    bench.new_process()
    assert refused(bench, "Assay", **wanted) == {}, "the same one is taken over"
    bench.new_process()
    changed = {**wanted, "window_seconds": 90}
    (reason,) = refused(bench, "Assay", **changed).values()
    assert reason.startswith(f"assay 'drift' already exists (id {assay[0]}) with another definition")
    assert refused(bench, "Assay", wanted, **changed) == {}, "the stack's own is deactivated first"
    bench.new_process()
    declare(bench, "Pipeline", workspace_id=place, name="boats", steps=[])
    assert set(refused(bench, "Assay", **{**wanted, "pipeline_name": "boats"})) == {"name"}


def test_models_that_are_not_there(bench: Workbench, place: int) -> None:
    version = bench.pipeline_version(place)
    reason = "model version 4711 does not exist; check models"
    ref = {"name": "m", "version": UNKNOWN, "sha": "0"}
    publish = {"pipeline_version_id": version, "models": [UNKNOWN, 4711]}
    deployment = {"workspace_id": place, "pipeline_name": "houses", "pipeline_version_id": version}
    assert reason in refused(bench, "PipelinePublish", **publish)["models"]
    assert reason in refused(bench, "Deployment", **deployment, models=[ref, 4711])["models"]
    assert refused(bench, "Deployment", **deployment, models=[ref, UNKNOWN]) == {}


def test_a_pipeline_version_that_is_named_by_an_unknown_uuid(bench: Workbench, place: int) -> None:
    bench.pipeline_version(place)
    (listed,) = bench.client.pipelines.list(place)
    assert listed.pipeline_version is not None
    uuid = listed.pipeline_version.version
    deployment = {"workspace_id": place, "pipeline_name": "houses"}
    assert refused(bench, "Deployment", **deployment, pipeline_version_id=uuid) == {}
    other = "0b989008-5f1d-453e-8085-98d97be1b722"
    found = refused(bench, "Deployment", **deployment, pipeline_version_id=other)
    assert f"no pipeline version has the UUID '{other}'" in found["pipelineVersionId"]
    assert refused(bench, "PipelinePublish", pipeline_version_id=uuid, models=[]) == {}
    bench.new_process()
    bench.emulator.control("faults", path="/v1/graphql", status=403, body="<html></html>", count=9)
    found = refused(bench, "PipelinePublish", pipeline_version_id=uuid, models=[])
    assert "the instance does not return the integer id that publishing needs" in found["pipelineVersionId"]


def test_publishes_that_are_not_there(bench: Workbench, place: int) -> None:
    version = bench.pipeline_version(place)
    bench.create("PipelinePublish", pipeline_version_id=version, models=[])
    missing = "publish 4711 does not exist or this user cannot see it"
    publish = {"pipeline_version_id": version, "models": []}
    assert missing in refused(bench, "PipelinePublish", **publish, replaces=[1, 4711])["replaces"]
    assert missing in refused(bench, "Edge", name="shop", publish_id=4711)["publishId"]
    assert refused(bench, "Edge", name="shop", publish_id=1) == {}
    assert refused(bench, "Edge", name="shop", publish_id=UNKNOWN) == {}


def test_the_name_of_another_edge(bench: Workbench, place: int) -> None:
    bench.create("PipelinePublish", pipeline_version_id=bench.pipeline_version(place), models=[])
    bench.create("Edge", name="shop", publish_id=1)
    bench.new_process()
    edge = {"name": "shop", "publish_id": 1}
    assert "edge 'shop' already exists" in refused(bench, "Edge", **edge)["name"]
    bench.new_process()
    assert refused(bench, "Edge", **edge, adopt="renew") == {}
    bench.new_process()
    assert refused(bench, "Edge", edge, **edge, tags=["north"]) == {}, "the stack's own"


def test_a_registry_that_is_not_there(bench: Workbench, place: int) -> None:
    found = refused(bench, "ModelRegistryAttachment", workspace_id=place, registry_id="4711")
    assert "no model registry of the instance has the id '4711'" in found["registryId"]
    id, _ = bench.create("ModelRegistry", name="r", url="https://r.example.com", token="dapi")
    assert refused(bench, "ModelRegistryAttachment", workspace_id=place, registry_id=id) == {}


def test_an_orchestration_that_is_not_there(bench: Workbench, place: int, files: dict[str, str]) -> None:
    task = {"workspace_id": place, "name": "scores"}
    found = refused(bench, "Task", **task, orchestration_id="4711")
    assert "no orchestration has the id '4711'" in found["orchestrationId"]
    package = files["orchestration_file"]
    id, _ = bench.create("Orchestration", workspace_id=place, name="code", path=package)
    assert refused(bench, "Task", **task, orchestration_id=id) == {}


def test_what_the_user_is_not_let_see_is_refused_as_well(bench: Workbench, place: int, theirs: int) -> None:
    seeded = {"workspace_id": theirs, "name": "code"}
    bench.emulator.control("seed", orchestrations=[{**seeded, "id": "a"}])
    bench.emulator.control("delete", workspace_id=theirs, email=OPS)
    found = refused(bench, "Task", workspace_id=place, name="scores", orchestration_id="a")
    assert "orchestration a exists, but user ops@example.com may not see it" in found["orchestrationId"]


def test_a_failing_server_is_no_property_of_an_object(bench: Workbench, place: int) -> None:
    bench.emulator.control("faults", path="/v1/api/models/list_registries", status=500, count=9)
    with pytest.raises(ApiError, match="models/list_registries answered 500"):
        refused(bench, "ModelRegistryAttachment", workspace_id=place, registry_id="4711")
