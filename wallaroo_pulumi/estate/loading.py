"""Load estate files: read, validate, merge. Every problem is one line with file, line and path.

The checks of the resources run here too, as far as they need neither instance nor engine: what they reject would
otherwise fail later, without file and line.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Hashable, Iterable, Iterator, Mapping
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Final, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ..core.check import check, explain, place
from ..core.fields import UNKNOWN
from ..core.json_values import Place
from ..core.resource import InvalidInput
from ..resources import RESOURCES
from ..resources._models import require_file
from ..resources.orchestration import require_package
from . import format as parts
from .document import Document, EstateError, read
from .format import Estate, Part, WorkspacePart, with_models

_SECTIONS: Final = tuple(Estate.model_fields)
_PARTS: Final = [p for p in vars(parts).values() if isinstance(p, type) and issubclass(p, Part)]
_KEYS: Final = sorted({name for part in _PARTS for name in part.model_fields})
_EMPTY: Final = {"model_type": "{}", "dict_type": "{}", "list_type": "[]"}


def load(first: str | Path, *more: str | Path) -> Estate:
    """Read, validate and merge estate files; a folder stands for the ``.yaml`` and ``.yml`` files in it.

    Paths in the result are relative to the folder of the first file. Raises EstateError with a line for every problem
    of every file: unreadable or empty files, invalid YAML, unknown, duplicate and empty keys, invalid values.
    """
    loaded: list[tuple[Document, Estate]] = []
    problems: list[str] = []
    for file in _expanded(map(Path, (first, *more))):
        try:
            document = read(file)
            loaded.append((document, _validated(document)))
        except EstateError as error:
            problems.append(str(error))
    problems += _duplicates(loaded)
    if problems:
        raise EstateError("\n".join(problems))
    base = loaded[0][0].file.parent
    moved = [_moved(estate, os.path.relpath(document.file.parent, base)) for document, estate in loaded]
    merged: dict[str, dict[str, Part]] = {section: {} for section in _SECTIONS}
    for estate in moved:
        for section, objects in merged.items():
            objects |= getattr(estate, section)
    return Estate.model_validate(merged)


def _expanded(given: Iterable[Path]) -> Iterator[Path]:
    for file in given:
        inside = _inside_folder(file)
        if inside is None:
            yield file
        elif inside:
            yield from inside
        else:
            raise EstateError(
                f"{file}: the folder contains no .yaml file; write {{}} to one for an empty estate"
            )


def _inside_folder(file: Path) -> list[Path] | None:
    """The estate files in a folder; None if it is no folder."""
    try:
        if not file.is_dir():
            return None
        return sorted(path for path in file.iterdir() if path.suffix in (".yaml", ".yml"))
    except OSError as error:
        raise EstateError(f"{file}: cannot be read: {error.strerror}") from None


def _moved(estate: Estate, folder: str) -> Estate:
    """The estate with ``folder`` before the paths of its files, unless they are absolute."""
    if folder == os.curdir:
        return estate

    def below(parts: Mapping[str, Any]) -> dict[str, Any]:
        return {
            key: part.model_copy(update={"path": os.path.join(folder, part.path)}) if part.path else part
            for key, part in parts.items()
        }

    def workspace(part: WorkspacePart) -> Any:
        moved = {"models": below(part.models), "orchestrations": below(part.orchestrations)}
        return part.model_copy(update=moved)

    return estate.model_copy(
        update={"workspaces": {k: workspace(part) for k, part in estate.workspaces.items()}}
    )


def _duplicates(loaded: Iterable[tuple[Document, Estate]]) -> Iterator[str]:
    first: dict[Hashable, str] = {}
    for document, estate in loaded:
        for what, where in _unique(estate):
            if what in first:
                yield document.problem(where, f"duplicate key; the first is in {first[what]}")
            first.setdefault(what, document.position(where))


def _unique(estate: Estate) -> Iterator[tuple[Hashable, Place]]:
    """What an estate can contain only once, and its place: the sections' keys, and names unique on the instance."""
    for section in _SECTIONS:
        for name in getattr(estate, section):
            yield (section, name), (section, name)
    for name, workspace in estate.workspaces.items():
        for assay in workspace.assays:
            yield ("Assay", assay), ("workspaces", name, "assays", assay)
        for pipeline, part in workspace.pipelines.items():
            for key, publish in part.publishes.items():
                for edge in publish.edges:
                    here = ("workspaces", name, "pipelines", pipeline, "publishes", key, "edges", edge)
                    yield ("Edge", edge), here


