"""The texts of ``adapters/functions.py`` and ``adapters/native_functions.py``, generated from the lookups."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from python_types import OBJECTS, OUTPUT, TABLE, shapes_of

from wallaroo_pulumi.provider.schema import Function, ListOf, Named, Object, Property

DYNAMIC_HEAD = '''\
"""``get_*``: read existing objects from a program. Generated from ``provider/lookups.py`` by ``make generate``.

Each function has an ``_output`` variant that accepts Pulumi inputs.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import pulumi

from . import shapes
from .inputs import Shape
from .lookup_calls import FromWire, look_up, output_variant

if TYPE_CHECKING:
    from .types import StepOutput
'''

NATIVE_HEAD = '''\
"""``get_*`` through the plugin. Generated from ``provider/lookups.py`` by ``make generate``.

Each function has an ``_output`` variant that accepts Pulumi inputs. ``opts`` selects the provider, and so the instance.
"""

from __future__ import annotations

import pulumi

from .functions import {results}
from .lookup_calls import invoke, invoke_output
'''


def dynamic_text() -> str:
    """The results and functions of dynamic programs."""
    return "\n\n".join([DYNAMIC_HEAD, *map(result_text, results()), *(_functions(native=False))])


def native_text() -> str:
    """The functions of programs that use the plugin."""
    names = ", ".join(sorted({function.result.name for function in TABLE.functions}))
    return "\n\n".join([NATIVE_HEAD.format(results=names), *(_functions(native=True))])


def results() -> list[Object]:
    """The results, each once, those of elements first."""
    found = (
        each
        for function in TABLE.functions
        for each in (*elements(function.result).values(), function.result)
    )
    return [*{each.name: each for each in found}.values()]


def elements(result: Object) -> dict[str, Object]:
    """Field → the result that its list contains."""
    results = {function.result.name for function in TABLE.functions}
    return {
        each.key: OBJECTS[name]
        for each in result.properties
        for name in results
        if each.type == ListOf(Named(name))
    }


def result_text(result: Object) -> str:
    of = elements(result)
    lines = [
        "@dataclass(frozen=True)",
        f"class {result.name}(FromWire):",
        f'    """{result.text}"""',
        "",
    ]
    if shapes := shapes_of(each for each in result.properties if each.key not in of):
        text = ", ".join(f'"{name}": shapes.{shape}' for name, shape in shapes.items())
        lines += [f"    _shapes: ClassVar[Mapping[str, Shape]] = {{{text}}}", ""]
    if of:
        text = ", ".join(f'"{name}": {part.name}' for name, part in of.items())
        lines += [f"    _elements: ClassVar[Mapping[str, type[FromWire]]] = {{{text}}}", ""]
    for each in result.properties:
        annotation = f"Sequence[{of[each.key].name}]" if each.key in of else OUTPUT.of_property(each)
        lines.append(f"    {each.key}: {annotation}{_default(each)}")
        lines += textwrap.wrap(
            f'"""{each.text}"""',
            105,
            initial_indent="    ",
            subsequent_indent="    ",
            break_on_hyphens=False,
        )
    return "\n".join(lines)


def _default(each: Property) -> str:
    if each.secret:
        return " = dataclasses.field(repr=False)"
    if each.required:
        return ""
    return f" = {() if each.default == [] else each.default!r}"


def _functions(*, native: bool) -> Iterator[str]:
    for outputs in (False, True):
        for function in TABLE.functions:
            yield (_native if native else _dynamic)(function, outputs)


def _dynamic(function: Function, output: bool) -> str:
    name, result = function.key, function.result.name
    if not output:
        body = f'look_up("{name}", {result}, {_dictionary(function)})'
        return _function(name, _parameters(function, "{}"), result, function.text, body)
    arguments = "".join(f", {each.key}={each.key}" for each in function.arguments)
    body = _secret(function, f"output_variant({name}{arguments})")
    return _function(
        f"{name}_output",
        _parameters(function, "pulumi.Input[{}]"),
        f"pulumi.Output[{result}]",
        _of_inputs(function),
        body,
    )


def _native(function: Function, output: bool) -> str:
    name, result = function.key, function.result.name
    arguments = f'("{name}", {result}, {_dictionary(function)}, opts)'
    if not output:
        parameters = _parameters(function, "{}", "opts: pulumi.InvokeOptions | None = None")
        return _function(name, parameters, result, function.text, f"invoke{arguments}")
    parameters = _parameters(
        function,
        "pulumi.Input[{}]",
        "opts: pulumi.InvokeOptions | pulumi.InvokeOutputOptions | None = None",
    )
    body = _secret(function, f"invoke_output{arguments}")
    return _function(f"{name}_output", parameters, f"pulumi.Output[{result}]", _of_inputs(function), body)


def _function(name: str, parameters: str, result: str, description: str, body: str) -> str:
    first, *rest = description.split("\n\n")
    text = "\n\n".join(
        "\n".join(textwrap.wrap(part, 105, initial_indent="    ", subsequent_indent="    "))
        for part in (f'"""{first}', *rest)
    )
    end = "\n    " if rest else ""
    return f'def {name}({parameters}) -> {result}:\n{text}{end}"""\n    return {body}'


def _parameters(function: Function, given: str, *further: str) -> str:
    """Required arguments may be positional, the others are keywords."""
    required = [
        f"{each.key}: {given.format(OUTPUT.of_property(each))}"
        for each in function.arguments
        if each.required
    ]
    optional = [
        f"{each.key}: {given.format(OUTPUT.of(each.type))} | None = None"
        for each in function.arguments
        if not each.required
    ]
    keywords = [*optional, *further]
    return ", ".join([*required, *(["*", *keywords] if keywords else [])])


def _dictionary(function: Function) -> str:
    return "{" + ", ".join(f'"{each.key}": {each.key}' for each in function.arguments) + "}"


def _of_inputs(function: Function) -> str:
    inputs = "for Pulumi inputs" if function.arguments else "as an Output"
    secret = " The whole result is secret." if _is_secret(function) else ""
    return f":func:`{function.key}` {inputs}.{secret}"


def _secret(function: Function, output: str) -> str:
    return f"pulumi.Output.secret({output})" if _is_secret(function) else output


def _is_secret(function: Function) -> bool:
    return any(each.secret for each in function.result.properties)
