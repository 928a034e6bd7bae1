"""Types of the API's responses.

Unknown keys are ignored, and optional ones may be missing (docs/internals/mlops-api.md#evidence).
"""

from __future__ import annotations

from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)
from pydantic.alias_generators import to_camel

from ..deferred import DeferredModel
from . import spelling

T = TypeVar("T")


class Wire(DeferredModel):
    """Base of the wire models: snake_case keys, as most of the API has them."""

    # A response may contain secrets, which an error must not show.
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_missing(cls, value: Any) -> Any:
        """Treat null as missing: platform versions differ in which of the two they send."""
        if not isinstance(value, dict) or None not in value.values():
            return value
        return {k: v for k, v in value.items() if v is not None}


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


class Connection(Wire):
    """An element of connections/list. ``details`` are in clear text."""

    id: str
    name: str
    type: str
    details: dict[str, Any] | None = Field(default=None, repr=False)
    workspace_names: tuple[str, ...] = ()
    created_at: str | None = None


class ConnectionList(Wire):
    """The response of connections/list."""

    connections: tuple[Connection, ...]


class Made(Wire):
    """The response of calls that create an object with a UUID."""

    id: str


class RegistryWorkspace(Wire):
    """A workspace that uses a registry, in the response of models/get_registry."""

    id: int
    name: str | None = None


class Registry(Wire):
    """A model registry, from models/get_registry and models/list_registries. ``token`` is in clear text."""

    id: str | None = None
    name: str
    url: str
    token: str = Field(default="", repr=False)
    workspaces: tuple[RegistryWorkspace, ...] = ()
    """Only in the response of models/get_registry."""


class Orchestration(Wire):
    """An orchestration, from orchestration/get_by_id and orchestration/list."""

    id: str
    name: str | None = None
    workspace_id: int
    sha: str
    status: str
    file_name: str = ""
    created_at: str | None = None


class TaskRun(Wire):
    """A run of a task."""

    run_id: str
    status: str


class Task(Wire):
    """A task, from task/get_by_id and task/list. Only scheduled tasks have ``schedule``, but not on old platforms."""

    id: str
    name: str | None = None
    workspace_id: int
    status: str
    killed: bool = False
    run_type: str | None = None
    """`Job`, `CronJob` or `Deployment`; not on old platforms."""
    input_data: dict[str, Any] = Field(default_factory=dict, repr=False)
    schedule: str | None = None
    extra_env_vars: dict[str, Any] = Field(default_factory=dict, repr=False)
    """Contains ORCH_ID (not on old platforms), ORCH_SHA and TASK_DEBUG."""
    last_runs: tuple[TaskRun, ...] = ()


class FileInfo(Wire):
    """The file of a model version; ``version`` is the version's UUID, ``sha`` the SHA-256 of the content."""

    version: str
    sha: str
    file_name: str = ""
    size: int = 0


class Conversion(Wire):
    """The requested conversion of an upload."""

    framework: str | None = None
    arch: str | None = None
    accel: str | dict[str, Any] | None = None
    python_version: str | None = None
    requirements: tuple[str, ...] = ()
    framework_config: dict[str, Any] | None = None


class ModelVersion(Wire):
    """The inner half of a configured model version."""

    id: int
    name: str
    workspace_id: int
    status: str
    file_info: FileInfo
    visibility: str = "private"
    image_path: str | None = None
    conversion: Conversion | None = None
    error_summary: str | None = None


class ModelConfig(Wire):
    """The outer half: the latest configuration. Every insert_model_config creates a new one."""

    id: int
    tensor_fields: tuple[str, ...] | None = None
    filter_threshold: float | None = None
    input_schema: str | None = None
    output_schema: str | None = None
    batch_config: str | None = None
    dynamic_batching_config: dict[str, Any] | None = None
    continuous_batching_config: dict[str, Any] | None = None
    openai: dict[str, Any] | None = None


class ConfiguredModelVersion(Wire):
    """One version in the responses of models/get_version_by_id and models/list."""

    model_version: ModelVersion
    config: ModelConfig | None = None


class Model(Wire):
    """The parent of all versions with one name."""

    id: int
    name: str
    workspace_id: int | None = None
    created_at: str | None = None


class ListedModel(Wire):
    """An element of models/list."""

    model: Model
    model_versions: tuple[ConfiguredModelVersion, ...] = ()


class Models(Wire):
    """The response of models/list."""

    models: tuple[ListedModel, ...]


