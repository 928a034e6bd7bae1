"""Lookups that several resources share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TypeVar

from ..api import Client, wire
from ..core.context import Context
from ..core.diff import contains_unknown
from ..core.read import read_by_id
from ..core.resource import InvalidInput
from ..core.validate import refused, refused_ids
from ..errors import ApiError, ConflictError, HiddenError, InconsistentError, NotFoundError

T = TypeVar("T")

_WORKSPACE = "Workspace"


def workspace(ctx: Context[Client], id: int) -> wire.Workspace:
    """The workspace of this id. Raises HiddenError when the caller may not see it, NotFoundError if there is none."""
    if found := workspace_if_any(ctx, id):
        return found
    raise NotFoundError(f"workspace {id} does not exist; check workspace_id")


def workspace_if_any(ctx: Context[Client], id: int) -> wire.Workspace | None:
    """The workspace of this id, None when there is none. Raises HiddenError when the caller may not see it.

    The listing holds what the caller may see. What it lacks is asked for by a call about this workspace alone, which
    is refused if the workspace exists (and answered if the listing was wrong).
    """
    if (found := ctx.client.workspaces.find(id)) is not None:
        return found
    try:
        exists = ctx.client.workspaces.exists(id)
    except ApiError as error:
        if not error.answered(403):
            raise
        raise hidden(ctx, f"workspace {_recorded_name(ctx, id)}") from None
    if exists and (found := ctx.client.workspaces.find(id, fresh=True)) is None:
        raise InconsistentError(
            f"workspace {id} has members and is not listed by workspaces/list; try again, and if the error persists, "
            "ask the instance's administrator"
        )
    return found


def require_same_workspace(found: wire.Workspace, name: object, created_at: object) -> None:
    """Raise ConflictError unless the workspace has the recorded name and creation time, as far as both are known."""
    if isinstance(name, str) and found.name != name:
        raise ConflictError(
            f"workspace {found.id} is {found.name!r} on this instance, but this stack recorded {name!r} under this id; "
            "nothing was changed: check that the configuration names the stack's instance"
        )
    if _differ(found.created_at, created_at):
        raise ConflictError(
            f"workspace {found.name!r} (id {found.id}) was created at {found.created_at}, but this stack recorded one "
            f"of {created_at}; nothing was changed: check that the configuration names the stack's instance"
        )


def _differ(left: object, right: object) -> bool:
    """Whether two times, in any notation of ISO 8601, are known and more than a second apart."""
    try:
        moments = [datetime.fromisoformat(str(moment)) for moment in (left, right)]
    except ValueError:
        return False
    if (moments[0].tzinfo is None) != (moments[1].tzinfo is None):
        moments = [moment.replace(tzinfo=None) for moment in moments]
    return abs((moments[0] - moments[1]).total_seconds()) > 1


def hidden(ctx: Context[Client], what: str) -> HiddenError:
    """The error for an object that exists and that the caller may not see."""
    return HiddenError(
        f"{what} exists, but user {ctx.client.caller()} may not see it; ask an owner of its workspace to add the user, "
        "or run with an account that is a member"
    )


def _recorded_name(ctx: Context[Client], id: int) -> str:
    recorded = ctx.ownership.recorded(_WORKSPACE, str(id))
    name = recorded and recorded.get("name")
    return f"{name!r} (id {id})" if isinstance(name, str) else str(id)


def refused_workspace(ctx: Context[Client], id: int) -> Iterator[InvalidInput]:
    """For ``validate``: the input ``workspace_id`` where it is known and no such workspace is seen."""
    if not contains_unknown(id):
        yield from refused("workspace_id", lambda: workspace(ctx, id))


def find_model_version(
    ctx: Context[Client], id: int, workspace_id: int | None = None
) -> wire.ConfiguredModelVersion | None:
    """The model version of this id, None when it is gone. ``workspace_id`` saves looking through all workspaces."""
    if workspace_id is not None and workspace_if_any(ctx, workspace_id) is None:
        return None
    return read_visible(
        ctx,
        f"model version {id}",
        lambda: ctx.client.models.version(id),
        lambda: any(
            v.model_version.id == id for m in ctx.client.models.list(workspace_id) for v in m.model_versions
        ),
    )


def model_version(ctx: Context[Client], id: int) -> wire.ConfiguredModelVersion:
    """The model version of this id in the input ``models``. Raises NotFoundError when there is none."""
    if (found := find_model_version(ctx, id)) is None:
        raise NotFoundError(
            f"model version {id} does not exist; check models, or declare a ModelVersion and give its "
            "`model_version_id`"
        )
    return found


def refused_models(ctx: Context[Client], models: object) -> Iterator[InvalidInput]:
    """For ``validate``: the input ``models`` for every id in it that is of no model version."""

    return refused_ids("models", models, lambda each: model_version(ctx, each))


def read_visible(
    ctx: Context[Client], what: str, get: Callable[[], T], listed: Callable[[], bool]
) -> T | None:
    """What ``get`` answers about one object, None when it is absent; see `read_by_id`. Raises HiddenError."""
    try:
        return read_by_id(get, listed)
    except ApiError as error:
        if not error.answered(403):
            raise
        raise hidden(ctx, what) from None


def require_publish(ctx: Context[Client], id: int) -> None:
    """Raise NotFoundError if there is no publish of this id, or none that the caller sees."""
    if ctx.client.publishes.look_up(id) is None:
        raise NotFoundError(
            f"publish {id} does not exist or this user cannot see it; declare a PipelinePublish and give its "
            "`publish_id`"
        )


def split_id(id: str) -> tuple[int, str]:
    """The parts of an id such as ``12/sales-warehouse``. Another form names workspace 0, which never exists."""
    workspace_id, _, rest = id.partition("/")
    return int(workspace_id) if workspace_id.isdecimal() else 0, rest
