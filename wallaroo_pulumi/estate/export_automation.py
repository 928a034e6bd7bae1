"""The orchestrations, tasks and assays of a workspace as parts of an estate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..api import Client
from ..core.context import Context
from .contents import Object
from .export_checks import Skipped, free_key, read, require_adopted, why
from .format import AssayPart, OrchestrationPart, TaskPart
from .safe_values import require_exact, require_no_secret


@dataclass
class Automation:
    """The orchestrations, tasks and assays of one workspace."""

    client: Client
    ctx: Context[Client]
    files: Mapping[str, Path]
    """The orchestrations' files by their SHA-256."""
    skipped: Skipped
    orchestrations: dict[str, OrchestrationPart] = field(default_factory=dict)
    tasks: dict[str, TaskPart] = field(default_factory=dict)
    assays: dict[str, AssayPart] = field(default_factory=dict)
    _keys: dict[str, str] = field(default_factory=dict)
    """The keys of the exported orchestrations, by id."""

    def read(self, objects: Iterable[Object]) -> None:
        """Add the objects, orchestrations before their tasks."""
        adders = {"Orchestration": self._orchestration, "Task": self._task, "Assay": self._assay}
        found = [each for each in objects if each.kind in adders]
        for each in sorted(found, key=lambda one: [*adders].index(one.kind)):
            try:
                adders[each.kind](each.id)
            except ValueError as error:
                self.skipped.add(each.kind, each.name, why(error))

    def _orchestration(self, id: str) -> None:
        observed = read(self.ctx, "Orchestration", id)
        if observed.sha256 not in self.files:
            raise ValueError("the API does not return files; name the folder of the zip file with --models")
        given = {"name": observed.name, "path": self.files[observed.sha256].as_posix()}
        require_adopted(self.ctx, "Orchestration", id, {"workspace_id": observed.workspace_id, **given})
        key = free_key(observed.name, id, self.orchestrations)
        self.orchestrations[key] = OrchestrationPart(**_named(key, given), protect=True)
        self._keys[id] = key

    def _task(self, id: str) -> None:
        observed = read(self.ctx, "Task", id)
        if self.client.tasks.get(id).run_type == "Job":
            raise ValueError("a single run is an action, not a state that a stack can keep")
        if observed.orchestration_id not in self._keys:
            raise ValueError("the orchestration is skipped")
        given = observed.model_dump(include={"name", "schedule", "arguments", "debug", "paused"})
        require_no_secret(observed.arguments, "arguments", plain=True)
        require_exact(observed.arguments, "arguments")
        place = {"workspace_id": observed.workspace_id, "orchestration_id": observed.orchestration_id}
        require_adopted(self.ctx, "Task", id, {**place, **given})
        key = free_key(observed.name, id, self.tasks)
        self.tasks[key] = TaskPart(
            **_named(key, given), orchestration=self._keys[observed.orchestration_id], protect=True
        )

    def _assay(self, id: str) -> None:
        observed = read(self.ctx, "Assay", id)
        given = observed.model_dump(
            include=set(AssayPart.model_fields) - {"protect", "delete_adopted"}, exclude_none=True
        )
        require_exact(given, "its definition")
        require_adopted(
            self.ctx, "Assay", id, {"workspace_id": observed.workspace_id, "name": observed.name, **given}
        )
        self.assays[observed.name] = AssayPart(**given, protect=True)


def _named(key: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The part's values: without the name if it is the key."""
    return {name: value for name, value in given.items() if name != "name" or value != key}
