"""The resources that an estate declares in the running Pulumi program."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pulumi

from ..adapters.builders import engine_config, model_ref, random_split_step, shadow_step
from ..core.json_values import Place, not_json
from ..credentials import credentials
from .document import EstateError, path_text
from .format import (
    CONFIG,
    ConnectionPart,
    EnginePart,
    Estate,
    ModelPart,
    PipelinePart,
    StepPart,
    WorkspacePart,
    with_models,
)

if TYPE_CHECKING:
    from ..adapters.classes import (
        Deployment,
        Edge,
        ModelRegistryAttachment,
        ModelVersion,
        Pipeline,
        Workspace,
    )


def declare(
    estate: Estate, folder: str | Path | None = None, *, native: bool | None = None
) -> dict[str, pulumi.Output[Any]]:
    """Declare the estate's objects in the running program; paths of files are relative to ``folder``.

    ``native``: whether to use the native plugin; by default the setting ``wallaroo-estate:native``, else false.

    Returns the ids, ``workspaces`` and ``users`` by name, the ``inference_urls`` by workspace and pipeline, and the
    secret ``edge_bundles`` by edge.
    Raises EstateError with a line for every secret that the stack configuration lacks.
    """
    kinds = _classes(native)
    details, tokens = _secrets(estate)
    connections = {
        name: kinds.Connection(
            name, **{**part.inputs(), "name": name, "details": details[name]}, opts=_options(part)
        )
        for name, part in estate.connections.items()
    }
    users = {
        email: kinds.User(email, email=email, **part.inputs(), opts=_options(part))
        for email, part in estate.users.items()
    }
    registries = {
        key: kinds.ModelRegistry(
            key, **{**part.inputs(), "name": part.name or key, "token": tokens[key]}, opts=_options(part)
        )
        for key, part in estate.registries.items()
    }
    workspaces = {}
    urls: dict[str, pulumi.Output[str]] = {}
    bundles: dict[str, pulumi.Output[str | None]] = {}
    for name, part in estate.workspaces.items():
        workspace = kinds.Workspace(name, name=name, **part.inputs(), opts=_options(part))
        workspaces[name] = workspace
        for user, role in part.members.items():
            kinds.WorkspaceMember(
                f"{name}/{user}",
                workspace_id=workspace.workspace_id,
                **cast("dict[str, Any]", {"email" if "@" in user else "user_id": user}),
                role=role,
                delete_adopted=part.delete_adopted,
                opts=pulumi.ResourceOptions(
                    parent=workspace, depends_on=[users[user]] if user in users else None
                ),
            )
        attached = [
            kinds.WorkspaceConnection(
                f"{name}/{connection}",
                workspace_id=workspace.workspace_id,
                connection_name=connections[connection].name if connection in connections else connection,
                delete_adopted=part.delete_adopted,
                opts=pulumi.ResourceOptions(parent=workspace),
            )
            for connection in part.connections
        ]
        used = {
            registry: kinds.ModelRegistryAttachment(
                f"{name}/{registry}",
                workspace_id=workspace.workspace_id,
                registry_id=registries[registry].registry_id if registry in registries else registry,
                delete_adopted=part.delete_adopted,
                opts=pulumi.ResourceOptions(parent=workspace),
            )
            for registry in part.registries
        }
        serving = _Serving(kinds, name, workspace, Path(folder or ""), used)
        serving.declare(part)
        urls |= {f"{name}/{key}": made.inference_url for key, made in serving.deployments.items()}
        bundles |= {edge: made.edge_bundle for edge, made in serving.edges.items()}
        _automation(serving, part, [*attached, *serving.deployments.values()])
    return {
        "edge_bundles": pulumi.Output.from_input(bundles),
        "inference_urls": pulumi.Output.from_input(urls),
        "workspaces": pulumi.Output.from_input({name: w.workspace_id for name, w in workspaces.items()}),
        "users": pulumi.Output.from_input({email: u.user_id for email, u in users.items()}),
    }


def _classes(native: bool | None) -> Any:
    """Return the module that contains the resources' classes."""
    if native is None:
        native = pulumi.Config(CONFIG).get_bool("native")
    return import_module("wallaroo_pulumi.native" if native else "wallaroo_pulumi.adapters.classes")


