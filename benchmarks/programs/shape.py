"""The estate that every program declares: so many workspaces, and in each these members."""

from typing import Any

MEMBERS = (
    ("mary.jane@example.com", "OWNER"),
    ("john.hancock@example.com", "COLLABORATOR"),
    ("ada@example.com", "COLLABORATOR"),
)


def declare(package: Any) -> None:
    """Declare it with the classes of a package."""
    import pulumi

    for i in range(pulumi.Config("bench").require_int("n")):
        workspace = package.Workspace(f"w{i}", name=f"bench-{i:05}")
        for email, role in MEMBERS:
            package.WorkspaceMember(
                f"w{i}-{email}", workspace_id=workspace.workspace_id, email=email, role=role
            )
