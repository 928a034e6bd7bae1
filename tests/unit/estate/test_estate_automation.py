"""Orchestrations, tasks, assays, publishes, edges and registries in the estate file: contents and error messages."""

from __future__ import annotations

from pathlib import Path

import pytest
from example_files import LATER_VERSION, LFS_POINTER, UNREADABLE_NAME, orchestration_file

from wallaroo_pulumi import estate

GOOD = """
registries:
  databricks: {url: https://registry.example.com, secret_token: databricksToken}
  old: {name: databricks, url: https://registry.example.com, secret_token: oldToken}
workspaces:
  fraud:
    registries: [databricks, 6ba7b810-9dad-11d1-80b4-00c04fd430c8]
    pipelines:
      risk:
        steps: []
        publishes:
          stores: {cpus: 1, gpus: 1, edges: {store-17: {tags: [north]}, store 18: {adopt: renew}}}
          whole: {engine_config: {engine: {resources: {limits: {cpu: 2}}}}, replaces: [7]}
    orchestrations:
      scoring: {path: scoring.zip}
      second scoring: {name: scoring, path: scoring.zip}
    tasks:
      nightly: {orchestration: scoring, schedule: 0 4 * * *, arguments: {a: [null, {B: 1}]}, run_timeout: 60}
      always: {orchestration: second scoring, paused: true}
    assays:
      risk drift:
        pipeline_name: risk
        fields: [{name: out.price, indexes: [0], warning: 0.1, alert: 0.25}]
        baseline: {static: ["2026-01-01T00:00:00Z", "2026-01-08T00:00:00Z"]}
        window_seconds: 86400
        first_run: 2026-01-09T06:00:00Z
        every: {unit: Day, quantity: 1}
"""


def load(folder: Path, text: str, *more: str) -> estate.Estate:
    orchestration_file(folder, name="scoring.zip")
    (folder / "no-package.zip").write_bytes(b"text")
    files = []
    for number, content in enumerate([text, *more]):
        (folder / str(number)).mkdir(exist_ok=True)
        files.append(folder / f"{number}.yaml")
        files[-1].write_text(content)
    return estate.load(*files)


def test_every_kind_is_read(tmp_path: Path) -> None:
    found = load(tmp_path, GOOD)
    part = found.workspaces["fraud"]
    assert part.tasks["nightly"].inputs() == {
        "name": None,
        "schedule": "0 4 * * *",
        "arguments": {"a": [None, {"B": 1}]},
        "debug": False,
        "run_timeout": 60,
        "paused": False,
        "timeout": None,
        "delete_adopted": False,
    }
    assert part.assays["risk drift"].first_run == "2026-01-09T06:00:00+00:00"
    publishes = part.pipelines["risk"].publishes
    assert publishes["stores"].builder_arguments() == {"cpus": 1.0, "gpus": 1}
    assert publishes["stores"].edges["store-17"].tags == ["north"]
    assert publishes["whole"].replaces == [7]
    assert found.registries["old"].name == "databricks"


