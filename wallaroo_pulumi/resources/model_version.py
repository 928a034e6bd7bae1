"""ModelVersion: a model's file on the instance, converted and ready to serve.

Identity: the version's integer id. The natural key is workspace, name, content (SHA-256) and conversion: before an
upload the versions that the instance has are searched, since every upload makes a version, and a version that matches
is taken over instead. So a create whose reply was lost, or whose wait was cut off, is completed by the next `up`.

The content's digest is computed in check, so that a preview shows a changed file. The path itself is no difference: a
checkout that moved replaces nothing. Give it relative to the program's folder, and the state names no machine.

What the file becomes is fixed with the upload, so that a change of it replaces: the new version is made first and the
old one deleted last, after everything that used it has changed over. Batching and the rest of the model configuration
change in place (`models/insert_model_config`); a deployed pipeline takes it up when it is deployed again.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

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
    STATE_ONLY,
    Adopted,
    Adopting,
    DnsLabel,
    Element,
    KeyText,
    Number,
    Seconds,
    WorkspaceId,
)
from ..core.files import COMPRESSED, HDF5, ONNX, PICKLE, ZIP
from ..core.json_values import JsonObject
from ..core.read import find_listed
from ..core.remove import remove_once
from ..core.resource import Examples, InvalidInput, Resource
from ..core.satisfies import satisfies
from ..core.upload import file_inputs, format_of_input, upload_once
from ..core.wait import Done, uploading, wait
from ..errors import ApiError, ConflictError, GoneError, ObjectError, WallarooError, one_line
from . import _lookups, _pipelines
from ._engine_config import Accel, Arch, Qaic
from ._model_config import ContinuousBatching, DynamicBatching, OpenAi, configuration, configure, without_none

_SUFFIXES = (".zip", ".pt", ".onnx", ".h5", ".pkl")
"""What the instance takes (its own words in a recorded refusal)."""
_TIMEOUT = 1800.0
"""Seconds; the vendor's SDK waits as long."""
_LOG_LINES = 20

Framework = Literal[
    "custom",
    "hugging-face-automatic-speech-recognition",
    "hugging-face-feature-extraction",
    "hugging-face-image-classification",
    "hugging-face-image-segmentation",
    "hugging-face-image-to-text",
    "hugging-face-object-detection",
    "hugging-face-question-answering",
    "hugging-face-sentiment-analysis",
    "hugging-face-stable-diffusion-text-2-img",
    "hugging-face-summarization",
    "hugging-face-text-classification",
    "hugging-face-text-generation",
    "hugging-face-translation",
    "hugging-face-zero-shot-classification",
    "hugging-face-zero-shot-image-classification",
    "hugging-face-zero-shot-object-detection",
    "keras",
    "mlflow",
    "onnx",
    "python",
    "pytorch",
    "sglang",
    "sklearn",
    "tensorflow",
    "vllm",
    "xgboost",
]
_FORMATS = {
    "keras": (HDF5, ZIP),
    "onnx": (ONNX,),
    "pytorch": (ZIP, PICKLE),
    "sklearn": (PICKLE, COMPRESSED, ZIP),
    "xgboost": (PICKLE, COMPRESSED, ZIP),
}
"""What the file of a framework may be; of any other framework, a zip archive. Only recognised formats count."""
_ARCH_OF = {"jetson": "arm", "qaic": "x86"}
_WITHOUT_SCHEMAS = ("onnx", "tensorflow", "python")
_CONFIGURABLE = ("custom", "sglang", "vllm")


def _python_version(value: Any) -> Any:
    if isinstance(value, int | float):
        raise ValueError("must be text, such as '3.8': as a number, 3.10 is 3.1")
    if isinstance(value, str) and not re.fullmatch(r"\d+\.\d+(\.\d+)?", value):
        raise ValueError("must be a version of Python, such as 3.8")
    return value


def _arrow_schema(value: Any) -> Any:
    if isinstance(value, str):
        try:
            valid = bool(base64.b64decode(value, validate=True))
        except ValueError:
            valid = False
        if not valid:
            raise ValueError("must be a pyarrow.Schema, or the base64 of its serialised form")
    return value


