"""Validate inputs and return their canonical form, from the inputs alone; unknown values pass."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from . import names
from .fields import AUTONAMED, SECRET, Properties, fields_with, nearest_name
from .json_values import InvalidValue, Place
from .names import wire_name
from .resource import InvalidInput, Resource


def check(
    resource: Resource[Any, Any],
    news: Mapping[str, Any],
    olds: Mapping[str, Any],
    autoname: str | None = None,
) -> tuple[dict[str, Any], list[InvalidInput]]:
    """Return the canonical inputs and the failures; exactly one of the two is empty.

    ``news`` and ``olds`` are wire dictionaries (``olds`` the last checked inputs, empty for a new resource);
    they may contain UNKNOWN anywhere. ``autoname`` is the name to use if the program sets none; an object keeps
    the name that it has.
    """
    if lines := dict.fromkeys(rejected(news)):
        return {}, [InvalidInput("", line) for line in lines]
    given = {name: value for name, value in news.items() if value is not None}
    for name, _ in fields_with(resource.inputs, AUTONAMED):
        key = wire_name(name)
        if key not in given and (kept := olds.get(key) or autoname):
            given[key] = kept
    try:
        return resource.complete(resource.inputs.model_validate(given), olds).to_wire(), []
    except ValidationError as error:
        return {}, [_invalid(resource.inputs, given, problem) for problem in error.errors()]
    except InvalidInput as invalid:
        return {}, [invalid]


def rejected(value: Any) -> Iterator[str]:
    """Yield the messages of values that the adapter could not convert."""
    match value:
        case {names.INVALID: str(line)}:
            yield line
        case Mapping():
            for part in value.values():
                yield from rejected(part)
        case list() | tuple():
            for part in value:
                yield from rejected(part)


def _invalid(inputs: type[Properties], given: Mapping[str, Any], problem: ErrorDetails) -> InvalidInput:
    wire, python, model = _path(inputs, given, place(problem))
    reason = explain(problem)
    if problem["type"] == "extra_forbidden":
        reason = _unknown(str(problem["loc"][-1]), model, top=len(problem["loc"]) == 1)
    property = wire.split(".")[0].split("[")[0]
    secret = any(property == wire_name(name) for name, _ in fields_with(inputs, SECRET))
    return InvalidInput(python, reason, wire_path=wire, secret=secret)


def _unknown(name: str, model: type[BaseModel], *, top: bool) -> str:
    # Top-level properties have wire names here; nested objects accept both kinds of names.
    hint = nearest_name(name, model, wire=top or not name.islower())
    return f"is not a property{' of this resource' if top else ''}{hint}"


def _path(model: type[BaseModel], value: Any, loc: tuple[int | str, ...]) -> tuple[str, str, type[BaseModel]]:
    """Return the wire path and the Python path of pydantic's ``loc``, and the innermost definition there.

    ``loc`` also contains the alternatives of a union that pydantic tried; they are not part of a path.
    """
    wire = python = ""
    models = [model]
    for part in loc:
        if isinstance(part, int):
            wire, python = f"{wire}[{part}]", f"{python}[{part}]"
            value = value[part] if isinstance(value, list | tuple) and part < len(value) else None
            continue
        field = next((found for m in models if (found := _named(m, part))), None)
        if field is not None:
            model, name = field
            models = list(_models_in(model.model_fields[name].annotation))
            names = wire_name(name), name
        elif isinstance(value, Mapping) and part in value:
            names = part, part
        else:
            continue
        if isinstance(value, Mapping):
            value = value.get(part, value.get(names[1]))
        wire, python = (f"{path}.{n}" if path else n for path, n in zip((wire, python), names, strict=True))
    return wire, python, models[0] if models else model


def _named(model: type[BaseModel], name: str) -> tuple[type[BaseModel], str] | None:
    return next(((model, n) for n in model.model_fields if name in (n, wire_name(n))), None)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the object definitions in a type, including those in lists, mappings and unions."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


def place(problem: ErrorDetails) -> Place:
    """Return the keys and indexes of the value that pydantic, or a validator inside the value, rejected."""
    error = problem.get("ctx", {}).get("error")
    return (*problem["loc"], *(error.place if isinstance(error, InvalidValue) else ()))


def explain(problem: ErrorDetails) -> str:
    """Translate one pydantic error into a message about properties, without the value."""
    match problem["type"]:
        case "missing":
            return "is required"
        case "extra_forbidden":
            return "is not a property of this resource"
        case "value_error":
            return str(problem["ctx"]["error"])
        case "dict_type" | "model_type" | "model_attributes_type":
            return "must be an object"
        case "literal_error":
            expected = problem["ctx"]["expected"]
            return f"must be {'one of ' if ' or ' in expected else ''}{expected}"
        case "too_short" | "string_too_short":
            least = problem["ctx"]["min_length"]
            if isinstance(problem["input"], str):
                return "must not be empty"
            return f"must have at least {least} item{'s' * (least > 1)}"
        case _:
            return re.sub(r"^[A-Z][a-z]+ should ", "must ", problem["msg"])
