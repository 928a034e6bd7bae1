"""The text of docs/estate.md, generated from the estate's JSON Schema; ``scripts/generate.py`` writes it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wallaroo_pulumi.estate.schema import FILE_NAME, json_schema

PLAIN_TYPES = {"string": "text", "number": "number", "integer": "whole number", "boolean": "boolean"}

HEAD = f"""\
# Estate file

<!-- Generated from the format by `make generate`; the text around the tables is in scripts/estate_page.py. -->

An estate file describes the objects of a Wallaroo instance as YAML. `stacks/estate` and `stacks/adoption` declare
them in a Pulumi stack, and `wallaroo-pulumi export` writes the file from an existing instance
([adoption](adoption.md)).

```yaml
# yaml-language-server: $schema={FILE_NAME}
users:
  ada@example.com: {{first_name: Ada}}
workspaces:
  fraud-prod:
    members:
      mary.jane@example.com: OWNER
      ada@example.com: COLLABORATOR
    connections: [sales-warehouse]
    models:
      ccfraud: {{path: models/ccfraud.onnx, framework: onnx}}
      challenger: {{path: models/challenger.onnx, framework: onnx}}
    pipelines:
      fraud:
        steps: [{{split: {{ccfraud: 0.9, challenger: 0.1}}}}]
        deploy: {{cpus: 1, memory: 1Gi, replicas: 2}}
        publishes:
          stores: {{cpus: 1, memory: 512Mi, edges: {{store-17: {{tags: [north]}}}}}}
    registries: [databricks]
    orchestrations:
      scoring: {{path: scoring.zip}}
    tasks:
      nightly-scores: {{orchestration: scoring, schedule: 0 4 * * *}}
    assays:
      fraud drift:
        pipeline_name: fraud
        fields: [{{name: out.dense_1, indexes: [0], alert: 0.25}}]
        baseline: {{static: ["2026-01-01T00:00:00Z", "2026-01-08T00:00:00Z"]}}
        window_seconds: 86400
        first_run: "2026-01-09T06:00:00Z"
        every: {{unit: Day, quantity: 1}}
  fraud-staging: {{}}
registries:
  databricks: {{url: https://registry.example.com, secret_token: databricksToken}}
connections:
  sales-warehouse:
    type: POSTGRES
    details: {{host: db.example.com, port: 5432}}
    secret_details: {{password: warehousePassword}}
```

## Files

`stacks/estate` reads `estate.yaml`, or what the setting `wallaroo-estate:file` names: a file, a folder (all its
`.yaml` and `.yml` files), or a list of them. Relative paths start at the project's folder. Several files are one
estate; an object in two of them is an error.

```sh
pulumi config set wallaroo-estate:file teams                     # every file in ./teams
pulumi config set --path 'wallaroo-estate:file[0]' people.yaml   # or a list
pulumi config set --path 'wallaroo-estate:file[1]' teams
```

Paths of models and orchestrations are relative to the folder of their file.

`pulumi config set wallaroo-estate:native true` declares the objects with the
[native plugin](how-to/native-plugin.md). A stack moves to it and back without a request.

In a program of your own:

```python
from pathlib import Path

import pulumi

from wallaroo_pulumi import estate

folder = Path(__file__).parent
try:
    outputs = estate.declare(estate.load(folder / "people.yaml", folder / "teams.yaml"), folder)
except estate.EstateError as error:
    raise pulumi.RunError(str(error)) from None
```

`declare` takes the folder that the paths of files are relative to, which is that of the first estate file. It returns
the outputs `workspaces` (ids by name), `users` (ids by e-mail address), `inference_urls` (by
`<workspace>/<pipeline>`) and the secret `edge_bundles` (by edge).

## YAML

