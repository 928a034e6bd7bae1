"""Models, their versions and configurations: types of the API's responses."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from .base import Wire


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
