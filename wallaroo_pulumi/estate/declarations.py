"""The resources that an estate declares in the running Pulumi program."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import pulumi

from ..adapters.builders import engine_config, model_ref, random_split_step, shadow_step
from ..adapters.classes import (
    Connection,
    Deployment,
    ModelVersion,
    Pipeline,
    User,
    Workspace,
    WorkspaceConnection,
    WorkspaceMember,
)
from .format import CONFIG, ConnectionPart, Estate, StepPart, UserPart, WorkspacePart, with_models


def declare(estate: Estate, folder: Path | None = None) -> dict[str, pulumi.Output[Any]]:
    """Declare the estate's objects in the running program; paths of models start at ``folder``.

    Returns the ids, ``workspaces`` and ``users`` by name, and the ``inference_urls`` by workspace and pipeline.
    """
    urls: dict[str, pulumi.Output[str]] = {}
    connections = {name: _connection(name, part) for name, part in estate.connections.items()}
    users = {email: _user(email, part or UserPart()) for email, part in estate.users.items()}
    workspaces = {}
    for name, given in estate.workspaces.items():
        part = given or WorkspacePart()
        workspace = Workspace(
            name,
            name=name,
            adopt=part.adopt,
            force_destroy=part.force_destroy,
            opts=pulumi.ResourceOptions(protect=part.protect or None),
        )
        workspaces[name] = workspace
        for user, role in part.members.items():
            WorkspaceMember(
                f"{name}/{user}",
                workspace_id=workspace.workspace_id,
                **{"email" if "@" in user else "user_id": user},
                role=role,
                opts=pulumi.ResourceOptions(
                    parent=workspace, depends_on=[users[user]] if user in users else None
                ),
            )
        for connection in part.connections:
            declared = connections.get(connection)
            WorkspaceConnection(
                f"{name}/{connection}",
                workspace_id=workspace.workspace_id,
                connection_name=declared.name if declared else connection,
                opts=pulumi.ResourceOptions(parent=workspace),
            )
        urls |= dict(_serving(name, part, workspace, folder or Path()))
    return {
        "inference_urls": pulumi.Output.from_input(urls),
        "workspaces": pulumi.Output.from_input({name: w.workspace_id for name, w in workspaces.items()}),
        "users": pulumi.Output.from_input({email: u.user_id for email, u in users.items()}),
    }


def _serving(
    name: str, part: WorkspacePart, workspace: Workspace, folder: Path
) -> Iterator[tuple[str, pulumi.Output[str]]]:
    """Declare the workspace's models, pipelines and deployments; yield ``<workspace>/<pipeline>`` and the URL."""
    models = {
        model: ModelVersion(
            f"{name}/{model}",
            workspace_id=workspace.workspace_id,
            name=given.name or model,
            # The provider runs where the program does; a relative path keeps this machine out of the state.
            path=given.path if Path(given.path).is_absolute() else os.path.relpath(folder / given.path),
            **given.model_dump(exclude={"name", "path", "protect"}),
            opts=pulumi.ResourceOptions(parent=workspace, protect=given.protect),
        )
        for model, given in part.models.items()
    }
    for pipeline_name, given in part.pipelines.items():
        pipeline = Pipeline(
            f"{name}/{pipeline_name}",
            workspace_id=workspace.workspace_id,
            name=pipeline_name,
            steps=[_step(step, models) for step in given.steps],
            force_destroy=given.force_destroy,
            opts=pulumi.ResourceOptions(parent=workspace, protect=given.protect),
        )
        if given.deploy is None:
            continue
        deployment = Deployment(
            f"{name}/{pipeline_name}",
            workspace_id=workspace.workspace_id,
            pipeline_name=pipeline.name,
            pipeline_version_id=pipeline.version_id,
            models=[model_ref(models[model]) for model in given.models()],
            engine_config=engine_config(**given.deploy.model_dump(exclude={"timeout", "protect"})),
            timeout=given.deploy.timeout,
            opts=pulumi.ResourceOptions(parent=workspace, protect=given.deploy.protect),
        )
        yield f"{name}/{pipeline_name}", deployment.inference_url


def _step(step: StepPart, models: Mapping[str, ModelVersion]) -> Mapping[str, Any]:
    if step.api is not None:
        return cast("Mapping[str, Any]", with_models(step.api, lambda model: model_ref(models[model])))
    if step.split is not None:
        weights = [(models[model], weight) for model, weight in step.split.items()]
        return random_split_step(weights, hash_key=step.hash_key)
    return shadow_step(*(models[model] for model in step.models()))


def _user(email: str, part: UserPart) -> User:
    return User(
        email,
        email=email,
        **part.model_dump(exclude={"protect"}),
        opts=pulumi.ResourceOptions(protect=part.protect or None),
    )


def _connection(name: str, part: ConnectionPart) -> Connection:
    config = pulumi.Config(CONFIG)
    secrets: dict[str, pulumi.Output[Any]] = {
        **{key: config.require_secret(setting) for key, setting in part.secret_details.items()},
        **{key: config.require_secret_object(setting) for key, setting in part.secret_json.items()},
    }
    return Connection(
        name,
        name=name,
        type=part.type,
        details={**part.details, **secrets},
        adopt=part.adopt,
        opts=pulumi.ResourceOptions(protect=part.protect or None),
    )
