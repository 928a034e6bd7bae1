"""Task: runs an orchestration on a schedule or continuously.

Identity: the task's UUID. The natural key is workspace, orchestration, name, schedule and arguments. A live task with
the same key is adopted, so a create with a lost response does not start a second one.
The API can only pause and resume a task (docs/internals/mlops-api.md#tasks). Every other change replaces it. The old
task is killed first, so that two tasks never do the same work. A killed task stays listed and counts as gone. A failed
task is drift that replaces, not gone: in a crash loop it still runs and must be killed.

A single run of an orchestration is an action, not a state that a stack can keep, so it is no resource. Call
`task/run_once` where the run should happen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack, suppress
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from ..api import Client, wire
from ..core.context import Context
from ..core.create import create_once
from ..core.diff import contains_unknown
from ..core.fields import (
    FORCES_REPLACEMENT,
    STATE_ONLY,
    Adopted,
    Adopting,
    Count,
    Cron,
    KeyText,
    Seconds,
    WorkspaceId,
)
from ..core.json_values import JsonObject
from ..core.resource import Examples, InvalidInput, Resource
from ..core.validate import refused
from ..core.wait import Done, wait
from ..errors import ApiError, NotFoundError, ObjectError, WallarooError
from . import orchestration
from ._lookups import read_visible, refused_workspace, workspace, workspace_if_any

_TIMEOUT = 300.0
"""Seconds; the vendor's SDK has the same timeout."""
_FAILED = ("failed", "crash_loop", "timed_out", "schedule_error", "killed")
_ENDED = ("killed", "failed", "success", "timed_out")
_PAUSED = ("paused", "pending_pause")


class _Task(Adopting):
    workspace_id: Annotated[
        WorkspaceId,
        FORCES_REPLACEMENT,
        Field(description="The workspace: the `workspace_id` of a Workspace."),
    ]
    orchestration_id: Annotated[
        str | None,
        Field(description="The orchestration. Unknown for a task that is read by its id on an old platform."),
    ] = None
    name: Annotated[str | None, Field(description="The task's name, if it has one.")] = None
    schedule: Annotated[
        Cron | None,
        FORCES_REPLACEMENT,
        Field(
            description="When it runs, in cron's five fields: `0 4 * * *`. Without it, the task runs until killed."
        ),
    ] = None
    arguments: Annotated[
        JsonObject | None,
        FORCES_REPLACEMENT,
        BeforeValidator(lambda value: value or None),
        Field(description="Arguments of the code: any JSON object."),
    ] = None
    debug: Annotated[
        bool, FORCES_REPLACEMENT, Field(description="Whether the instance runs it with debugging enabled.")
    ] = False
    run_timeout: Annotated[
        Count | None,
        FORCES_REPLACEMENT,
        STATE_ONLY,
        Field(description="The most seconds for a run of a scheduled task."),
    ] = None
    paused: Annotated[bool, Field(description="Whether the task is paused.")] = False
    timeout: Annotated[
        Seconds | None,
        STATE_ONLY,
        Field(description="Seconds to wait for its start, pause or end. Default: 300."),
    ] = None


class TaskInputs(_Task):
    orchestration_id: Annotated[
        KeyText,
        FORCES_REPLACEMENT,
        Field(description="The orchestration: the `orchestration_id` of an Orchestration."),
    ]
    name: Annotated[KeyText, FORCES_REPLACEMENT, Field(description="The task's name.")]

    @model_validator(mode="after")
    def _runs_end_by_schedule(self) -> TaskInputs:
        if self.run_timeout is not None and self.schedule is None:
            raise ValueError("run_timeout requires a schedule: a task without one runs until it is killed")
        return self


class TaskOutputs(_Task, Adopted):
    orchestration_id: Annotated[str | None, Field(description="The orchestration.")] = (
        None  # unknown on old platforms
    )
    name: Annotated[str | None, Field(description="The task's name.")] = (
        None  # tasks of other users may have none
    )
    task_id: Annotated[str, Field(description="The task's id, a UUID.")]
    status: Annotated[str, Field(description="The last observed status: `started`, `paused`, `crash_loop` …")]


