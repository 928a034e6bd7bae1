"""Values that the instance would refuse, or never make work, fail in check at the property that holds them."""

from __future__ import annotations

from typing import Any

import pytest

from wallaroo_pulumi.core.check import check
from wallaroo_pulumi.core.diff import diff
from wallaroo_pulumi.core.fields import UNKNOWN
from wallaroo_pulumi.core.names import wire_name
from wallaroo_pulumi.resources import RESOURCES

PLACE: dict[str, Any] = {"workspace_id": 1}
MODEL = {**PLACE, "name": "m", "path": UNKNOWN, "framework": "onnx"}
DEPLOYMENT = {**PLACE, "pipeline_name": "p", "pipeline_version_id": 1}
TASK = {**PLACE, "orchestration_id": "o", "name": "t"}
ASSAY = {k: v for k, v in RESOURCES["Assay"].examples.inputs.items() if k != "workspace_id"} | PLACE
REGISTRY = {"name": "r", "token": "t"}


def engine(**engine: Any) -> dict[str, Any]:
    return {**DEPLOYMENT, "engine_config": {"engine": engine}}


def limits(**limits: Any) -> dict[str, Any]:
    return engine(resources={"limits": limits})


CASES: list[tuple[str, dict[str, Any], str, str]] = [
    ("Task", {**TASK, "schedule": "61 4 * * *"}, "schedule", "is not a valid cron schedule: bad minute"),
    ("Task", {**TASK, "schedule": "0 0 31 2 *"}, "schedule", "bad day-of-month"),
    ("Task", {**TASK, "schedule": "0 0 L * *"}, "schedule", "Kubernetes does not have"),
    ("Task", {**TASK, "schedule": "0 0 * * fri#1"}, "schedule", "Kubernetes does not have"),
    ("Task", {**TASK, "schedule": "@daily"}, "schedule", "a cron schedule of five fields is needed"),
    ("Task", {**TASK, "schedule": "0 0 4 * * *"}, "schedule", "a cron schedule of five fields is needed"),
    ("Task", {**TASK, "schedule": "0 4 * * *", "run_timeout": -1}, "runTimeout", "must be greater than 0"),
    ("Task", {**TASK, "timeout": float("inf")}, "timeout", "finite"),
    ("Task", {**TASK, "timeout": True}, "timeout", "must be a number"),
    ("Assay", {**ASSAY, "every": None, "cron": "x y z"}, "cron", "cron schedule of five fields is needed"),
    ("Assay", {**ASSAY, "every": None, "cron": "99 * * * *"}, "cron", "bad minute"),
    ("Assay", {**ASSAY, "window_seconds": 0}, "windowSeconds", "must be greater than 0"),
    ("Assay", {**ASSAY, "window_seconds": True}, "windowSeconds", "must be a number"),
    ("Assay", {**ASSAY, "run_until": "2025-01-01T00:00:00Z"}, "", "run_until must be after first_run"),
    ("Assay", {**ASSAY, "every": {"unit": "Day", "quantity": 0}}, "every.quantity", "greater than 0"),
    ("Assay", {**ASSAY, "every": {"unit": "Days", "quantity": 1}}, "every.unit", "'Minute', 'Hour'"),
    (
        "Assay",
        {**ASSAY, "fields": [{"name": "out.x", "warning": 0.5, "alert": 0.1}]},
        "fields[0]",
        "warning (0.5) must not be greater than alert (0.1)",
    ),
    (
        "Assay",
        {**ASSAY, "fields": [{"name": "out.x", "alert": -1}]},
        "fields[0].alert",
        "greater than or equal to 0",
    ),
    (
        "Assay",
        {**ASSAY, "fields": [{"name": "out.x", "indexes": [-1]}]},
        "fields[0].indexes[0]",
        "or equal to 0",
    ),
    (
        "Assay",
        {**ASSAY, "baseline": {"static": ["2026-01-08T00:00:00Z", "2026-01-01T00:00:00Z"]}},
        "baseline",
        "before its end",
    ),
    (
        "Assay",
        {**ASSAY, "baseline": {"static": ["2026-01-08T00:00:00Z"]}},
        "baseline.static",
        "at least 2 items",
    ),
    ("Assay", {**ASSAY, "baseline": {"vector": []}}, "baseline.vector", "must have at least 1 item"),
    (
        "Assay",
        {
            **ASSAY,
            "summarizer": {
                "univariateContinuous": {"binMode": "None", "aggregation": "Sum", "metric": "PSI"}
            },
        },
        "summarizer.univariateContinuous.aggregation",
        "'Cumulative', 'Density'",
    ),
    ("Deployment", {**DEPLOYMENT, "models": []}, "models", "must have at least 1 item"),
    ("Deployment", {**DEPLOYMENT, "models": [0]}, "models[0]", "the model_version_id of a ModelVersion"),
    ("Deployment", {**DEPLOYMENT, "models": [{"name": "a", "version": "b"}]}, "models[0].sha", "is required"),
    (
        "Deployment",
        {**DEPLOYMENT, "pipeline_version_id": -3},
        "pipelineVersionId",
        "the version_id of a Pipeline",
    ),
    (
        "Deployment",
        {**DEPLOYMENT, "pipeline_version_id": True},
        "pipelineVersionId",
        "the version_id of a Pipeline",
    ),
    *(
        (
            "Deployment",
            {**DEPLOYMENT, "pipeline_version_id": id},
            "pipelineVersionId",
            "the version_id of a Pipeline",
        )
        for id in ("0", "-7")
    ),
    ("Deployment", {**DEPLOYMENT, "timeout": 1e9}, "timeout", "less than or equal to 604800"),
    ("Deployment", engine(replcas=3), "engineConfig.engine.replcas", "did you mean 'replicas'?"),
    (
        "Deployment",
        engine(nodeSelektor="a:b"),
        "engineConfig.engine.nodeSelektor",
        "did you mean 'nodeSelector'?",
    ),
    ("Deployment", engine(replicas=-1), "engineConfig.engine.replicas", "greater than or equal to 0"),
    ("Deployment", engine(replicas=1.5), "engineConfig.engine.replicas", "valid integer"),
    ("Deployment", engine(replicas=True), "engineConfig.engine.replicas", "must be a number"),
    ("Deployment", engine(gpu=1.5), "engineConfig.engine.gpu", "valid integer"),
    ("Deployment", engine(cpu=0), "engineConfig.engine.cpu", "greater than 0"),
    ("Deployment", engine(arch="amd64"), "engineConfig.engine.arch", "'x86', 'arm'"),
    ("Deployment", engine(accel="gpu"), "engineConfig.engine.accel", "'none', 'cuda'"),
    (
        "Deployment",
        engine(autoscale={"type": "cpu", "replica_min": 5, "replica_max": 2}),
        "engineConfig.engine.autoscale",
        "replica_min (5) must not be greater than replica_max (2)",
    ),
    (
        "Deployment",
        engine(autoscale={"type": "queue", "replica_max": 2}),
        "engineConfig.engine.autoscale",
        "needs scale_up_queue_depth",
    ),
    (
        "Deployment",
        engine(autoscale={"type": "cpu", "cpuUtilization": 120}),
        "engineConfig.engine.autoscale.cpuUtilization",
        "less than or equal to 100",
    ),
    (
        "Deployment",
        engine(replicas=9, autoscale={"type": "cpu", "replicaMax": 2}),
        "engineConfig.engine",
        "replicas (9) must not be greater than replica_max (2)",
    ),
    (
        "Deployment",
        limits(memory="lots"),
        "engineConfig.engine.resources.limits.memory",
        "Kubernetes quantity",
    ),
    (
        "Deployment",
        limits(memory="-1Gi"),
        "engineConfig.engine.resources.limits.memory",
        "Kubernetes quantity",
    ),
    ("Deployment", limits(memory=512), "engineConfig.engine.resources.limits.memory", "did you mean 512Mi?"),
    *(
        (
            "Deployment",
            limits(memory=memory),
            "engineConfig.engine.resources.limits.memory",
            "must be at least 1Mi",
        )
        for memory in ("0Mi", "0Gi", "1k", "1Ki", "0.0001Ki", "0.9Mi", "1.04M")
    ),
    (
        "Deployment",
        limits(memory="4000000K"),
        "engineConfig.engine.resources.limits.memory",
        "Kubernetes quantity",
    ),
    (
        "Deployment",
        limits(memory=float("inf")),
        "engineConfig.engine.resources.limits.memory",
        "valid string",
    ),
    *(
        (
            "Deployment",
            engine(resources={"requests": {name: most}, "limits": {name: least}}),
            "engineConfig.engine.resources",
            f"requests.{name} ({most}) must not be greater than limits.{name} ({least})",
        )
        for name, most, least in [
            ("memory", "4Gi", "1Gi"),
            ("memory", "2000M", "1Gi"),
            ("cpu", 2, 0.5),
            ("gpu", 1, 0),
            ("amd.com/gpu", 2, 1),
        ]
    ),
    ("Deployment", limits(gpu=-1), "engineConfig.engine.resources.limits.gpu", "greater than or equal to 0"),
    ("Deployment", limits(memmory="1Gi"), "engineConfig.engine.resources.limits.memmory", "'memory'"),
    ("ModelRegistry", {**REGISTRY, "url": "not a url"}, "url", "an HTTP or HTTPS URL"),
    ("ModelRegistry", {**REGISTRY, "url": "ftp://example.com"}, "url", "an HTTP or HTTPS URL"),
    ("ModelRegistry", {**REGISTRY, "url": "https://"}, "url", "an HTTP or HTTPS URL"),
    ("ModelRegistry", {**REGISTRY, "url": "https://example.com:99999"}, "url", "an HTTP or HTTPS URL"),
    ("ModelRegistry", {**REGISTRY, "url": "https://."}, "url", "an HTTP or HTTPS URL"),
    ("ModelRegistry", {**REGISTRY, "url": "https://a..example.com"}, "url", "an HTTP or HTTPS URL"),
    ("ModelRegistry", {**REGISTRY, "url": "https://a_b,c"}, "url", "an HTTP or HTTPS URL"),
    ("ModelRegistry", {**REGISTRY, "url": f"https://{'a' * 64}.com"}, "url", "an HTTP or HTTPS URL"),
    ("ModelRegistry", {**REGISTRY, "url": "https://[::g]"}, "url", "an HTTP or HTTPS URL"),
    ("ModelRegistry", {**REGISTRY, "url": "https://a.example.com/b c"}, "url", "an HTTP or HTTPS URL"),
    ("ModelRegistry", {**REGISTRY, "url": "https://a.example.com\u200b"}, "url", "U+200B (ZERO WIDTH SPACE)"),
    ("ModelRegistry", {**REGISTRY, "url": "https://reg\0istry.example.com"}, "url", "U+0000 at position 12"),
    (
        "ModelRegistry",
        {"name": "r", "url": "https://example.com", "token": "t\n"},
        "",
        "token: contains the control character U+000A at position 2",
    ),
    ("ModelVersion", {**MODEL, "python_version": 3.8}, "pythonVersion", "must be text, such as '3.8'"),
    ("ModelVersion", {**MODEL, "python_version": "latest"}, "pythonVersion", "a version of Python"),
    ("ModelVersion", {**MODEL, "requirements": ["numpy", ""]}, "requirements[1]", "must not be empty"),
    ("ModelVersion", {**MODEL, "requirements": ["a\nb"]}, "requirements[0]", "U+000A"),
    ("ModelVersion", {**MODEL, "input_schema": "not base64"}, "inputSchema", "must be a pyarrow.Schema"),
    ("ModelVersion", {**MODEL, "batch_config": "singel"}, "batchConfig", "must be 'single'"),
    ("ModelVersion", {**MODEL, "filter_threshold": float("nan")}, "filterThreshold", "finite"),
    (
        "ModelVersion",
        {**MODEL, "dynamic_batching": {"batchSizeTarget": 9, "batchSizeLimit": 2}},
        "dynamicBatching",
        "batch_size_target (9) must not be greater than batch_size_limit (2)",
    ),
    ("ModelVersion", {**MODEL, "accel": "jetson"}, "", "accel 'jetson' runs on arch 'arm' only"),
    (
        "ModelVersion",
        {**MODEL, "arch": "arm", "accel": {"qaic": {}}},
        "",
        "accel 'qaic' runs on arch 'x86' only",
    ),
    ("ModelVersion", {**MODEL, "accel": {"qaic": {"num_core": 4}}}, "accel.qaic.num_core", "'num_cores'"),
    ("User", {"email": "a@example.com", "first_name": "A\nda"}, "firstName", "control character U+000A"),
    ("User", {"email": "a@example.com", "initial_password": ""}, "", "initialPassword: must not be empty"),
    ("Connection", {"name": "c", "type": "", "details": {}}, "type", "must not be empty"),
    ("Edge", {"name": "e", "publish_id": 0}, "publishId", "the publish_id of a PipelinePublish"),
    ("Workspace", {"name": "w", "force_destroy": "maybe"}, "forceDestroy", "valid boolean"),
]