PythonVersion = Annotated[str, BeforeValidator(_python_version)]
ArrowSchema = Annotated[str, BeforeValidator(_arrow_schema)]
Requirements = Annotated[list[Element[KeyText]] | None, BeforeValidator(lambda value: value or None)]


class _ModelVersion(Adopting):
    workspace_id: Annotated[
        WorkspaceId,
        FORCES_REPLACEMENT,
        Field(description="The workspace: the `workspace_id` of a Workspace."),
    ]
    # What exists may break our rules, and an id alone does not tell everything: hence wider types than an input's.
    name: Annotated[str, Field(description="The model's name.")]
    path: Annotated[str | None, STATE_ONLY, Field(description="The path of the model's file, as set.")] = None
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
        Field(description="The SHA-256 of the file's content, 64 hex digits."),
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
        str,
        STATE_ONLY,
        CREATE_ONLY,
        Field(
            min_length=1,
            description="The model's file on the machine where Pulumi runs (.zip, .pt, .onnx, .h5 or .pkl), relative "
            "to the program's folder (the `main` of `Pulumi.yaml`). Changes are detected by content, not by path",
        ),
    ]
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
        FORCES_REPLACEMENT,
        Field(description="Whether other workspaces may use the version."),
    ] = "private"

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
        if missing and self.framework not in _WITHOUT_SCHEMAS:
            raise ValueError(f"framework {self.framework!r} needs {' and '.join(missing)}")
        if self.framework_config is not None and self.framework not in _CONFIGURABLE:
            raise ValueError(f"framework_config is for the frameworks {', '.join(_CONFIGURABLE)} only")
        return self


class ModelVersionOutputs(_ModelVersion, Adopted):
    sha256: Annotated[str, Field(description="The SHA-256 of the file's content, 64 hex digits.")]
    model_id: Annotated[
        int | None, Field(description="The id of the model, the parent of all versions of this name.")
    ] = None
    model_version_id: Annotated[int, Field(description="The version's id.")]
    version: Annotated[str, Field(description="The version's UUID, which pipeline steps contain.")]
    status: Annotated[str, Field(description="`ready` once it can be deployed.")]


