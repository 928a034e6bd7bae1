"""Models, deployments, publishes and edges: what their status and their defaults look like."""

import base64
from typing import Any

import pytest
from emulator_client import Instance
from emulator_models import Serving, inference, ref
from linear_model import linear_model


def deployment(instance: Instance) -> dict[str, Any]:
    status: dict[str, Any] = instance.ok("status/get_deployment", name="houses-1")
    return status


class TestDeployment:
    def test_a_running_one_names_its_model_versions_by_id(self, instance: Instance) -> None:
        Serving(instance).deploy(inference("champion", "rival"))
        status = deployment(instance)
        (engine,) = status["engines"]
        assert engine["model_statuses"]["models"] == [
            {"model_version_id": 1, **ref("champion"), "status": "Running"},
            {"model_version_id": 3, **ref("rival"), "status": "Running"},
        ]
        assert (status["status"], status["details"], status["sidekicks"]) == ("Running", [], [])

    def test_a_model_with_a_container_of_its_own_has_a_sidekick(self, instance: Instance) -> None:
        serving = Serving(instance)
        serving.add_model("boost", linear_model(), framework="xgboost")
        serving.deploy(inference("champion"), inference("boost"))
        (sidekick,) = deployment(instance)["sidekicks"]
        assert sidekick["name"].startswith("engine-sidekick-boost-4-")
        assert (sidekick["status"], sidekick["statuses"], sidekick["details"]) == ("Running", "\n", [])

    def test_while_it_starts_nothing_is_known_of_its_models(self, instance: Instance) -> None:
        instance.control("readiness", kind="deployment", mode="never")
        serving = Serving(instance)
        serving.add_model("boost", linear_model(), framework="xgboost")
        serving.deploy(inference("boost"))
        status = deployment(instance)
        (engine,), (sidekick,) = status["engines"], status["sidekicks"]
        assert (status["status"], status["details"]) == ("Starting", ["Scaling"])
        assert (engine["pipeline_statuses"], engine["model_statuses"]) == (None, None)
        assert engine["details"] == ["containers with unready status: [engine]"] * 2
        assert (sidekick["ip"], sidekick["statuses"]) == (None, None)

    @pytest.mark.parametrize(
        ("engine", "status"),
        [({"cpu": 65}, "Starting"), ({"cpu": "500m", "replicas": 64}, "Running"), ({"cpu": "64"}, "Running")],
    )
    def test_quantities_of_cpus(self, instance: Instance, engine: dict[str, Any], status: str) -> None:
        serving = Serving(instance)
        serving.deploy()
        version = instance.ok("pipelines/create", pipeline_id="houses", workspace_id=1, definition={})
        body = {"deploy_id": "houses", "pipeline_version_pk_id": version["pipeline_variant_pk_id"]}
        instance.ok("pipelines/deploy", **body, engine_config={"engine": engine})
        assert deployment(instance)["status"] == status
        reply = instance.call("pipelines/deploy", **body, engine_config={"engine": {"cpu": "many"}})
        assert (reply.status_code, reply.json()["msg"]) == (
            400,
            "engine_config: cpu 'many' is not a quantity",
        )


def test_a_conversion_that_never_begins_stays_pending(instance: Instance) -> None:
    instance.control("readiness", kind="model", mode="never")
    instance.ok("workspaces/create", workspace_name="fraud")
    metadata = {"workspace_id": 1, "name": "house"}
    instance.upload("models/upload_and_convert", metadata, ("house.onnx", b""))

    def status() -> str:
        found = instance.ok("models/get_version_by_id", model_version_id=1)["model_version"]
        text: str = found["model_version"]["status"]
        return text

    assert [status(), status()] == ["pending_load_container"] * 2
    instance.control("readiness", kind="model", mode="polls", polls=1)
    assert [status(), status()] == ["attempting_load_container", "ready"]


