"""The examples of the definitions as programs in Python, YAML and TypeScript, for the pages of resources."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import yaml

import wallaroo_pulumi
from wallaroo_pulumi.adapters.inputs import FREE, Shape
from wallaroo_pulumi.core.names import wire_name
from wallaroo_pulumi.core.resource import Examples
from wallaroo_pulumi.provider.schema import Kind, schema

FILES = {"model_file": "ccfraud.onnx", "orchestration_file": "nightly-scores.zip"}
"""The names of uploaded files in the examples."""
OUTPUTS = {kind.name: {each.key for each in kind.outputs} for kind in schema().kinds}
NODE_PACKAGE = "@wallaroo-pulumi/wallaroo"


class Reference(NamedTuple):
    """An output of a resource declared before: ``workspace``, ``workspace_id``."""

    variable: str
    name: str


class Declaration(NamedTuple):
    """One resource of an example. Its values contain References and the names of files."""

    kind: str
    variable: str
    resource_name: str
    inputs: Mapping[str, Any]

    @property
    def on_the_wire(self) -> dict[str, Any]:
        """The inputs with the names that the schema has."""
        return {
            wire_name(name): on_the_wire(value, self._shapes.get(wire_name(name), FREE))
            for name, value in self.inputs.items()
        }

    @property
    def _shapes(self) -> Mapping[str, Shape]:
        shapes: Mapping[str, Shape] = getattr(wallaroo_pulumi, self.kind)._shapes
        return shapes


def on_the_wire(value: Any, shape: Shape) -> Any:
    """Return a value whose objects have the names of the wire."""
    if isinstance(value, Mapping):
        named = {shape.names.get(key, key): inner for key, inner in value.items()}
        return {key: on_the_wire(inner, shape.below(key) or FREE) for key, inner in named.items()}
    return [on_the_wire(inner, shape) for inner in value] if isinstance(value, list) else value


def declarations(kind: Kind) -> Iterator[Declaration]:
    """Yield what the example needs, then the example."""
    if kind.examples is None:
        raise ValueError(f"{kind.name} has no example")
    of_kind: dict[str, str] = {}

    def referred(reference: str) -> Any:
        if reference in FILES:
            return FILES[reference]
        owner, _, name = reference.rpartition(".")
        having = (k for k in of_kind if owner in ("", k) and name in OUTPUTS[k])
        return Reference(of_kind[next(having)], name)

    for needed, inputs in kind.examples.needs.items():
        variable = snake_case(needed)
        yield Declaration(needed, variable, variable, Examples.resolved(inputs, referred))
        of_kind[needed] = variable
    inputs = Examples.resolved(kind.examples.inputs, referred)
    yield Declaration(kind.name, snake_case(kind.name), "example", inputs)


def snake_case(kind: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind).lower()


def camel_case(kind: str) -> str:
    return kind[0].lower() + kind[1:]


def python(kind: Kind) -> str:
    """Return the example as a Python program, to be formatted."""
    lines = ["import wallaroo_pulumi as wallaroo", ""]
    for declared, variable, resource_name, inputs in declarations(kind):
        arguments = [repr(resource_name), *(f"{name}={_in_python(value)}" for name, value in inputs.items())]
        lines.append(f"{variable} = wallaroo.{declared}({', '.join(arguments)})")
    return "\n".join(lines)


def _in_python(value: Any) -> str:
    match value:
        case Reference(variable, name):
            return f"{variable}.{name}"
        case {"model_inference": {"models": [{"version": Reference(variable, _), "sha": Reference()}]}}:
            return variable  # a step that runs one model
        case Mapping():
            return "{" + ", ".join(f"{key!r}: {_in_python(inner)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_in_python, value)) + "]"
        case _:
            return repr(value)


def yaml_text(kind: Kind) -> str:
    """Return the example as the resources of a YAML program."""
    resources = {
        each.resource_name: {
            "type": f"wallaroo:{each.kind}",
            "properties": _in_yaml(each.on_the_wire, _names(kind)),
        }
        for each in declarations(kind)
    }
    return yaml.safe_dump({"resources": resources}, sort_keys=False, width=110).rstrip()


def _names(kind: Kind) -> dict[str, str]:
    return {each.variable: each.resource_name for each in declarations(kind)}


def _in_yaml(value: Any, names: Mapping[str, str]) -> Any:
    match value:
        case Reference(variable, name):
            return f"${{{names[variable]}.{wire_name(name)}}}"
        case Mapping():
            return {key: _in_yaml(inner, names) for key, inner in value.items()}
        case list():
            return [_in_yaml(inner, names) for inner in value]
        case _:
            return value


def typescript(kind: Kind) -> str:
    """Return the example as a TypeScript program."""
    lines = [f'import * as wallaroo from "{NODE_PACKAGE}";', ""]
    for each in declarations(kind):
        made = f'new wallaroo.{each.kind}("{each.resource_name}", {_in_typescript(each.on_the_wire)});'
        used = (
            f"const {camel_case(each.kind)} = "
            if each.resource_name != "example"
            else "export const example = "
        )
        lines.append(used + made)
    return "\n".join(lines)


def _in_typescript(value: Any, indent: str = "") -> str:
    deeper = indent + "    "
    match value:
        case Reference(variable, name):
            return f"{re.sub('_(.)', lambda found: found[1].upper(), variable)}.{wire_name(name)}"
        case Mapping() if value:
            lines = (f"{deeper}{_key(k)}: {_in_typescript(v, deeper)},\n" for k, v in value.items())
            return "{\n" + "".join(lines) + indent + "}"
        case list() if any(isinstance(inner, Mapping) for inner in value):
            return "[" + ", ".join(_in_typescript(inner, indent) for inner in value) + "]"
        case list():
            return "[" + ", ".join(map(_in_typescript, value)) + "]"
        case _:
            return json.dumps(value)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_]\w*", name) else json.dumps(name)


def tabs(kind: Kind, formatted_python: str) -> list[str]:
    """Return the lines of the three programs, each in a tab. The last two are for the native plugin."""
    programs = {
        "Python": ("python", formatted_python),
        "YAML": ("yaml", yaml_text(kind)),
        "TypeScript": ("typescript", typescript(kind)),
    }
    lines: list[str] = []
    for title, (language, program) in programs.items():
        lines += [f'=== "{title}"', "", f"    ```{language}"]
        lines += [f"    {line}".rstrip() for line in program.rstrip().splitlines()]
        lines += ["    ```", ""]
    return lines
