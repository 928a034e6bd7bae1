"""The base of the types of the API's responses."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, model_validator

from ...deferred import DeferredModel


class Wire(DeferredModel):
    """Base of the wire models: snake_case keys, as most of the API has them."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_missing(cls, value: Any) -> Any:
        """Treat null as missing: platform versions differ in which of the two they send."""
        if not isinstance(value, dict) or None not in value.values():
            return value
        return {k: v for k, v in value.items() if v is not None}