class Task(Resource[TaskInputs, TaskOutputs]):
    """A task, which runs an orchestration on a schedule or continuously.

    A live task with the same orchestration, name, schedule and arguments is adopted. Pausing and resuming happen in
    place; every other change kills the task before it starts a new one. Deleting kills the task and waits until it
    has ended. A single run is an action, not a resource: call `task/run_once`.
    """

    kind = "Task"
    inputs = TaskInputs
    outputs = TaskOutputs
    id_format = "the task's id, a UUID"
    from_id = {"task_id": "str"}
    deletion = (
        "The task is killed, and Pulumi waits until it has ended. The instance keeps the records of the task and "
        "its runs."
    )
    delete_before_replace = True  # two must not do the same work
    examples = Examples(
        needs={
            "Workspace": {"name": "fraud-prod"},
            "Orchestration": {
                "workspace_id": "$workspace_id",
                "name": "nightly-scores",
                "path": "$orchestration_file",
            },
        },
        inputs={
            "workspace_id": "$workspace_id",
            "orchestration_id": "$orchestration_id",
            "name": "scores",
            "schedule": "0 4 * * *",
            "arguments": {"pipeline_name": "ccfraud"},
        },
        update={"paused": True},
        replace={"schedule": "0 5 * * *"},
    )

    def id_of(self, outputs: TaskOutputs) -> str:
        return outputs.task_id

    def has_failed(self, prior: Mapping[str, Any]) -> bool:
        return prior.get("status") in _FAILED

    def validate(self, ctx: Context[Client], desired: TaskInputs) -> Iterable[InvalidInput]:
        unseen = list(refused_workspace(ctx, desired.workspace_id))
        yield from unseen
        if not unseen and not contains_unknown((desired.workspace_id, desired.orchestration_id)):
            yield from refused("orchestration_id", lambda: _require_orchestration(ctx, desired))

    def existing(self, ctx: Context[Client], desired: TaskInputs) -> str | None:
        return _match(ctx, desired)

    def create(self, ctx: Context[Client], desired: TaskInputs) -> TaskOutputs:
        place = workspace(ctx, desired.workspace_id).id
        with ExitStack() as claimed:
            # Another thread must not start an equal task between the lookup and the start.
            with ctx.lock("tasks", place, desired.name):
                found = _match(ctx, desired)
                id = found or create_once(ctx, lambda: _run(ctx, desired), lambda: _match(ctx, desired))
                before = {"paused": found is not None and ctx.client.tasks.get(id).status == "paused"}
                claim = ctx.claim(self.kind, id, desired.name, existed=found is not None, found=before)
                claimed.enter_context(claim)
            status = _started(ctx, desired, id)
            if (status == "paused") != desired.paused:
                status = _pause(ctx, desired, id)
        return self.result(desired, task_id=id, status=status)

    def read(self, ctx: Context[Client], id: str, prior: TaskOutputs | None) -> TaskOutputs | None:
        found = _get(ctx, id, prior.workspace_id if prior else None)
        if found is None or found.killed or found.status in ("killed", "pending_kill"):
            return None
        now: dict[str, Any] = {
            "status": found.status,
            "paused": found.status in _PAUSED,
            "task_id": id,
        }
        if prior:
            if _has_failed(found):
                now["orchestration_id"] = None  # nothing runs: a difference that the next `up` repairs
            # Nothing else can change: the state is exact, and the instance may not return the values.
            return TaskOutputs.model_validate({**prior.model_dump(), **now})
        return TaskOutputs.model_validate(
            {
                "workspace_id": found.workspace_id,
                "orchestration_id": found.extra_env_vars.get("ORCH_ID"),
                "name": found.name,
                "schedule": found.schedule,
                "arguments": found.input_data,
                "debug": found.extra_env_vars.get("TASK_DEBUG") == "true",
                **now,
            }
        )

    def update(self, ctx: Context[Client], id: str, prior: TaskOutputs, desired: TaskInputs) -> TaskOutputs:
        status = prior.status
        if desired.paused != prior.paused:
            status = _pause(ctx, desired, id)
        return self.result(desired, task_id=id, status=status)

    def delete(self, ctx: Context[Client], id: str, prior: TaskOutputs) -> None:
        def poll() -> str | Done[None]:
            task = _get(ctx, id, prior.workspace_id)
            if task is None or task.killed or task.status in _ENDED:
                return Done(None)
            return task.status

        if workspace_if_any(ctx, prior.workspace_id) is None:
            return
        task = _get(ctx, id, prior.workspace_id)
        if task is None or task.killed:
            return
        try:
            ctx.client.tasks.kill(id)
        except ApiError:
            if isinstance(poll(), str):  # a task that has ended may not accept a kill
                raise

        wait(
            ctx,
            _label(prior),
            poll,
            timeout=prior.timeout or _TIMEOUT,
            remedy="the kill was requested: run `pulumi destroy` again, which continues to wait, or raise timeout",
        )

    def adoptable(self, ctx: Context[Client], id: str, prior: TaskOutputs) -> Mapping[str, Any]:
        task = _get(ctx, id, prior.workspace_id)
        return {"paused": task.status in _PAUSED} if task else {}

    def leave(self, ctx: Context[Client], id: str, prior: TaskOutputs, found: Mapping[str, Any]) -> str:
        task = _get(ctx, id, prior.workspace_id) if found else None
        before = bool(found.get("paused"))
        if task is None or task.killed or (task.status == "paused") == before or task.status in _ENDED:
            return ""
        _pause(ctx, prior.model_copy(update={"paused": before}), id)
        return "paused" if before else "running"


