"""The estate file: the objects of an instance as YAML, for teams that want a stack without code.

``stacks/estate`` loads it and declares its objects; ``wallaroo-pulumi export`` writes it. Objects are keyed by the name
that the platform identifies them by::

    users:
      ada@example.com: {first_name: Ada}
    workspaces:
      fraud-prod:
        members:
          mary.jane@example.com: OWNER
          ada@example.com: COLLABORATOR
        connections: [sales-warehouse]
        models:
          ccfraud: {path: models/ccfraud.onnx, framework: onnx}
          challenger: {path: models/challenger.onnx, framework: onnx}
        pipelines:
          fraud:
            steps: [{split: {ccfraud: 0.9, challenger: 0.1}}]
            deploy: {cpus: 1, memory: 1Gi, replicas: 2}
            publishes:
              stores: {cpus: 1, memory: 512Mi, edges: {store-17: {tags: [north]}}}
        registries: [databricks]
        orchestrations:
          scoring: {path: scoring.zip}
        tasks:
          nightly: {orchestration: scoring, schedule: 0 4 * * *}
    registries:
      databricks: {url: https://registry.example.com, secret_token: databricksToken}
    connections:
      sales-warehouse:
        type: POSTGRES
        details: {host: db.example.com, port: 5432}
        secret_details: {password: warehousePassword}

An estate file contains no secrets. ``secret_details`` and ``secret_token`` name keys of the stack configuration instead
(``pulumi config set --secret wallaroo-estate:warehousePassword``). Paths are relative to the file's folder. A step is a
model's name, `{shadow: [champion, challenger]}`, `{split: {model: weight}}` with an optional `hash_key`, or `{api: …}`:
a step in the API's own form, in which `{model: champion}` refers to a model version. A pipeline without `deploy` is not
deployed. The objects in a workspace are protected if the workspace is, unless they set `protect` themselves.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .declarations import declare
    from .document import EstateError
    from .format import (
        CONFIG,
        AssayPart,
        ConnectionPart,
        DeployPart,
        EdgePart,
        Estate,
        ModelPart,
        OrchestrationPart,
        PipelinePart,
        PublishPart,
        RegistryPart,
        StepPart,
        TaskPart,
        UserPart,
        WorkspacePart,
    )
    from .loading import load

__all__ = [
    "CONFIG",
    "AssayPart",
    "ConnectionPart",
    "DeployPart",
    "EdgePart",
    "Estate",
    "EstateError",
    "ModelPart",
    "OrchestrationPart",
    "PipelinePart",
    "PublishPart",
    "RegistryPart",
    "StepPart",
    "TaskPart",
    "UserPart",
    "WorkspacePart",
    "declare",
    "load",
]

_MODULES: Final = {"declare": "declarations", "load": "loading", "EstateError": "document"}
"""Modules of the public names, if not ``format``. Loaded on first use, because only ``declarations`` needs Pulumi."""


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f".{_MODULES.get(name, 'format')}", __name__), name)
    globals()[name] = found
    return found