class ModelVersion(Resource[ModelVersionInputs, ModelVersionOutputs]):
    """A version of a model: an uploaded file that the instance converts for serving.

    Identified by workspace, name, file content and conversion settings; an existing version that matches all of
    them is adopted instead of uploaded again. Changing one of them uploads a new version, and deletes the old one
    after everything that uses it has changed. Batching and the other engine settings change in place, and apply
    from the next deployment on. Deleting removes the version and its file, and the model with its last version; it
    fails while a pipeline uses the version, unless `force_destroy` is set.
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
        replace={"visibility": "public"},
    )

    def id_of(self, outputs: ModelVersionOutputs) -> str:
        return str(outputs.model_version_id)

    def complete(self, inputs: ModelVersionInputs, prior: Mapping[str, Any]) -> ModelVersionInputs:
        if isinstance(inputs.path, str):
            require_file(Path(inputs.path), inputs.framework)
        return inputs.model_copy(update=file_inputs(inputs.path, prior))

    def validate(self, ctx: Context[Client], desired: ModelVersionInputs) -> Iterable[InvalidInput]:
        return _lookups.refused_workspace(ctx, desired.workspace_id)

    def existing(self, ctx: Context[Client], desired: ModelVersionInputs) -> str | None:
        found = _match(ctx, desired)
        return str(found.id) if found else None

    def create(self, ctx: Context[Client], desired: ModelVersionInputs) -> ModelVersionOutputs:
        _lookups.workspace(ctx, desired.workspace_id)
        with ExitStack() as claimed:
            # Two resources that upload the same must not overtake each other between the lookup and the upload.
            with ctx.lock("models", desired.workspace_id, desired.name):
                found = _match(ctx, desired)
                id = found.id if found else _upload(ctx, desired)
                claimed.enter_context(ctx.claim(self.kind, str(id), desired.name, existed=found is not None))
            version = _ready(ctx, desired, id)
            configure(ctx, desired, version)
        info = version.model_version.file_info
        model = _model(ctx, desired.workspace_id, desired.name)
        ctx.call.mark = model.created_at if model else None
        return self.result(
            desired,
            model_id=model.id if model else None,
            model_version_id=id,
            version=info.version,
            status=version.model_version.status,
        )

    def read(
        self, ctx: Context[Client], id: str, prior: ModelVersionOutputs | None
    ) -> ModelVersionOutputs | None:
        if not id.isdecimal():
            raise ObjectError(f"{id!r} is no id of a model version: give its number, such as '15'")
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
            "input_schema": found.config and found.config.input_schema,
            "output_schema": found.config and found.config.output_schema,
            "visibility": version.visibility,
            "sha256": version.file_info.sha,
            "size": version.file_info.size,
        }
        parent = None if prior else _model(ctx, version.workspace_id, version.name)
        if parent is not None:
            ctx.call.mark = parent.created_at
        if prior:
            # What was uploaded cannot change: the state has it exactly, the instance perhaps in other words.
            fixed = prior.model_dump(include=set(fixed)) | {"visibility": version.visibility}
        return ModelVersionOutputs.model_validate(
            {
                **fixed,
                **configuration(found.config, prior),
                "model_id": prior.model_id if prior else getattr(parent, "id", None),
                "model_version_id": version.id,
                "version": version.file_info.version,
                "status": version.status,
            }
        )

    def update(
        self, ctx: Context[Client], id: str, prior: ModelVersionOutputs, desired: ModelVersionInputs
    ) -> ModelVersionOutputs:
        found = _lookups.find_model_version(ctx, int(id), prior.workspace_id)
        if found is None or found.model_version.file_info.version != prior.version:
            raise GoneError(f"{_label(prior)} no longer has version {prior.version} (id {id})")
        if configure(ctx, desired, found):
            ctx.report(
                f"{_label(desired)} has a new configuration (id {id}): existing deployments use it after their "
                "next deploy"
            )
        computed = prior.model_dump(include={"model_id", "model_version_id", "version", "status"})
        return self.result(desired, **computed)

    def delete(self, ctx: Context[Client], id: str, prior: ModelVersionOutputs) -> None:
        model = _recorded_model(ctx, prior)

        def is_there() -> bool:
            found = _lookups.find_model_version(ctx, prior.model_version_id, prior.workspace_id)
            return found is not None and found.model_version.file_info.version == prior.version

        def remove() -> None:
            nonlocal model
            found = find_listed(
                f"version {prior.model_version_id} of {_label(prior)}",
                lambda _: _model_of(ctx, prior.workspace_id, prior.version),
                lambda: ctx.client.models.list(prior.workspace_id),
                is_there,
            )
            if found is not None:
                model = found
                remove_once(
                    lambda: ctx.client.models.delete_version(prior.version),
                    lambda: _model_of(ctx, prior.workspace_id, prior.version) is not None,
                )

        if _lookups.workspace_if_any(ctx, prior.workspace_id) is None:
            return
        with ctx.lock("models", prior.workspace_id, prior.name):
            try:
                remove()
            except ApiError as error:
                if error.status != 409:
                    raise
                users = _pipelines.that_use(ctx, prior.version)
                spared = any(_spared(ctx, prior, user) for user in users)
                if not (prior.force_destroy and users) or spared:
                    raise _in_use(ctx, prior, users, error) from None
                _remove_users(ctx, prior, users, remove)
            _drop_if_empty(ctx, prior.workspace_id, model)


def require_file(path: Path, framework: Any) -> None:
    """Raise InvalidInput for a file that the instance would reject for its suffix, or for its format if recognised."""
    if path.suffix not in _SUFFIXES:
        raise InvalidInput("path", f"the instance takes {', '.join(_SUFFIXES)} files")
    found = format_of_input(path)
    allowed = _FORMATS.get(framework, (ZIP,)) if isinstance(framework, str) else None
    if found and allowed and found not in allowed:
        raise InvalidInput("path", f"is {found}; framework {framework!r} takes {' or '.join(allowed)}")


def _label(model: ModelVersionInputs | ModelVersionOutputs) -> str:
    return f"model {model.name!r} of workspace {model.workspace_id}"


def _match(ctx: Context[Client], desired: ModelVersionInputs) -> wire.ModelVersion | None:
    """The newest version that an upload of ``desired`` would only repeat; one that failed is none."""
    models = ctx.client.models.list(desired.workspace_id, fresh=True)
    same = [
        found.model_version
        for model in models
        if model.model.name == desired.name
        for found in model.model_versions
        if found.model_version.status != "error" and _is(found, desired)
    ]
    return max(same, key=lambda version: version.id, default=None)


def _is(found: wire.ConfiguredModelVersion, desired: ModelVersionInputs) -> bool:
    version, config = found.model_version, found.config
    conversion = version.conversion or wire.Conversion()
    given = _conversion(desired)
    observed = conversion.model_dump()
    return (
        version.file_info.sha == desired.sha256
        and version.visibility == desired.visibility
        and (conversion.arch or "x86") == given.pop("arch", "x86")
        and satisfies(conversion.accel or "none", given.pop("accel", "none"))
        and satisfies(observed, given)
        and all(
            schema is None or config is None or getattr(config, name) in (None, schema)
            for name in ("input_schema", "output_schema")
            for schema in [getattr(desired, name)]
        )
    )


def _conversion(desired: ModelVersionInputs) -> dict[str, Any]:
    """The API's `conversion` object."""
    fields = ("framework", "arch", "accel", "python_version")
    given = desired.model_dump(include=set(fields), exclude_none=True)
    given["requirements"] = desired.requirements or []
    if desired.framework_config is not None:
        given["framework_config"] = {"framework": desired.framework, "config": desired.framework_config}
    return given