def _label(task: _Task) -> str:
    return f"task {task.name!r} of workspace {task.workspace_id}"


def _require_orchestration(ctx: Context[Client], desired: TaskInputs) -> None:
    if orchestration.find(ctx, desired.orchestration_id, desired.workspace_id) is None:
        raise NotFoundError(
            f"no orchestration has the id {desired.orchestration_id!r}; check orchestration_id, or declare an "
            "Orchestration"
        )


def _get(ctx: Context[Client], id: str, workspace_id: int | None) -> wire.Task | None:
    def listed() -> bool:
        workspaces = [workspace_id] if workspace_id else [w.id for w in ctx.client.workspaces.list()]
        return any(t.id == id for place in workspaces for t in ctx.client.tasks.list(place, killed=True))

    if workspace_id is not None and workspace_if_any(ctx, workspace_id) is None:
        return None
    return read_visible(ctx, f"task {id}", lambda: ctx.client.tasks.get(id), listed)


def _has_failed(task: wire.Task) -> bool:
    """Return whether the task should run, but does not. A task that runs once (not of this stack) may end."""
    return task.status in _FAILED and task.run_type != "Job"


def _match(ctx: Context[Client], desired: TaskInputs) -> str | None:
    """Return the id of a live task with the desired values, or None."""
    for task in ctx.client.tasks.list(desired.workspace_id, desired.orchestration_id):
        same = (task.name, task.schedule, task.input_data or None) == (
            desired.name,
            desired.schedule,
            desired.arguments,
        )
        if same and not task.killed and task.status not in (*_FAILED, "success", "pending_kill"):
            return task.id
    return None


def _run(ctx: Context[Client], desired: TaskInputs) -> str:
    what = (desired.workspace_id, desired.orchestration_id, desired.name)
    if desired.schedule is None:
        return ctx.client.tasks.run_continuously(*what, desired.arguments or {}, debug=desired.debug)
    return ctx.client.tasks.run_scheduled(
        *what, desired.schedule, desired.arguments or {}, debug=desired.debug, timeout=desired.run_timeout
    )


def _started(ctx: Context[Client], desired: TaskInputs, id: str) -> str:
    """Wait for the start and return the status. A task that fails is killed, so the next `up` starts another."""

    def poll() -> str | Done[str]:
        status = ctx.client.tasks.get(id).status
        if status in _FAILED:
            left = _discard(ctx, id)
            raise ObjectError(
                f"{_label(desired)} did not start, its status is {status}{left}; check the orchestration's code and "
                "the task's arguments, and run `pulumi up` again"
            )
        return Done(status) if status in ("started", "paused", "success") else status

    return wait(
        ctx,
        _label(desired),
        poll,
        timeout=desired.timeout or _TIMEOUT,
        remedy="run `pulumi up` again, which continues to wait, or raise timeout",
    )


def _discard(ctx: Context[Client], id: str) -> str:
    """Kill a failed task unless it was adopted. If it stays, return a note for the message about the failure."""
    with suppress(WallarooError):
        if not ctx.call.adopted:
            ctx.client.tasks.kill(id)
            return ""
    return f" (id {id}, which was not killed)"


def _pause(ctx: Context[Client], desired: _Task, id: str) -> str:
    """Pause or resume the task, wait for it, and return the new status."""
    ctx.client.tasks.pause(id, desired.paused)
    end = "paused" if desired.paused else "started"

    def poll() -> str | Done[str]:
        status = ctx.client.tasks.get(id).status
        if status in _FAILED:
            raise ObjectError(f"{_label(desired)} cannot be {end}: its status is {status}; replace the task")
        return Done(status) if status == end else status

    return wait(
        ctx,
        _label(desired),
        poll,
        timeout=desired.timeout or _TIMEOUT,
        remedy="run `pulumi up` again, or raise timeout",
    )
