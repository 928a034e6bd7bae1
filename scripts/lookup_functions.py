"""The texts of ``adapters/functions.py`` and ``adapters/native_functions.py``, generated from the lookups."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator
from typing import Any

from pydantic.fields import FieldInfo
from python_types import OUTPUT, shape_of, without_none

from wallaroo_pulumi.core.fields import SECRET
from wallaroo_pulumi.core.names import wire_name
from wallaroo_pulumi.provider.lookups import LOOKUPS, Lookup, Result

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
    names = ", ".join(sorted({lookup.result.__name__ for lookup in LOOKUPS.values()}))
    return "\n\n".join([NATIVE_HEAD.format(results=names), *(_functions(native=True))])


def results() -> list[type[Result]]:
    """The definitions of results, each once, those of elements first."""
    found = (
        each for lookup in LOOKUPS.values() for each in (*elements(lookup.result).values(), lookup.result)
    )
    return list(dict.fromkeys(found))


def elements(result: type[Result]) -> dict[str, type[Result]]:
    """Field → the result that its list contains."""
    return {
        name: part
        for name, field in result.model_fields.items()
        for part in getattr(field.annotation, "__args__", ())
        if inspect.isclass(part) and issubclass(part, Result)
    }


def result_text(result: type[Result]) -> str:
    of = elements(result)
    lines = [
        "@dataclass(frozen=True)",
        f"class {result.__name__}(FromWire):",
        f'    """{inspect.getdoc(result)}"""',
        "",
    ]
    shapes = {
        wire_name(n): s
        for n, f in result.model_fields.items()
        if n not in of and (s := shape_of(f.annotation))
    }
    if shapes:
        text = ", ".join(f'"{name}": shapes.{shape}' for name, shape in shapes.items())
        lines += [f"    _shapes: ClassVar[Mapping[str, Shape]] = {{{text}}}", ""]
    if of:
        text = ", ".join(f'"{name}": {part.__name__}' for name, part in of.items())
        lines += [f"    _elements: ClassVar[Mapping[str, type[FromWire]]] = {{{text}}}", ""]
    for name, field in result.model_fields.items():
        annotation = f"Sequence[{of[name].__name__}]" if name in of else OUTPUT.of(field.annotation)
        lines.append(f"    {name}: {annotation}{_default(field)}")
        lines += textwrap.wrap(
            f'"""{field.description}"""',
            105,
            initial_indent="    ",
            subsequent_indent="    ",
            break_on_hyphens=False,
        )
    return "\n".join(lines)


def _default(field: FieldInfo) -> str:
    if SECRET in field.metadata:
        return " = dataclasses.field(repr=False)"
    if field.is_required():
        return ""
    value = field.get_default(call_default_factory=True)
    return f" = {() if value == [] else value!r}"


def _functions(*, native: bool) -> Iterator[str]:
    for outputs in (False, True):
        for lookup in LOOKUPS.values():
            yield (_native if native else _dynamic)(lookup, outputs)


def _dynamic(lookup: Lookup, output: bool) -> str:
    name, result = lookup.name, lookup.result.__name__
    if not output:
        body = f'look_up("{name}", {result}, {_dictionary(lookup)})'
        return _function(name, _parameters(lookup, "{}"), result, lookup.description, body)
    arguments = "".join(f", {argument}={argument}" for argument in lookup.arguments.model_fields)
    body = _secret(lookup, f"output_variant({name}{arguments})")
    return _function(
        f"{name}_output",
        _parameters(lookup, "pulumi.Input[{}]"),
        f"pulumi.Output[{result}]",
        _of_inputs(lookup),
        body,
    )


def _native(lookup: Lookup, output: bool) -> str:
    name, result = lookup.name, lookup.result.__name__
    arguments = f'("{name}", {result}, {_dictionary(lookup)}, opts)'
    if not output:
        parameters = _parameters(lookup, "{}", "opts: pulumi.InvokeOptions | None = None")
        return _function(name, parameters, result, lookup.description, f"invoke{arguments}")
    parameters = _parameters(
        lookup,
        "pulumi.Input[{}]",
        "opts: pulumi.InvokeOptions | pulumi.InvokeOutputOptions | None = None",
    )
    body = _secret(lookup, f"invoke_output{arguments}")
    return _function(f"{name}_output", parameters, f"pulumi.Output[{result}]", _of_inputs(lookup), body)


def _function(name: str, parameters: str, result: str, description: str, body: str) -> str:
    first, *rest = description.split("\n\n")
    text = "\n\n".join(
        "\n".join(textwrap.wrap(part, 105, initial_indent="    ", subsequent_indent="    "))
        for part in (f'"""{first}', *rest)
    )
    end = "\n    " if rest else ""
    return f'def {name}({parameters}) -> {result}:\n{text}{end}"""\n    return {body}'


def _parameters(lookup: Lookup, given: str, *further: str) -> str:
    """Required arguments may be positional, the others are keywords."""
    fields = lookup.arguments.model_fields.items()
    required = [f"{n}: {given.format(OUTPUT.of(f.annotation))}" for n, f in fields if f.is_required()]
    optional = [
        f"{n}: {given.format(without_none(OUTPUT.of(f.annotation)))} | None = None"
        for n, f in fields
        if not f.is_required()
    ]
    keywords = [*optional, *further]
    return ", ".join([*required, *(["*", *keywords] if keywords else [])])


def _dictionary(lookup: Lookup) -> str:
    return "{" + ", ".join(f'"{name}": {name}' for name in lookup.arguments.model_fields) + "}"


def _of_inputs(lookup: Lookup) -> str:
    inputs = "for Pulumi inputs" if lookup.arguments.model_fields else "as an Output"
    secret = " The whole result is secret." if lookup.secrets else ""
    return f":func:`{lookup.name}` {inputs}.{secret}"


def _secret(lookup: Lookup, output: str) -> Any:
    return f"pulumi.Output.secret({output})" if lookup.secrets else output
