"""The components in the plugin's schema. Their inputs and outputs are those of the resources that they declare."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from wallaroo_pulumi import components
from wallaroo_pulumi.adapters.pulumi_values import COMPONENTS
from wallaroo_pulumi.core.names import wire_name
from wallaroo_pulumi.provider.schema import Kind, ListOf, MapOf, Plain, Property, Schema

CHILDREN: Final[Mapping[str, Sequence[str]]] = {
    "Team": ("Workspace", "WorkspaceMember"),
    "ServedModel": ("ModelVersion", "Pipeline", "Deployment"),
}
"""Component → the kinds whose properties it has. The first that has a property describes it."""
OUTPUTS: Final = {"Team": ("workspaceId", "name"), "ServedModel": ("inferenceUrl",)}
PLAIN: Final = frozenset({"connections", "members", "modelOptions"})
"""Inputs whose keys or elements decide what is declared: programs give them as plain lists and maps."""


def component_kinds(table: Schema) -> list[Kind]:
    """The components, as kinds."""
    kinds = {kind.name: kind for kind in table.kinds}
    return [_component(name, [kinds[child] for child in CHILDREN[name]]) for name in sorted(COMPONENTS)]


def _component(name: str, children: Sequence[Kind]) -> Kind:
    declared = getattr(components, name)
    inputs = {each.name: each for child in reversed(children) for each in child.inputs} | _own(children)
    outputs = {each.name: each for child in reversed(children) for each in child.outputs}
    given = [
        replace(
            inputs[wire_name(argument)],
            required=parameter.default is parameter.empty,
            replaces=False,
            default=None if parameter.default is parameter.empty else parameter.default or None,
        )
        for argument, parameter in inspect.signature(declared).parameters.items()
        if argument not in ("resource_name", "opts")
    ]
    made = [replace(outputs[output], required=True) for output in OUTPUTS[name]]
    return Kind(name, inspect.getdoc(declared) or "", given, made)


def _own(children: Sequence[Kind]) -> dict[str, Property]:
    """The inputs that no child has."""
    roles = [each.type for child in children for each in child.inputs if each.name == "role"]
    role = roles[0] if roles else Plain("string")
    found = [
        Property("members", "E-mail address, or user id, → role.", MapOf(role), required=False),
        Property(
            "connections",
            "Names of connections of the instance to attach.",
            ListOf(Plain("string")),
            required=False,
        ),
        Property(
            "modelOptions",
            "Other inputs of the ModelVersion by their names, such as `accel`.",
            MapOf(Plain("any")),
            required=False,
        ),
        Property(
            "deleteAdopted",
            "Whether destroying removes memberships and attachments that existed before.",
            Plain("boolean"),
            required=False,
        ),
        Property(
            "pipelineName",
            "The pipeline's name, a DNS label; the model's name by default.",
            Plain("string"),
            required=False,
        ),
    ]
    return {each.name: each for each in found}
