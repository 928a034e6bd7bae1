"""The steps of a pipeline: docs/internals/mlops-api.md#pipelines."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from ..api import spelling
from ..core.diff import contains_unknown
from ..core.fields import CountFromZero, Element, KeyText, OneOf, Properties, Threshold
from ..core.json_values import JsonObject


class ModelRef(Properties):
    """A model version in a step or deployment: name, UUID and the SHA-256 of its content."""

    name: KeyText
    version: KeyText
    sha: KeyText


class ModelInference(Properties):
    """Inference by a model. Of several, the first answers and the others infer in its shadow."""

    models: Annotated[list[Element[ModelRef]], Field(min_length=1)]


class Weight(Properties):
    """A model's share of the requests."""

    model: ModelRef
    weight: Threshold


class RandomSplit(Properties):
    """An A/B test: each request goes to one model, by weight; by the value of a field if ``hash_key`` names it."""

    hash_key: KeyText | None = None
    weights: Annotated[list[Element[Weight]], Field(min_length=1)]

    @model_validator(mode="after")
    def _some_weight(self) -> RandomSplit:
        weights = self.weights
        if not contains_unknown(self.model_dump(warnings=False)) and not any(each.weight for each in weights):
            raise ValueError("at least one weight must be greater than 0")
        return self


class MetaValueSplit(Properties):
    """Each request goes to the model that the value of its field selects, else to the control."""

    split_key: KeyText
    control: ModelRef
    routes: dict[KeyText, Element[ModelRef]]


class Nth(Properties):
    """Keep one element of the outputs."""

    index: CountFromZero


class Step(OneOf):
    """One step: exactly one of the keys."""

    model_inference: ModelInference | None = None
    random_split: RandomSplit | None = None
    meta_value_split: MetaValueSplit | None = None
    rows_to_models: JsonObject | None = None
    audit_results: JsonObject | None = None
    check: JsonObject | None = None
    columns_select: JsonObject | None = None
    columns_to_rows: JsonObject | None = None
    nth: Nth | None = None
    multi_out: JsonObject | None = None
    average: JsonObject | None = None


Steps = Annotated[list[Element[Step]], BeforeValidator(spelling.STEP.from_api)]
"""The steps; the API's own spelling is accepted too."""
