"""Orchestration: a team's Python code as a zip file (a `main.py`, perhaps a `requirements.txt`), packaged to run.

Identity: the orchestration's UUID. The natural key is workspace, name and content: names are not unique, and every
upload makes another orchestration, so before an upload those that the workspace has are searched, and one of the same
name and content is taken over instead. A create whose reply was lost, or whose wait was cut off, is completed so by the
next `up`.

The content's SHA-256 is computed in check, so that a preview shows a changed file; the path itself is no difference.
The API cannot change an orchestration (docs/internals/mlops-api.md#orchestrations): the new one is created first, and
the old one is deleted last, after its tasks have been replaced.
"""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

from pydantic import Field

from ..api import Client, wire
from ..core.context import Context
from ..core.fields import (
    COMPUTED_IN_CHECK,
    CREATE_ONLY,
    DERIVED,
    FORCES_REPLACEMENT,
    STATE_ONLY,
    Adopted,
    Adopting,
    KeyText,
    Seconds,
    WorkspaceId,
)
from ..core.remove import remove_once
from ..core.resource import Examples, InvalidInput, Resource
from ..core.upload import file_inputs, require_content_of_input, upload_once
from ..core.wait import Done, wait
from ..errors import ApiError, ObjectError, WallarooError, one_line
from ._lookups import read_visible, refused_workspace, workspace, workspace_if_any

_TIMEOUT = 900.0
"""Seconds: packaging installs the requirements."""


