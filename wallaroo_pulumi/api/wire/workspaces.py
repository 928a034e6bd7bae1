"""Workspaces, their members and users: types of the API's responses."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from .base import Wire


class Workspace(BaseModel):
    """An element of workspaces/list, without ``created_by``, which changes by itself.

    A list may have thousands of these and is read after every create. It therefore has no validator in Python, and
    fields that may be null allow it.
    """

    model_config = Wire.model_config

    id: int
    name: str
    created_at: str | None = None
    archived: bool | None = False
    models: tuple[int, ...] | None = ()
    pipelines: tuple[int, ...] | None = ()


class WorkspaceList(Wire):
    """The response of workspaces/list."""

    workspaces: tuple[Workspace, ...]


class WorkspaceCreated(Wire):
    """The response of workspaces/create."""

    workspace_id: int


class Member(Wire):
    """An element of workspaces/list_users."""

    user_id: str
    role: Annotated[str, AfterValidator(str.upper)] = Field(alias="user_type", default="COLLABORATOR")


class MemberList(Wire):
    """The response of workspaces/list_users."""

    users: tuple[Member, ...]


class MemberRemoved(Wire):
    """The response of workspaces/remove_user."""

    affected_rows: int = 0


class User(Wire):
    """A Keycloak user, as in the response of users/query."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    id: str
    username: str = ""
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    enabled: bool = True
    created_timestamp: int | None = None
    """Milliseconds since 1970."""
    realm_roles: tuple[str, ...] | None = None
    """Only in a full list, and only for users that have some."""


class UserList(Wire):
    """The response of users/query: users by id; a user may be null."""

    users: dict[str, User | None]


class Invited(Wire):
    """The response of users/invite."""

    id: str
    password: str | None = Field(default=None, repr=False)
