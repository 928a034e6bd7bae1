"""Request and response bodies of `/v1/api/models/…`."""

from typing import Any, Literal

from pydantic import Field

from ..identity.workspaces import HomeWorkspace
from ..wire import Id, Wire

Status = Literal[
    "uploading",
    "pending_load_native",
    "attempting_load_native",
    "pending_load_container",
    "attempting_load_container",
    "ready",
    "error",
]


class Conversion(Wire):
    framework: str
    requirements: list[str] = Field([])
    arch: str | None = None
    accel: str | dict[str, Any] | None = None
    python_version: str = "3.8"
    framework_config: dict[str, Any] | None = None


class Metadata(Wire):
    """The part `metadata` of an upload."""

    name: str = Field(min_length=1)
    visibility: Literal["public", "private"] = "private"
    workspace_id: Id
    conversion: Conversion | None = None
    input_schema: str | None = None
    output_schema: str | None = None
    image_path: str | None = None


class RegistryUpload(Metadata):
    """A request for a model of a registry."""

    registry_id: str
    path: str = Field(min_length=1)
    conversion: Conversion


class RegistryUploadReply(Wire):
    """`model_id` is the id of the version."""

    model_id: int


class Ids(Wire):
    """The ids of a seeded version, of its model and its configuration."""

    id: Id | None = None
    model_id: Id | None = None
    config_id: Id | None = None


class IdOnly(Wire):
    id: int


class UploadedModels(Wire):
    models: list[IdOnly]


class Returning(Wire):
    returning: list[UploadedModels]


class UploadReply(Wire):
    insert_models: Returning


class VersionIdRequest(Wire):
    model_version_id: Id


class LogsRequest(VersionIdRequest):
    lines: int | None = Field(None, ge=0, le=2**31 - 1)


class LogsReply(Wire):
    logs: list[str]


class FileInfo(Wire):
    version: str
    sha: str
    file_name: str
    size: int


class Version(Wire):
    name: str
    visibility: str
    workspace_id: int
    conversion: dict[str, Any] | None
    id: int
    image_path: str | None
    status: Status
    task_id: str | None
    file_info: FileInfo
    created_on_version: str
    created_by: str
    created_at: str
    deployed: bool
    error_summary: str | None


class Settable(Wire):
    """The values that insert_model_config sets, by the keys of its response."""

    filter_threshold: float | None = None
    tensor_fields: list[str] | None = None
    input_schema: str | None = None
    output_schema: str | None = None
    batch_config: str | None = None
    dynamic_batching_config: dict[str, Any] | None = None
    continuous_batching_config: dict[str, Any] | None = None


class InsertConfigRequest(Settable):
    model_version_id: Id
    openai_config: dict[str, Any] | None = None


class Config(Settable):
    id: int
    model_version_id: int
    runtime: str
    queue_depth: int | None = None
    sidekick_uri: str | None = None
    openai: dict[str, Any] | None = None


class ConfigReply(Wire):
    model_config_: Config = Field(serialization_alias="model_config")


class Configured(Wire):
    model_version: Version
    config: Config | None


class VersionReply(Wire):
    model_version: Configured


class Model(Wire):
    id: int
    name: str
    owner_id: str
    created_at: str
    updated_at: str
    workspace_id: int


class ListedModel(Wire):
    model: Model
    model_versions: list[Configured]
    workspace: HomeWorkspace


class ListReply(Wire):
    models: list[ListedModel]


class ListRequest(Wire):
    workspace_id: Id | None = None
    workspace_name: str | None = None


class ByNameRequest(Wire):
    """`model_id` is the model's name."""

    model_id: str
    workspace_id: Id


class DeleteModelRequest(ByNameRequest):
    confirm_delete: bool = False


class DeleteVersionsRequest(Wire):
    model_versions: list[str]
    confirm_delete: bool = False


class DeleteReply(Wire):
    bytes: int


class FlatVersion(Wire):
    sha: str
    models_pk_id: int
    model_version: str
    owner_id: str
    model_id: str
    id: int
    file_name: str
    image_path: str | None


class FlatVersionWithStatus(FlatVersion):
    status: Status


class ListVersionsRequest(Wire):
    model_id: str | None = None
    models_pk_id: Id | None = None


class ModelIdRequest(Wire):
    id: Id


class NamedWorkspace(Wire):
    id: int
    name: str


class ModelReply(Wire):
    id: int
    name: str
    owner_id: str
    created_at: str
    updated_at: str
    models: list[FlatVersion]
    workspace: NamedWorkspace


class OldConfig(Wire):
    """The first four properties of a configuration."""

    id: int
    runtime: str
    tensor_fields: list[str] | None
    filter_threshold: float | None


class OldConfigReply(Wire):
    model_config_: OldConfig | None = Field(serialization_alias="model_config")


class ModelWithConfig(Model):
    model_config_: OldConfig | None = Field(serialization_alias="model_config")


class OldConfigRequest(Wire):
    """`model_id` is the id of a version."""

    model_id: Id
