"""ModelVersion: a model's file on the instance, converted and ready to serve.

Identity: the version's integer id. The natural key is workspace, name, content (SHA-256) and conversion: before an
upload the versions that the instance has are searched, since every upload makes a version, and a version that matches
is taken over instead. So a create whose reply was lost, or whose wait was cut off, is completed by the next `up`.

The content's digest is computed in check, so that a preview shows a changed file. The path itself is no difference: a
checkout that moved replaces nothing. Give it relative to the program's folder, and the state names no machine.

What the file becomes is fixed with the upload, so that a change of it replaces: the new version is made first and the
old one deleted last, after everything that used it has changed over. Batching and the rest of the model configuration
change in place (`models/insert_model_config`); a deployed pipeline takes it up when it is deployed again.

A version is made of a file, or of a container image (`models/upload` without a file, as in the vendor's SDK), or by the
instance itself of a file in a registry. An image's version shows the image, so that it is found again. A registry's
version does not show the registry or the path: it is never adopted, and an interrupted create makes another one.

The visibility and the tags change in place too, with GraphQL, as in the vendor's SDK. A version of another visibility
is not adopted: an instance that rejects GraphQL gets the desired one by a replacement.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from ..api import Client, wire
from ..core.context import Context
from ..core.diff import contains_unknown
from ..core.fields import (
    ARROW_SCHEMA,
    COMPUTED_IN_CHECK,
    CREATE_ONLY,
    DERIVED,
    FORCES_REPLACEMENT,
    SERVER_DEFAULT,
    STABLE,
    STATE_ONLY,
    UNKNOWN,
    Adopted,
    Adopting,
    DnsLabel,
    Element,
    KeyText,
    Number,
    Seconds,
    WorkspaceId,
)
from ..core.json_values import JsonObject
from ..core.resource import Examples, InvalidInput, Resource
from ..core.upload import file_inputs
from ..errors import GoneError
from . import _lookups, _models, _tags
from ._engine_config import Accel, Arch, Qaic
from ._model_config import ContinuousBatching, DynamicBatching, OpenAi, configuration, configure
from ._model_types import ArrowSchema, Framework, PythonVersion, Requirements
from ._tags import Tags

_ARCH_OF = {"jetson": "arm", "qaic": "x86"}
_WITHOUT_SCHEMAS = ("onnx", "tensorflow", "python")
_CONFIGURABLE = ("custom", "sglang", "vllm")
_SOURCES = ("path", "image_path", "registry_id")
_OF_IMAGES = "mlflow"
_EMPTY_SCHEMA = "/////zAAAAAQAAAAAAAKAAwABgAFAAgACgAAAAABBAAMAAAACAAIAAAABAAIAAAABAAAAAAAAAA="
"""What a program's `pyarrow.schema([])` becomes."""