# --- one file ---------------------------------------------------------------------------------------------


def _validated(document: Document) -> Estate:
    value = {key: part for key, part in document.value.items() if not key.startswith("x-")}
    if document.value and not value:  # the file may have been cut off after its anchors
        raise EstateError(
            f"{document.file}: contains no objects, only keys that begin with x-; write `users: {{}}` for an estate "
            "without any"
        )
    try:
        estate = Estate.model_validate(value)
    except ValidationError as error:
        lines = [
            document.problem(place(p), _words(p), missing=p["type"] == "missing") for p in error.errors()
        ]
    else:
        problems = [*_without_value(estate, value, ()), *_rejected_by_resources(estate, document.file.parent)]
        lines = [document.problem(where, why, missing=why == "is required") for where, why in problems]
        if not lines:
            return estate
    raise EstateError("\n".join(lines))


def _words(problem: ErrorDetails) -> str:
    kind, given = problem["type"], problem["input"]
    if kind == "extra_forbidden":
        name = str(problem["loc"][-1])
        similar = difflib.get_close_matches(name, _KEYS, n=1)
        return "is not a key of the estate file here" + (f"; did you mean {similar[0]!r}?" if similar else "")
    if given is None:
        return _no_value(_EMPTY.get(kind))
    if kind == "string_type" and isinstance(given, int | float):
        return "must be text; put it in quotes"
    return explain(problem)


def _no_value(empty: str | None) -> str:
    return (
        f"has no value; write {empty} if it is empty"
        if empty
        else "has no value; give one, or remove the key"
    )


def _without_value(part: BaseModel, given: Mapping[str, Any], where: Place) -> Iterator[tuple[Place, str]]:
    """Keys without a value whose type allows None. They are more often a mistake than meant.

    Free JSON is not looked into.
    """
    for name, field in type(part).model_fields.items():
        for key in {name, field.alias or name} & given.keys():
            here = (*where, key)
            if given[key] is None:
                yield here, _no_value(_empty(field.annotation))
            else:
                yield from _inside(getattr(part, name), given[key], here)


def _inside(value: Any, given: Any, where: Place) -> Iterator[tuple[Place, str]]:
    if isinstance(value, BaseModel) and isinstance(given, Mapping):
        yield from _without_value(value, given, where)
    elif isinstance(value, dict):
        for part, (key, below) in zip(value.values(), given.items(), strict=True):
            yield from _inside(part, below, (*where, key))
    elif isinstance(value, list):
        for index, (part, below) in enumerate(zip(value, given, strict=True)):
            yield from _inside(part, below, (*where, index))


def _empty(annotation: Any) -> str | None:
    """How an empty value is written if all values of a type are objects, or all are lists."""
    if get_origin(annotation) is Annotated:
        return _empty(get_args(annotation)[0])
    origin = get_origin(annotation) or annotation
    if origin is list:
        return "[]"
    if origin is dict or (isinstance(origin, type) and issubclass(origin, BaseModel)):
        return "{}"
    found = {_empty(part) for part in get_args(annotation) if part is not NoneType}
    return found.pop() if len(found) == 1 else None


# --- the checks of the resources --------------------------------------------------------------------------


