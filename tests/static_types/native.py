"""A program of the native module, without a mistake; nothing runs it. See ``test_static_types.py``."""

import pulumi

import wallaroo_pulumi.native as wallaroo

config = pulumi.Config()
europe = wallaroo.Provider(
    "europe",
    domain="eu.example.com",
    username=config.require("user"),
    password=config.require_secret("password"),
    timeout=5,
    validate=True,
)
options = pulumi.ResourceOptions(provider=europe)
ws = wallaroo.Workspace("ws", adopt="never", opts=options)
again = wallaroo.Workspace.get("again", 12, opts=options)
model = wallaroo.ModelVersion(
    "model", workspace_id=ws.workspace_id, name="price", path="price.onnx", framework="onnx", opts=options
)
found = wallaroo.get_model_version(workspace_id=1, name="ccfraud", opts=pulumi.InvokeOptions(provider=europe))
later = wallaroo.get_workspace_output(name=ws.name, opts=pulumi.InvokeOutputOptions(depends_on=[model]))
pipeline = wallaroo.Pipeline(
    "pipeline",
    workspace_id=again.workspace_id,
    name="price",
    steps=[model, wallaroo.shadow_step(found, model)],
    opts=options,
)
pulumi.export("created_at", later.created_at)
pulumi.export("version", pipeline.version)
