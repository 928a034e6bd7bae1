"""The outputs that previews show for what does not exist yet, or is not changed yet. No request is sent."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ..core.diff import diff
from ..core.fields import SERVER_DEFAULT, STABLE, UNKNOWN, fields_with
from ..core.names import wire_name
from ..core.record import Record
from ..core.resource import Resource
from .kinds import load, resource_of, state_only

Wire = dict[str, Any]


def predict_create(kind: str, inputs: Mapping[str, Any]) -> Wire:
    """Return the outputs that a create would give, as far as the checked inputs determine them."""
    resource = resource_of(kind)
    return {name: inputs[name] if known else UNKNOWN for name, known in _determined(resource, inputs)}


def predict_update(kind: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Wire:
    """Return the outputs that an update would give, as far as inputs and prior outputs determine them."""
    resource = resource_of(kind)
    changed = set(diff(resource, olds, news).changed)
    if changed <= state_only(resource) and not Record.of(olds).unfinished:
        desired = resource.inputs.model_validate(dict(news))
        outputs: Wire = resource.with_local(load(resource, olds), desired).to_wire()
        return outputs
    predicted = predict_create(kind, news)
    kept = {n: olds[n] for n in stable(kind) if predicted[n] is UNKNOWN and olds.get(n) is not None}
    return predicted | kept


def stable(kind: str) -> Collection[str]:
    """Return the computed outputs (wire names) that an update leaves unchanged."""
    resource = resource_of(kind)
    marked = [name for name, _ in fields_with(resource.outputs, STABLE)]
    return [wire_name(name) for name in dict.fromkeys([*marked, *resource.from_id])]


def _determined(resource: Resource[Any, Any], inputs: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    """Yield the outputs (wire names), and whether each has the value of the input of its name."""
    for name in resource.outputs.model_fields:
        input = resource.inputs.model_fields.get(name)
        given = input is not None and inputs.get(wire_name(name)) is not None
        optional = input is not None and SERVER_DEFAULT not in input.metadata
        yield wire_name(name), wire_name(name) in inputs and (given or optional)
