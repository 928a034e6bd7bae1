"""The neutral table, and the schema of the plugin that is generated from it."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from wallaroo_pulumi.adapters.pulumi_values import COMPONENTS
from wallaroo_pulumi.config import TABLE
from wallaroo_pulumi.core.fields import AUTONAMED, COMPUTED_IN_CHECK, SECRET, fields_with
from wallaroo_pulumi.core.names import wire_name
from wallaroo_pulumi.provider.lookups import LOOKUPS
from wallaroo_pulumi.provider.schema import schema
from wallaroo_pulumi.resources import RESOURCES

FILE = Path(__file__).parents[3] / "wallaroo_pulumi/adapters/plugin/schema.json"


@pytest.fixture(scope="module")
def package() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(FILE.read_text())
    return loaded


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for part in value.values():
            yield from references(part)
    if isinstance(value, list):
        for part in value:
            yield from references(part)


def test_it_contains_every_kind_and_function_and_setting(package: dict[str, Any]) -> None:
    assert package["resources"].keys() == {f"wallaroo:index:{name}" for name in (*RESOURCES, *COMPONENTS)}
    assert package["functions"].keys() == LOOKUPS.keys()
    assert list(package["config"]["variables"]) == [setting.key for setting in TABLE]
    assert package["provider"]["inputProperties"] == package["config"]["variables"]


def test_every_reference_has_a_type(package: dict[str, Any]) -> None:
    named = {ref.removeprefix("#/types/") for ref in references(package) if ref.startswith("#/types/")}
    assert named == package["types"].keys()


@pytest.mark.parametrize("kind", RESOURCES)
def test_a_kind_has_the_markers_of_its_definition(kind: str, package: dict[str, Any]) -> None:
    definition, found = RESOURCES[kind], package["resources"][f"wallaroo:index:{kind}"]
    inputs = {
        wire_name(name): field
        for name, field in definition.inputs.model_fields.items()
        if COMPUTED_IN_CHECK not in field.metadata
    }
    assert found["inputProperties"].keys() == inputs.keys()
    assert found["requiredInputs"] == sorted(
        name for name, field in inputs.items() if field.is_required() and AUTONAMED not in field.metadata
    )
    secrets = {wire_name(name) for name, _ in fields_with(definition.outputs, SECRET)}
    assert {name for name, of in found["properties"].items() if of.get("secret")} == secrets
    assert found["properties"].keys() >= {wire_name(name) for name in definition.outputs.model_fields}
    assert found["aliases"] == [{"type": f"pulumi-python:dynamic/wallaroo:{kind}"}]


def test_the_example_of_every_kind_has_only_properties_of_the_schema(package: dict[str, Any]) -> None:
    for kind, definition in RESOURCES.items():
        given = {wire_name(name) for name in definition.examples.inputs}
        assert given <= package["resources"][f"wallaroo:index:{kind}"]["inputProperties"].keys()


def test_descriptions_name_properties_as_on_the_wire(package: dict[str, Any]) -> None:
    python = {
        name
        for definition in RESOURCES.values()
        for model in (definition.inputs, definition.outputs)
        for name in model.model_fields
        if "_" in name
    }
    named = set(re.findall(r"`(\w+)`", json.dumps(package)))
    assert not named & python


def test_credentials_are_secret(package: dict[str, Any]) -> None:
    secret = {key for key, of in package["config"]["variables"].items() if of.get("secret")}
    assert secret == {"clientSecret", "password", "token"}
    assert package["functions"]["wallaroo:index:getConnection"]["outputs"]["properties"]["details"]["secret"]


def test_a_name_of_an_enumeration_means_one_set_of_values() -> None:
    names = [each.name for each in schema().enumerations]
    assert len(names) == len(set(names))
    assert not {*names} & {each.name for each in schema().objects}
    assert not {*names} & {*RESOURCES}


def test_fields_that_check_computes_are_no_inputs(package: dict[str, Any]) -> None:
    found = package["resources"]["wallaroo:index:ModelVersion"]
    assert "sha256" not in found["inputProperties"]
    assert "sha256" in found["required"]


GENERATORS = ("examples", "generate", "lookup_functions", "native_module", "package_module", "plugin_schema")
DEFINITIONS = (
    "pydantic",
    "wallaroo_pulumi.resources",
    "wallaroo_pulumi.core.fields",
    "wallaroo_pulumi.provider.lookup",
)


@pytest.mark.parametrize("name", [*GENERATORS, "python_types"])
def test_generators_read_the_table_and_no_definitions(name: str) -> None:
    tree = ast.parse((FILE.parents[3] / f"scripts/{name}.py").read_text())
    imported = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {
        alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    assert not [module for module in imported if module.startswith(DEFINITIONS)]
