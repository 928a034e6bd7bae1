"""What teams made with the SDK: exported, taken over without a write, and without drift afterwards."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from emulated import Emulated
from example_files import orchestration_file
from pulumi_engine import engine_folder
from pulumi_project import Project, Run, engine_environment
from vendor_sdk import Sdk

STACKS = Path(__file__).parents[2] / "stacks"
CHAMPION, CHALLENGER = {"model": "champion"}, {"model": "challenger"}
READS = {
    "list", "list_users", "query", "get_version", "list_pipelines", "get_version_by_id", "get_deployment",
    "get_pipeline_external_url", "list_registries", "get_registry", "get_by_id", "list_publishes_for_pipeline",
    "get_publish_status",
}  # fmt: skip


@pytest.fixture
def adoption(tmp_path: Path, emulator: Emulated) -> Project:
    project = Project.copy(
        STACKS / "adoption", tmp_path / "adoption", engine_environment(engine_folder(), tmp_path / "home")
    )
    project.configure(emulator.settings)
    return project


def command(project: Project, *args: str) -> Run:
    ran = subprocess.run(
        [sys.executable, "-m", "wallaroo_pulumi", *args],
        cwd=project.folder,
        env=project.env,
        capture_output=True,
        text=True,
        check=False,
    )
    return Run(ran.returncode, ran.stdout, ran.stderr)


def test_what_the_sdk_made_is_taken_over_without_a_write(
    sdk: Sdk, adoption: Project, emulator: Emulated
) -> None:
    models = adoption.folder / "models"
    models.mkdir()
    shutil.copy(STACKS / "serving/house_price.onnx", models / "champion.onnx")
    (models / "challenger.onnx").write_bytes((models / "champion.onnx").read_bytes() + b"\0")
    (models / "risk.pkl").write_bytes(b"a pickled model")
    sdk(
        "workspaces",
        "create",
        name="fraud",
        collaborators=["mary.jane@example.com"],
        owners=["john.hancock@example.com"],
    )
    for name in ("champion", "challenger"):
        sdk("models", "upload", workspace="fraud", name=name, path=str(models / f"{name}.onnx"))
    sdk("models", "configure", workspace="fraud", name="champion", tensor_fields=["house"])
    sdk("models", "upload_converted", workspace="fraud", name="risk", path=str(models / "risk.pkl"))
    names = sdk(
        "pipelines", "build_of_each_sort", workspace="fraud", champion="champion", challenger="challenger"
    )
    sdk("pipelines", "deploy", workspace="fraud", name="plain", model="champion")
    sdk("connections", "create", name="sales", type="S3", details={"bucket": "sales", "key": "hush-hush"})
    sdk("connections", "attach", workspace="fraud", name="sales")
    hub = {"name": "hub", "url": "https://hub.example.com", "token": "hush-hub"}
    sdk("connections", "create_registry", workspace="fraud", **hub)
    code = {"workspace": "fraud", "orchestration": "nightly"}
    sdk("automation", "upload", workspace="fraud", name="nightly", path=str(orchestration_file(models)))
    sdk("automation", "run_once", name="once", arguments={}, **code)
    sdk("automation", "run_scheduled", name="hourly", schedule="0 * * * *", **code)
    published = {"workspace": "fraud", "name": "published", "model": "champion"}
    publish = sdk("pipelines", "publish", edge="store-17", **published)
    house = {"house": [100.0, 4.0]}
    sdk("inference", "infer", workspace="fraud", name="plain", records=[house], arrow=False)
    watched = {"workspace": "fraud", "pipeline": "plain", "model": "champion", "name": "price drift"}
    sdk("assays", "create", baseline=[float(n) for n in range(100)], **watched)

    ran = command(adoption, "export", "--models", "models").ok()
    (adoption.folder / "estate.yaml").write_text(ran.out)
    skipped = [line for line in ran.err.splitlines() if line.startswith("skipped: ")]
    (edge,) = [line for line in skipped if "Default Workspace" not in line]
    assert "1 edge of workspace 'fraud': 'store-17'; a join token cannot be read again" in edge
    assert "hush" not in ran.text
    fraud = yaml.safe_load(ran.out)["workspaces"]["fraud"]
    assert fraud["registries"] == ["hub"]
    assert fraud["orchestrations"] == {"nightly": {"path": "models/nightly-scores.zip", "protect": True}}
    assert fraud["tasks"] == {
        "hourly": {"schedule": "0 * * * *", "orchestration": "nightly", "protect": True}
    }
    assert list(fraud["assays"]) == ["price drift"]
    assert list(fraud["pipelines"]["published"]["publishes"]) == [f"publish-{publish}"]
    assert set(fraud["models"]) == {"champion", "challenger", "risk"}
    assert {name: pipeline["steps"] for name, pipeline in fraud["pipelines"].items()} == {
        "plain": [CHAMPION],
        "published": [CHAMPION],
        "shadow": [
            {"shadow": ["champion", "challenger"]},
            {"api": {"AuditResults": {"from": 1}}},
            {"api": {"MultiOut": {}}},
        ],
        "split": [{"split": {"champion": 2.0, "challenger": 1.0}}],
        "keyed": [{"split": {"champion": 2.0, "challenger": 1.0}, "hash_key": "customer"}],
        "routed": [
            {
                "api": {
                    "MetaValueSplit": {
                        "split_key": "country",
                        "control": CHAMPION,
                        "routes": {"de": CHALLENGER},
                    }
                }
            }
        ],
        "checked": [CHAMPION, {"api": {"Check": fraud["pipelines"]["checked"]["steps"][1]["api"]["Check"]}}],
        "audited": [
            {"shadow": ["champion", "challenger"]},
            {"api": {"AuditResults": {"from": 1}}},
            {"api": {"Nth": {"index": 0}}},
        ],
        "empty": [],
    }
    assert {"plain", "published", *names} == set(fraud["pipelines"])
    assert [name for name, pipeline in fraud["pipelines"].items() if "deploy" in pipeline] == ["plain"]

    for key, value in {"salesKey": "hush-hush", "hubToken": "hush-hub"}.items():
        adoption.pulumi("config", "set", "--secret", f"wallaroo-estate:{key}", value).ok()
    before = emulator.http.get("/__emulator__/objects").json()
    emulator.forget_requests()
    adoption.up().ok()
    assert {call.rpartition("/")[2] for call in emulator.endpoints()} <= READS
    assert {**emulator.http.get("/__emulator__/objects").json(), "sessions": 0} == {**before, "sessions": 0}
    adoption.up("--expect-no-changes").ok()

    assert command(adoption, "drift").ok().out == "no drift\n"
