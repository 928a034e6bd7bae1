"""The estate that every program declares: so many workspaces, and in each these members."""

MEMBERS = (
    ("mary.jane@example.com", "OWNER"),
    ("john.hancock@example.com", "COLLABORATOR"),
    ("ada@example.com", "COLLABORATOR"),
)