def _upload(ctx: Context[Client], desired: ModelVersionInputs) -> int:
    metadata = {
        "name": desired.name,
        "visibility": desired.visibility,
        "workspace_id": desired.workspace_id,
        "conversion": _conversion(desired),
        "input_schema": desired.input_schema,
        "output_schema": desired.output_schema,
    }

    def send(file: Path) -> int:
        progress = uploading(ctx, _label(desired), file.stat().st_size)
        return ctx.client.models.upload(without_none(metadata), file, desired.timeout or _TIMEOUT, progress)

    def find() -> int | None:
        return found.id if (found := _match(ctx, desired)) else None

    return upload_once(ctx, desired.path, desired.sha256, send, find, makes_room="model versions")


def _ready(ctx: Context[Client], desired: ModelVersionInputs, id: int) -> wire.ConfiguredModelVersion:
    """The version once it is ready. One that fails is deleted again, so that it does not lie about."""

    def poll() -> str | Done[wire.ConfiguredModelVersion]:
        found = ctx.client.models.version(id)
        version = found.model_version
        if version.status == "error":
            why = _why(ctx, version)
            left = _discard(ctx, desired, version)
            raise ObjectError(f"{_label(desired)} could not be converted: {why}{left}")
        return Done(found) if version.status == "ready" else version.status

    return wait(
        ctx,
        _label(desired),
        poll,
        timeout=desired.timeout or _TIMEOUT,
        remedy="run `pulumi up` again, which continues to wait for this version, or raise timeout",
    )


def _discard(ctx: Context[Client], desired: ModelVersionInputs, version: wire.ModelVersion) -> str:
    """Delete a version that failed, unless it was adopted; says so when it stays, rather than hide the failure."""
    with suppress(WallarooError):
        if not ctx.call.adopted:
            model = _model_of(ctx, desired.workspace_id, version.file_info.version)
            ctx.client.models.delete_version(version.file_info.version)
            _drop_if_empty(ctx, desired.workspace_id, model)
            return ""
    return f" (the failed version {version.id} stays on the instance)"


