"""Assay: watches what goes into or comes out of a pipeline for drift from a baseline, on a schedule.

Identity: the assay's id, a UUID. The API can change only whether an assay is active, and cannot delete one
(docs/internals/mlops-api.md#assays). A change of anything but ``active`` therefore replaces, and deleting deactivates.
Names are unique on the instance according to tutorials, and a deactivated assay keeps its name: a replacement needs a
new one. It is scheduled before the old assay is deactivated, so that a rejected name does not end the monitoring. An
existing assay with the same name and definition is adopted and activated again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from ..api import Client, spelling, wire
from ..core.context import Context
from ..core.create import create_once
from ..core.diff import contains_unknown
from ..core.fields import (
    FORCES_REPLACEMENT,
    Adopted,
    Adopting,
    Count,
    CronWithSeconds,
    Element,
    KeyText,
    WorkspaceId,
)
from ..core.resource import Examples, InvalidInput, Resource
from ..core.satisfies import satisfies
from ..core.validate import refused
from ..errors import ApiError, ConflictError, GoneError
from . import _lookups, _pipelines
from ._assay_definition import (
    Baseline,
    BinMode,
    Instant,
    Interval,
    Summarizer,
    UnivariateContinuous,
    Watched,
    instant,
)


class _Assay(Adopting):
    name: Annotated[
        KeyText, FORCES_REPLACEMENT, Field(description="The assay's name, unique on the instance.")
    ]
    workspace_id: Annotated[
        WorkspaceId,
        FORCES_REPLACEMENT,
        Field(description="The workspace: the `workspace_id` of a Workspace."),
    ]
    pipeline_name: Annotated[
        KeyText,
        FORCES_REPLACEMENT,
        Field(description="The pipeline to watch: the `name` of a Pipeline."),
    ]
    model_name: Annotated[
        KeyText | None,
        FORCES_REPLACEMENT,
        Field(description="Watch only the inferences of this model of the pipeline."),
    ] = None
    fields: Annotated[
        list[Element[Watched]],
        FORCES_REPLACEMENT,
        Field(
            min_length=1,
            description="The fields to watch: `name` (such as `out.variable`), and optionally `indexes` into it and "
            "the scores `warning` and `alert`.",
        ),
    ]
    baseline: Annotated[
        Baseline,
        BeforeValidator(spelling.BASELINE.from_api),
        FORCES_REPLACEMENT,
        Field(
            description="The baseline to compare with: `{'static': [start, end]}`, `{'rolling': {'start': …, 'width': "
            "{'seconds': …}}}`, `{'vector': [numbers]}`, or `{'summary': {…}}` in the API's own format."
        ),
    ]
    window_seconds: Annotated[
        Count, FORCES_REPLACEMENT, Field(description="The part of the inference log that each run analyses.")
    ]
    first_run: Annotated[
        Instant,
        FORCES_REPLACEMENT,
        Field(description="The first run: ISO 8601 with the time zone; stored in UTC."),
    ]
    run_until: Annotated[
        Instant | None,
        FORCES_REPLACEMENT,
        Field(description="The end of the runs, in the format of `first_run`. Default: no end."),
    ] = None
    every: Annotated[
        Interval | None,
        FORCES_REPLACEMENT,
        Field(
            description="The interval of the runs: `unit` (`Minute`, `Hour`, `Day` or `Week`) and `quantity`. "
            "Set this or `cron`."
        ),
    ] = None
    cron: Annotated[
        CronWithSeconds | None,
        FORCES_REPLACEMENT,
        Field(description="The schedule of the runs, as a cron expression. Set this or `every`."),
    ] = None
    summarizer: Annotated[
        Summarizer,
        BeforeValidator(spelling.SUMMARIZER.from_api),
        FORCES_REPLACEMENT,
        Field(
            description="The method to bin values and to compute scores. Default: five quantiles, their densities, and "
            "the population stability index."
        ),
    ] = Summarizer(
        univariate_continuous=UnivariateContinuous(
            bin_mode=BinMode(quantile=5), aggregation="Density", metric="PSI"
        )
    )
    active: Annotated[bool, Field(description="Whether the assay is active.")] = True


class AssayInputs(_Assay):
    @model_validator(mode="after")
    def _one_frequency(self) -> AssayInputs:
        if (self.every is None) == (self.cron is None):
            raise ValueError("set exactly one of every and cron")
        first, last = self.first_run, self.run_until
        if last is not None and not contains_unknown((first, last)) and last <= first:
            raise ValueError("run_until must be after first_run")
        return self


class AssayOutputs(_Assay, Adopted):
    assay_id: Annotated[str, Field(description="The assay's id, a UUID.")]


class Assay(Resource[AssayInputs, AssayOutputs]):
    """An assay, which compares a pipeline's inputs or outputs with a baseline on a schedule.

    The name is unique on the instance. Only `active` changes in place; every other change creates a new assay and
    needs a new name. An existing assay with the same name and definition is adopted. Wallaroo cannot delete assays,
    so deleting deactivates the assay, which keeps its name and results.
    """

    kind = "Assay"
    inputs = AssayInputs
    outputs = AssayOutputs
    id_format = "the assay's id, a UUID"
    natural_key = ("name",)
    from_id = {"assay_id": "str"}
    deletion = (
        "The assay is deactivated and stays on the instance with its name and results, because Wallaroo cannot "
        "delete one. Pulumi prints a message."
    )
    examples = Examples(
        needs={
            "Workspace": {"name": "fraud-prod"},
            "Pipeline": {"workspace_id": "$workspace_id", "name": "ccfraud", "steps": []},
        },
        inputs={
            "name": "ccfraud drift",
            "workspace_id": "$workspace_id",
            "pipeline_name": "$Pipeline.name",
            "fields": [{"name": "out.dense_1", "indexes": [0], "warning": 0.1, "alert": 0.25}],
            "baseline": {"static": ["2026-01-01T00:00:00Z", "2026-01-08T00:00:00Z"]},
            "window_seconds": 86400,
            "first_run": "2026-01-09T06:00:00Z",
            "every": {"unit": "Day", "quantity": 1},
        },
        update={"active": False},
        replace={"name": "ccfraud drift, hourly", "every": {"unit": "Hour", "quantity": 1}},
    )

    def id_of(self, outputs: AssayOutputs) -> str:
        return outputs.assay_id

    def left_by_replacement(self, prior: Mapping[str, Any]) -> str:
        del prior
        return "stays on the instance, deactivated: Wallaroo cannot delete assays"

    def validate(self, ctx: Context[Client], desired: AssayInputs) -> Iterable[InvalidInput]:
        unseen = list(_pipelines.refused_name(ctx, desired.workspace_id, desired.pipeline_name))
        yield from unseen
        prior = not contains_unknown(desired.model_dump(warnings=False))
        if prior and not unseen and not ctx.validated.has(self.kind, desired.name):
            yield from refused("name", lambda: _refuse_name_of_another(ctx, desired))

    def existing(self, ctx: Context[Client], desired: AssayInputs) -> str | None:
        listed = _pipelines.find(ctx, desired.workspace_id, desired.pipeline_name)
        definition = _definition(
            desired, _lookups.workspace(ctx, desired.workspace_id), listed.pipeline if listed else None
        )
        found = _same_of(
            [assay for assay in ctx.client.assays.list() if assay.name == desired.name], definition
        )
        return found.id if found else None

    def create(self, ctx: Context[Client], desired: AssayInputs) -> AssayOutputs:
        place = _lookups.workspace(ctx, desired.workspace_id)
        pipeline = _pipelines.named(ctx, place.id, desired.pipeline_name)
        definition = _definition(desired, place, pipeline)
        namesakes = [assay for assay in ctx.client.assays.list(fresh=True) if assay.name == desired.name]
        found = _same_of(namesakes, definition)
        id = found.id if found else _schedule(ctx, definition, taken=bool(namesakes))
        active = found.active if found else True
        with ctx.claim(self.kind, id, desired.name, existed=found is not None, found={"active": active}):
            if desired.active != active:
                ctx.client.assays.set_active(id, desired.active)
        return self.result(desired, assay_id=id)

    def read(self, ctx: Context[Client], id: str, prior: AssayOutputs | None) -> AssayOutputs | None:
        found = _find(ctx, id, prior)
        if found is None:
            return None
        if prior is not None:
            # What was scheduled cannot change: the state has it exactly, the instance perhaps in other words.
            return prior.model_copy(update={"active": found.active})
        return _described(found)

    def update(
        self, ctx: Context[Client], id: str, prior: AssayOutputs, desired: AssayInputs
    ) -> AssayOutputs:
        if _find(ctx, id, prior) is None:
            raise GoneError(f"assay {prior.name!r} (id {id}) no longer exists")
        ctx.client.assays.set_active(id, desired.active)
        return self.result(desired, assay_id=prior.assay_id)

    def delete(self, ctx: Context[Client], id: str, prior: AssayOutputs) -> None:
        found = _find(ctx, id, prior, fresh=True)
        if found is None:
            return
        if found.active:
            ctx.client.assays.set_active(id, False)
        ctx.report(
            f"assay {prior.name!r} (id {id}) stays on the instance, deactivated: Wallaroo cannot delete assays"
        )

    def adoptable(self, ctx: Context[Client], id: str, prior: AssayOutputs) -> Mapping[str, Any]:
        assay = _find(ctx, id, prior)
        return {"active": assay.active} if assay else {}

    def leave(self, ctx: Context[Client], id: str, prior: AssayOutputs, found: Mapping[str, Any]) -> str:
        assay, active = _find(ctx, id, prior, fresh=True) if found else None, bool(found.get("active"))
        if assay is None or assay.active == active:
            return ""
        ctx.client.assays.set_active(id, active)
        return "active" if active else "deactivated"


def _find(
    ctx: Context[Client], id: str, prior: AssayOutputs | None, *, fresh: bool = False
) -> wire.Assay | None:
    """The assay of this id, None when there is none. Raises HiddenError when the caller may not see it."""
    listed = next((assay for assay in ctx.client.assays.list(fresh=fresh) if assay.id == id), None)
    if listed or (prior and _lookups.workspace_if_any(ctx, prior.workspace_id) is None):
        return listed
    return _lookups.read_visible(
        ctx,
        f"assay {id}",
        lambda: ctx.client.assays.get(id),
        lambda: any(assay.id == id for assay in ctx.client.assays.list(fresh=True)),
    )


def _refuse_name_of_another(ctx: Context[Client], desired: AssayInputs) -> None:
    """Raise ConflictError if an active assay has the name and is another one."""
    place = _lookups.workspace(ctx, desired.workspace_id)
    listed = _pipelines.find(ctx, place.id, desired.pipeline_name)
    # Where the stack has yet to make the pipeline, no assay can watch it.
    definition = _definition(desired, place, listed.pipeline if listed else None)
    _same_of([assay for assay in ctx.client.assays.list() if assay.name == desired.name], definition)


def _same_of(namesakes: Sequence[wire.Assay], definition: Mapping[str, Any]) -> wire.Assay | None:
    """The one that is defined so. Raises ConflictError if there is none, and an active one has the name."""
    found = next((assay for assay in namesakes if _is_same(assay, definition)), None)
    if found is None and (rival := next((assay for assay in namesakes if assay.active), None)):
        raise ConflictError(
            f"assay {rival.name!r} already exists (id {rival.id}) with another definition; "
            "choose another name (this one stays in use), or declare its current definition"
        )
    return found


def _definition(
    desired: AssayInputs, place: wire.Workspace, pipeline: wire.Pipeline | None
) -> dict[str, Any]:
    """The body of the call that schedules the assay."""
    frequency = (
        {"Cron": desired.cron} if desired.every is None else {"SimpleRunFrequency": dict(desired.every)}
    )
    return {
        "name": desired.name,
        "baseline": desired.to_wire()["baseline"],
        "summarizer": desired.to_wire()["summarizer"],
        "window": {"width": {"seconds": desired.window_seconds}},
        "scheduling": {
            "first_run": desired.first_run,
            "end": desired.run_until,
            "run_frequency": frequency,
        },
        "targeting": {
            "data_origin": {
                "workspace_id": place.id,
                "workspace_name": place.name,
                "pipeline_id": pipeline.id if pipeline else None,
                "pipeline_name": desired.pipeline_name,
                "model_id": desired.model_name,
            },
            "iopath": [
                {
                    "field": field.name,
                    "indexes": field.indexes,
                    "thresholds": {"warning": field.warning, "alert": field.alert},
                }
                for field in desired.fields
            ],
        },
    }


def _is_same(assay: wire.Assay, definition: Mapping[str, Any]) -> bool:
    """Whether the instance's assay is defined so. It may write times and absent values in its own way."""
    found, desired = _canonical(assay.model_dump()), _canonical(definition)
    # Of these two the instance fills in what was left out.
    filled = satisfies(found["baseline"], desired["baseline"]) and satisfies(
        found["summarizer"], desired["summarizer"]
    )
    return filled and all(found[key] == desired[key] for key in ("name", "window", "scheduling", "targeting"))


