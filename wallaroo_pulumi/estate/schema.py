"""The JSON Schema of the estate file, for editors and other tools: ``python -m wallaroo_pulumi.estate.schema``.

It describes the format only: references between objects, files and secrets are checked when a file is loaded.
"""

from __future__ import annotations

import json
from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from ..core.names import DNS_LABEL
from .format import Estate

FILE_NAME: Final = "estate.schema.json"
"""The schema's file in the documentation."""
_DNS_LABEL_KEYS: Final = ("workspaces", "models", "pipelines")


class _Schema(GenerateJsonSchema):
    """Without null, which the format does not allow, and without titles, which repeat the keys."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        if schema.get("default", ...) is None:
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def json_schema() -> dict[str, Any]:
    """Return the schema of a whole file."""
    schema = Estate.model_json_schema(by_alias=False, schema_generator=_Schema)
    parts: dict[str, Any] = schema["$defs"]
    for part in (schema, *parts.values()):
        part.pop("title", None)
        for name, keyed in part.get("properties", {}).items():
            if name in _DNS_LABEL_KEYS:
                keyed["propertyNames"] = {"pattern": f"^{DNS_LABEL.pattern}$"}
            if "le" in keyed:  # pydantic's own word, which it keeps after a validator
                keyed["maximum"] = keyed.pop("le")
    step = parts["StepPart"]
    parts["StepPart"] = {"description": step.pop("description"), "anyOf": [{"type": "string"}, step]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Wallaroo estate file",
        **schema,
        "patternProperties": {"^x-": {"description": "Anything: a place for anchors."}},
    }


def to_json() -> str:
    """Return the schema as text."""
    return json.dumps(json_schema(), indent=2) + "\n"


if __name__ == "__main__":
    print(to_json(), end="")
