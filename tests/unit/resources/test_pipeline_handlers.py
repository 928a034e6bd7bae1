"""Pipelines: the decisions of their handlers, on the emulator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from emulated import Emulated
from serving_bench import Bench, failures, step, without_graphql

from wallaroo_pulumi.core.check import check
from wallaroo_pulumi.core.fields import UNKNOWN
from wallaroo_pulumi.errors import ConflictError
from wallaroo_pulumi.resources import RESOURCES


@pytest.fixture
def bench(emulator: Emulated, tmp_path: Path) -> Iterator[Bench]:
    with Bench(emulator, tmp_path) as bench:
        yield bench


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
