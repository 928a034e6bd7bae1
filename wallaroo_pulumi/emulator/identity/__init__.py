"""Users, clients and tokens (Keycloak), workspaces and their members: who may call what."""
