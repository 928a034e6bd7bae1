"""What an emulator contains at the start, and what the control plane can add to it."""

import base64
import sqlite3
from typing import Any, Literal

from pydantic import Field

from .. import readiness
from ..automation import assays, legacy_assays, orchestrations, tasks
from ..automation.assays import Assay, Result
from ..data import connections
from ..errors import ApiError
from ..identity import accounts, workspaces
from ..identity.accounts import Client
from ..identity.workspaces import Role
from ..models import store as models_store
from ..models import wire as models_wire
from ..serving import deployments, pipelines, publishes
from ..state import State
from ..wire import Id, Wire

OPERATOR = "ops@example.com"


class SeedError(Exception):
    """The seed names somebody who is not there, or something that is there already."""


class SeedUser(Wire):
    """A user. `username` is the e-mail address unless given; without a password he cannot log in."""

    email: str | None = None
    username: str | None = None
    id: str | None = None
    password: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    is_admin: bool = False
    enabled: bool = True
    email_verified: bool = False
    required_actions: list[str] = Field([])


class SeedClient(Wire):
    """An OAuth client; public without a secret. Lifetimes in seconds."""

    client_id: str
    secret: str | None = None
    access_token_lifetime: int = Field(3600, ge=0)
    refresh_token_lifetime: int = Field(1800, ge=0)


class SeedWorkspace(Wire):
    """A workspace. Owner and members are named by e-mail address; models and pipelines are counts."""

    name: str
    owner: str = OPERATOR
    members: dict[str, Role] = Field({})
    models: int = Field(0, ge=0)
    pipelines: int = Field(0, ge=0)


class ManyWorkspaces(Wire):
    """`count` workspaces called `<prefix>1` and so on."""

    count: int = Field(ge=1, le=1_000_000)
    prefix: str
    owner: str = OPERATOR


class SeedConnection(Wire):
    """A connection to a data source."""

    name: str
    type: str
    details: dict[str, Any] | None = None
    id: str | None = None


class SeedModelVersion(models_wire.Metadata, models_wire.Ids):
    """A version of a model, as an upload describes it. It can be run where `content` (base64) is given."""

    sha: str = ""
    size: int = 0
    file_name: str = "model.onnx"
    version: str | None = None
    content: str | None = None
    status: models_wire.Status = "ready"
    error_summary: str | None = None


class SeedPipelineVersion(Wire):
    """A version of a pipeline, which is made with its first one; it runs where `deployment_id` is given."""

    workspace_id: Id
    name: str
    definition: dict[str, Any] = Field({})
    id: Id | None = None
    pipeline_id: Id | None = None
    version: str | None = None
    deployment_id: Id | None = None


class SeedPublish(Wire):
    """A publish of a pipeline version, which need not exist (any more)."""

    id: Id
    workspace_id: Id
    pipeline_id: Id
    pipeline_name: str
    pipeline_version_id: Id
    pipeline_version_name: str
    status: Literal["Published", "Error"] = "Published"
    error: str | None = None
    engine_config: dict[str, Any] = Field(publishes.DEFAULT_ENGINE_CONFIG)


class SeedEdge(Wire):
    """An edge of a publish."""

    name: str
    publish_id: Id
    tags: list[str] = Field([])


class SeedOrchestration(Wire):
    """An orchestration that was uploaded by the operator; ready unless said otherwise."""

    workspace_id: Id
    id: str | None = None
    name: str | None = None
    file_name: str = "orchestration.zip"
    file_size: int = 0
    sha: str = ""
    status: str = "ready"


class SeedRun(Wire):
    """A run of a task and what it printed."""

    run_id: str | None = None
    status: str = "success"
    logs: list[str] = Field([])


class SeedTask(Wire):
    """A task of a ready orchestration, and its runs."""

    workspace_id: Id
    orch_id: str
    id: str | None = None
    name: str | None = None
    schedule: str | None = None
    input_data: dict[str, Any] = Field({})
    status: str = "started"
    runs: list[SeedRun] = Field([])


class SeedOldAssay(Wire):
    """An assay of the first kind: all that its listing shows."""

    workspace_id: Id
    assay: dict[str, Any]


class Seed(Wire):
    """What to add to the state."""

    users: list[SeedUser] = Field([])
    clients: list[SeedClient] = Field([])
    workspaces: list[SeedWorkspace] | ManyWorkspaces = Field([])
    model_versions: list[SeedModelVersion] = Field([])
    pipeline_versions: list[SeedPipelineVersion] = Field([])
    connections: list[SeedConnection] = Field([])
    orchestrations: list[SeedOrchestration] = Field([])
    tasks: list[SeedTask] = Field([])
    publishes: list[SeedPublish] = Field([])
    edges: list[SeedEdge] = Field([])
    assays: list[Assay] = Field([])
    assay_results: list[Result] = Field([])
    old_assays: list[SeedOldAssay] = Field([])
    old_assay_results: list[dict[str, Any]] = Field([])


class Seeded(Wire):
    """The ids of what was added: users by user name, workspaces in the order of the seed."""

    users: dict[str, str]
    workspaces: list[int]


DEFAULT = Seed.model_validate(
    {
        "users": [
            {"email": OPERATOR, "password": "ops-password", "is_admin": True},
            {
                "email": "mary.jane@example.com",
                "password": "password",
                "first_name": "Mary",
                "last_name": "Jane",
            },
            {
                "email": "john.hancock@example.com",
                "password": "password",
                "first_name": "John",
                "last_name": "Hancock",
            },
        ],
        "clients": [
            {"client_id": "api-client", "secret": "api-client-secret"},
            {"client_id": "sdk-client", "access_token_lifetime": 60},
        ],
    }
)