def _canonical(value: Any) -> Any:
    """``value`` with all times in one form, and without what is empty."""
    if isinstance(value, Mapping):
        items = {key: _canonical(item) for key, item in value.items()}
        return {key: item for key, item in items.items() if item is not None and item != {}}
    if isinstance(value, list | tuple):
        return [_canonical(item) for item in value]
    try:
        return instant(value)
    except ValueError:
        return value


def _schedule(ctx: Context[Client], definition: Mapping[str, Any], *, taken: bool) -> str:
    def find() -> str | None:
        listed = ctx.client.assays.list(fresh=True)
        return next((assay.id for assay in listed if _is_same(assay, definition)), None)

    try:
        return create_once(ctx, lambda: ctx.client.assays.schedule(definition), find)
    except ApiError as error:
        if not taken:
            raise
        raise error.with_hint(
            f"a deactivated assay has the name {definition['name']!r} and keeps it, since Wallaroo cannot delete "
            "assays: choose another name"
        ) from None


def _described(found: wire.Assay) -> AssayOutputs:
    """The assay in our words, from what the instance tells."""
    origin, scheduling = found.targeting["data_origin"], found.scheduling
    frequency = scheduling["run_frequency"]
    return AssayOutputs.model_validate(
        {
            "assay_id": found.id,
            "name": found.name,
            "workspace_id": origin["workspace_id"],
            "pipeline_name": origin["pipeline_name"],
            "model_name": origin.get("model_id"),
            "fields": [
                {"name": path["field"], "indexes": path.get("indexes"), **(path.get("thresholds") or {})}
                for path in found.targeting["iopath"]
            ],
            "baseline": found.baseline,
            "window_seconds": found.window["width"]["seconds"],
            "first_run": scheduling["first_run"],
            "run_until": scheduling.get("end"),
            "every": frequency.get("SimpleRunFrequency"),
            "cron": frequency.get("Cron"),
            "summarizer": found.summarizer,
            "active": found.active,
        }
    )