class VersionReply(Wire):
    """The response of models/get_version_by_id."""

    model_version: ConfiguredModelVersion


class _Uploaded(Wire):
    id: int


class _UploadedModels(Wire):
    models: Annotated[tuple[_Uploaded, ...], Field(min_length=1)]


class _Returning(Wire):
    returning: Annotated[tuple[_UploadedModels, ...], Field(min_length=1)]


class Upload(Wire):
    """The response of models/upload_and_convert: ``insert_models.returning[0].models[0].id``."""

    insert_models: _Returning

    @property
    def model_version_id(self) -> int:
        return self.insert_models.returning[0].models[0].id


class UploadedFromRegistry(Wire):
    """The response of models/upload_from_registry. ``model_id`` is the id of the version."""

    model_id: int


class UploadLogs(Wire):
    """The response of models/get_upload_logs."""

    logs: tuple[str, ...] = ()


class Pipeline(Wire):
    """A pipeline, without its steps."""

    id: int
    name: str
    created_at: str | None = None


def _steps(value: Any) -> Any:
    # The sources show `steps` as an object without its keys: either the definition or only its list.
    if isinstance(value, dict):
        value = value.get("steps", () if not value else None)
    return tuple(spelling.STEP.from_api(value)) if isinstance(value, list | tuple) else None


Steps = Annotated[tuple[dict[str, Any], ...] | None, BeforeValidator(_steps)]
"""The steps of a pipeline version; None if the response does not contain them in a known format."""


class PipelineVersion(Wire):
    """A version of a pipeline, without its integer id, which lists do not contain."""

    version: str
    steps: Steps = None
    definition: Steps = None
    created_at: str | None = None


class ListedPipeline(Wire):
    """An element of pipelines/list_pipelines (with the latest version) and of pipelines/list_pipeline_versions."""

    pipeline: Pipeline
    pipeline_version: PipelineVersion | None = None


class Pipelines(Wire):
    """The response of pipelines/list_pipelines."""

    pipelines: tuple[ListedPipeline, ...]


class NamedPipeline(Wire):
    """The response of pipelines/get_pipeline_by_name, without versions."""

    pipeline: Pipeline


class PipelineVersions(Wire):
    """The response of pipelines/list_pipeline_versions."""

    pipeline_versions: tuple[ListedPipeline, ...]


class CreatedPipeline(Wire):
    """The response of pipelines/create, the only one that contains a version's integer id."""

    pipeline_id: int = Field(alias="pipeline_pk_id")
    version_id: int = Field(alias="pipeline_variant_pk_id")
    version: str = Field(alias="pipeline_variant_version")


class Deployed(Wire):
    """The response of pipelines/deploy."""

    id: int


class Url(Wire):
    """The response of admin/get_pipeline_external_url."""

    url: str


class Pod(Wire):
    """An engine, load balancer or sidekick: flat as recorded, or inside ``info`` as in the SDK's model."""

    name: str = ""
    status: str = ""
    reason: str | None = None
    details: tuple[str, ...] = ()
    pipeline_statuses: dict[str, Any] | None = None
    model_statuses: dict[str, Any] | None = None
    statuses: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _flat(cls, value: Any) -> Any:
        return (
            {**value, **value["info"]}
            if isinstance(value, dict) and isinstance(value.get("info"), dict)
            else value
        )


Pods = Annotated[tuple[Pod, ...], BeforeValidator(lambda value: value or ())]


class DeploymentStatus(Wire):
    """The response of status/get_deployment."""

    status: str
    details: tuple[str, ...] = ()
    engines: Pods = ()
    engine_lbs: Pods = ()
    sidekicks: Pods = ()


class Assay(Wire):
    """An element of /v2/api/assays/get. Variants are externally tagged: ``{"static": [...]}``."""

    id: str
    name: str
    active: bool = True
    scheduling: dict[str, Any]
    baseline: Annotated[dict[str, Any], BeforeValidator(spelling.BASELINE.from_api)]
    window: dict[str, Any]
    summarizer: Annotated[dict[str, Any], BeforeValidator(spelling.SUMMARIZER.from_api)]
    targeting: dict[str, Any]


class Chart(Wire):
    """The Helm chart of a publish."""

    reference: str | None = None
    chart: str | None = None
    version: str | None = None


class OldPublish(Wire):
    """An earlier publish that a publish replaces."""

    id: int