def test_upload_logs_are_lines_of_a_container(instance: Instance) -> None:
    instance.ok("workspaces/create", workspace_name="fraud")
    failed = {"name": "flat", "status": "error", "error_summary": "no such framework"}
    instance.control(
        "seed",
        model_versions=[{"workspace_id": 1, **version} for version in ({"name": "house"}, failed)],
    )

    def logs(version: int, **body: Any) -> list[list[str]]:
        found = instance.ok("models/get_upload_logs", model_version_id=version, **body)["logs"]
        return [line.split(" ", 3)[1:] for line in found]

    (converting,) = logs(1)
    assert converting[:2] == ["stdout", "F"]
    assert logs(2)[1:] == logs(2, lines=1) == [["stderr", "F", "no such framework"]]
    assert logs(2, lines=0) == []


class TestPublish:
    @pytest.fixture
    def version(self, instance: Instance) -> int:
        Serving(instance).deploy(inference("champion"))
        return 1

    def publish(self, instance: Instance, version: int, **body: Any) -> dict[str, Any]:
        reply = instance.call("pipelines/publish", pipeline_version_id=version, model_config_ids=[], **body)
        assert reply.status_code == 202, reply.text
        found: dict[str, Any] = instance.ok("pipelines/get_publish_status", id=reply.json()["id"])
        return found

    def test_the_default_engine_configuration(self, instance: Instance, version: int) -> None:
        bounds = {"cpu": 4.0, "memory": "3Gi"}
        assert self.publish(instance, version)["engine_config"] == {
            "engine": {
                "resources": {
                    **{"limits": bounds, "requests": bounds},
                    **{"arch": "x86", "accel": "none", "gpu": False},
                }
            },
            "engineAux": {"autoscale": {"type": "none", "cpu_utilization": 50.0}, "images": {}},
        }

    def test_a_given_one_is_completed(self, instance: Instance, version: int) -> None:
        given = {"engine": {"resources": {"limits": {"cpu": 2, "memory": "1Gi"}, "arch": "arm"}}}
        found = self.publish(instance, version, engine_config=given)["engine_config"]
        assert found["engine"]["resources"] == {
            "limits": {"cpu": 2.0, "memory": "1Gi"},
            "requests": {"cpu": 4.0, "memory": "3Gi"},
            **{"arch": "arm", "accel": "none", "gpu": False},
        }
        assert isinstance(found["engine"]["resources"]["limits"]["cpu"], float)
        assert found["engineAux"]["images"] == {}

    def test_a_publish_that_never_begins_stays_pending(self, instance: Instance, version: int) -> None:
        instance.control("readiness", kind="publish", mode="never")
        assert self.publish(instance, version)["status"] == "PendingPublish"

    def test_an_edge_has_the_size_of_its_engine_and_an_identity(
        self, instance: Instance, version: int
    ) -> None:
        limits = {"cpu": 2.5, "memory": "1Gi"}
        published = self.publish(
            instance, version, engine_config={"engine": {"resources": {"limits": limits}}}
        )
        body = {"name": "plant", "pipeline_publish_id": published["id"], "tags": ["x"]}
        added = instance.call("pipelines/add_edge_to_publish", **body).json()
        (edge,) = instance.ok("pipelines/list_edges_by_publish_id", publish_id=published["id"])["edges"]
        assert (edge["cpus"], edge["memory"]) == (2.5, "1Gi")
        assert edge["spiffe_id"] == f"wallaroo.ai/ns/deployments/edge/{edge['id']}"
        script = base64.b64decode(added["docker_run_variables"]["EDGE_BUNDLE"]).decode()
        lines = dict(line.removeprefix("export ").split("=", 1) for line in script.splitlines())
        assert lines.pop("JOIN_TOKEN")
        assert lines == {
            "BUNDLE_VERSION": "1",
            "CONFIG_CPUS": "3",
            "EDGE_NAME": "plant",
            "OPSCENTER_HOST": "127.0.0.1",
            "PIPELINE_URL": published["pipeline_url"],
            "OCI_REGISTRY": "registry.example.com",
        }