class _ModelVersion(Adopting):
    workspace_id: Annotated[
        WorkspaceId,
        FORCES_REPLACEMENT,
        Field(description="The workspace: the `workspace_id` of a Workspace."),
    ]
    # What exists may break our rules, and an id alone does not tell everything: hence wider types than an input's.
    name: Annotated[str, Field(description="The model's name.")]
    path: Annotated[str | None, STATE_ONLY, Field(description="The path of the model's file, as set.")] = None
    image_path: Annotated[
        KeyText | None,
        FORCES_REPLACEMENT,
        Field(
            description="Instead of a file, the name of a container image of an MLflow model, such as "
            "`registry.example.com/models/fraud:1.2`"
        ),
    ] = None
    registry_id: Annotated[
        KeyText | None,
        FORCES_REPLACEMENT,
        Field(
            description="Instead of a file, with `registry_path`: the `registry_id` of a ModelRegistry that the "
            "workspace uses"
        ),
    ] = None
    registry_path: Annotated[
        KeyText | None,
        FORCES_REPLACEMENT,
        Field(
            description="The path of the model's file in the registry, such as `dbfs:/databricks/mlflow/1/model.onnx`"
        ),
    ] = None
    framework: Annotated[str | None, Field(description="The framework of the model.")] = None
    arch: Annotated[str | None, Field(description="The processor architecture.")] = None
    accel: Annotated[Accel | None, Field(description="The accelerator.")] = None
    python_version: Annotated[
        str | None,
        FORCES_REPLACEMENT,
        SERVER_DEFAULT,
        Field(description="The Python version of the model's code, such as `3.8`."),
    ] = None
    requirements: Annotated[
        Requirements, FORCES_REPLACEMENT, Field(description="Python packages of the model's code.")
    ] = None
    framework_config: Annotated[
        JsonObject | None,
        FORCES_REPLACEMENT,
        Field(description="Options of the frameworks custom, sglang and vllm, with the API's names."),
    ] = None
    input_schema: Annotated[
        str | None,
        FORCES_REPLACEMENT,
        ARROW_SCHEMA,
        Field(description="The inputs' fields. Required except for onnx, tensorflow and python."),
    ] = None
    output_schema: Annotated[
        str | None,
        FORCES_REPLACEMENT,
        ARROW_SCHEMA,
        Field(description="The outputs' fields. Required except for onnx, tensorflow and python."),
    ] = None
    visibility: Annotated[str, Field(description="Whether other workspaces may use the version.")] = "private"
    sha256: Annotated[
        str | None,
        FORCES_REPLACEMENT,
        COMPUTED_IN_CHECK,
        SERVER_DEFAULT,
        Field(
            description="The SHA-256 of the file's content, 64 hex digits; without a file, the instance's."
        ),
    ] = None
    size: Annotated[
        int | None, COMPUTED_IN_CHECK, DERIVED, STATE_ONLY, Field(description="The file's size in bytes.")
    ] = None
    archive_digest: Annotated[
        str | None,
        COMPUTED_IN_CHECK,
        DERIVED,
        STATE_ONLY,
        Field(
            description="A digest of a zip file's entries (names, modes and contents), 64 hex digits. Other files have "
            "none. Repacking a file from unchanged sources causes no change."
        ),
    ] = None
    tensor_fields: Annotated[
        list[Element[KeyText]] | None, Field(description="Names for the fields of an ONNX model's inputs.")
    ] = None
    batch_config: Annotated[
        str | None, Field(description="`single` for a model that takes one record at a time.")
    ] = None
    filter_threshold: Annotated[
        Annotated[float, Number] | None, Field(description="The engine's threshold to filter outputs.")
    ] = None
    dynamic_batching: Annotated[
        DynamicBatching | None,
        Field(description="`max_batch_delay_ms`, `batch_size_target` and `batch_size_limit`."),
    ] = None
    continuous_batching: Annotated[
        ContinuousBatching | None, Field(description="`max_concurrent_batch_size`.")
    ] = None
    openai: Annotated[
        OpenAi | None,
        Field(
            description="`enabled`, `completion_config` and `chat_completion_config`: OpenAI-compatible endpoints."
        ),
    ] = None
    tags: Tags = None
    force_destroy: Annotated[
        bool,
        STATE_ONLY,
        Field(
            description="Whether deleting first undeploys and deletes the workspace's pipelines that use the version."
        ),
    ] = False
    timeout: Annotated[
        Seconds | None,
        STATE_ONLY,
        Field(description="Seconds for the upload, and separately for the conversion. Default: 1800."),
    ] = None


