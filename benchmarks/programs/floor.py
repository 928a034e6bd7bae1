"""The floor: the same resources and properties from a provider that does nothing."""

import pulumi
from floor_provider import Member, Workspace
from shape import MEMBERS

for i in range(pulumi.Config("bench").require_int("n")):
    workspace = Workspace(f"w{i}", name=f"bench-{i:05}")
    for email, role in MEMBERS:
        Member(f"w{i}-{email}", workspace_id=workspace.workspace_id, email=email, role=role)
