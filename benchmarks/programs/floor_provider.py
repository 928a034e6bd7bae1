"""A dynamic provider that does nothing: whatever it costs is Pulumi's own."""

from __future__ import annotations

import itertools
import uuid
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, Resource, ResourceProvider

_ids = itertools.count(1)


class WorkspaceProvider(ResourceProvider):
    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> CreateResult:
        id = next(_ids)
        made = {"workspaceId": id, "createdAt": "2024-07-11T16:51:50.885751+00:00", "adopted": False}
        return CreateResult(str(id), {**props, **made})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        return ReadResult(id_, props)


class MemberProvider(ResourceProvider):
    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> CreateResult:
        user_id = str(uuid.uuid4())
        return CreateResult(
            f"{int(props['workspaceId'])}/{user_id}", {**props, "userId": user_id, "adopted": False}
        )

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        return ReadResult(id_, props)


class Workspace(Resource, module="floor", name="Workspace"):
    workspace_id: pulumi.Output[int]

    def __init__(self, resource_name: str, *, name: str) -> None:
        props = {
            "name": name,
            "adopt": "if_empty",
            "forceDestroy": False,
            "workspaceId": None,
            "createdAt": None,
            "adopted": None,
        }
        super().__init__(WorkspaceProvider(), resource_name, props)
        self.workspace_id = self.__dict__["workspaceId"]


class WorkspaceMember(Resource, module="floor", name="WorkspaceMember"):
    def __init__(self, resource_name: str, *, workspace_id: pulumi.Input[int], email: str, role: str) -> None:
        props = {
            "workspaceId": workspace_id,
            "email": email,
            "role": role,
            "deleteAdopted": False,
            "userId": None,
            "adopted": None,
        }
        super().__init__(MemberProvider(), resource_name, props)