@pytest.mark.parametrize(("kind", "inputs", "property", "told"), CASES)
def test_a_wrong_value_fails_at_its_property(
    kind: str, inputs: dict[str, Any], property: str, told: str
) -> None:
    _, failures = check(RESOURCES[kind], {wire_name(k): v for k, v in inputs.items()}, {})
    assert [failure.property for failure in failures] == [property]
    assert told in failures[0].reason
    assert "\n" not in failures[0].reason


@pytest.mark.parametrize(
    ("kind", "inputs"),
    [
        ("Task", {**TASK, "schedule": "*/15 0-6,20 1,15 JAN-JUN mon-FRI"}),
        ("Assay", {**ASSAY, "every": None, "cron": "0 0 6 * * *"}),
        (
            "Deployment",
            engine(replicas=2.0, cpu="0.5", gpu=False, node_selector="wallaroo.ai/accelerator:a2"),
        ),
        ("Deployment", limits(memory="1.5Gi", cpu=0.25, gpu=0, **{"amd.com/gpu": 2, "nvidia.com/gpu": 1})),
        ("Deployment", limits(memory=2**20)),
        ("Deployment", limits(memory="1048576")),
        (
            "Deployment",
            engine(resources={"requests": {"cpu": 1, "memory": "1Gi"}, "limits": {"memory": "1024Mi"}}),
        ),
        (
            "Deployment",
            engine(
                resources={"requests": {"memory": "9Gi", "cpu": 2}, "limits": {"memory": UNKNOWN, "cpu": 2.0}}
            ),
        ),
        ("Deployment", engine(resources={"requests": UNKNOWN, "limits": {"cpu": 1}})),
        ("Deployment", {**DEPLOYMENT, "models": ["7", 8, {"name": "a", "version": "b", "sha": "c"}]}),
        ("Deployment", {**DEPLOYMENT, "pipeline_version_id": "0b989008-5f1d-453e-8085-98d97be1b722"}),
        ("ModelVersion", {**MODEL, "accel": {"qaic": {"num_cores": 4}}, "python_version": "3.10"}),
        ("ModelRegistry", {**REGISTRY, "url": "http://10.0.0.1:8080/a?b=c"}),
    ],
)
def test_unusual_values_that_work_pass(kind: str, inputs: dict[str, Any]) -> None:
    assert check(RESOURCES[kind], {wire_name(k): v for k, v in inputs.items()}, {})[1] == []


