"""The steps of a pipeline, by the API's names: docs/internals/mlops-api.md#pipelines."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, NonNegativeFloat, model_validator

from ..core.fields import Element, Properties
from ..core.json_values import JsonObject


class ApiForm(Properties):
    """An object that is stored as the API has it, so that its keys are no property names."""

    model_config = ConfigDict(alias_generator=None)


class ModelRef(ApiForm):
    """A model version, as steps and deployments name it: name, UUID and the content's SHA-256."""

    name: str
    version: str
    sha: str


class ModelInference(ApiForm):
    """Inference by a model; more than one: the first answers, and the others run in its shadow."""

    models: Annotated[list[Element[ModelRef]], Field(min_length=1)]


class Weight(ApiForm):
    """A model's share of the requests."""

    model: ModelRef
    weight: NonNegativeFloat


class RandomSplit(ApiForm):
    """An A/B test: each request goes to one model, by weight; by the value of a field when ``hash_key`` names it."""

    hash_key: str | None = None
    weights: Annotated[list[Element[Weight]], Field(min_length=1)]


class MetaValueSplit(ApiForm):
    """Each request goes to the model that its field's value names, else to the control."""

    split_key: str
    control: ModelRef
    routes: dict[str, Element[ModelRef]]


class Step(ApiForm):
    """One step: exactly one of the keys."""

    model_inference: Annotated[ModelInference | None, Field(alias="ModelInference")] = None
    random_split: Annotated[RandomSplit | None, Field(alias="RandomSplit")] = None
    meta_value_split: Annotated[MetaValueSplit | None, Field(alias="MetaValueSplit")] = None
    rows_to_models: Annotated[JsonObject | None, Field(alias="RowsToModels")] = None
    audit_results: Annotated[JsonObject | None, Field(alias="AuditResults")] = None
    check: Annotated[JsonObject | None, Field(alias="Check")] = None
    columns_select: Annotated[JsonObject | None, Field(alias="ColumnsSelect")] = None
    columns_to_rows: Annotated[JsonObject | None, Field(alias="ColumnsToRows")] = None
    nth: Annotated[JsonObject | None, Field(alias="Nth")] = None
    multi_out: Annotated[JsonObject | None, Field(alias="MultiOut")] = None
    average: Annotated[JsonObject | None, Field(alias="Average")] = None

    @model_validator(mode="after")
    def _one_kind(self) -> Step:
        if len(self.model_fields_set) != 1:
            kinds = ", ".join(str(field.alias) for field in type(self).model_fields.values())
            raise ValueError(f"a step has exactly one of the keys {kinds}")
        return self