class Publish(Wire):
    """A pipeline version packaged for edges. After an edge was added, ``docker_run_variables`` contain a join token."""

    id: int
    pipeline_name: str | None = None
    pipeline_version_id: int
    pipeline_version_name: str | None = None
    status: str
    error: str | None = None
    pipeline_url: str | None = None
    engine_url: str | None = None
    helm: Chart | None = None
    engine_config: Annotated[dict[str, Any] | None, BeforeValidator(spelling.ENGINE_CONFIG.from_api)] = None
    docker_run_variables: dict[str, str] = Field(default_factory=dict, repr=False)
    replaces: tuple[OldPublish, ...] = ()
    edge_bundles: dict[str, str] = Field(default_factory=dict, repr=False)


class Edge(Wire):
    """An element of ``edges`` in pipelines/list_publishes_for_pipeline."""

    id: str
    name: str
    tags: tuple[str, ...] = ()
    should_run_publish: int | None = None
    """The id of its publish."""


class PublishList(Wire):
    """The response of pipelines/list_publishes_for_pipeline; the key of the publishes was different in 2023."""

    # Required: a response without it is invalid, not an instance without publishes.
    publishes: tuple[Publish, ...] = Field(validation_alias=AliasChoices("publishes", "pipelines"))
    edges: tuple[Edge, ...] = ()


class EdgeList(Wire):
    """The response of pipelines/list_edges_by_publish_id."""

    edges: tuple[Edge, ...]


class GraphQLError(Wire):
    """An error in a response of GraphQL."""

    message: str = "an error without a message"


class GraphQLAnswer(Wire, Generic[T]):
    """A response of GraphQL; without ``data`` if there are errors."""

    data: T | None = None
    errors: tuple[GraphQLError, ...] = ()


class AnyAnswer(GraphQLAnswer[dict[str, Any]]):
    """A response of which only the errors matter."""


class VersionRow(Wire):
    """A row of pipeline_version in GraphQL: both ids of a version."""

    id: int
    version: str


class _DeployedVersionRow(Wire):
    pipeline_version: VersionRow


class DeployedVersion(Wire):
    """A row of deployment in GraphQL: the configuration of its engines, and its versions, the newest first."""

    engine_config: Annotated[dict[str, Any], BeforeValidator(spelling.ENGINE_CONFIG.from_api)] = {}
    rows: tuple[_DeployedVersionRow, ...] = Field(alias="deployment_pipeline_versions", default=())

    @property
    def versions(self) -> tuple[VersionRow, ...]:
        return tuple(row.pipeline_version for row in self.rows)


class _DeploymentRow(Wire):
    row: DeployedVersion | None = Field(alias="deployment_by_pk", default=None)


class DeploymentById(GraphQLAnswer[_DeploymentRow]):
    """The response to the query of a deployment."""


class _VersionsOfPipeline(Wire):
    versions: tuple[VersionRow, ...] = Field(alias="pipeline_versions", default=())


class _PipelineRow(Wire):
    row: _VersionsOfPipeline | None = Field(alias="pipeline_by_pk", default=None)


class PipelineById(GraphQLAnswer[_PipelineRow]):
    """The response to the query of a pipeline's versions."""


class _Row(Wire):
    id: int


class _Rows(Wire):
    returning: tuple[_Row, ...] = ()


class _UpdatedModels(Wire):
    update_model: _Rows


class VisibilityUpdated(GraphQLAnswer[_UpdatedModels]):
    """The response to a change of a model version's visibility."""


def _tagged(relation: str) -> BeforeValidator:
    """Read the ids of what has a tag; of others' objects there are none."""
    return BeforeValidator(lambda rows: frozenset(row[relation]["id"] for row in rows if row.get(relation)))


class Tag(Wire):
    """A tag, with the ids of the model versions and pipelines that have it, as far as the caller sees them."""

    id: int
    text: str = Field(alias="tag")
    model: Annotated[frozenset[int], _tagged("model")] = Field(alias="model_tags", default=frozenset())
    pipeline: Annotated[frozenset[int], _tagged("pipeline")] = Field(
        alias="pipeline_tags", default=frozenset()
    )


class _Tags(Wire):
    tag: tuple[Tag, ...]


class TagList(GraphQLAnswer[_Tags]):
    """The response to the query of all tags."""


class _InsertedTag(Wire):
    insert_tag: _Rows


class TagCreated(GraphQLAnswer[_InsertedTag]):
    """The response to the creation of a tag."""