def _rejected_by_resources(estate: Estate, folder: Path) -> Iterator[tuple[Place, str]]:
    for where, kind, inputs in _objects(estate):
        for failure in check(RESOURCES[kind], inputs, {})[1]:
            inside = _place_in(failure.python_path)
            if kind == "Pipeline" and inside[2:]:
                inside = (*inside[:2], "api", *inside[2:])  # only steps in the API's form are checked
            yield (*where, *inside), failure.reason
    for name, part in estate.workspaces.items():
        for key, model in part.models.items():
            if model.path is None:
                continue
            try:
                require_file((folder / model.path).absolute(), model.framework)
            except InvalidInput as invalid:
                yield ("workspaces", name, "models", key, invalid.python_path), invalid.reason
        for key, orchestration in part.orchestrations.items():
            try:
                require_package((folder / orchestration.path).absolute())
            except InvalidInput as invalid:
                yield ("workspaces", name, "orchestrations", key, invalid.python_path), invalid.reason


def _place_in(path: str) -> Place:
    """``steps[0].check`` as a place."""
    return tuple(int(index) if index else name for name, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path))


def _objects(estate: Estate) -> Iterator[tuple[Place, str, dict[str, Any]]]:
    """Place, kind and inputs of every object; UNKNOWN for what only a run can tell."""
    for email, user in estate.users.items():
        yield ("users", email), user.kind, {**user.inputs(), "email": email}
    for name, connection in estate.connections.items():
        secret = dict.fromkeys([*connection.secret_details, *connection.secret_json], UNKNOWN)
        inputs = {**connection.inputs(), "name": name, "details": {**connection.details, **secret}}
        yield ("connections", name), connection.kind, inputs
    for key, registry in estate.registries.items():
        inputs = {**registry.inputs(), "name": registry.name or key, "token": UNKNOWN}
        yield ("registries", key), registry.kind, inputs
    for name, workspace in estate.workspaces.items():
        yield ("workspaces", name), workspace.kind, {**workspace.inputs(), "name": name}
        for where, kind, inputs in _in_workspace(workspace):
            inside = (
                {"workspace_id": UNKNOWN} if "workspace_id" in RESOURCES[kind].inputs.model_fields else {}
            )
            yield ("workspaces", name, *where), kind, {**inputs, **inside}


def _in_workspace(workspace: WorkspacePart) -> Iterator[tuple[Place, str, dict[str, Any]]]:
    for user, role in workspace.members.items():
        yield (
            ("members", user),
            "WorkspaceMember",
            {"email" if "@" in user else "user_id": user, "role": role},
        )
    for key, model in workspace.models.items():
        # The file's digest is computed once, in the run: it takes a minute for a large file.
        source = {"path": UNKNOWN} if model.path else {"registry_id": UNKNOWN} if model.registry else {}
        yield ("models", key), model.kind, {**model.inputs(), "name": model.name or key, **source}
    for key, pipeline in workspace.pipelines.items():
        steps = [with_models(step.api, lambda _: UNKNOWN) if step.api else UNKNOWN for step in pipeline.steps]
        yield ("pipelines", key), pipeline.kind, {**pipeline.inputs(), "name": key, "steps": steps}
        for name, publish in pipeline.publishes.items():
            here: Place = ("pipelines", key, "publishes", name)
            version = {"pipeline_version_id": UNKNOWN, "models": UNKNOWN}
            yield here, publish.kind, {**publish.inputs(), **version}
            for edge, part in publish.edges.items():
                given = {**part.inputs(), "name": edge, "publish_id": UNKNOWN}
                yield (*here, "edges", edge), part.kind, given
    for key, code in workspace.orchestrations.items():
        yield ("orchestrations", key), code.kind, {**code.inputs(), "name": code.name or key, "path": UNKNOWN}
    for key, task in workspace.tasks.items():
        given = {**task.inputs(), "name": task.name or key, "orchestration_id": UNKNOWN}
        yield ("tasks", key), task.kind, given
    for key, assay in workspace.assays.items():
        yield ("assays", key), assay.kind, {**assay.inputs(), "name": key}
