"""From a model file to an inference URL: the file's version, a pipeline of it, and its deployment.

Ask it for the price of a house of 100 square metres with 4 rooms (make_model.py has the formula: 140000)::

    curl -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \
        -d '[{"house": [100, 4]}]' "$(pulumi stack output inference_url)"
"""

import pulumi

import wallaroo_pulumi as wallaroo

workspace = wallaroo.Workspace("houses", name="house-prices")
wallaroo.WorkspaceMember(
    "house-lead", workspace_id=workspace.workspace_id, email="mary.jane@example.com", role="OWNER"
)

model = wallaroo.ModelVersion(
    "house-price",
    workspace_id=workspace.workspace_id,
    name="house-price",
    path="house_price.onnx",
    framework="onnx",
)

pipeline = wallaroo.Pipeline(
    "house-price",
    workspace_id=workspace.workspace_id,
    name="house-price",
    steps=[wallaroo.model_step(model)],
)

deployment = wallaroo.Deployment(
    "house-price",
    workspace_id=workspace.workspace_id,
    pipeline_name=pipeline.name,
    pipeline_version_id=pipeline.version_id,
    models=[wallaroo.model_ref(model)],
    engine_config=wallaroo.engine_config(cpus=0.5, memory="512Mi", replicas=1),
)

pulumi.export("workspace_id", workspace.workspace_id)
pulumi.export("model_version_id", model.model_version_id)
pulumi.export("inference_url", deployment.inference_url)
