"""One program that declares every kind's example, made from the definitions: a new kind is covered by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from example_files import example_files
from pulumi_project import Project

from wallaroo_pulumi.core.fields import SECRET, fields_with
from wallaroo_pulumi.core.names import wire_name
from wallaroo_pulumi.core.resource import Examples
from wallaroo_pulumi.resources import RESOURCES

PROGRAM = """
    import json
    import pulumi, wallaroo_pulumi

    made = {}

    def filled(value):
        if isinstance(value, dict):
            if "$ref" in value:
                return getattr(made[value["$ref"]], value["property"])
            return {key: filled(item) for key, item in value.items()}
        return [filled(item) for item in value] if isinstance(value, list) else value

    for key, of in json.load(open("declared.json")).items():
        needs = [made[need] for need in of["needs"] if need in made]
        options = pulumi.ResourceOptions(depends_on=needs, **of.get("options", {}))
        made[key] = getattr(wallaroo_pulumi, of["kind"])(of["name"], **filled(of["inputs"]), opts=options)
    """
"""Declares what ``declared.json`` lists: key → kind, resource name, inputs and the keys of what it needs."""

Declared = dict[str, dict[str, Any]]


def declared(folder: Path) -> Declared:
    """Every kind's example by the kind's name, after what it needs. The files are made in ``folder``."""
    found: Declared = {}
    files = example_files(folder)
    for kind in RESOURCES:
        _declare(found, kind, RESOURCES[kind].examples.inputs, files)
    return found


def _declare(found: Declared, kind: str, inputs: Mapping[str, Any], files: Mapping[str, str]) -> str:
    """Declare one object after its needs. Returns its key: one of an example's name serves all that need that name."""
    own = RESOURCES[kind].examples
    if inputs.get("name") == own.inputs.get("name"):
        inputs = own.inputs
    key = kind if inputs is own.inputs else f"{kind} {inputs['name']}"
    if key in found:
        return key
    needs = [_declare(found, need, of, files) for need, of in own.needs.items()]

    def referred(reference: str) -> Any:
        if wire_name(reference) in files:
            return files[wire_name(reference)]
        of, _, name = reference.rpartition(".")
        return next({"$ref": n, "property": name} for n in needs if _has(found[n]["kind"], of, name))

    resolved = Examples.resolved(inputs, referred)
    found[key] = {"kind": kind, "name": key.replace(" ", "-"), "inputs": resolved, "needs": needs}
    return key


def _has(kind: str, of: str, name: str) -> bool:
    return of in ("", kind) and name in RESOURCES[kind].outputs.model_fields


def write(project: Project, objects: Declared) -> None:
    """Let the project's program, :data:`PROGRAM`, declare these objects from now on."""
    (project.folder / "declared.json").write_text(json.dumps(objects))


def secret_texts() -> set[str]:
    """The texts that the examples give to secret inputs: none of them may be readable in a state."""
    return {
        text
        for resource in RESOURCES.values()
        for name, _ in fields_with(resource.inputs, SECRET)
        for text in _texts(resource.examples.inputs.get(name))
    }


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(item)
