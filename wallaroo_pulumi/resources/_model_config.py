"""The model configuration: how the engine feeds a model version (`models/insert_model_config`).

A new configuration replaces all of the last one, so a version is given one only where the instance has another.
"""

from __future__ import annotations

from typing import Any

from pydantic import model_validator

from ..api import Client, wire
from ..core.context import Context
from ..core.create import create_once
from ..core.fields import Count, Properties
from ..core.json_values import JsonObject
from ..core.satisfies import satisfies


class DynamicBatching(Properties):
    """Requests that arrive together are inferred together."""

    max_batch_delay_ms: Count | None = None
    batch_size_target: Count | None = None
    batch_size_limit: Count | None = None

    @model_validator(mode="after")
    def _consistent(self) -> DynamicBatching:
        target, limit = self.batch_size_target, self.batch_size_limit
        if isinstance(target, int) and isinstance(limit, int) and target > limit:
            raise ValueError(
                f"batch_size_target ({target}) must not be greater than batch_size_limit ({limit})"
            )
        return self


class ContinuousBatching(Properties):
    """Requests join a running batch (generative models)."""

    max_concurrent_batch_size: Count


class OpenAi(Properties):
    """OpenAI-compatible endpoints; the defaults of the two calls with the API's names."""

    enabled: bool = True
    completion_config: JsonObject | None = None
    chat_completion_config: JsonObject | None = None


_CONFIG_NAMES = {
    "tensor_fields": "tensor_fields",
    "batch_config": "batch_config",
    "filter_threshold": "filter_threshold",
    "dynamic_batching": "dynamic_batching_config",
    "continuous_batching": "continuous_batching_config",
    "openai": "openai",
}
"""Our name of a part of the model configuration → its name in the API's answers (requests say `openai_config`)."""


def configuration(config: wire.ModelConfig | None, prior: Properties | None) -> dict[str, Any]:
    """The configuration that the instance has, in the words of the state where they agree."""
    result: dict[str, Any] = {}
    for ours, theirs in _CONFIG_NAMES.items():
        found = _observed(getattr(config, theirs, None))
        desired = prior.model_dump(include={ours})[ours] if prior else None
        result[ours] = desired if desired is not None and satisfies(found, desired) else found
    return result


def _observed(value: Any) -> Any:
    """A part of the configuration without what only says that there is none."""
    if isinstance(value, dict):
        value = without_none(value)
        return None if value.get("enabled") is False else value or None
    if isinstance(value, tuple):
        return list(value) or None
    return None if value == "none" else value


def configure(ctx: Context[Client], desired: Properties, found: wire.ConfiguredModelVersion) -> bool:
    """Give the version its configuration, unless it has it. Returns whether it was given one."""
    id = found.model_version.id
    asked = desired.model_dump(include=set(_CONFIG_NAMES), exclude_none=True)
    if _has(found.config, asked):
        return False
    body = {_CONFIG_NAMES[name]: value for name, value in asked.items()}
    if "openai" in body:
        body["openai_config"] = body.pop("openai")
    if found.config:  # a new configuration replaces all of the last one, the schemas too
        body |= {"input_schema": found.config.input_schema, "output_schema": found.config.output_schema}

    def send() -> bool:
        ctx.client.models.configure(id, without_none(body))
        return True

    return create_once(ctx, send, lambda: _has(ctx.client.models.version(id).config, asked) or None)


def _has(config: wire.ModelConfig | None, asked: dict[str, Any]) -> bool:
    """Whether a configuration is what was asked for, and nothing besides."""
    observed = {ours: _observed(getattr(config, theirs, None)) for ours, theirs in _CONFIG_NAMES.items()}
    return satisfies(observed, asked) and all(
        observed[name] is None for name in observed.keys() - asked.keys()
    )


def without_none(value: dict[str, Any]) -> dict[str, Any]:
    """Without the keys, at any depth, whose value is None."""
    return {k: without_none(v) if isinstance(v, dict) else v for k, v in value.items() if v is not None}
