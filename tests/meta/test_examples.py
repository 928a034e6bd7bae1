"""The examples on the pages of resources, in YAML and TypeScript, fit the schema of the native plugin."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from page_examples import example

from wallaroo_pulumi.resources import RESOURCES

ROOT = Path(__file__).parents[2]
SCHEMA: dict[str, Any] = json.loads((ROOT / "wallaroo_pulumi/adapters/plugin/schema.json").read_text())


def objects(value: Any, type_: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Every object in a value, with its type in the schema."""
    if isinstance(value, list):
        for inner in value:
            yield from objects(inner, type_.get("items", {}))
    elif isinstance(value, dict) and str(type_.get("$ref", "")).startswith("#/types/"):
        of = SCHEMA["types"][type_["$ref"].removeprefix("#/types/")]
        yield value, of
        for key, inner in value.items():
            yield from objects(inner, of["properties"].get(key, {}))


def outputs(kind: str) -> set[str]:
    return set(SCHEMA["resources"][f"wallaroo:index:{kind}"]["properties"])


@pytest.mark.parametrize("kind", RESOURCES)
def test_a_yaml_example_fits_the_schema(kind: str) -> None:
    declared = yaml.safe_load(example(kind, "yaml"))["resources"]
    assert declared["example"]["type"] == f"wallaroo:{kind}"
    before: dict[str, str] = {}
    for name, resource in declared.items():
        of = resource["type"].removeprefix("wallaroo:")
        found, kind_schema = resource["properties"], SCHEMA["resources"][f"wallaroo:index:{of}"]
        assert set(kind_schema.get("requiredInputs", [])) <= set(found)
        assert set(found) <= set(kind_schema["inputProperties"])
        for key, value in found.items():
            for inner, type_ in objects(value, kind_schema["inputProperties"][key]):
                assert set(inner) <= set(type_["properties"])
        for variable, output in re.findall(r"\$\{(\w+)\.(\w+)\}", json.dumps(found)):
            assert output in outputs(before[variable])
        before[name] = of


@pytest.mark.parametrize("kind", RESOURCES)
def test_a_typescript_example_declares_what_the_yaml_example_declares(kind: str) -> None:
    program = example(kind, "typescript")
    declared = yaml.safe_load(example(kind, "yaml"))["resources"]
    assert re.findall(r'new wallaroo\.(\w+)\("(\w+)"', program) == [
        (resource["type"].removeprefix("wallaroo:"), name) for name, resource in declared.items()
    ]
    variables = dict(re.findall(r"const (\w+) = new wallaroo\.(\w+)", program))
    for variable, output in re.findall(r"\b([a-z]\w+)\.(\w+)", re.sub(r'"[^"]*"', "", program)):
        assert variable == "wallaroo" or output in outputs(variables[variable])
