"""The definition of a kind, and state read by it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.fields import STATE_ONLY, fields_with
from ..core.names import wire_name
from ..core.record import resource_name
from ..core.resource import Resource
from ..errors import ObjectError
from ..resources import RESOURCES


def name_in(urn: str | None, id: str) -> str:
    """Return the name of a resource for a message."""
    return resource_name(urn) if urn else id


def resource_of(kind: str) -> Resource[Any, Any]:
    """Return the definition. Raises ObjectError if this version has no such kind."""
    if kind not in RESOURCES:
        raise ObjectError(
            f"the kind {kind!r} does not exist in this version of wallaroo_pulumi; upgrade the package"
        )
    return RESOURCES[kind]


def load(resource: Resource[Any, Any], state: Mapping[str, Any]) -> Any:
    """Return the outputs that a state holds."""
    # State may hold properties of another version of the package: what the definition lacks is left aside.
    ours = {wire_name(name) for name in resource.outputs.model_fields}
    return resource.outputs.model_validate({k: v for k, v in state.items() if k in ours and v is not None})


def required(resource: Resource[Any, Any]) -> set[str]:
    """Return the outputs (wire names) that every complete state of the kind holds."""
    return {wire_name(name) for name, field in resource.outputs.model_fields.items() if field.is_required()}


def state_only(resource: Resource[Any, Any]) -> set[str]:
    """Return the inputs (wire names) that are stored in the state only."""
    return {wire_name(name) for name, _ in fields_with(resource.inputs, STATE_ONLY)}
