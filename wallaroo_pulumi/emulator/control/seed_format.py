"""The format of a seed: what can be added to an instance, and what a new one contains."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from ..automation.assays import Assay, Result
from ..identity.workspaces import Role
from ..models import wire as models_wire
from ..serving.edge_config import DEFAULT_ENGINE_CONFIG
from ..wire import Id
from .body import Body

OPERATOR = "ops@example.com"


class SeedUser(Body):
    """A user. `username` defaults to the e-mail address; a user without a password cannot log in."""

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


class SeedClient(Body):
    """An OAuth client; public without a secret. Lifetimes in seconds."""

    client_id: str
    secret: str | None = None
    access_token_lifetime: int = Field(3600, ge=0)
    refresh_token_lifetime: int = Field(1800, ge=0)


class SeedWorkspace(Body):
    """A workspace. Owner and members are named by e-mail address; models and pipelines are counts."""

    name: str
    id: Id | None = None
    owner: str = OPERATOR
    members: dict[str, Role] = Field({})
    models: int = Field(0, ge=0)
    pipelines: int = Field(0, ge=0)


class ManyWorkspaces(Body):
    """`count` workspaces called `<prefix>1` and so on."""

    count: int = Field(ge=1, le=1_000_000)
    prefix: str
    owner: str = OPERATOR


def _each(given: object) -> object:
    if not isinstance(given, dict):
        return given
    many = ManyWorkspaces.model_validate(given)
    return [
        SeedWorkspace(name=f"{many.prefix}{number}", owner=many.owner) for number in range(1, many.count + 1)
    ]


class SeedMember(Body):
    """A membership of a workspace, of the user with this e-mail address or user name; replaces the role they have."""

    workspace_id: Id
    email: str
    role: Role = "COLLABORATOR"


class SeedConnection(Body):
    """A connection to a data source, used by these workspaces."""

    name: str
    type: str
    details: dict[str, Any] | None = None
    id: str | None = None
    workspaces: list[Id] = Field([])


class SeedRegistry(Body):
    """A model registry, used by these workspaces."""

    name: str
    url: str = "https://registry.example.com"
    token: str = "registry-token"  # noqa: S105 -- an example
    id: str | None = None
    workspaces: list[Id] = Field([])


class SeedModelVersion(models_wire.Metadata, models_wire.Ids, Body):
    """A version of a model, described like an upload. It can run if it has `content` (base64)."""

    sha: str = ""
    size: int = 0
    file_name: str = "model.onnx"
    version: str | None = None
    content: str | None = None
    status: models_wire.Status = "ready"
    error_summary: str | None = None


class SeedPipelineVersion(Body):
    """A version of a pipeline, which is created with its first version. It is deployed if it has a `deployment_id`."""

    workspace_id: Id
    name: str
    definition: dict[str, Any] = Field({})
    id: Id | None = None
    pipeline_id: Id | None = None
    version: str | None = None
    deployment_id: Id | None = None


class SeedPublish(Body):
    """A publish of a pipeline version, which need not exist."""

    id: Id
    workspace_id: Id
    pipeline_id: Id
    pipeline_name: str
    pipeline_version_id: Id
    pipeline_version_name: str
    status: Literal["Published", "Error"] = "Published"
    error: str | None = None
    engine_config: dict[str, Any] = Field(DEFAULT_ENGINE_CONFIG)


class SeedEdge(Body):
    """An edge of a publish."""

    name: str
    publish_id: Id
    tags: list[str] = Field([])


class SeedOrchestration(Body):
    """An orchestration that the operator uploaded; ready unless stated otherwise."""

    workspace_id: Id
    id: str | None = None
    name: str | None = None
    file_name: str = "orchestration.zip"
    file_size: int = 0
    sha: str = ""
    status: str = "ready"


class SeedRun(Body):
    """A run of a task and what it printed."""

    run_id: str | None = None
    status: str = "success"
    logs: list[str] = Field([])


class SeedTask(Body):
    """A task of a ready orchestration, and its runs."""

    workspace_id: Id
    orch_id: str
    id: str | None = None
    name: str | None = None
    schedule: str | None = None
    input_data: dict[str, Any] = Field({})
    status: str = "started"
    runs: list[SeedRun] = Field([])


class SeedAssay(Assay, Body):
    """An assay, as `/v2/api/assays/get` lists it."""


class SeedResult(Result, Body):
    """A result of an assay, as `/v2/api/assays/get_results` lists it."""


class SeedOldAssay(Body):
    """An assay of the first generation: all that its listing shows."""

    workspace_id: Id
    assay: dict[str, Any]


class Seed(Body):
    """What to add to the state."""

    users: list[SeedUser] = Field([])
    clients: list[SeedClient] = Field([])
    workspaces: Annotated[list[SeedWorkspace], BeforeValidator(_each)] = Field([])
    members: list[SeedMember] = Field([])
    model_versions: list[SeedModelVersion] = Field([])
    pipeline_versions: list[SeedPipelineVersion] = Field([])
    connections: list[SeedConnection] = Field([])
    registries: list[SeedRegistry] = Field([])
    orchestrations: list[SeedOrchestration] = Field([])
    tasks: list[SeedTask] = Field([])
    publishes: list[SeedPublish] = Field([])
    edges: list[SeedEdge] = Field([])
    assays: list[SeedAssay] = Field([])
    assay_results: list[SeedResult] = Field([])
    old_assays: list[SeedOldAssay] = Field([])
    old_assay_results: list[dict[str, Any]] = Field([])


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