@pytest.mark.parametrize(
    ("kind", "inputs", "line"),
    [
        (
            "Deployment",
            engine(replcas=3),
            "engine_config.engine.replcas: is not a property; did you mean 'replicas'?",
        ),
        ("Deployment", {**DEPLOYMENT, "pipeline_name": ""}, "pipeline_name: must not be empty"),
        (
            "Workspace",
            {"name": "w", "adopt": "allways"},
            "adopt: must be one of 'never', 'if_empty' or 'always'",
        ),
        ("Workspace", {"name": "w", "colour": "red"}, "colour: is not a property of this resource"),
        (
            "Workspace",
            {"name": "w", "forceDestroi": True},
            "forceDestroi: is not a property of this resource; did you mean 'forceDestroy'?",
        ),
        ("User", {}, "email: is required"),
        (
            "User",
            {"email": "a@example.com", "initial_password": [1]},
            "initial_password: must be a valid string",
        ),
    ],
)
def test_a_python_program_sees_its_own_names(kind: str, inputs: dict[str, Any], line: str) -> None:
    wire = {wire_name(k): v for k, v in inputs.items()}
    _, (failure,) = check(RESOURCES[kind], wire, {})
    assert str(failure) == line


def test_a_snake_case_property_of_a_transform_gets_the_wire_name_as_a_hint() -> None:
    both = {"name": "w", "forceDestroy": False, "force_destroy": True}
    _, (failure,) = check(RESOURCES["Workspace"], both, {})
    assert failure.reason == "is not a property of this resource; did you mean 'forceDestroy'?"


@pytest.mark.parametrize("kind", ["Deployment", "PipelinePublish"])
@pytest.mark.parametrize("text", ["7", "007"])
def test_the_id_of_a_pipeline_version_may_be_text(kind: str, text: str) -> None:
    given = {"Deployment": DEPLOYMENT, "PipelinePublish": {"models": []}}[kind]
    wire = {wire_name(k): v for k, v in given.items()}
    canonical, failures = check(RESOURCES[kind], {**wire, "pipelineVersionId": text}, {})
    assert failures == []
    assert canonical["pipelineVersionId"] == 7
    assert diff(RESOURCES[kind], {**canonical, "pipelineVersionId": text}, canonical).changed == ()
