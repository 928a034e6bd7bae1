"""The smallest useful stack: one workspace and the person who leads it."""

import pulumi

import wallaroo_pulumi as wallaroo

workspace = wallaroo.Workspace("fraud", name="fraud-prod")
wallaroo.WorkspaceMember(
    "fraud-lead", workspace_id=workspace.workspace_id, email="mary.jane@example.com", role="OWNER"
)

pulumi.export("workspace_id", workspace.workspace_id)
