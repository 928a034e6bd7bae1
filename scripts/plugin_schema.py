"""The text of ``adapters/plugin/schema.json``: the package as Pulumi's engine and code generators read it.

Format: https://www.pulumi.com/docs/iac/using-pulumi/pulumi-packages/schema/.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, assert_never

from component_schema import PLAIN, component_kinds

from wallaroo_pulumi.provider.schema import (
    Enumeration,
    Function,
    Kind,
    ListOf,
    MapOf,
    Named,
    Object,
    OneOf,
    Plain,
    Property,
    Schema,
    Type,
    schema,
)

Json = dict[str, Any]

PREFIX = "wallaroo:index:"
DYNAMIC_PREFIX = "pulumi-python:dynamic/wallaroo:"


def schema_text(version: str) -> str:
    """The schema of this version of the package."""
    return json.dumps(_package(schema(), version), indent=2, ensure_ascii=False) + "\n"


def enumeration_member(value: str) -> str:
    """``if_empty`` → ``IfEmpty``, the name of an enumeration's value from which languages make their own."""
    words = re.split(r"[^A-Za-z0-9]+", value)
    return "".join(word.capitalize() if word.isupper() else word[0].upper() + word[1:] for word in words)


def _package(table: Schema, version: str) -> Json:
    return {
        "name": "wallaroo",
        "displayName": "Wallaroo",
        "version": version,
        "description": "Workspaces, members, models, pipelines, deployments and connections of a Wallaroo instance.",
        "keywords": ["pulumi", "wallaroo", "category/infrastructure", "kind/native"],
        "license": "Apache-2.0",
        # With `supportPack` the SDKs contain the version, and that of Go its go.mod.
        "meta": {"moduleFormat": "(.*)", "supportPack": True},
        "config": {"variables": _properties(table.settings)},
        "provider": {
            "description": "A Wallaroo instance and an account on it.",
            "inputProperties": _properties(table.settings),
        },
        "types": {
            **{f"{PREFIX}{each.name}": _enumeration(each) for each in table.enumerations},
            **{f"{PREFIX}{each.name}": _object(each) for each in table.objects if each.further is None},
        },
        "resources": {
            **{f"{PREFIX}{kind.name}": _kind(kind) for kind in table.kinds},
            **{f"{PREFIX}{kind.name}": _component(kind) for kind in component_kinds(table)},
        },
        "functions": {f"{PREFIX}{function.name}": _function(function) for function in table.functions},
        "language": {
            "python": {
                # Import writes programs of this module, which is not generated.
                "packageName": "wallaroo_pulumi.native",
                "inputTypes": "classes-and-dicts",
                "pyproject": {"enabled": True},
                "respectSchemaVersion": True,
            },
            # The SDKs are installed from archives: neither name is one of a registry.
            "nodejs": {"packageName": "@wallaroo-pulumi/wallaroo", "respectSchemaVersion": True},
            "go": {
                "importBasePath": "example.com/wallaroo-pulumi/sdk/go/wallaroo",
                "generateResourceContainerTypes": True,
                "respectSchemaVersion": True,
            },
        },
    }


def _kind(kind: Kind) -> Json:
    return {
        "description": kind.description,
        "inputProperties": _properties(kind.inputs),
        "requiredInputs": _required(kind.inputs),
        "properties": {each.name: _property(each, output=True) for each in kind.outputs},
        "required": _required(kind.outputs),
        "aliases": [{"type": f"{DYNAMIC_PREFIX}{kind.name}"}],
    }


def _component(kind: Kind) -> Json:
    found = _kind(kind)
    for name in PLAIN & found["inputProperties"].keys():
        found["inputProperties"][name]["plain"] = True
    del found["aliases"]
    return {"isComponent": True, **found}


def _function(function: Function) -> Json:
    return {
        "description": function.description,
        "inputs": _object_type(function.arguments),
        "outputs": {
            "type": "object",
            "properties": {each.name: _property(each, output=True) for each in function.result.properties},
            "required": sorted(
                each.name for each in function.result.properties if each.required or each.default is not None
            ),
        },
    }


def _object(each: Object) -> Json:
    return {"description": each.description, **_object_type(each.properties)}


def _enumeration(each: Enumeration) -> Json:
    return {
        "type": "string",
        "enum": [{"name": enumeration_member(value), "value": value} for value in each.values],
    }


def _object_type(properties: Iterable[Property]) -> Json:
    return {"type": "object", "properties": _properties(properties), "required": _required(properties)}


def _properties(properties: Iterable[Property]) -> Json:
    return {each.name: _property(each) for each in properties}


def _required(properties: Iterable[Property]) -> list[str]:
    return sorted(each.name for each in properties if each.required)


def _property(each: Property, *, output: bool = False) -> Json:
    description = each.description
    if each.plain_default is not None and not output:
        # Not as `default`: an SDK would send it, and a value of the environment or of the state would be lost.
        description = f"{description} Default: `{json.dumps(each.default).strip(chr(34))}`."
    flags = {"secret": each.secret, "willReplaceOnChanges": each.replaces and not output}
    return {
        "description": description,
        **_type(each.type),
        **{name: True for name, holds in flags.items() if holds},
    }


def _type(found: Type) -> Mapping[str, Any]:
    match found:
        case Plain("any"):
            return {"$ref": "pulumi.json#/Any"}
        case Plain(name):
            return {"type": name}
        case ListOf(element):
            return {"type": "array", "items": _type(element)}
        case MapOf(value):
            return {"type": "object", "additionalProperties": _type(value)}
        case Named(name) if name in _with_further_keys():
            return _type(MapOf(Plain("any")))
        case Named(name):
            return {"$ref": f"#/types/{PREFIX}{name}"}
        case OneOf(types):
            alternatives = [*map(_type, types)]
            different = [each for n, each in enumerate(alternatives) if each not in alternatives[:n]]
            return {"oneOf": different} if len(different) > 1 else different[0]
    assert_never(found)


@functools.cache
def _with_further_keys() -> frozenset[str]:
    """The objects that the schema cannot describe: some of their keys are the user's."""
    return frozenset(each.name for each in schema().objects if each.further is not None)
