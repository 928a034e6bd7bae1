"""Components: what most programs declare together, as one resource.

``wallaroo_pulumi`` and ``wallaroo_pulumi.native`` export these classes, each with its own resources as children. The
type tokens are the same, so a component moves between them like its children.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from os import PathLike
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import pulumi

# Pulumi evaluates the annotations of a component at run time.
from .adapters.classes import (
    Connection,
    Deployment,
    ModelVersion,
    Pipeline,
    Workspace,
    WorkspaceConnection,
    WorkspaceMember,
)
from .adapters.pulumi_values import NATIVE

if TYPE_CHECKING:
    from .adapters.types import EngineConfigArgs

Role = Literal["OWNER", "COLLABORATOR"]


class Component(pulumi.ComponentResource):
    """Base of the components."""

    _children: ClassVar[str] = "wallaroo_pulumi.adapters.classes"
    """The module that contains the children's classes."""

    def __init__(self, resource_name: str, opts: pulumi.ResourceOptions | None) -> None:
        super().__init__(f"{NATIVE}{type(self).__name__}", resource_name, {}, opts)
        self._classes: Any = import_module(self._children)
        self._below = pulumi.ResourceOptions(parent=self)
        self.outputs: Mapping[str, pulumi.Output[Any]] = {}

    def _finish(self, **outputs: pulumi.Output[Any]) -> None:
        """Register the outputs, named as on the wire. The plugin answers with them to programs in other languages."""
        self.outputs = outputs
        self.register_outputs(outputs)


class Team(Component):
    """A workspace with its members and attached connections."""

    workspace: Workspace
    members: Mapping[str, WorkspaceMember]
    """By e-mail address or user id."""
    connections: Mapping[str, WorkspaceConnection]
    """By name: the connection's, or the resource's if a Connection was given."""
    workspace_id: pulumi.Output[int]
    name: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        *,
        name: pulumi.Input[str] | None = None,
        members: Mapping[str, pulumi.Input[Role]] | None = None,
        connections: Sequence[str | Connection] | Mapping[str, pulumi.Input[str]] = (),
        adopt: pulumi.Input[Literal["never", "if_empty", "always"]] = "if_empty",
        force_destroy: pulumi.Input[bool] = False,
        delete_adopted: pulumi.Input[bool] = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare a Team.

        :param name: The workspace's name, a DNS label. Resource name and 7 hex characters by default.
        :param members: E-mail address, or user id, → role. The user who runs Pulumi is an owner already.
        :param connections: Connections of the instance to attach: names, or Connection resources. A mapping holds
            names that are Outputs, by labels of their resources.
        :param adopt: Which existing workspace of this name is adopted, as for a Workspace.
        :param force_destroy: Whether destroying empties the workspace, as for a Workspace.
        :param delete_adopted: Whether destroying removes memberships and attachments that existed before.
        """
        super().__init__(resource_name, opts)
        self.workspace = self._classes.Workspace(
            resource_name, name=name, adopt=adopt, force_destroy=force_destroy, opts=self._below
        )
        self.workspace_id, self.name = self.workspace.workspace_id, self.workspace.name
        common: dict[str, Any] = {"workspace_id": self.workspace_id, "delete_adopted": delete_adopted}
        self.members = {
            who: self._classes.WorkspaceMember(
                f"{resource_name}-{who}",
                **{"email" if "@" in who else "user_id": who},
                role=role,
                **common,
                opts=self._below,
            )
            for who, role in (members or {}).items()
        }
        self.connections = {
            label: self._classes.WorkspaceConnection(
                f"{resource_name}-{label}", connection_name=name, **common, opts=self._below
            )
            for label, name in (
                connections.items() if isinstance(connections, Mapping) else map(_connection, connections)
            )
        }
        self._finish(workspaceId=self.workspace_id, name=self.name)


class ServedModel(Component):
    """A model file that answers inference requests: its version, a pipeline of one step, and the deployment."""

    model_version: ModelVersion
    pipeline: Pipeline
    deployment: Deployment
    inference_url: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        *,
        workspace_id: pulumi.Input[int],
        name: pulumi.Input[str],
        path: pulumi.Input[str | PathLike[str]],
        framework: pulumi.Input[str],
        input_schema: Any | None = None,
        output_schema: Any | None = None,
        model_options: Mapping[str, Any] | None = None,
        pipeline_name: pulumi.Input[str] | None = None,
        engine_config: pulumi.Input[EngineConfigArgs] | None = None,
        timeout: pulumi.Input[float] | None = None,
        force_destroy: pulumi.Input[bool] = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare a ServedModel.

        :param workspace_id: The workspace: the `workspace_id` of a Workspace or a Team.
        :param name: The model's name, a DNS label.
        :param path: The model's file, as for a ModelVersion.
        :param framework: The model's framework, such as `onnx`.
        :param input_schema: The inputs' fields, as for a ModelVersion.
        :param output_schema: The outputs' fields, as for a ModelVersion.
        :param model_options: Other inputs of the ModelVersion, by their Python names: `{"accel": "cuda"}`.
        :param pipeline_name: The pipeline's name, a DNS label; the model's name by default.
        :param engine_config: What :func:`engine_config` returns.
        :param timeout: Seconds to wait for the conversion, and for the deployment.
        :param force_destroy: Whether destroying undeploys what uses the model version and the pipeline.
        """
        super().__init__(resource_name, opts)
        common: dict[str, Any] = {"workspace_id": workspace_id, "opts": self._below}
        self.model_version = self._classes.ModelVersion(
            resource_name,
            name=name,
            path=path,
            framework=framework,
            input_schema=input_schema,
            output_schema=output_schema,
            timeout=timeout,
            force_destroy=force_destroy,
            **(model_options or {}),
            **common,
        )
        self.pipeline = self._classes.Pipeline(
            resource_name,
            name=name if pipeline_name is None else pipeline_name,
            steps=[self.model_version],
            force_destroy=force_destroy,
            **common,
        )
        self.deployment = self._classes.Deployment(
            resource_name,
            pipeline_name=self.pipeline.name,
            pipeline_version_id=self.pipeline.version_id,
            engine_config=engine_config,
            timeout=timeout,
            **common,
        )
        self.inference_url = self.deployment.inference_url
        self._finish(inferenceUrl=self.inference_url)


def _connection(given: str | Connection) -> tuple[str, pulumi.Input[str]]:
    """Return a label for the attachment, and the connection's name."""
    return (given, given) if isinstance(given, str) else (given.pulumi_resource_name, given.name)
