"""Functions on models: require a file of the right format, find, upload and convert a version, remove it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..api import Client, wire
from ..core.context import Context
from ..core.create import create_once
from ..core.files import COMPRESSED, HDF5, ONNX, PICKLE, ZIP
from ..core.read import find_listed
from ..core.remove import remove_once
from ..core.resource import InvalidInput
from ..core.satisfies import satisfies
from ..core.upload import format_of_input, upload_once
from ..core.wait import Done, uploading, wait
from ..errors import ApiError, ConflictError, ObjectError, WallarooError, one_line
from ..redaction import redact
from . import _lookups, _pipelines
from ._model_config import without_none
from ._tags import requires_graphql

if TYPE_CHECKING:
    from .model_version import ModelVersionInputs, ModelVersionOutputs

_SUFFIXES = (".zip", ".pt", ".onnx", ".h5", ".pkl")
"""What the instance takes (its own words in a recorded refusal)."""
_TIMEOUT = 1800.0
"""Seconds; the vendor's SDK waits as long."""
_LOG_LINES = 20
_OPTIONAL = ("python_version", "framework_config", "input_schema", "output_schema")
"""Inputs without which a declaration is content with any version of the file."""

_FORMATS = {
    "keras": (HDF5, ZIP),
    "onnx": (ONNX,),
    "pytorch": (ZIP, PICKLE),
    "sklearn": (PICKLE, COMPRESSED, ZIP),
    "xgboost": (PICKLE, COMPRESSED, ZIP),
}
"""What the file of a framework may be; of any other framework, a zip archive. Only recognised formats count."""


def require_file(path: Path, framework: Any) -> None:
    """Raise InvalidInput for a file that the instance would reject for its suffix, or for its format if recognised."""
    if path.suffix not in _SUFFIXES:
        raise InvalidInput("path", f"the instance takes {', '.join(_SUFFIXES)} files")
    found = format_of_input(path)
    allowed = _FORMATS.get(framework, (ZIP,)) if isinstance(framework, str) else None
    if found and allowed and found not in allowed:
        raise InvalidInput("path", f"is {found}; framework {framework!r} takes {' or '.join(allowed)}")


def label(model: ModelVersionInputs | ModelVersionOutputs) -> str:
    return f"model {model.name!r} of workspace {model.workspace_id}"


def match(ctx: Context[Client], desired: ModelVersionInputs) -> wire.ModelVersion | None:
    """The newest version that an upload of ``desired`` would only repeat; one that failed is none."""
    same = [
        found.model_version
        for found in _versions(ctx, desired)
        if found.model_version.status != "error"
        and _is(found, desired)
        and not ctx.declared_otherwise("ModelVersion", str(found.model_version.id), desired, *_OPTIONAL)
    ]
    return max(same, key=lambda version: version.id, default=None)


def _is(found: wire.ConfiguredModelVersion, desired: ModelVersionInputs) -> bool:
    """Whether a version is what an upload of ``desired`` would make.

    No version shows which file of a registry it is, so none counts as the desired one.
    """
    version = found.model_version
    if desired.registry_id is not None:
        return False
    same = (
        version.image_path == desired.image_path
        if desired.image_path is not None
        else version.file_info.sha == desired.sha256
    )
    return same and _is_made_alike(found, desired)


