"""The resources that an estate declares in the running Pulumi program."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pulumi

from ..adapters.builders import engine_config, model_ref, random_split_step, shadow_step
from ..core.json_values import not_json
from .document import EstateError, path_text
from .format import CONFIG, ConnectionPart, DeployPart, Estate, StepPart, WorkspacePart, with_models

if TYPE_CHECKING:
    from ..adapters.classes import ModelVersion, Workspace


def declare(
    estate: Estate, folder: Path | None = None, *, native: bool | None = None
) -> dict[str, pulumi.Output[Any]]:
    """Declare the estate's objects in the running program; paths of models are relative to ``folder``.

    ``native``: whether to use the native plugin; by default the setting ``wallaroo-estate:native``, else false.

    Returns the ids, ``workspaces`` and ``users`` by name, and the ``inference_urls`` by workspace and pipeline.
    Raises EstateError with a line for every secret that the stack configuration lacks.
    """
    kinds = _classes(native)
    details = _details(estate)
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
    workspaces = {}
    urls: dict[str, pulumi.Output[str]] = {}
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
        for connection in part.connections:
            declared = connections.get(connection)
            kinds.WorkspaceConnection(
                f"{name}/{connection}",
                workspace_id=workspace.workspace_id,
                connection_name=declared.name if declared else connection,
                delete_adopted=part.delete_adopted,
                opts=pulumi.ResourceOptions(parent=workspace),
            )
        urls |= dict(_serving(kinds, name, part, workspace, folder or Path()))
    return {
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


def _serving(
    kinds: Any, name: str, part: WorkspacePart, workspace: Workspace, folder: Path
) -> Iterator[tuple[str, pulumi.Output[str]]]:
    """Declare the workspace's models, pipelines and deployments; yield ``<workspace>/<pipeline>`` and the URL."""
    here: dict[str, Any] = {"workspace_id": workspace.workspace_id}
    models = {
        key: kinds.ModelVersion(
            f"{name}/{key}",
            **here,
            **{**model.inputs(), "name": model.name or key, "path": _path(folder, model.path)},
            opts=_options(model, workspace),
        )
        for key, model in part.models.items()
    }
    for key, given in part.pipelines.items():
        pipeline = kinds.Pipeline(
            f"{name}/{key}",
            **here,
            **{**given.inputs(), "name": key, "steps": [_step(step, models) for step in given.steps]},
            opts=_options(given, workspace),
        )
        if given.deploy is None:
            continue
        deployment = kinds.Deployment(
            f"{name}/{key}",
            **here,
            pipeline_name=pipeline.name,
            pipeline_version_id=pipeline.version_id,
            models=[model_ref(models[model]) for model in given.models()] or None,
            engine_config=_engine_config(given.deploy),
            timeout=given.deploy.timeout,
            opts=_options(given.deploy, workspace),
        )
        yield f"{name}/{key}", deployment.inference_url


def _engine_config(deploy: DeployPart) -> Any:
    if deploy.engine_config is None:
        return engine_config(**deploy.builder_arguments())
    return deploy.engine_config.model_dump(exclude_none=True)


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


def _details(estate: Estate) -> dict[str, dict[str, Any]]:
    """The details of each connection, with secrets from the stack configuration."""
    problems: list[str] = []
    details = {name: dict(_with_secrets(name, part, problems)) for name, part in estate.connections.items()}
    if problems:
        raise EstateError("\n".join(problems))
    return details


def _with_secrets(name: str, part: ConnectionPart, problems: list[str]) -> Iterator[tuple[str, Any]]:
    config = pulumi.Config(CONFIG)
    yield from part.details.items()
    for section, read in (("secret_details", str), ("secret_json", _json)):
        for key, setting in getattr(part, section).items():
            value = config.get(setting)
            try:
                if value is None:
                    raise ValueError("is not set")
                yield key, pulumi.Output.secret(read(value))
            except ValueError as error:
                path, full = path_text(("connections", name, section, key)), config.full_key(setting)
                problems.append(
                    f"{path}: the configuration key {full} {error}; run `pulumi config set --secret {full}`"
                )


def _json(text: str) -> Any:
    """Parse a secret. Raises ValueError, never with a part of the text."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON (line {error.lineno}, column {error.colno})") from None
    for problem in not_json(value):
        raise ValueError(f"is not JSON: {problem}")
    return value