class ModelVersionInputs(_ModelVersion):
    name: Annotated[
        DnsLabel,
        FORCES_REPLACEMENT,
        Field(
            description="The model's name, a DNS label. An upload with an existing name adds a version to the model."
        ),
    ]
    path: Annotated[
        str | None,
        STATE_ONLY,
        CREATE_ONLY,
        Field(
            min_length=1,
            description="The model's file on the machine where Pulumi runs (.zip, .pt, .onnx, .h5 or .pkl), relative "
            "to the program's folder (the `main` of `Pulumi.yaml`). Changes are detected by content, not by path. "
            "Required without `image_path` and `registry_id`, except for an imported object until it is replaced",
        ),
    ] = None
    framework: Annotated[
        Framework, FORCES_REPLACEMENT, Field(description="The framework of the model, such as `onnx`.")
    ]
    arch: Annotated[
        Arch | None,
        FORCES_REPLACEMENT,
        SERVER_DEFAULT,
        Field(description="The processor architecture. The instance's default is x86."),
    ] = None
    accel: Annotated[
        Accel | None,
        FORCES_REPLACEMENT,
        SERVER_DEFAULT,
        Field(description="The accelerator; `{'qaic': {...}}` for Qualcomm's with its options."),
    ] = None
    python_version: Annotated[
        PythonVersion | None,
        FORCES_REPLACEMENT,
        SERVER_DEFAULT,
        Field(description="The Python version of the model's code, such as `3.8`."),
    ] = None
    input_schema: Annotated[
        ArrowSchema | None,
        FORCES_REPLACEMENT,
        ARROW_SCHEMA,
        Field(description="The inputs' fields. Required except for onnx, tensorflow and python."),
    ] = None
    output_schema: Annotated[
        ArrowSchema | None,
        FORCES_REPLACEMENT,
        ARROW_SCHEMA,
        Field(description="The outputs' fields. Required except for onnx, tensorflow and python."),
    ] = None
    batch_config: Annotated[
        Literal["single"] | None, Field(description="`single` for a model that takes one record at a time.")
    ] = None
    visibility: Annotated[
        Literal["private", "public"],
        Field(description="Whether other workspaces may use the version. Changing it requires GraphQL"),
    ] = "private"

    @model_validator(mode="after")
    def _one_source(self) -> ModelVersionInputs:
        sources = [name for name in _SOURCES if getattr(self, name) is not None]
        if len(sources) > 1:
            raise ValueError(f"give only one of {', '.join(_SOURCES)}: this has {' and '.join(sources)}")
        if (self.registry_id is None) != (self.registry_path is None):
            raise ValueError("give registry_id and registry_path together")
        if self.image_path is not None and self.framework not in (_OF_IMAGES, UNKNOWN):
            raise ValueError(f"a model of image_path has framework {_OF_IMAGES!r}, not {self.framework!r}")
        return self

    @model_validator(mode="after")
    def _consistent(self) -> ModelVersionInputs:
        accel = "qaic" if isinstance(self.accel, Qaic) else self.accel
        needed = _ARCH_OF.get(accel) if isinstance(accel, str) else None
        if needed and not contains_unknown(self.arch) and (self.arch or "x86") != needed:
            raise ValueError(f"accel {accel!r} runs on arch {needed!r} only")
        if self.batch_config is not None and self.continuous_batching is not None:
            raise ValueError("give batch_config or continuous_batching, not both")
        if self.batch_config == "single" and self.dynamic_batching is not None:
            raise ValueError("batch_config 'single' excludes dynamic_batching")
        if contains_unknown(self.framework):
            return self
        missing = [n for n in ("input_schema", "output_schema") if getattr(self, n) is None]
        if missing and self.framework not in _WITHOUT_SCHEMAS and self.image_path is None:
            raise ValueError(f"framework {self.framework!r} needs {' and '.join(missing)}")
        if self.framework_config is not None and self.framework not in _CONFIGURABLE:
            raise ValueError(f"framework_config is for the frameworks {', '.join(_CONFIGURABLE)} only")
        return self


class ModelVersionOutputs(_ModelVersion, Adopted):
    sha256: Annotated[str, Field(description="The SHA-256 of the file's content, 64 hex digits.")]
    model_id: Annotated[
        int | None, STABLE, Field(description="The id of the model, the parent of all versions of this name.")
    ] = None
    model_version_id: Annotated[int, STABLE, Field(description="The version's id.")]
    version: Annotated[str, STABLE, Field(description="The version's UUID, which pipeline steps contain.")]
    status: Annotated[str, Field(description="`ready` once it can be deployed.")]


