"""The OpenAPI document: FastAPI's, with readable summaries and names, real examples, and a login.

The first sentence of a handler's docstring is the summary of its call, the rest the description. Every property has an
example, and the example of a request is one that can be sent.
"""

import re
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

from ..identity.token_endpoint import TOKEN_PATH
from .examples import BY_NAME, BY_PATH

Schema = dict[str, Any]
_REFERENCE = "#/components/schemas/"
_JSON_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "object": dict,
}
_FALLBACKS = {"integer": 1, "number": 0.5, "boolean": True, "object": {}}


def install(app: FastAPI) -> None:
    """Use this description for the app."""
    original = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _improved(original())
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign] # FastAPI's documented way


def _improved(document: dict[str, Any]) -> dict[str, Any]:
    document = _with_short_names(document)
    schemas = document["components"]["schemas"]
    for schema in schemas.values():
        for name, property in schema.get("properties", {}).items():
            property.setdefault("examples", [_example(property, name, schemas)])
    for path, operations in document["paths"].items():
        for operation in operations.values():
            _summarize(operation)
            operation["operationId"] = re.sub(r"\W+", "_", path.removeprefix("/v1/api")).strip("_")
            _add_request_example(path, operation, schemas)
            if operation.get("security"):
                operation["security"] = [{"login": []}, {"token": []}]
    document["components"]["securitySchemes"] = {
        "login": {
            "type": "oauth2",
            "description": "Log in with an account of the emulator, such as ops@example.com (ops-password).",
            "flows": {"password": {"tokenUrl": TOKEN_PATH, "scopes": {}}},
        },
        "token": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "An access token of the token endpoint.",
        },
    }
    return document


def _with_short_names(document: dict[str, Any]) -> dict[str, Any]:
    """Return a schema's name. Schemas with the same name get the last part of their module."""

    def renamed(name: str) -> str:
        *path, own = name.split("__")
        return f"{'models' if path[-1] == 'wire' else path[-1]}.{own}" if path else own

    def walk(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: walk(value) for key, value in node.items()}
        if isinstance(node, list):
            return [walk(item) for item in node]
        if isinstance(node, str) and node.startswith(_REFERENCE):
            return _REFERENCE + renamed(node.removeprefix(_REFERENCE))
        return node

    schemas = document["components"]["schemas"]
    short: dict[str, Any] = walk(document)
    short["components"]["schemas"] = {renamed(name): walk(schema) for name, schema in schemas.items()}
    return short


def _summarize(operation: dict[str, Any]) -> None:
    text = " ".join(operation.get("description", "").split())
    summary, _, rest = re.sub(r"(?<=[\w)`])\. ", ".\n", text, count=1).partition("\n")
    operation["summary"] = summary.removesuffix(".")
    operation["description"] = rest


def _add_request_example(path: str, operation: dict[str, Any], schemas: dict[str, Schema]) -> None:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    if "$ref" not in content.get("schema", {}):
        return
    schema = _resolved(content["schema"], schemas)
    example = {
        name: _example(schema["properties"][name], name, schemas) for name in schema.get("required", ())
    } | BY_PATH.get(path, {})
    content["example"] = example


def _example(schema: Schema, name: str, schemas: dict[str, Schema]) -> Any:
    """A value of a schema; `name` is that of the property."""
    if examples := schema.get("examples"):
        return examples[0]
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    for part in _alternatives(schema):
        return _example(part, name, schemas)
    if "$ref" in schema:
        return _example(_resolved(schema, schemas), name, schemas)
    kind = schema.get("type")
    if kind == "array":
        items = schema.get("items") or (schema.get("prefixItems") or [{}])[0]
        return [_example(items, name, schemas)] * schema.get("minItems", 1)
    known = [value for value in BY_NAME.get(name, ()) if _is_of(value, kind)]
    if known:
        return known[0]
    if kind == "object" and schema.get("properties"):
        return {key: _example(value, key, schemas) for key, value in schema["properties"].items()}
    return _FALLBACKS.get(kind or "")


def _alternatives(schema: Schema) -> Iterator[Schema]:
    """The schemas of which a value has one, null last."""
    parts: list[Schema] = schema.get("anyOf") or schema.get("allOf") or []
    yield from sorted(parts, key=lambda part: part.get("type") == "null")


def _is_of(value: Any, kind: str | None) -> bool:
    if kind is None:
        return True
    return isinstance(value, _JSON_TYPES.get(kind, object)) and (kind == "boolean") == isinstance(value, bool)


def _resolved(schema: Schema, schemas: dict[str, Schema]) -> Schema:
    return schemas[schema["$ref"].removeprefix(_REFERENCE)]
