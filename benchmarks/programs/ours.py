"""Ours: the same estate with this package."""

import pulumi
from shape import MEMBERS

import wallaroo_pulumi as wallaroo

for i in range(pulumi.Config("bench").require_int("n")):
    workspace = wallaroo.Workspace(f"w{i}", name=f"bench-{i:05}")
    for email, role in MEMBERS:
        wallaroo.WorkspaceMember(f"w{i}-{email}", workspace_id=workspace.workspace_id, email=email, role=role)
