"""The floor of the native plugin: the same resources and properties from a plugin that does nothing."""

import sys

import pulumi
from shape import declare


class Workspace(pulumi.CustomResource):
    workspace_id: pulumi.Output[int]

    def __init__(self, resource_name, *, name):
        props = {"name": name, "adopt": "if_empty", "forceDestroy": False}
        super().__init__(
            "floor:index:Workspace",
            resource_name,
            {**props, "workspaceId": None, "createdAt": None, "adopted": None},
        )
        self.workspace_id = self.__dict__["workspaceId"]


class WorkspaceMember(pulumi.CustomResource):
    def __init__(self, resource_name, *, workspace_id, email, role):
        props = {"workspaceId": workspace_id, "email": email, "role": role, "deleteAdopted": False}
        super().__init__(
            "floor:index:WorkspaceMember", resource_name, {**props, "userId": None, "adopted": None}
        )


declare(sys.modules[__name__])
