"""What an export may write: inputs that a resource accepts, and that adopt the object. All others are listed."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from pydantic import ValidationError

from ..api import Client
from ..core.check import check, explain
from ..core.context import Call, Context
from ..core.names import wire_name
from ..errors import ConflictError
from ..resources import RESOURCES
from .contents import Object
from .document import path_text

Skip = Callable[[str], None]
"""Note a line about something that is not exported."""

NOUNS: Final = {
    **{kind: re.sub(r"\B([A-Z])", r" \1", kind).lower() for kind in RESOURCES},
    "WorkspaceMember": "other member",
    "WorkspaceConnection": "connection",
    "ModelVersion": "model",
    "ModelRegistryAttachment": "attached model registry",
    "PipelinePublish": "publish",
}
_MOST_NAMES: Final = 20


def read(ctx: Context[Client], kind: str, id: str) -> Any:
    """Return the object as its resource reads it. Raises ValueError if there is none."""
    # Threads share the context, but no two calls share what a read notes about its object.
    observed = RESOURCES[kind].read(replace(ctx, call=Call()), id, None)
    if observed is None:
        raise ValueError("it was deleted during the export")
    return observed


def require_valid(kind: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the canonical inputs (wire names).

    Raises ValueError for inputs that the resource rejects, or changes: the instance may contain other values.
    """
    valid, failures = check(RESOURCES[kind], {wire_name(key): value for key, value in inputs.items()}, {})
    for failure in failures:
        raise ValueError(_problem(failure.property, failure.reason))
    if valid.get("name") != inputs.get("name"):
        raise ValueError(f"the estate would spell its name {valid['name']!r}")
    return valid


def require_adopted(ctx: Context[Client], kind: str, id: str, inputs: Mapping[str, Any]) -> None:
    """Raise ValueError unless `pulumi up` with these inputs adopts the object; also if the resource rejects them."""
    resource = RESOURCES[kind]
    desired = resource.inputs.model_validate(require_valid(kind, inputs))
    try:
        found = resource.existing(replace(ctx, call=Call()), desired)
    except ConflictError as error:
        raise ValueError(str(error)) from None
    if found is None:
        raise ValueError("`pulumi up` would create another one")
    if found != id:
        raise ValueError(f"`pulumi up` would adopt another one that is the same (id {found})")


def why(error: ValueError) -> str:
    """Return an error of pydantic, or any other, as one line."""
    if not isinstance(error, ValidationError):
        return str(error)
    return "; ".join(_problem(path_text(e["loc"]), explain(e)) for e in error.errors())


def _problem(place: str, reason: str) -> str:
    return f"{place}: {reason}" if place else reason


def free_key(name: str, id: str, taken: Collection[str]) -> str:
    """Return the key of an object whose name need not be unique: its name, with its id if the name is taken."""
    return name if name not in taken else f"{name} {id}"


# --- what is skipped --------------------------------------------------------------------------------------


@dataclass
class Skipped:
    """Objects that are skipped; those of one kind with the same reason share a line."""

    names: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, kind: str, name: str, reason: str) -> None:
        """Note an object."""
        self.names[kind, reason].append(name)

    def lines(self, where: str) -> Iterator[str]:
        """Yield the lines; ``where`` is ``of workspace 'fraud'`` or ``on the instance``."""
        for (kind, reason), names in self.names.items():
            yield f"{counted(kind, names)} {where}: {listed(names)}; {reason}"


def by_kind(objects: Iterable[Object]) -> dict[str, list[str]]:
    """Return the names of the objects of each kind."""
    names: dict[str, list[str]] = defaultdict(list)
    for found in objects:
        if found.name not in names[found.kind] or found.kind != "ModelVersion":  # a model counts once
            names[found.kind].append(found.name)
    return names


def counted(kind: str, names: Sequence[str]) -> str:
    """Return ``2 tasks``."""
    return f"{len(names)} {NOUNS[kind] if len(names) == 1 else plural(NOUNS[kind])}"


def plural(noun: str) -> str:
    """Return a noun's plural."""
    return re.sub(r"(?<![aeiou])y$", "ie", noun) + ("es" if noun.endswith("sh") else "s")


def listed(names: Sequence[str]) -> str:
    """Return the first names, and how many more there are."""
    more = len(names) - _MOST_NAMES
    return ", ".join(map(repr, names[:_MOST_NAMES])) + (f" and {more} more" if more > 0 else "")
