"""Connections through the SDK."""

from wallaroo import Client
from wallaroo.connection import Connection


def create(client: Client, name: str, type: str, details: dict) -> str:
    return client.create_connection(name, type, details).id()


def create_registry(client: Client, workspace: str, name: str, url: str, token: str) -> None:
    """A model registry that the workspace uses."""
    client.create_model_registry(name, token, url, client.get_workspace(workspace).id())


def attach(client: Client, workspace: str, name: str) -> None:
    client.get_workspace(workspace).add_connection(name)


def detach(client: Client, workspace: str, name: str) -> None:
    client.get_workspace(workspace).remove_connection(name)


def delete(client: Client, name: str) -> None:
    client.get_connection(name).delete_connection()


def names(client: Client, workspace: str) -> list:
    """All of the instance, and those of one workspace."""
    everywhere, here = client.list_connections(), client.get_workspace(workspace).list_connections()
    return [[connection.name() for connection in found] for found in (everywhere, here)]


def look(client: Client, name: str) -> dict:
    found = client.get_connection(name)
    # The same by id alone, which the SDK fills in when it is asked for the rest.
    assert Connection(client, {"id": found.id()}).details() == found.details()
    return {
        "id": found.id(),
        "type": found.connection_type(),
        "details": found.details(),
        "workspaces": found.workspace_names(),
    }