- Types follow the core schema of [YAML 1.2](https://yaml.org/spec/1.2.2/#103-core-schema). `no`, `on`, `12:30:45` and
  `2024-01-01` are text. `0123` is the number 123; put account numbers in quotes.
- A file is one JSON document: keys are text, numbers are finite. Keys that are not text (`8080:`), NaN, whole numbers
  beyond 2^53, tags such as `!!set` or `!!binary`, and a second document are errors. Put such a value in quotes.
- A key without a value is an error, and so is a file without content, because both may be the rest of a file that was
  cut off. Write `{{}}` or `[]` for what is empty on purpose.
- Top-level keys that begin with `x-` are ignored: a place for anchors. A file needs another key too. `<<` merges
  objects.
- Files are UTF-8, with or without a byte order mark.

```yaml
x-leads: &leads {{mary.jane@example.com: OWNER}}
workspaces:
  fraud-prod: {{members: *leads}}
  fraud-staging: {{members: {{<<: *leads, john.hancock@example.com: OWNER}}}}
```

Every problem is one line with file, line and path, also what the checks of the resources find:

```
estate.yaml, line 12, workspaces.fraud-prod.models.ccfraud.path: ccfraud.onnx cannot be read: No such file or directory
estate.yaml, line 14, workspaces.fraud-prod.model: is not a key of the estate file here; did you mean 'models'?
```

## Secrets

An estate file contains no secrets. `secret_details` of a connection maps a detail to a key of the stack
configuration; `secret_json` does the same for values that are not text. `secret_token` of a registry is the key that
contains its token.

```sh
pulumi config set --secret wallaroo-estate:warehousePassword …
pulumi config set --secret wallaroo-estate:warehousePins '[1, 2]'
pulumi config set --secret wallaroo-estate:databricksToken …
```

## Tasks, assays, publishes and edges

- A task names its orchestration by key. It starts after the workspace's connections are attached and its pipelines are
  deployed. Arguments are not secret: let the code read passwords from a connection.
- An assay watches the pipeline `pipeline_name`, which the file need not declare.
- A publish is always one of the pipeline's latest version. When the steps change, the pipeline is published again. Set
  `replaces` to the id of the old publish in the same edit, and its edges keep their join tokens.
- An edge gets its join token once. `pulumi stack output edge_bundles --show-secrets` prints what `EDGE_BUNDLE` is to be
  at the edge. An edge that exists is an error, unless it has `adopt: renew`: then it is removed and added again, and
  the new bundle must be deployed. An edge keeps its resource when it moves to another publish.
- Changing an orchestration's file, a task or an assay replaces it; see [Orchestration](resources/Orchestration.md),
  [Task](resources/Task.md) and [Assay](resources/Assay.md). A changed assay needs a new name.

## Completion in editors

The format has a [JSON Schema]({FILE_NAME}). Editors with the YAML language server complete and check keys if the
first line of the file names it:

```yaml
# yaml-language-server: $schema={FILE_NAME}
```

`python -m wallaroo_pulumi.estate.schema > {FILE_NAME}` writes the schema of the installed version.

## Keys
"""

SECTIONS = {
    "": "The file",
    "UserPart": "`users.<e-mail address>`",
    "WorkspacePart": "`workspaces.<name>`",
    "ModelPart": "`workspaces.<name>.models.<key>`",
    "Qaic": "`models.<key>.accel`, for Qualcomm",
    "QaicConfig": "`models.<key>.accel.qaic`",
    "DynamicBatching": "`models.<key>.dynamic_batching`",
    "ContinuousBatching": "`models.<key>.continuous_batching`",
    "OpenAi": "`models.<key>.openai`",
    "PipelinePart": "`workspaces.<name>.pipelines.<name>`",
    "StepPart": "`pipelines.<name>.steps[]`",
    "PublishPart": "`pipelines.<name>.publishes.<key>`",
    "EdgePart": "`publishes.<key>.edges.<name>`",
    "DeployPart": "`pipelines.<name>.deploy`",
    "EngineConfig": "`engine_config` of a deployment or a publish",
    "Engine": "`engine_config.engine` and `engine_config.enginelb`",
    "Resources": "`resources` of an engine or a container",
    "Amounts": "`resources.requests` and `resources.limits`",
    "Autoscale": "`engine.autoscale`",
    "PythonRuntime": "`engine.python`",
    "Sidekicks": "`engine_config.engine_aux`",
    "Sidekick": "`engine_aux.images.<model>-<version id>`",
    "EnvironmentVariable": "`engine_aux.images.<model>-<version id>.env[]`",
    "OrchestrationPart": "`workspaces.<name>.orchestrations.<key>`",
    "TaskPart": "`workspaces.<name>.tasks.<key>`",
    "AssayPart": "`workspaces.<name>.assays.<name>`",
    "Watched": "`assays.<name>.fields[]`",
    "Baseline": "`assays.<name>.baseline`",
    "Rolling": "`baseline.rolling`",
    "Width": "`baseline.rolling.width`",
    "Interval": "`assays.<name>.every`",
    "Summarizer": "`assays.<name>.summarizer`",
    "UnivariateContinuous": "`summarizer.univariate_continuous`",
    "BinMode": "`univariate_continuous.bin_mode`",
    "ConnectionPart": "`connections.<name>`",
    "RegistryPart": "`registries.<key>`",
}
"""The parts of the schema, in the order of the page, and their headings."""


def estate_page() -> str:
    schema = json_schema()
    parts = {"": schema, **schema["$defs"]}
    if parts.keys() != SECTIONS.keys():
        raise ValueError(f"SECTIONS lacks, or has too many: {parts.keys() ^ SECTIONS.keys()}")
    return HEAD + "".join("\n".join(_section(heading, parts[part])) for part, heading in SECTIONS.items())


def _section(heading: str, part: dict[str, Any]) -> Iterator[str]:
    fields = next((one for one in part.get("anyOf", ()) if "properties" in one), part)
    yield from ("", f"### {heading}", "", part["description"], "", "| key | type | default | meaning |")
    yield "|---|---|---|---|"
    for name, field in fields["properties"].items():
        default = "*required*" if name in fields.get("required", ()) else _default(field)
        yield f"| `{name}` | {_type(field)} | {default} | {field.get('description', '')} |"
    yield ""


def _default(field: dict[str, Any]) -> str:
    default = field.get("default")
    return "" if default is None else f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _type(field: dict[str, Any]) -> str:
    if "$ref" in field:
        return _linked(field["$ref"])
    if alternatives := field.get("anyOf", field.get("oneOf")):
        return " or ".join(_type(one) for one in alternatives)
    if "enum" in field:
        return "one of " + ", ".join(f"`{value}`" for value in field["enum"])
    if "const" in field:
        return f"`{field['const']}`"
    match field.get("type"):
        case "array":
            return f"list of {_type(field['items'])}"
        case "object" if isinstance(field.get("additionalProperties"), dict):
            return f"object of {_type(field['additionalProperties'])}"
        case "object":
            return "any JSON object"
        case other:
            return PLAIN_TYPES[str(other)]


def _linked(ref: str) -> str:
    heading = SECTIONS[ref.rpartition("/")[2]]
    anchor = "".join(c for c in heading.lower().replace(" ", "-") if c.isalnum() or c in "-_")
    return f"[object](#{anchor})"
