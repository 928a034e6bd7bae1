"""A program with mistakes, each on a line with this mark at its end; nothing runs it. See ``test_static_types.py``."""

import pulumi

import wallaroo_pulumi as wallaroo

config = pulumi.Config()
ws = wallaroo.Workspace("ws", adopt="allways")  # wrong
wallaroo.Workspace("two", nam="fraud")  # wrong
wallaroo.Workspace("three", force_destroy="yes")  # wrong
wallaroo.WorkspaceMember("a", workspace_id=ws.workspace_id, email="a@example.com", role="ADMIN")  # wrong
wallaroo.WorkspaceMember("b", workspace_id=ws.name, email="b@example.com")  # wrong
wallaroo.User("ada", email=["ada@example.com"])  # wrong
model = wallaroo.ModelVersion(
    "model",
    workspace_id=ws.workspace_id,
    name="price",
    path="price.onnx",
    framework="ONNX",  # wrong
    arch="amd64",  # wrong
    dynamic_batching={"max_delay": 5},  # wrong
)
pipeline = wallaroo.Pipeline("p", workspace_id=ws.workspace_id, name="p", steps=[ws])  # wrong
wallaroo.Pipeline("q", workspace_id=1, name="q", steps=[{"model_inference": {"model": [model]}}])  # wrong
deployment = wallaroo.Deployment(
    "d",
    workspace_id=ws.workspace_id,
    pipeline_name=pipeline.name,
    pipeline_version_id=pipeline.version_id,
    models=[model, pipeline],  # wrong
    engine_config={"engine": {"replcas": 3}},  # wrong
)
wallaroo.engine_config(cpu=1)  # wrong
wallaroo.engine_config(arch="amd64")  # wrong
wallaroo.Autoscale(1, 2, by="memory")  # wrong
wallaroo.model_step("ccfraud")  # wrong
wallaroo.Connection("c", name="c", type="s3", details={}, adopt="always")  # wrong
wallaroo.Task("t", workspace_id=1, orchestration_id="o", name="t", arguments="none")  # wrong
wallaroo.Assay(
    "assay",
    workspace_id=1,
    name="a",
    pipeline_name="p",
    fields=[{"name": "out.x"}],
    baseline={"vector": [1.0]},
    window_seconds=60,
    first_run="2026-01-01T00:00:00Z",
    every={"unit": "Days", "quantity": 1},  # wrong
)
pulumi.export("id", ws.workspace_id.apply(lambda number: number.upper()))  # wrong
pulumi.export("version", pipeline.version_id.apply(lambda version: version.name))  # wrong
pulumi.export("kind", deployment.models.apply(lambda models: models[0]["name"]))  # wrong
print(wallaroo.get_workspace(name="fraud").id)  # wrong
wallaroo.get_pipeline("fraud", "p")  # wrong
wallaroo.get_user(mail="ada@example.com")  # wrong
wallaroo.Workspace.get("read")  # wrong