def _options(part: Any, parent: pulumi.Resource | None = None) -> pulumi.ResourceOptions:
    # A resource without the option has its parent's.
    return pulumi.ResourceOptions(parent=parent, protect=part.protect if parent else part.protect or None)


@dataclass
class _Serving:
    """Declares the models and pipelines of a workspace, and what is made of them."""

    kinds: Any
    name: str
    workspace: Workspace
    folder: Path
    registries: Mapping[str, ModelRegistryAttachment]
    """By the names that the workspace's part gives them."""
    models: dict[str, ModelVersion] = field(default_factory=dict)
    pipelines: dict[str, Pipeline] = field(default_factory=dict)
    deployments: dict[str, Deployment] = field(default_factory=dict)
    edges: dict[str, Edge] = field(default_factory=dict)

    @property
    def here(self) -> dict[str, Any]:
        """The inputs that all objects of the workspace have."""
        return {"workspace_id": self.workspace.workspace_id}

    def declare(self, part: WorkspacePart) -> None:
        for key, model in part.models.items():
            self.models[key] = self.kinds.ModelVersion(
                f"{self.name}/{key}",
                **self.here,
                **{**model.inputs(), "name": model.name or key, **self._source(model)},
                opts=_options(model, self.workspace),
            )
        for key, given in part.pipelines.items():
            steps = [_step(step, self.models) for step in given.steps]
            self.pipelines[key] = self.kinds.Pipeline(
                f"{self.name}/{key}",
                **self.here,
                **{**given.inputs(), "name": key, "steps": steps},
                opts=_options(given, self.workspace),
            )
            self._deploy(key, given)
            self._publish(key, given)

    def _source(self, model: ModelPart) -> dict[str, Any]:
        if model.path is not None:
            return {"path": _path(self.folder, model.path)}
        # Of the attachment, so that the version is made after it.
        return {"registry_id": self.registries[model.registry].registry_id} if model.registry else {}

    def _deploy(self, key: str, given: PipelinePart) -> None:
        if given.deploy is None:
            return
        pipeline = self.pipelines[key]
        self.deployments[key] = self.kinds.Deployment(
            f"{self.name}/{key}",
            **self.here,
            pipeline_name=pipeline.name,
            pipeline_version_id=pipeline.version_id,
            models=[model_ref(self.models[model]) for model in given.models()] or None,
            engine_config=_engine_config(given.deploy),
            timeout=given.deploy.timeout,
            opts=_options(given.deploy, self.workspace),
        )

    def _publish(self, key: str, given: PipelinePart) -> None:
        for name, part in given.publishes.items():
            publish = self.kinds.PipelinePublish(
                f"{self.name}/{key}/{name}",
                **{**part.inputs(), "engine_config": _engine_config(part) or None},
                pipeline_version_id=self.pipelines[key].version_id,
                models=[self.models[model].model_version_id for model in given.models()],
                opts=_options(part, self.workspace),
            )
            for edge, each in part.edges.items():
                # Its name is unique on the instance: an edge that moves to another publish stays the same resource.
                self.edges[edge] = self.kinds.Edge(
                    edge,
                    **each.inputs(),
                    name=edge,
                    publish_id=publish.publish_id,
                    opts=_options(each, self.workspace),
                )


