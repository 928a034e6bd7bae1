"""Workspaces, their members, and users, through the SDK."""

from wallaroo import Client
from wallaroo.wallaroo_ml_ops_api_client.api.workspace import (
    workspaces_add_user,
    workspaces_create,
    workspaces_list,
    workspaces_list_users,
    workspaces_remove_user,
)


def create(client: Client, name: str, collaborators: tuple = (), owners: tuple = ()) -> int:
    workspace = client.create_workspace(name)
    for email in collaborators:
        workspace.add_user(email)
    for email in owners:
        workspace.add_owner(email)
    return workspace.id()


def look(client: Client, name: str) -> dict:
    workspace = client.get_workspace(name)
    return {
        "id": workspace.id(),
        "archived": workspace.archived(),
        "created_at": workspace.created_at(),
        "users": sorted(user.email() for user in workspace.users()),
        "roles": roles(client, workspace.id()),
        "models": [model.name() for model in workspace.models()],
        "pipelines": [pipeline.name() for pipeline in workspace.pipelines()],
    }


def roles(client: Client, workspace_id: int) -> dict:
    """E-mail address → role. The high-level SDK tells no roles, so its generated client is asked."""
    found = workspaces_list_users.sync(
        client=client.mlops(), body=workspaces_list_users.WorkspacesListUsersBody(workspace_id)
    )
    return {client.get_email_by_id(user.user_id): user.user_type for user in found.users}


def names(client: Client) -> list:
    return [workspace.name() for workspace in client.list_workspaces()]


def remove_member(client: Client, name: str, email: str) -> None:
    client.get_workspace(name).remove_user(email)


def current(client: Client) -> dict:
    """The user's default workspace, created if there is none."""
    workspace = client.get_current_workspace()
    return {"id": workspace.id(), "name": workspace.name()}


def generated(client: Client, name: str, email: str) -> dict:
    """The life cycle of a workspace with the generated client."""
    api = client.mlops()
    workspace_id = workspaces_create.sync(
        client=api, body=workspaces_create.WorkspacesCreateBody(name)
    ).workspace_id

    def members() -> dict:
        found = workspaces_list_users.sync(
            client=api, body=workspaces_list_users.WorkspacesListUsersBody(workspace_id)
        )
        return {user.user_id: user.user_type for user in found.users}

    def add(role: str | None) -> dict:
        body = workspaces_add_user.WorkspacesAddUserBody.from_dict(
            {"workspace_id": workspace_id, "email": email}
        )
        if role:
            body.user_type = role
        workspaces_add_user.sync(client=api, body=body)
        return members()

    def remove() -> int:
        body = workspaces_remove_user.WorkspacesRemoveUserBody.from_dict(
            {"workspace_id": workspace_id, "email": email}
        )
        return workspaces_remove_user.sync(client=api, body=body).affected_rows

    listed = workspaces_list.sync(client=api, body=workspaces_list.WorkspacesListBody())
    return {
        "id": workspace_id,
        "listed": [workspace.name for workspace in listed.workspaces],
        "added": add(None),
        "raised": add("OWNER"),
        "removed": [remove(), remove()],
        "left": members(),
    }


def invite(client: Client, email: str) -> str:
    return client.invite_user(email, "a-password")["id"]


def user(client: Client, email: str) -> dict:
    found = client.get_user_by_email(email)
    assert client.get_email_by_id(found.id()) == email
    return {"id": found.id(), "enabled": found.enabled()}


def users(client: Client) -> list:
    return [user.username() for user in client.list_users()]


def set_active(client: Client, email: str, active: bool) -> None:
    (client.activate_user if active else client.deactivate_user)(email)
