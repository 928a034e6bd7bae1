"""A program that uses much of the interface, without a mistake; nothing runs it. See ``test_static_types.py``."""

from pathlib import Path

import pulumi

import wallaroo_pulumi as wallaroo

config = pulumi.Config()
ws = wallaroo.Workspace("ws", adopt="never", opts=pulumi.ResourceOptions(protect=True))
wallaroo.WorkspaceMember("lead", workspace_id=ws.workspace_id, email=config.require("lead"), role="OWNER")
found = wallaroo.get_model_version(workspace_id=1, name="ccfraud")
later = wallaroo.get_model_version_output(workspace_id=ws.workspace_id, name="ccfraud")
model = wallaroo.ModelVersion(
    "model",
    workspace_id=ws.workspace_id,
    name="price",
    path=Path("models") / "price.onnx",
    framework="onnx",
    accel={"qaic": {"num_cores": 4}},
    requirements=["numpy", config.require_secret("index")],
    dynamic_batching={"max_batch_delay_ms": 5, "batch_size_target": None},
    openai={"enabled": True, "completion_config": {"max_tokens": 5}},
)
steps = [
    wallaroo.model_step(model),
    wallaroo.shadow_step(found, model, later),
    wallaroo.random_split_step([(model, 0.9), (later, config.require_float("share"))], hash_key="card"),
    wallaroo.meta_split_step("tier", model, {"gold": found}),
]
pipeline = wallaroo.Pipeline("p", workspace_id=ws.workspace_id, name="p", steps=steps)
wallaroo.Pipeline("q", workspace_id=1, name="q", steps=[model, found, later, *steps])
wallaroo.Pipeline("r", workspace_id=1, name="r", steps=[{"model_inference": {"models": [model, found]}}])
wallaroo.Pipeline("s", workspace_id=1, name="s", steps=[{"check": {"tree": ["{}"]}}])
deployment = wallaroo.Deployment(
    "d",
    workspace_id=ws.workspace_id,
    pipeline_name=pipeline.name,
    pipeline_version_id=pipeline.version_id,
    models=[model, found, later, 7, model.id, model.model_version_id, wallaroo.model_ref(model)],
    engine_config=wallaroo.engine_config(
        cpus=0.5,
        memory="512Mi",
        replicas=config.require_float("replicas"),
        accel="cuda",
        sidekicks=[wallaroo.Sidekick(model, memory=config.require("memory"), env={"N": config.require("n")})],
    ),
)
wallaroo.Deployment(
    "e",
    workspace_id=1,
    pipeline_name="e",
    pipeline_version_id="0b989008-5f1d-453e-8085-98d97be1b722",
    engine_config={
        "engine": {
            "replicas": pulumi.Output.from_input(2),
            "node_selector": "pool:gpu",
            "autoscale": {"type": "cpu", "replica_min": 0, "replica_max": 2},
            "resources": {"limits": {"cpu": 1, "memory": "1Gi", "amd.com/gpu": 1}},
        },
        "engine_aux": {"images": {"m-1": {"env": [{"name": "A", "value": "b"}]}}},
    },
)
wallaroo.Assay(
    "assay",
    workspace_id=ws.workspace_id,
    name="a",
    pipeline_name=pipeline.name,
    fields=[{"name": "out.x", "indexes": [0], "warning": 0.1}],
    baseline={"static": ["2026-01-01T00:00:00Z", "2026-01-08T00:00:00Z"]},
    window_seconds=60,
    first_run="2026-01-09T00:00:00Z",
    every={"unit": "Day", "quantity": 1},
    summarizer={
        "univariate_continuous": {"bin_mode": {"quantile": 5}, "aggregation": "Density", "metric": "PSI"}
    },
)
secret = pulumi.Output.secret("hush")
wallaroo.Connection("c", name="c", type="s3", details={"key": secret, "port": 5432}, adopt="if_same")
read = wallaroo.Workspace.get("read", 12)
pulumi.export("id", read.workspace_id.apply(lambda number: number + 1))
pulumi.export("version", pipeline.version_id.apply(lambda version: f"{version}"))
pulumi.export(
    "replicas",
    deployment.engine_config.apply(_replicas := lambda c: c and c.get("engine", {}).get("replicas")),
)
pulumi.export("names", [workspace.name for workspace in wallaroo.get_workspaces().workspaces])
