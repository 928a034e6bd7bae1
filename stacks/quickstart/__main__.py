"""The smallest useful stack: one workspace, the person who leads it and an analyst."""

import pulumi

import wallaroo_pulumi as wallaroo

workspace = wallaroo.Workspace("fraud", name="fraud-prod")
wallaroo.WorkspaceMember(
    "fraud-lead", workspace_id=workspace.workspace_id, email="mary.jane@example.com", role="OWNER"
)
wallaroo.WorkspaceMember(
    "fraud-analyst", workspace_id=workspace.workspace_id, email="john.hancock@example.com"
)

pulumi.export("workspace_id", workspace.workspace_id)
