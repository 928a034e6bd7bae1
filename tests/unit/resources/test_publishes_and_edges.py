"""Publishes are made once and never twice; an edge's join token is told once and kept."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError
from workbench import State, Workbench

from wallaroo_pulumi.errors import ConflictError, ObjectError, TimedOut
from wallaroo_pulumi.resources.pipeline_publish import PipelinePublishInputs


@pytest.fixture
def version(bench: Workbench) -> int:
    return bench.pipeline_version(bench.workspace())


@pytest.fixture
def publish(bench: Workbench, version: int) -> State:
    return bench.create("PipelinePublish", pipeline_version_id=version, models=[])


def publishes(bench: Workbench) -> list[tuple[int, str]]:
    return [(p.id, p.status) for p in bench.client.publishes.list(fresh=True)]


def edges(bench: Workbench) -> dict[str, int | None]:
    return {edge.name: edge.should_run_publish for edge in bench.client.publishes.edges(fresh=True)}


def test_a_publish_is_waited_for_and_tells_where_the_package_is(bench: Workbench, version: int) -> None:
    bench.emulator.control("readiness", kind="publish", mode="polls", polls=4)
    id, outputs = bench.create("PipelinePublish", pipeline_version_id=version, models=[])
    assert (id, outputs["publishId"], outputs["status"]) == ("1", 1, "Published")
    assert outputs["pipelineUrl"].endswith(f"/houses:{outputs['pipelineVersion']}")
    assert outputs["chartVersion"] == f"0.0.1-{outputs['pipelineVersion']}"
    assert bench.said == ["publish 1: Publishing"]
    assert bench.read("PipelinePublish", id, outputs) == outputs


def test_a_failed_publish_tells_the_reason_and_the_next_run_publishes_anew(
    bench: Workbench, version: int
) -> None:
    bench.emulator.control(
        "readiness", kind="publish", mode="error", message="Authentication failure at oci://ada:hush@a"
    )
    with pytest.raises(
        ObjectError, match=r"pipeline 'houses' failed: Authentication failure at oci://\*\*\*@a"
    ):
        bench.create("PipelinePublish", pipeline_version_id=version, models=[])
    bench.emulator.control("readiness", kind="publish", mode="at_once")
    assert bench.create("PipelinePublish", pipeline_version_id=version, models=[])[0] == "2"


def test_one_that_takes_too_long_is_waited_for_again_by_the_next_run(bench: Workbench, version: int) -> None:
    bench.emulator.control("readiness", kind="publish", mode="never")
    with pytest.raises(TimedOut, match="publish 1 is still PendingPublish after 60 s; run `pulumi up` again"):
        bench.create("PipelinePublish", pipeline_version_id=version, models=[], timeout=60)
    bench.emulator.control("readiness", kind="publish", mode="at_once")
    bench.new_process()
    assert bench.create("PipelinePublish", pipeline_version_id=version, models=[])[0] == "1"
    assert publishes(bench) == [(1, "Published")]


def test_deleting_leaves_the_publish_and_the_same_one_is_taken_over_again(
    bench: Workbench, version: int, publish: State
) -> None:
    bench.delete("PipelinePublish", publish)
    assert bench.said == [
        "publish 1 of pipeline 'houses' stays on the instance and in its registry: Wallaroo cannot delete publishes"
    ]
    assert bench.create("PipelinePublish", pipeline_version_id=version, models=[])[0] == "1"
    small = {"engine": {"resources": {"limits": {"cpu": 1, "memory": "1Gi"}}}}
    assert (
        bench.create("PipelinePublish", pipeline_version_id=version, models=[], engine_config=small)[0] == "2"
    )


@pytest.mark.parametrize("first", ["with", "without"])
def test_publishes_with_and_without_a_configuration_are_two(
    bench: Workbench, version: int, first: str
) -> None:
    small = {"engine": {"resources": {"limits": {"cpu": 1, "memory": "1Gi"}}}}
    of = {"pipeline_version_id": version, "models": []}
    declared = {"with": {**of, "engine_config": small}, "without": of}
    order = sorted(declared, key=lambda name: name != first)
    made = [declare(bench, name, **declared[name]) for name in order]
    assert [id for id, _ in made] == ["1", "2"]
    assert sorted(publishes(bench)) == [(1, "Published"), (2, "Published")]


def test_a_publish_that_is_declared_twice_is_refused(bench: Workbench, version: int) -> None:
    (listed,) = bench.client.pipelines.list(1)
    assert listed.pipeline_version is not None
    declare(bench, "one", pipeline_version_id=version, models=[])
    with pytest.raises(ConflictError, match="is already declared by resource 'one' of this stack"):
        declare(bench, "other", pipeline_version_id=listed.pipeline_version.version, models=[])
    assert publishes(bench) == [(1, "Published")]


def declare(bench: Workbench, name: str, **inputs: Any) -> State:
    """Check and create, as the engine does."""
    urn = f"urn:pulumi:test::project::wallaroo:index:PipelinePublish::{name}"
    checked, failures = bench.provider.check(
        "PipelinePublish", urn, bench.checked("PipelinePublish", **inputs), {}
    )
    assert not failures
    return bench.provider.create("PipelinePublish", urn, checked)


def test_a_version_that_is_known_by_its_uuid_alone_needs_an_earlier_publish(
    bench: Workbench, version: int
) -> None:
    (listed,) = bench.client.pipelines.list(1)
    assert listed.pipeline_version is not None
    uuid = listed.pipeline_version.version
    bench.emulator.control("faults", path="/v1/graphql", status=403, body="<html></html>", count=100)
    with pytest.raises(ObjectError, match="change the pipeline's steps, which creates a version"):
        bench.create("PipelinePublish", pipeline_version_id=uuid, models=[])
    bench.create("PipelinePublish", pipeline_version_id=version, models=[])
    bench.new_process()
    id, outputs = bench.create("PipelinePublish", pipeline_version_id=uuid, models=[])
    assert (id, outputs["pipelineVersionId"]) == ("1", uuid)


def test_a_version_that_is_known_by_its_uuid_alone_is_published(bench: Workbench, version: int) -> None:
    (listed,) = bench.client.pipelines.list(1)
    assert listed.pipeline_version is not None
    uuid = listed.pipeline_version.version
    bench.create("PipelinePublish", pipeline_version_id=uuid, models=[])
    assert bench.client.publishes.list()[0].pipeline_version_id == version


def test_a_lost_reply_makes_no_second_publish(bench: Workbench, version: int) -> None:
    bench.emulator.control("faults", path="/v1/api/pipelines/publish", kind="lost_reply")
    assert bench.create("PipelinePublish", pipeline_version_id=version, models=[])[0] == "1"
    assert publishes(bench) == [(1, "Published")]


def test_the_join_token_is_told_once_and_kept(bench: Workbench, publish: State) -> None:
    id, outputs = bench.create("Edge", name="store-17", publish_id=1, tags=["north", "shop"])
    assert outputs["edgeBundle"]
    assert bench.read("Edge", id, outputs) == outputs
    alone = bench.read("Edge", id)
    assert alone is not None
    assert (alone["publishId"], alone["tags"], alone["edgeBundle"]) == (1, ["north", "shop"], None)


def test_a_token_that_went_with_a_lost_reply_is_made_again(bench: Workbench, publish: State) -> None:
    bench.emulator.control("faults", path="/v1/api/pipelines/add_edge_to_publish", kind="lost_reply")
    _, outputs = bench.create("Edge", name="store-17", publish_id=1)
    assert outputs["edgeBundle"]
    assert edges(bench) == {"store-17": 1}


def test_an_edge_that_exists_is_refused_or_renewed(bench: Workbench, publish: State) -> None:
    _, first = bench.create("Edge", name="store-17", publish_id=1)
    bench.new_process()
    with pytest.raises(ConflictError, match="set adopt to 'renew' to remove it and add it again"):
        bench.create("Edge", name="store-17", publish_id=1)
    _, second = bench.create("Edge", name="store-17", publish_id=1, adopt="renew")
    assert second["edgeId"] != first["edgeId"]
    assert second["edgeBundle"] != first["edgeBundle"]
    assert edges(bench) == {"store-17": 1}


def test_an_edge_follows_a_publish_that_replaces_its_own(
    bench: Workbench, version: int, publish: State
) -> None:
    edge = bench.create("Edge", name="store-17", publish_id=1)
    newer = bench.pipeline_version(1)
    bench.create("PipelinePublish", pipeline_version_id=newer, models=[], replaces=[1])
    assert edges(bench) == {"store-17": 2}
    bench.emulator.forget_requests()
    _, moved = bench.update("Edge", edge, name="store-17", publish_id=2)
    assert moved["edgeId"] == edge[1]["edgeId"]
    assert moved["edgeBundle"]
    assert not {"pipelines/remove_edge", "pipelines/add_edge_to_publish"} & {*bench.emulator.endpoints()}
    assert bench.read("Edge", "store-17", moved) == moved


def test_for_any_other_publish_it_is_removed_and_added_again(bench: Workbench, publish: State) -> None:
    edge = bench.create("Edge", name="store-17", publish_id=1)
    bench.create("PipelinePublish", pipeline_version_id=bench.pipeline_version(1), models=[])
    _, moved = bench.update("Edge", edge, name="store-17", publish_id=2)
    assert edges(bench) == {"store-17": 2}
    assert moved["edgeBundle"] != edge[1]["edgeBundle"]
    assert "with a new join token" in bench.said[-1]


def test_an_edge_of_somebody_else_under_the_name_is_neither_read_nor_removed(
    bench: Workbench, publish: State
) -> None:
    edge = bench.create("Edge", name="store-17", publish_id=1)
    bench.client.publishes.remove_edge("store-17")
    bench.client.publishes.add_edge(1, "store-17", [])
    assert bench.read("Edge", *edge) is None
    bench.delete("Edge", edge)
    assert edges(bench) == {"store-17": 1}
    assert "stays: it is not the one that this stack added" in bench.said[-1]


def test_a_publish_says_whether_an_edge_has_gpus(bench: Workbench, version: int) -> None:
    config = {"engine": {"gpu": 1, "resources": {"limits": {"cpu": 1, "memory": "1Gi"}}}}
    id, outputs = bench.create(
        "PipelinePublish", pipeline_version_id=version, models=[], engine_config=config
    )
    sent = next(r for r in bench.emulator.requests() if r["path"].endswith("/pipelines/publish"))
    assert sent["body"]["engine_config"]["engine"]["gpu"] is True
    assert outputs["engineConfig"]["engine"]["gpu"] == 1
    assert bench.read("PipelinePublish", id, outputs) == outputs


def test_a_publish_with_a_number_of_gpus_is_refused() -> None:
    config = {"engine": {"gpu": 2}}
    with pytest.raises(ValidationError, match=r"engine\.gpu must be 0 or 1: a publish only says"):
        PipelinePublishInputs(pipeline_version_id=1, models=[], engine_config=config)