@pytest.mark.parametrize(
    ("good", "bad", "told"),
    [
        (
            "orchestration: scoring,",
            "orchestration: skoring,",
            "line 18, workspaces.fraud.tasks.nightly.orchestration: the workspace has no orchestration 'skoring'; add",
        ),
        (
            "{path: scoring.zip}",
            "{path: lost.zip}",
            "line 15, workspaces.fraud.orchestrations.scoring.path: ",
        ),
        (
            "{path: scoring.zip}",
            "{path: no-package.zip}",
            "line 15, workspaces.fraud.orchestrations.scoring.path: ",
        ),
        ("{path: scoring.zip}", "{}", "line 15, workspaces.fraud.orchestrations.scoring.path: is required"),
        ("schedule: 0 4 * * *, ", "", "line 18, workspaces.fraud.tasks.nightly: run_timeout requires"),
        ("0 4 * * *", "0 4 * *", "line 18, workspaces.fraud.tasks.nightly.schedule: "),
        ("secret_token: databricksToken", "token: hush", "registries.databricks.token: is not a key"),
        (
            "https://registry.example.com, secret_token: old",
            "ftp://x, secret_token: old",
            "line 4, registries.old.url",
        ),
        ("store 18: {adopt: renew}", "store 18: {adopt: always}", "edges.store 18.adopt: must be"),
        ("gpus: 1", "gpus: 2", "line 12, workspaces.fraud.pipelines.risk.publishes.stores.gpus: must be 1"),
        ("limits: {cpu: 2}", "limits: {cpu: x}", "publishes.whole.engine_config.engine.resources.limits.cpu"),
        ("replaces: [7]", "cpus: 1", "publishes.whole: give cpus in engine_config, or without it"),
        (
            "        every: {unit: Day, quantity: 1}\n",
            "",
            "assays.risk drift: set exactly one of every and cron",
        ),
        (
            "warning: 0.1",
            "warning: 0.3",
            "line 23, workspaces.fraud.assays.risk drift.fields[0]: warning (0.3) must",
        ),
        ("pipeline_name: risk\n", "pipeline: risk\n", "assays.risk drift.pipeline: is not a key"),
    ],
)
def test_a_problem_is_one_line_with_its_place(tmp_path: Path, good: str, bad: str, told: str) -> None:
    assert good in GOOD
    with pytest.raises(estate.EstateError) as caught:
        load(tmp_path, GOOD.replace(good, bad, 1))
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is an empty file"),
        (LFS_POINTER, "is a Git LFS pointer, not the file itself; run `git lfs pull`"),
        (b"text", "is no readable zip file: File is not a zip file"),
        (UNREADABLE_NAME, "is no readable zip file: 'utf-8' codec can't decode byte 0xff"),
        (LATER_VERSION, "is no readable zip file: zip file version 25.5"),
    ],
)
def test_a_package_that_cannot_be_read_is_one_line(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "code.zip").write_bytes(content)
    with pytest.raises(estate.EstateError) as caught:
        load(tmp_path, GOOD.replace("{path: scoring.zip}", "{path: code.zip}", 1))
    assert f"0.yaml, line 15, workspaces.fraud.orchestrations.scoring.path: {told}" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_names_that_are_unique_on_the_instance_occur_once(tmp_path: Path) -> None:
    two = GOOD.partition("    orchestrations:")[0].partition("workspaces:")[2].replace("fraud:", "churn:")
    assays = GOOD.partition("    assays:")[2]
    with pytest.raises(estate.EstateError) as caught:
        load(tmp_path, GOOD, f"workspaces:{two}    assays:{assays}")
    lines = str(caught.value).splitlines()
    assert [line.partition(", ")[2] for line in lines] == [
        f"line 11, workspaces.churn.assays.risk drift: duplicate key; the first is in {tmp_path}/0.yaml, line 21",
        f"line 8, workspaces.churn.pipelines.risk.publishes.stores.edges.store-17: duplicate key; the first is in "
        f"{tmp_path}/0.yaml, line 12",
        f"line 8, workspaces.churn.pipelines.risk.publishes.stores.edges.store 18: duplicate key; the first is in "
        f"{tmp_path}/0.yaml, line 12",
    ]


def test_paths_of_a_later_file_start_at_the_first_ones_folder(tmp_path: Path) -> None:
    orchestration_file(tmp_path, name="o.zip")
    (tmp_path / "teams").mkdir()
    (tmp_path / "teams/a.yaml").write_text("workspaces: {a: {orchestrations: {o: {path: ../o.zip}}}}")
    (tmp_path / "estate.yaml").write_text("{}")
    found = estate.load(tmp_path / "estate.yaml", tmp_path / "teams/a.yaml")
    assert found.workspaces["a"].orchestrations["o"].path == "teams/../o.zip"
