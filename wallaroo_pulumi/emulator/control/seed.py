"""Adds a seed to the state."""

import base64
import sqlite3

from .. import readiness
from ..automation import assays, legacy_assays, orchestrations, task_store
from ..automation.task_store import RunType
from ..data import connections
from ..errors import ApiError
from ..identity import accounts, workspaces
from ..identity.accounts import Client
from ..models import registries
from ..models import store as models_store
from ..models import wire as models_wire
from ..serving import deployments, pipelines, publishes
from ..state import State
from ..wire import Wire
from .seed_format import (
    OPERATOR,
    Seed,
    SeedConnection,
    SeedOrchestration,
    SeedRegistry,
    SeedTask,
    SeedUser,
    SeedWorkspace,
)


class SeedError(Exception):
    """The seed names an object that does not exist, or one that already exists."""


class Seeded(Wire):
    """The ids of what was added: users by user name, workspaces in the order of the seed."""

    users: dict[str, str]
    workspaces: list[int]


def apply(db: State, seed: Seed) -> Seeded:
    """Add all of the seed, or nothing. Raises SeedError."""
    with db.transaction():
        try:
            users = dict(_add_user(db, user) for user in seed.users)
            for client in seed.clients:
                accounts.put_client(db, Client(**client.model_dump()))
            workspace_ids = [_add_workspace(db, workspace) for workspace in seed.workspaces]
            for member in seed.members:
                workspaces.set_member(db, member.workspace_id, _id_of(db, member.email), member.role)
            for connection in seed.connections:
                _add_connection(db, connection)
            for registry in seed.registries:
                _add_registry(db, registry)
            _add_serving(db, seed)
            _add_publishes(db, seed)
            for orchestration in seed.orchestrations:
                _add_orchestration(db, orchestration)
            for task in seed.tasks:
                _add_task(db, task)
            _add_assays(db, seed)
        except (sqlite3.IntegrityError, ValueError, KeyError) as error:
            raise SeedError(f"the seed does not fit the instance: {error}") from error
        except (accounts.DuplicateUser, ApiError) as error:
            raise SeedError(str(error)) from error
        return Seeded(users=users, workspaces=workspace_ids)


def _add_user(db: State, user: SeedUser) -> tuple[str, str]:
    username = user.username or user.email
    if username is None:
        raise SeedError("a user needs an email or a username")
    user_id = accounts.add_user(
        db,
        username=username,
        realm_roles=[accounts.ADMIN_ROLE] if user.is_admin else [],
        user_id=user.id,
        **user.model_dump(exclude={"username", "id", "is_admin"}),
    )
    return username, user_id


def _add_workspace(db: State, workspace: SeedWorkspace) -> int:
    workspace_id = workspaces.add_workspace(
        db, workspace.name, owner_id=_id_of(db, workspace.owner), workspace_id=workspace.id
    )
    for email, role in workspace.members.items():
        workspaces.set_member(db, workspace_id, _id_of(db, email), role)
    for _ in range(workspace.models):
        models_store.add(db, workspace_id)
    for _ in range(workspace.pipelines):
        pipelines.add(db, workspace_id)
    return workspace_id


def _add_connection(db: State, connection: SeedConnection) -> None:
    connection_id = connections.add_connection(
        db, connection.name, connection.type, connection.details, connection_id=connection.id
    )
    for workspace_id in connection.workspaces:
        connections.link(db, workspace_id, connection_id)


def _add_registry(db: State, registry: SeedRegistry) -> None:
    registry_id = registries.add(db, registry.name, registry.url, registry.token, registry.id)
    for workspace_id in registry.workspaces:
        registries.link(db, registry_id, workspace_id)


def _add_serving(db: State, seed: Seed) -> None:
    for model in seed.model_versions:
        version_id = models_store.add_version(
            db,
            models_wire.Metadata(**model.model_dump(include=set(models_wire.Metadata.model_fields))),
            created_by=OPERATOR,
            content=base64.b64decode(model.content) if model.content else None,
            ids=models_wire.Ids(**model.model_dump(include=set(models_wire.Ids.model_fields))),
            **model.model_dump(include={"sha", "size", "file_name", "version", "status", "error_summary"}),
        )
        if model.status not in ("ready", "error"):
            readiness.begin(db, "model", version_id)
    for item in seed.pipeline_versions:
        existing = pipelines.find(db, item.workspace_id, item.name)
        pipeline_id = (
            existing["id"] if existing else pipelines.add(db, item.workspace_id, item.name, item.pipeline_id)
        )
        version_id, _ = pipelines.add_version(
            db, pipeline_id, item.definition, OPERATOR, item.version, item.id
        )
        if item.deployment_id is not None:
            deployments.add(db, pipeline_id, version_id, item.deployment_id)


def _add_publishes(db: State, seed: Seed) -> None:
    for publish in seed.publishes:
        publishes.add(db, **publish.model_dump(), replaces=[], created_by=_id_of(db, OPERATOR))
    for edge in seed.edges:
        publishes.add_edge(db, edge.name, edge.publish_id, edge.tags)


def _add_orchestration(db: State, orchestration: SeedOrchestration) -> None:
    orchestrations.add_orchestration(
        db,
        owner_id=_id_of(db, OPERATOR),
        orchestration_id=orchestration.id,
        size=orchestration.file_size,
        **orchestration.model_dump(exclude={"id", "file_size"}),
    )


def _add_task(db: State, task: SeedTask) -> None:
    run_type: RunType = "CronJob" if task.schedule else "Job"
    task_id = task_store.add_task(db, run_type, task_id=task.id, **task.model_dump(exclude={"id", "runs"}))
    for run in task.runs:
        task_store.add_run(db, task_id, run.status, run.logs, run.run_id)


def _add_assays(db: State, seed: Seed) -> None:
    for assay in seed.assays:
        assays.add(db, assay)
    for result in seed.assay_results:
        assays.add_result(db, result)
    for old in seed.old_assays:
        legacy_assays.add(db, old.workspace_id, old.assay)
    for old_result in seed.old_assay_results:
        legacy_assays.add_result(db, old_result)


def _id_of(db: State, login: str) -> str:
    user = accounts.user_by_login(db, login)
    if user is None:
        raise SeedError(f"no user {login}")
    return user.id