class _Orchestration(Adopting):
    workspace_id: Annotated[
        WorkspaceId,
        FORCES_REPLACEMENT,
        Field(description="The workspace: the `workspace_id` of a Workspace."),
    ]
    name: Annotated[str | None, Field(description="The orchestration's name, if it has one.")] = None
    path: Annotated[
        str | None, STATE_ONLY, Field(description="The path as set. Unknown if the object is read by its id.")
    ] = None
    timeout: Annotated[
        Seconds | None,
        STATE_ONLY,
        Field(description="Seconds to wait for the packaging. Default: 900."),
    ] = None
    sha256: Annotated[
        str | None,
        COMPUTED_IN_CHECK,
        FORCES_REPLACEMENT,
        Field(description="The SHA-256 of the file's content."),
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


class OrchestrationInputs(_Orchestration):
    name: Annotated[
        KeyText,
        FORCES_REPLACEMENT,
        Field(description="The orchestration's name. It need not be unique on the instance."),
    ]
    path: Annotated[
        str | None,
        STATE_ONLY,
        CREATE_ONLY,
        Field(
            min_length=1,
            description="The zip file on the machine where Pulumi runs, relative to the program's folder. Changes "
            "are detected by content, not by path. Required, except for an imported object until it is replaced",
        ),
    ] = None


class OrchestrationOutputs(_Orchestration, Adopted):
    orchestration_id: Annotated[str, Field(description="The id that Task refers to, a UUID.")]
    status: Annotated[str, Field(description="Its status on the instance: `ready`.")]


class Orchestration(Resource[OrchestrationInputs, OrchestrationOutputs]):
    """Python code in a zip file, which the instance packages to run as tasks.

    Identified by workspace, name and content; an existing orchestration that matches all three is adopted instead
    of uploaded again. Changing one of them uploads a new orchestration, and deletes the old one after its tasks
    have been replaced. Deleting removes the orchestration and its package; it fails while tasks run it.
    """

    kind = "Orchestration"
    inputs = OrchestrationInputs
    outputs = OrchestrationOutputs
    id_format = "the orchestration's id, a UUID"
    from_id = {"orchestration_id": "str"}
    deletion = "The orchestration and its package are deleted. Its tasks must be killed first."
    examples = Examples(
        needs={"Workspace": {"name": "fraud-prod"}},
        inputs={"workspace_id": "$workspace_id", "name": "nightly-scores", "path": "$orchestration_file"},
        update={"timeout": 600.0},
        replace={"name": "hourly-scores"},
    )

    def id_of(self, outputs: OrchestrationOutputs) -> str:
        return outputs.orchestration_id

    def complete(self, inputs: OrchestrationInputs, prior: Mapping[str, Any]) -> OrchestrationInputs:
        computed = file_inputs(inputs.path, prior)
        if isinstance(inputs.path, str):
            require_package(Path(inputs.path))
        return inputs.model_copy(update=computed)

    def validate(self, ctx: Context[Client], desired: OrchestrationInputs) -> Iterable[InvalidInput]:
        return refused_workspace(ctx, desired.workspace_id)

    def existing(self, ctx: Context[Client], desired: OrchestrationInputs) -> str | None:
        return _match(ctx, desired)

    def create(self, ctx: Context[Client], desired: OrchestrationInputs) -> OrchestrationOutputs:
        place = workspace(ctx, desired.workspace_id).id
        with ExitStack() as claimed:
            # Two resources that upload the same must not overtake each other between the lookup and the upload.
            with ctx.lock("orchestrations", place, desired.name):
                found = _match(ctx, desired)
                id = found or _upload(ctx, desired)
                claimed.enter_context(ctx.claim(self.kind, id, desired.name, existed=found is not None))
            ctx.call.unfinished = lambda: self.result(
                desired, orchestration_id=id, status=ctx.client.orchestrations.get(id).status
            )
            status = _packaged(ctx, desired, id)
        return self.result(desired, orchestration_id=id, status=status)

    def finish(
        self, ctx: Context[Client], id: str, prior: OrchestrationOutputs, desired: OrchestrationInputs
    ) -> OrchestrationOutputs:
        return self.result(desired, orchestration_id=id, status=_packaged(ctx, desired, id))

    def read(
        self, ctx: Context[Client], id: str, prior: OrchestrationOutputs | None
    ) -> OrchestrationOutputs | None:
        found = find(ctx, id, prior.workspace_id if prior else None)
        if found is None:
            return None
        return OrchestrationOutputs(
            workspace_id=found.workspace_id,
            name=found.name,
            # What was uploaded cannot change: the state has it exactly.
            sha256=prior.sha256 if prior else found.sha,
            orchestration_id=id,
            status=found.status,
        )

    def delete(self, ctx: Context[Client], id: str, prior: OrchestrationOutputs) -> None:
        if find(ctx, id, prior.workspace_id) is None:
            return
        try:
            remove_once(
                lambda: ctx.client.orchestrations.delete(id),
                lambda: find(ctx, id, prior.workspace_id) is not None,
            )
        except ApiError as error:
            if error.status == 409:
                raise error.with_hint(f"kill the tasks of {_label(prior)} (id {id}) first") from None
            raise


def find(ctx: Context[Client], id: str, workspace_id: int | None = None) -> wire.Orchestration | None:
    """The orchestration of this id, None when it is gone. ``workspace_id`` saves looking through all workspaces."""
    if workspace_id is not None and workspace_if_any(ctx, workspace_id) is None:
        return None
    return read_visible(
        ctx,
        f"orchestration {id}",
        lambda: ctx.client.orchestrations.get(id),
        lambda: _listed(ctx, id, workspace_id),
    )


def _label(orchestration: OrchestrationInputs | OrchestrationOutputs) -> str:
    return f"orchestration {orchestration.name!r} of workspace {orchestration.workspace_id}"


def require_package(path: Path) -> None:
    """Raises InvalidInput when the file is not what the instance can package."""
    require_content_of_input(path)
    try:
        with zipfile.ZipFile(path) as package:
            entries = package.infolist()
    except Exception as error:  # damaged or unsupported, each with errors of its own
        raise InvalidInput("path", f"is no readable zip file: {one_line(str(error))}") from None
    for entry in entries:
        place = PurePosixPath(entry.filename.replace("\\", "/"))
        if stat.S_ISLNK(entry.external_attr >> 16) or place.is_absolute() or ".." in place.parts:
            raise InvalidInput("path", f"contains {entry.filename!r}, which leads out of the package")
    files = [PurePosixPath(entry.filename).name for entry in entries]
    if "main.py" not in files:
        raise InvalidInput("path", "contains no main.py, which the instance runs")
    if files.count("requirements.txt") > 1:
        raise InvalidInput("path", "holds more than one requirements.txt")


def _match(ctx: Context[Client], desired: OrchestrationInputs) -> str | None:
    """The id of the newest orchestration that an upload of ``desired`` would only repeat; one that failed is none."""
    same = [
        found
        for found in ctx.client.orchestrations.list(desired.workspace_id)
        if (found.name, found.sha) == (desired.name, desired.sha256) and found.status != "error"
    ]
    newest: wire.Orchestration | None = max(same, key=lambda found: found.created_at or "", default=None)
    return newest.id if newest else None


def _upload(ctx: Context[Client], desired: OrchestrationInputs) -> str:
    return upload_once(
        ctx,
        desired.path,
        desired.sha256,
        lambda file: ctx.client.orchestrations.upload(desired.workspace_id, desired.name, file),
        lambda: _match(ctx, desired),
        makes_room="orchestrations",
    )


def _packaged(ctx: Context[Client], desired: OrchestrationInputs, id: str) -> str:
    """The status when it is ready. One that fails is deleted again, so that it does not lie about."""

    def poll() -> str | Done[str]:
        status = ctx.client.orchestrations.get(id).status
        if status == "error":
            left = _discard(ctx, id)
            raise ObjectError(
                f"{_label(desired)} could not be packaged{left}; check that its requirements can be installed, and "
                "run `pulumi up` again"
            )
        return Done(status) if status == "ready" else status

    return wait(
        ctx,
        _label(desired),
        poll,
        timeout=desired.timeout or _TIMEOUT,
        remedy="run `pulumi up` again, which continues to wait, or raise timeout",
    )


def _discard(ctx: Context[Client], id: str) -> str:
    """Delete what failed, unless it was adopted; says so when it stays, rather than hide the failure itself."""
    with suppress(WallarooError):
        if not ctx.call.adopted:
            ctx.client.orchestrations.delete(id)
            return ""
    return f" (id {id}, which stays)"


def _listed(ctx: Context[Client], id: str, workspace_id: int | None) -> bool:
    workspaces = [workspace_id] if workspace_id else [w.id for w in ctx.client.workspaces.list()]
    return any(found.id == id for place in workspaces for found in ctx.client.orchestrations.list(place))