def _is_made_alike(found: wire.ConfiguredModelVersion, desired: ModelVersionInputs) -> bool:
    """Whether a version has the desired visibility, conversion and schemas."""
    version, config = found.model_version, found.config
    conversion = version.conversion or wire.Conversion()
    given = _conversion(desired)
    observed = conversion.model_dump()
    return (
        version.visibility == desired.visibility
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


def upload(ctx: Context[Client], desired: ModelVersionInputs) -> int:
    """Make a version of the file, the image or the registry's model, and return its id."""
    metadata = without_none(_metadata(desired))

    def send(file: Path) -> int:
        progress = uploading(ctx, label(desired), file.stat().st_size)
        return ctx.client.models.upload(metadata, file, desired.timeout or _TIMEOUT, progress)

    def find() -> int | None:
        return found.id if (found := match(ctx, desired)) else None

    if desired.image_path is not None:
        return create_once(ctx, lambda: ctx.client.models.register_image(metadata), find)
    if desired.registry_id is not None:
        return _upload_from_registry(ctx, desired, desired.registry_id, metadata)
    return upload_once(ctx, desired.path, desired.sha256, send, find, makes_room="model versions")


def _upload_from_registry(
    ctx: Context[Client], desired: ModelVersionInputs, registry_id: str, metadata: dict[str, Any]
) -> int:
    """Make a version, exactly once: what appears during the call is its result."""
    before = {found.model_version.id for found in _versions(ctx, desired)}

    def find() -> int | None:
        new = [v for v in _versions(ctx, desired) if v.model_version.id not in before]
        return next((v.model_version.id for v in new if _is_made_alike(v, desired)), None)

    def send() -> int:
        path = desired.registry_path or ""
        try:
            return ctx.client.models.upload_from_registry(registry_id, path, metadata)
        except ApiError as error:
            if error.status in (400, 404):
                raise error.with_hint(
                    f"check registry_id and registry_path of {label(desired)}; the workspace must use the registry"
                ) from None
            raise

    return create_once(ctx, send, find)


def _versions(ctx: Context[Client], desired: ModelVersionInputs) -> Iterator[wire.ConfiguredModelVersion]:
    """Yield the present versions of the model."""
    for listed in ctx.client.models.list(desired.workspace_id, fresh=True):
        if listed.model.name == desired.name:
            yield from listed.model_versions


def _metadata(desired: ModelVersionInputs) -> dict[str, Any]:
    return {
        "name": desired.name,
        "visibility": desired.visibility,
        "workspace_id": desired.workspace_id,
        "conversion": _conversion(desired),
        "input_schema": desired.input_schema,
        "output_schema": desired.output_schema,
        "image_path": desired.image_path,
    }


def ready(ctx: Context[Client], desired: ModelVersionInputs, id: int) -> wire.ConfiguredModelVersion:
    """The version once it is ready. One that fails is deleted again, so that it does not lie about."""

    def poll() -> str | Done[wire.ConfiguredModelVersion]:
        found = ctx.client.models.version(id)
        version = found.model_version
        if version.status == "error":
            why = _why(ctx, version)
            left = _discard(ctx, desired, version)
            raise ObjectError(f"{label(desired)} could not be converted: {why}{left}")
        return Done(found) if version.status == "ready" else version.status

    return wait(
        ctx,
        label(desired),
        poll,
        timeout=desired.timeout or _TIMEOUT,
        remedy="run `pulumi up` again, which continues to wait for this version, or raise timeout"
        if desired.registry_id is None
        else f"raise timeout and run `pulumi up` again, which imports the model again; version {id} stays",
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
    # Requirements, which both quote, may contain the address of a package index with a password.
    tail = one_line(redact(" | ".join(log))[-400:])
    return one_line(redact(summary or "the instance returned no reason")) + (
        f"; the log ends: {tail}" if tail else ""
    )


def set_visibility(
    ctx: Context[Client],
    model: ModelVersionInputs | ModelVersionOutputs,
    version: wire.ModelVersion,
    visibility: str,
) -> None:
    """Change who may use a version. Raises an error with a remedy if the instance rejects GraphQL."""
    what = f"the visibility of version {version.id} of {label(model)}"
    remedy = f"run `pulumi up --replace '{ctx.call.urn}'`, or undo the change"
    with requires_graphql(what, remedy):
        ctx.client.graphql.set_model_visibility(version.id, visibility)
    ctx.client.models.forget()


def named(ctx: Context[Client], workspace_id: int, name: str) -> wire.Model | None:
    return next((m.model for m in ctx.client.models.list(workspace_id) if m.model.name == name), None)


def remove_version(ctx: Context[Client], prior: ModelVersionOutputs) -> None:
    """Delete the version, and its model with the last one. With force_destroy, what uses the version goes first."""
    model = _recorded_model(ctx, prior)
    version = f"version {prior.model_version_id} of {label(prior)}"

    def is_there() -> bool:
        found = _lookups.find_model_version(ctx, prior.model_version_id, prior.workspace_id)
        return found is not None and found.model_version.file_info.version == prior.version

    def remove() -> None:
        nonlocal model
        found = find_listed(
            version,
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


def _spared(ctx: Context[Client], prior: ModelVersionOutputs, user: _pipelines.User) -> str:
    """Why force_destroy leaves a pipeline alone; empty if it does not."""
    if user.workspace_id != prior.workspace_id:
        return f"of workspace {user.workspace_id}"
    referrer = _pipelines.referrer(ctx, user.workspace_id, user.pipeline.name)
    return f"to which {referrer} refers" if referrer else ""


def _in_use(
    ctx: Context[Client], prior: ModelVersionOutputs, users: list[_pipelines.User], error: ApiError
) -> WallarooError:
    version = f"version {prior.model_version_id} of {label(prior)}"
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
        f"version {prior.model_version_id} of {label(prior)}",
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
