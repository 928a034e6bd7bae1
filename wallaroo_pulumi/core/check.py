"""Check: are these inputs good, and what is their canonical form? From the inputs alone, unknowns let through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from .fields import AUTONAMED, SECRET, Properties, fields_with
from .json_values import InvalidValue, Place
from .names import wire_name
from .resource import BadInput, Resource


@dataclass(frozen=True)
class Failure:
    """A property (wire name and path; empty for the whole resource) and what is wrong with it."""

    property: str
    reason: str


def check(
    resource: Resource[Any, Any],
    news: Mapping[str, Any],
    olds: Mapping[str, Any],
    autoname: str | None = None,
) -> tuple[dict[str, Any], list[Failure]]:
    """The canonical inputs and what is wrong with them; exactly one of the two is empty.

    ``news`` and ``olds`` are wire dictionaries (``olds`` the last checked inputs, empty for a new resource);
    UNKNOWN may stand anywhere. ``autoname`` is the name to give when the program gives none; an object that has
    a name keeps it.
    """
    given = {name: value for name, value in news.items() if value is not None}
    for name, _ in fields_with(resource.inputs, AUTONAMED):
        key = wire_name(name)
        if key not in given and (kept := olds.get(key) or autoname):
            given[key] = kept
    try:
        inputs = resource.complete(resource.inputs.model_validate(given), olds)
        return inputs.to_wire(), []
    except ValidationError as error:
        return {}, [_failure(resource.inputs, problem) for problem in error.errors()]
    except BadInput as bad:
        return {}, [Failure(wire_name(bad.property), bad.reason)]


def _failure(inputs: type[Properties], problem: ErrorDetails) -> Failure:
    path = ""
    for part in place(problem):
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    reason = explain(problem)
    if any(path.split(".")[0].split("[")[0] == wire_name(name) for name, _ in fields_with(inputs, SECRET)):
        # Pulumi prints the value of the property that a failure names.
        return Failure("", f"{path}: {reason}")
    return Failure(path, reason)


def place(problem: ErrorDetails) -> Place:
    """The keys and indexes that lead to the value that pydantic, or a validator inside the value, rejected."""
    error = problem.get("ctx", {}).get("error")
    return (*problem["loc"], *(error.place if isinstance(error, InvalidValue) else ()))


def explain(problem: ErrorDetails) -> str:
    """pydantic's words for one problem, in the words of a user of properties. Never the value itself."""
    match problem["type"]:
        case "missing":
            return "is required"
        case "extra_forbidden":
            return "is not a property of this resource"
        case "value_error":
            return str(problem["ctx"]["error"])
        case "dict_type" | "model_type" | "model_attributes_type":
            return "must be keys with values"
        case "literal_error":
            return f"must be one of {problem['ctx']['expected']}"
        case _:
            return problem["msg"].replace("Input should be", "must be")
