"""Assays: types of the API's responses."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator

from .. import spelling
from .base import Wire


class Assay(Wire):
    """An element of /v2/api/assays/get. Variants are externally tagged: ``{"static": [...]}``."""

    id: str
    name: str
    active: bool = True
    scheduling: dict[str, Any]
    baseline: Annotated[dict[str, Any], BeforeValidator(spelling.BASELINE.from_api)]
    window: dict[str, Any]
    summarizer: Annotated[dict[str, Any], BeforeValidator(spelling.SUMMARIZER.from_api)]
    targeting: dict[str, Any]