def _automation(serving: _Serving, part: WorkspacePart, used: list[pulumi.Resource]) -> None:
    """Declare the workspace's orchestrations, tasks and assays; tasks start after what they may use."""
    kinds, name, here, workspace = serving.kinds, serving.name, serving.here, serving.workspace
    orchestrations = {}
    for key, code in part.orchestrations.items():
        inputs = {**code.inputs(), "name": code.name or key, "path": _path(serving.folder, code.path)}
        orchestrations[key] = kinds.Orchestration(
            f"{name}/{key}", **here, **inputs, opts=_options(code, workspace)
        )
    for key, task in part.tasks.items():
        inputs = {**task.inputs(), "name": task.name or key}
        kinds.Task(
            f"{name}/{key}",
            **here,
            **inputs,
            orchestration_id=orchestrations[task.orchestration].orchestration_id,
            opts=pulumi.ResourceOptions.merge(
                _options(task, workspace), pulumi.ResourceOptions(depends_on=used)
            ),
        )
    for key, assay in part.assays.items():
        pipeline = serving.pipelines.get(assay.pipeline_name)
        inputs = {**assay.inputs(), "name": key, **({"pipeline_name": pipeline.name} if pipeline else {})}
        kinds.Assay(f"{name}/{key}", **here, **inputs, opts=_options(assay, workspace))


def _engine_config(part: EnginePart) -> Any:
    if part.engine_config is None:
        return engine_config(**part.builder_arguments())
    return part.engine_config.model_dump(exclude_none=True)


def _path(folder: Path, path: str) -> str:
    # The provider runs in the program's folder; a relative path keeps this machine's folders out of the state.
    return path if Path(path).is_absolute() else os.path.relpath(folder / path)


def _step(step: StepPart, models: Mapping[str, ModelVersion]) -> Mapping[str, Any]:
    if step.api is not None:
        return cast("Mapping[str, Any]", with_models(step.api, lambda model: model_ref(models[model])))
    if step.split is not None:
        weights = [(models[model], weight) for model, weight in step.split.items()]
        return random_split_step(weights, hash_key=step.hash_key)
    return shadow_step(*(models[model] for model in step.models()))


# --- secrets ----------------------------------------------------------------------------------------------


def _secrets(estate: Estate) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """The details of each connection and the tokens of registries, with secrets from the stack configuration."""
    problems: list[str] = []
    details = {name: dict(_with_secrets(name, part, problems)) for name, part in estate.connections.items()}
    tokens = {
        key: _secret(part.secret_token, str, ("registries", key, "secret_token"), problems)
        for key, part in estate.registries.items()
    }
    if problems:
        raise EstateError("\n".join(problems))
    return details, tokens


def _with_secrets(name: str, part: ConnectionPart, problems: list[str]) -> Iterator[tuple[str, Any]]:
    for path, looks in credentials(part.details, path_text(("connections", name, "details"))):
        pulumi.log.warn(
            f"{path} {looks}, and the estate file contains it as plain text; move it to the stack configuration with "
            "secret_details, or secret_json if it is not text"
        )
    yield from part.details.items()
    for section, read in (("secret_details", str), ("secret_json", _json)):
        for key, setting in getattr(part, section).items():
            yield key, _secret(setting, read, ("connections", name, section, key), problems)


def _secret(setting: str, read: Callable[[str], Any], place: Place, problems: list[str]) -> Any:
    """A secret of the stack configuration; None, and a line in ``problems``, if it is not set or invalid."""
    config = pulumi.Config(CONFIG)
    value = config.get(setting)
    try:
        if value is None:
            raise ValueError("is not set")
        return pulumi.Output.secret(read(value))
    except ValueError as error:
        full = config.full_key(setting)
        problems.append(
            f"{path_text(place)}: the configuration key {full} {error}; run `pulumi config set --secret {full}`"
        )
        return None


def _json(text: str) -> Any:
    """Parse a secret. Raises ValueError, never with a part of the text."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON (line {error.lineno}, column {error.colno})") from None
    except RecursionError:
        raise ValueError("is not JSON: nested too deeply") from None
    for problem in not_json(value):
        raise ValueError(f"is not JSON: {problem}")
    return value