def apply(db: State, seed: Seed) -> Seeded:
    """Add all of the seed, or nothing. Raises SeedError."""
    with db.transaction():
        users = {}
        for user in seed.users:
            username, user_id = _add_user(db, user)
            users[username] = user_id
        for client in seed.clients:
            accounts.put_client(db, Client(**client.model_dump()))
        for connection in seed.connections:
            _add_connection(db, connection)
        workspace_ids = [_add_workspace(db, item) for item in _each(seed.workspaces)]
        _add_serving(db, seed)
        _add_publishes(db, seed)
        for orchestration in seed.orchestrations:
            orchestrations.add_orchestration(
                db,
                owner_id=_id_of(db, OPERATOR),
                orchestration_id=orchestration.id,
                size=orchestration.file_size,
                **orchestration.model_dump(exclude={"id", "file_size"}),
            )
        for task in seed.tasks:
            _add_task(db, task)
        _add_assays(db, seed)
        return Seeded(users=users, workspaces=workspace_ids)


def _add_user(db: State, user: SeedUser) -> tuple[str, str]:
    username = user.username or user.email
    if username is None:
        raise SeedError("a user needs an email or a username")
    try:
        user_id = accounts.add_user(
            db,
            username=username,
            realm_roles=[accounts.ADMIN_ROLE] if user.is_admin else [],
            user_id=user.id,
            **user.model_dump(exclude={"username", "id", "is_admin"}),
        )
    except accounts.DuplicateUser as error:
        raise SeedError(str(error)) from error
    return username, user_id


def _each(seed: list[SeedWorkspace] | ManyWorkspaces) -> list[SeedWorkspace]:
    if isinstance(seed, list):
        return seed
    return [
        SeedWorkspace(name=f"{seed.prefix}{number}", owner=seed.owner) for number in range(1, seed.count + 1)
    ]


def _add_workspace(db: State, workspace: SeedWorkspace) -> int:
    workspace_id = workspaces.add_workspace(db, workspace.name, owner_id=_id_of(db, workspace.owner))
    for email, role in workspace.members.items():
        workspaces.set_member(db, workspace_id, _id_of(db, email), role)
    for _ in range(workspace.models):
        models_store.add(db, workspace_id)
    for _ in range(workspace.pipelines):
        pipelines.add(db, workspace_id)
    return workspace_id


def _add_connection(db: State, connection: SeedConnection) -> None:
    try:
        connections.add_connection(
            db, connection.name, connection.type, connection.details, connection_id=connection.id
        )
    except sqlite3.IntegrityError as error:
        raise SeedError(f"a connection {connection.name} or of that id exists already") from error


def _add_serving(db: State, seed: Seed) -> None:
    try:
        for model in seed.model_versions:
            version_id = models_store.add_version(
                db,
                models_wire.Metadata(**model.model_dump(include=set(models_wire.Metadata.model_fields))),
                created_by=OPERATOR,
                content=base64.b64decode(model.content) if model.content else None,
                ids=models_wire.Ids(**model.model_dump(include=set(models_wire.Ids.model_fields))),
                **model.model_dump(
                    include={"sha", "size", "file_name", "version", "status", "error_summary"}
                ),
            )
            if model.status not in ("ready", "error"):
                readiness.begin(db, "model", version_id)
        for item in seed.pipeline_versions:
            found = pipelines.find(db, item.workspace_id, item.name)
            pipeline_id = (
                found["id"] if found else pipelines.add(db, item.workspace_id, item.name, item.pipeline_id)
            )
            version_id, _ = pipelines.add_version(
                db, pipeline_id, item.definition, OPERATOR, item.version, item.id
            )
            if item.deployment_id is not None:
                deployments.add(db, pipeline_id, version_id, item.deployment_id)
    except (sqlite3.IntegrityError, ValueError) as error:
        raise SeedError(f"a model or a pipeline does not fit what is there: {error}") from error


def _add_publishes(db: State, seed: Seed) -> None:
    try:
        for publish in seed.publishes:
            publishes.add(db, **publish.model_dump(), replaces=[], created_by=_id_of(db, OPERATOR))
        for edge in seed.edges:
            publishes.add_edge(db, edge.name, edge.publish_id, edge.tags)
    except sqlite3.IntegrityError as error:
        raise SeedError(f"a publish or an edge does not fit what is there: {error}") from error


def _add_task(db: State, task: SeedTask) -> None:
    request = tasks.RunRequest(
        json=task.input_data, **task.model_dump(include={"orch_id", "workspace_id", "name"})
    )
    run_type: tasks.RunType = "CronJob" if task.schedule else "Job"
    try:
        task_id = tasks.add_task(
            db, run_type, request, schedule=task.schedule, task_id=task.id, status=task.status
        )
    except ApiError as error:
        raise SeedError(error.msg) from error
    for run in task.runs:
        tasks.add_run(db, task_id, run.status, run.logs, run.run_id)


def _add_assays(db: State, seed: Seed) -> None:
    try:
        for assay in seed.assays:
            assays.add(db, assay)
        for result in seed.assay_results:
            assays.add_result(db, result)
        for old in seed.old_assays:
            legacy_assays.add(db, old.workspace_id, old.assay)
        for old_result in seed.old_assay_results:
            legacy_assays.add_result(db, old_result)
    except (sqlite3.IntegrityError, KeyError) as error:
        raise SeedError(
            f"an assay or a result lacks a key, or does not fit what is there: {error}"
        ) from error


def _id_of(db: State, login: str) -> str:
    user = accounts.user_by_login(db, login)
    if user is None:
        raise SeedError(f"no user {login}")
    return user.id
