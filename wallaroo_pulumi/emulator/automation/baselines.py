"""Baselines of assays: the bins and statistics of a series of numbers (`/v2/api/assays/preview_baseline_binning`).

The numbers are those of an array, or those that a pipeline's inference log has at a path in a range of time. Bins by
quantiles are those of the recordings. The sources are silent on the labels of the other kinds and on how quantiles are
interpolated (here linearly).
"""

import math
import statistics
from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate, pairwise
from typing import Any

from ..data import inference_log
from ..errors import ApiError
from ..identity import access
from ..identity.auth import Caller
from ..services import Db
from ..state import State
from ..wire import Wire, mlops_router
from .assays import (
    Bins,
    DataPath,
    MultivariateSummarizer,
    RollingBaseline,
    Series,
    StaticBaseline,
    Statistics,
    SummaryBaseline,
    Targeting,
    UnivariateSummarizer,
    VectorBaseline,
    instant,
)

router = mlops_router("/assays", "assays", version="v2")
INFINITY = "INFINITY"


class BinningRequest(Wire):
    baseline: SummaryBaseline | StaticBaseline | RollingBaseline | VectorBaseline
    summarizer: UnivariateSummarizer | MultivariateSummarizer
    targeting: Targeting | None = None


@router.post("/preview_baseline_binning")
async def preview_baseline_binning(body: BinningRequest, caller: Caller, db: Db) -> dict[str, Series]:
    """Bin a baseline. There is a series for each monitored path; a baseline without numbers is 400."""
    if isinstance(body.baseline, SummaryBaseline):
        return body.baseline.Summary
    if body.targeting is not None:
        access.require_member(db, body.targeting.data_origin.workspace_id, caller)
    if isinstance(body.summarizer, MultivariateSummarizer):
        raise ApiError(400, "summarizer: the emulator bins univariate baselines only")
    options = body.summarizer.UnivariateContinuous
    found = {}
    for name, path in _paths(body.targeting):
        values = _values(db, body, path)
        if not values:
            raise ApiError(400, f"baseline: there are no numbers for {name}")
        found[name] = _series(name, sorted(values), options.bin_mode, options.aggregation)
    return found


def _paths(targeting: Targeting | None) -> Iterator[tuple[str, list[str | int]]]:
    """The monitored paths by their names: `out.price.0` is the first element of the field `out.price`."""
    for data in targeting.iopath if targeting else [DataPath(field="baseline")]:
        group, _, field = data.field.partition(".")
        if not data.indexes:
            yield data.field, [group, field]
        for index in data.indexes or []:
            yield f"{data.field}.{index}", [group, field, index]


def _values(db: State, body: BinningRequest, path: list[str | int]) -> list[float]:
    if isinstance(body.baseline, VectorBaseline):
        return [value for value in body.baseline.Vector if value is not None and math.isfinite(value)]
    if isinstance(body.baseline, StaticBaseline) and body.targeting is not None:
        start, end = (instant.validate_python(text) for text in body.baseline.Static)
        return inference_log.values(db, body.targeting.data_origin.pipeline_id, path, start, end)
    raise ApiError(400, "baseline: the emulator bins arrays, and the inference log in a range of time")


def _series(name: str, values: list[float], mode: dict[str, Any] | str, aggregation: str) -> Series:
    edges, labels = _bins(values, mode)
    shares = _shares(values, edges)
    if aggregation == "Cumulative":
        shares = list(accumulate(shares))
    shown: list[float | str] = [INFINITY if math.isinf(edge) else edge for edge in edges]
    return Series(
        name=name,
        bins=Bins(mode=mode, edges=shown, labels=labels),  # type: ignore[arg-type] # it was validated as such
        aggregated_values=[edge for edge in edges if math.isfinite(edge)]
        if aggregation == "Edges"
        else shares,
        aggregation=aggregation,  # type: ignore[arg-type] # as above
        statistics=Statistics(
            count=len(values),
            min=values[0],
            max=values[-1],
            mean=statistics.fmean(values),
            median=statistics.median(values),
            std=statistics.pstdev(values),
        ),
    )


def _bins(values: list[float], mode: dict[str, Any] | str) -> tuple[list[float], list[str]]:
    """The upper edges of the bins, the last of which is infinite, and their labels."""
    if not isinstance(mode, dict):
        return [math.inf], ["all"]
    ((kind, option),) = mode.items()
    lowest, highest = values[0], values[-1]
    match kind, option:
        case "Quantile", int(count) if count > 0:
            shares = [100 * index / count for index in range(1, count)]
            return [*(_quantile(values, share) for share in shares), math.inf], _between(
                [f"{share:g}%" for share in shares]
            )
        case "QuantileWithExplicitOutliers", int(count) if count > 0:
            shares = [100 * index / count for index in range(count + 1)]
            labels = ["left_outlier", *(f"q_{share:g}" for share in shares[1:]), "right_outlier"]
            edges = [_quantile(values, share) for share in shares]
            return [*edges, math.inf], labels
        case "Equal", int(count) if count > 0:
            edges = [lowest + (highest - lowest) * index / count for index in range(count + 1)]
            return [*edges, math.inf], _between([f"{edge:g}" for edge in edges])
        case "Provided", [*given] if given:
            finite = sorted(float(edge) for edge in given if edge != INFINITY)
            return [*finite, math.inf], _between([f"{edge:g}" for edge in finite])
    raise ApiError(400, f"summarizer: unknown bin_mode {kind}")


def _between(bounds: list[str]) -> list[str]:
    if not bounds:
        return ["all"]
    return [f"< {bounds[0]}", *(f"{left} - {right}" for left, right in pairwise(bounds)), f"> {bounds[-1]}"]


def _quantile(values: list[float], percent: float) -> float:
    position = (len(values) - 1) * percent / 100
    below = math.floor(position)
    above = min(below + 1, len(values) - 1)
    return values[below] + (values[above] - values[below]) * (position - below)


def _shares(values: list[float], edges: list[float]) -> list[float]:
    counts = [0] * len(edges)
    for value in values:
        counts[bisect_left(edges, value)] += 1
    return [count / len(values) for count in counts]
