"""What an assay watches and compares: docs/internals/mlops-api.md#assays."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from ..core.diff import contains_unknown
from ..core.fields import (
    BY_SHAPE,
    OBJECT,
    PLAIN,
    Count,
    CountFromZero,
    Element,
    KeyText,
    Number,
    OneOf,
    Properties,
    Threshold,
)
from ..core.json_values import JsonObject


def instant(value: Any) -> Any:
    """Return the time in UTC. Raises ValueError for text that is no time with a zone; anything else passes."""
    if not isinstance(value, str):
        return value
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ValueError("a time with its zone is needed, such as 2026-01-31T06:00:00Z")
    try:
        return moment.astimezone(UTC).isoformat()
    except OverflowError:
        raise ValueError("must be between the years 1 and 9999 in UTC") from None


Instant = Annotated[str, BeforeValidator(instant)]


class Interval(Properties):
    """Every so many minutes, hours, days or weeks."""

    unit: Literal["Minute", "Hour", "Day", "Week"]
    quantity: Count


class Watched(Properties):
    """A field of the pipeline's inputs or outputs, and the scores that warn and alert."""

    name: KeyText
    indexes: list[Element[CountFromZero]] | None = None
    warning: Threshold | None = None
    alert: Threshold | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Watched:
        if contains_unknown((self.warning, self.alert)) or self.warning is None or self.alert is None:
            return self
        if self.warning > self.alert:
            raise ValueError(f"warning ({self.warning:g}) must not be greater than alert ({self.alert:g})")
        return self


class Width(Properties):
    """A length of time."""

    seconds: Count


class Rolling(Properties):
    """The time before each run's window."""

    start: Instant
    width: Width


class Baseline(OneOf):
    """What to compare with."""

    static: Annotated[list[Element[Instant]], Field(min_length=2, max_length=2)] | None = None
    rolling: Rolling | None = None
    vector: Annotated[list[Element[Annotated[float, Number]]], Field(min_length=1)] | None = None
    summary: JsonObject | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Baseline:
        if self.static and not contains_unknown(self.static) and self.static[0] >= self.static[1]:
            raise ValueError("the start of a static baseline must be before its end")
        return self


class BinMode(OneOf):
    """How the bins are made."""

    equal: Count | None = None
    quantile: Count | None = None
    quantile_with_explicit_outliers: Count | None = None
    provided: Annotated[list[Element[Annotated[float, Number]]], Field(min_length=1)] | None = None


class UnivariateContinuous(Properties):
    """How the values of one field are binned and compared."""

    aggregation: Literal["Cumulative", "Density", "Edges"]
    metric: Literal["MaxDiff", "PSI", "SumDiff"]
    bin_mode: Annotated[Annotated[Literal["None"], PLAIN] | Annotated[BinMode, OBJECT], BY_SHAPE]
    bin_weights: list[Element[Threshold]] | None = None


class Summarizer(OneOf):
    """How values are binned and scores computed."""

    univariate_continuous: UnivariateContinuous | None = None
    multivariate_continuous: JsonObject | None = None