def _why(ctx: Context[Client], version: wire.ModelVersion) -> str:
    summary = version.error_summary if version.error_summary != "null" else None
    try:
        log = ctx.client.models.upload_logs(version.id, _LOG_LINES)
    except WallarooError:
        log = ()
    tail = one_line(" | ".join(log)[-400:])
    return one_line(summary or "the instance returned no reason") + (
        f"; the log ends: {tail}" if tail else ""
    )


def _model(ctx: Context[Client], workspace_id: int, name: str) -> wire.Model | None:
    return next((m.model for m in ctx.client.models.list(workspace_id) if m.model.name == name), None)


def _spared(ctx: Context[Client], prior: ModelVersionOutputs, user: _pipelines.User) -> str:
    """Why force_destroy leaves a pipeline alone; empty if it does not."""
    if user.workspace_id != prior.workspace_id:
        return f"of workspace {user.workspace_id}"
    referrer = _pipelines.referrer(ctx, user.workspace_id, user.pipeline.name)
    return f"to which {referrer} refers" if referrer else ""


def _in_use(
    ctx: Context[Client], prior: ModelVersionOutputs, users: list[_pipelines.User], error: ApiError
) -> WallarooError:
    version = f"version {prior.model_version_id} of {_label(prior)}"
    if not users:
        return error.with_hint(f"{version} is in use; undeploy and delete what uses it first")
    spared = [_spared(ctx, prior, user) for user in users]
    names = ", ".join(
        repr(user.pipeline.name) + (f" {why}" if why else "") for user, why in zip(users, spared, strict=True)
    )
    if any(spared):
        force = (
            "; force_destroy leaves pipelines of other workspaces and of this stack's other resources alone"
        )
    else:
        force = ", or set force_destroy"
    return ConflictError(
        f"{version} cannot be deleted: pipeline {names} uses it ({one_line(error.message)}); give the pipeline another "
        f"version and deploy it, or delete it first{force}"
    )


def _remove_users(
    ctx: Context[Client],
    prior: ModelVersionOutputs,
    users: list[_pipelines.User],
    remove: Callable[[], None],
) -> None:
    """Delete the pipelines that name the version, undeploy those that only still run it, then ``remove`` it."""
    for user in users:
        if user.names:
            _pipelines.remove(ctx, user.workspace_id, user.pipeline, undeploy_first=True)
        else:
            _pipelines.undeploy(ctx, user.workspace_id, user.pipeline)

    def poll() -> str | Done[None]:
        try:
            remove()
        except ApiError as error:
            if error.status != 409:
                raise
            return f"in use ({one_line(error.message)})"
        return Done(None)

    wait(
        ctx,
        f"version {prior.model_version_id} of {_label(prior)}",
        poll,
        timeout=_pipelines.UNDEPLOYED_WITHIN,
        remedy="remove what still uses it and run `pulumi up` again",
    )


def _model_of(ctx: Context[Client], workspace_id: int, version: str) -> wire.Model | None:
    """Return the model that contains a version (a UUID) now, or None."""
    for listed in ctx.client.models.list(workspace_id, fresh=True):
        if any(v.model_version.file_info.version == version for v in listed.model_versions):
            return listed.model
    return None


def _recorded_model(ctx: Context[Client], prior: ModelVersionOutputs) -> wire.Model | None:
    """Return the model as the state records it, or None where it does not tell it from one recreated later."""
    if prior.model_id is None or ctx.call.mark is None:
        return None
    return wire.Model(id=prior.model_id, name=prior.name, created_at=ctx.call.mark)


def _drop_if_empty(ctx: Context[Client], workspace_id: int, model: wire.Model | None) -> None:
    """Delete a model without versions, so that the workspace counts as empty again; no other model of its name."""
    if model is None:
        return
    for listed in ctx.client.models.list(workspace_id, fresh=True):
        same = (listed.model.id, listed.model.created_at) == (model.id, model.created_at)
        if same and not listed.model_versions:
            ctx.client.models.delete(workspace_id, model.name)
