"""The five calls on wire dictionaries, the same for every resource: parse, call the handler, dump."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .context import Context
from .fields import LOCAL, fields_with
from .names import wire_name
from .resource import OutputsT, Resource

Wire = dict[str, Any]


def create(resource: Resource[Any, Any], ctx: Context[Any], inputs: Mapping[str, Any]) -> tuple[str, Wire]:
    """Returns the id and the outputs."""
    outputs = resource.create(ctx, resource.inputs.model_validate(dict(inputs)))
    return resource.id_of(outputs), outputs.to_wire()


def read(
    resource: Resource[Any, Any], ctx: Context[Any], id: str, state: Mapping[str, Any]
) -> tuple[str, Wire, Wire] | None:
    """Returns id, outputs and the inputs that match them; None when the object is gone.

    ``state`` holds the last outputs, or nothing when the object is read by its id alone.
    """
    known = _load(resource, state) if set(state) & _required(resource) else None
    outputs = resource.read(ctx, id, known)
    if outputs is None:
        return None
    wire = outputs.to_wire()
    for name, _ in fields_with(resource.outputs, LOCAL):
        # The instance cannot tell: what the state holds is the truth.
        if state.get(wire_name(name)) is not None:
            wire[wire_name(name)] = state[wire_name(name)]
    inputs = {wire_name(name): wire[wire_name(name)] for name in resource.inputs.model_fields}
    return resource.id_of(outputs), wire, inputs


def update(
    resource: Resource[Any, Any], ctx: Context[Any], id: str, olds: Mapping[str, Any], news: Mapping[str, Any]
) -> Wire:
    """Returns the outputs."""
    wanted = resource.inputs.model_validate(dict(news))
    outputs: Wire = resource.update(ctx, id, _load(resource, olds), wanted).to_wire()
    return outputs


def delete(resource: Resource[Any, Any], ctx: Context[Any], id: str, state: Mapping[str, Any]) -> None:
    if ctx.claims.was_taken_over(resource.kind, id):
        ctx.report(f"{resource.kind} {id} stays: another resource of this stack took it over in this run")
        return
    resource.delete(ctx, id, _load(resource, state))
    ctx.claims.release(resource.kind, id)


def _load(resource: Resource[Any, OutputsT], state: Mapping[str, Any]) -> OutputsT:
    # State may hold properties of another version of the package: what the definition lacks is left aside.
    ours = {wire_name(name) for name in resource.outputs.model_fields}
    return resource.outputs.model_validate({k: v for k, v in state.items() if k in ours and v is not None})


def _required(resource: Resource[Any, Any]) -> set[str]:
    return {wire_name(name) for name, field in resource.outputs.model_fields.items() if field.is_required()}