class ModelVersion(Resource[ModelVersionInputs, ModelVersionOutputs]):
    """A version of a model: an uploaded file that the instance converts for serving.

    Instead of a file, it can be a container image of an MLflow model (`image_path`), or a file in a ModelRegistry
    (`registry_id` and `registry_path`).

    Identified by workspace, name, file content (or image) and conversion settings; an existing version that matches
    all of them, and has the declared visibility, is adopted instead of uploaded again. A version from a registry is
    never adopted; import one without `registry_id` and `registry_path`. Changing what identifies the version makes a
    new one, and deletes the old one after everything that uses it has changed. Batching and the other engine settings
    change in place, and apply from the next deployment on; visibility and tags change in place too.
    Deleting removes the version and its file, and the model with its last version; it fails while a pipeline uses the
    version, unless `force_destroy` is set.
    """

    kind = "ModelVersion"
    inputs = ModelVersionInputs
    outputs = ModelVersionOutputs
    id_format = "the version's id, such as `15`"
    from_id = {"model_version_id": "int"}
    deletion = (
        "The version and its file are deleted, and the model with its last version. While a pipeline uses the "
        "version, deleting fails and names the pipeline; `force_destroy` undeploys and deletes that pipeline "
        "first. A pipeline that only still runs the version, and whose latest version uses another one, is "
        "undeployed. Pipelines of other workspaces stay."
    )
    examples = Examples(
        needs={"Workspace": {"name": "fraud-prod"}},
        inputs={
            "workspace_id": "$workspace_id",
            "name": "ccfraud",
            "path": "$model_file",
            "framework": "onnx",
        },
        update={"tensor_fields": ["tensor"]},
        replace={"name": "ccfraud-eu"},
    )

    def id_of(self, outputs: ModelVersionOutputs) -> str:
        return str(outputs.model_version_id)

    def complete(self, inputs: ModelVersionInputs, prior: Mapping[str, Any]) -> ModelVersionInputs:
        if isinstance(inputs.path, str):
            _models.require_file(Path(inputs.path), inputs.framework)
        if inputs.image_path is not None or inputs.registry_id is not None:
            return inputs.model_copy(update={"sha256": None, "size": None, "archive_digest": None})
        if inputs.path is None and not prior.get("sha256"):
            raise InvalidInput("path", "is required, or image_path, or registry_id with registry_path")
        return inputs.model_copy(update=file_inputs(inputs.path, prior))

    def validate(self, ctx: Context[Client], desired: ModelVersionInputs) -> Iterable[InvalidInput]:
        return _lookups.refused_workspace(ctx, desired.workspace_id)

    def existing(self, ctx: Context[Client], desired: ModelVersionInputs) -> str | None:
        found = _models.match(ctx, desired)
        return str(found.id) if found else None

    def create(self, ctx: Context[Client], desired: ModelVersionInputs) -> ModelVersionOutputs:
        _lookups.workspace(ctx, desired.workspace_id)
        _tags.require(ctx, desired.tags, _models.label(desired))
        with ExitStack() as claimed:
            # Two resources that upload the same must not overtake each other between the lookup and the upload.
            with ctx.lock("models", desired.workspace_id, desired.name):
                found = _models.match(ctx, desired)
                id = found.id if found else _models.upload(ctx, desired)
                before = _before(ctx, found, desired.tags) if found else {}
                claim = ctx.claim(self.kind, str(id), desired.name, existed=found is not None, found=before)
                claimed.enter_context(claim)
            _tags.set_tags(ctx, "model", id, desired.tags, _models.label(desired), is_new=found is None)
            ctx.call.unfinished = lambda: self._outputs(ctx, desired, ctx.client.models.version(id))
            return self._finished(ctx, desired, id)

    def finish(
        self, ctx: Context[Client], id: str, prior: ModelVersionOutputs, desired: ModelVersionInputs
    ) -> ModelVersionOutputs:
        return self._finished(ctx, desired, prior.model_version_id)

    def _finished(self, ctx: Context[Client], desired: ModelVersionInputs, id: int) -> ModelVersionOutputs:
        """The outputs, once the version is ready and has its configuration."""
        version = _models.ready(ctx, desired, id)
        configure(ctx, desired, version)
        return self._outputs(ctx, desired, version)

    def _outputs(
        self, ctx: Context[Client], desired: ModelVersionInputs, version: wire.ConfiguredModelVersion
    ) -> ModelVersionOutputs:
        info = version.model_version.file_info
        model = _models.named(ctx, desired.workspace_id, desired.name)
        ctx.call.mark = model.created_at if model else None
        return self.result(
            desired,
            sha256=desired.sha256 or info.sha,
            model_id=model.id if model else None,
            model_version_id=version.model_version.id,
            version=info.version,
            status=version.model_version.status,
        )

    def read(
        self, ctx: Context[Client], id: str, prior: ModelVersionOutputs | None
    ) -> ModelVersionOutputs | None:
        found = _lookups.find_model_version(ctx, int(id), prior.workspace_id if prior else None)
        if found is None or (prior and found.model_version.file_info.version != prior.version):
            return None  # gone; what has its id now is another version
        version, conversion = found.model_version, found.model_version.conversion or wire.Conversion()
        fixed = {
            "workspace_id": version.workspace_id,
            "name": version.name,
            "framework": conversion.framework,
            "arch": conversion.arch,
            "accel": conversion.accel,
            "python_version": conversion.python_version,
            "requirements": list(conversion.requirements),
            "framework_config": (conversion.framework_config or {}).get("config"),
            **_schemas(conversion.framework, found.config),
            "visibility": version.visibility,
            "image_path": version.image_path,
            "registry_id": None,  # no reply contains it, nor the path
            "registry_path": None,
            "sha256": version.file_info.sha,
            "size": version.file_info.size,
        }
        parent = None if prior else _models.named(ctx, version.workspace_id, version.name)
        if parent is not None:
            ctx.call.mark = parent.created_at
        if prior:
            # What was uploaded cannot change: the state has it exactly, the instance perhaps in other words.
            fixed = prior.model_dump(include=set(fixed)) | {"visibility": version.visibility}
        return ModelVersionOutputs.model_validate(
            {
                **fixed,
                **configuration(found.config, prior),
                "tags": _tags.observed(
                    ctx, "model", version.id, prior.tags if prior else None, imported=prior is None
                ),
                "model_id": prior.model_id if prior else getattr(parent, "id", None),
                "model_version_id": version.id,
                "version": version.file_info.version,
                "status": version.status,
            }
        )

    def update(
        self, ctx: Context[Client], id: str, prior: ModelVersionOutputs, desired: ModelVersionInputs
    ) -> ModelVersionOutputs:
        found = self._recorded(ctx, id, prior)
        if found is None:
            raise GoneError(f"{_models.label(prior)} no longer has version {prior.version} (id {id})")
        if configure(ctx, desired, found):
            ctx.report(
                f"{_models.label(desired)} has a new configuration (id {id}): existing deployments use it after their "
                "next deploy"
            )
        if found.model_version.visibility != desired.visibility:
            _models.set_visibility(ctx, desired, found.model_version, desired.visibility)
        if _tags.differ(prior.tags, desired.tags):
            _tags.set_tags(ctx, "model", int(id), desired.tags, _models.label(desired))
        computed = prior.model_dump(include={"sha256", "model_id", "model_version_id", "version", "status"})
        return self.result(desired, **computed)

    def _recorded(
        self, ctx: Context[Client], id: str, prior: ModelVersionOutputs
    ) -> wire.ConfiguredModelVersion | None:
        """Return the version that the state records, or None if it is gone."""
        found = _lookups.find_model_version(ctx, int(id), prior.workspace_id)
        return found if found and found.model_version.file_info.version == prior.version else None

    def delete(self, ctx: Context[Client], id: str, prior: ModelVersionOutputs) -> None:
        if _lookups.workspace_if_any(ctx, prior.workspace_id) is not None:
            _models.remove_version(ctx, prior)

    def adoptable(self, ctx: Context[Client], id: str, prior: ModelVersionOutputs) -> Mapping[str, Any]:
        found = self._recorded(ctx, id, prior)
        return _before(ctx, found.model_version, prior.tags) if found else {}

    def leave(
        self, ctx: Context[Client], id: str, prior: ModelVersionOutputs, found: Mapping[str, Any]
    ) -> str:
        version = self._recorded(ctx, id, prior) if found else None
        if version is None:
            return ""
        before = found.get("visibility", prior.visibility)
        restored = []
        if version.model_version.visibility != before:
            _models.set_visibility(ctx, prior, version.model_version, before)
            restored.append(before)
        restored.append(_tags.restore(ctx, "model", int(id), found, _models.label(prior)))
        return " and ".join(filter(None, restored))


def _before(ctx: Context[Client], version: wire.ModelVersion, tags: list[str] | None) -> Mapping[str, Any]:
    """Return what the stack may change of an existing version, and restores when it leaves the version."""
    return {"visibility": version.visibility, **_tags.before(ctx, "model", version.id, tags)}


def _schemas(framework: str | None, config: wire.ModelConfig | None) -> dict[str, str | None]:
    """Return the schemas of a version that is read by its id alone.

    The vendor's SDK leaves empty schemas out when it enables the OpenAI endpoints, which need no fields.
    """
    enabled = config is not None and (config.openai or {}).get("enabled") and framework in _CONFIGURABLE
    absent = _EMPTY_SCHEMA if enabled else None
    return {n: getattr(config, n, None) or absent for n in ("input_schema", "output_schema")}
