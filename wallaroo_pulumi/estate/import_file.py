"""Write the objects of an instance as a file for `pulumi import --file`, which imports them through the native plugin.

Pulumi then generates a program in the project's language. It writes secrets in clear, so the objects that have any are
listed. A read sends no write, and Pulumi protects what it imports.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from ..adapters.pulumi_values import NATIVE
from ..api import Client
from ..core.fields import CREATE_ONLY, SECRET, fields_with
from ..core.names import DNS_LABEL
from ..resources import RESOURCES
from .contents import Contents, Object
from .export import Track, read_workspaces

_CONCURRENT: Final = 8
"""The number of workspaces that are read at the same time."""


@dataclass(frozen=True)
class ImportFile:
    """The file, and what its reader has to know."""

    objects: Sequence[Object]
    skipped: Sequence[str]
    """A line for each object that is not in the file, with the reason."""

    @property
    def remarks(self) -> list[str]:
        """A line for each object with secrets, which the program that Pulumi generates contains in clear."""
        return [
            f"{found.kind} {found.name!r}: a generated program contains its {' and '.join(names)} in clear; move "
            "them to the stack configuration before you commit it"
            for found in self.objects
            if (names := _secret_inputs(found.kind))
        ]

    def to_text(self) -> str:
        """Return the text of the file: `{"resources": [{"type", "name", "id"}]}`. Names are unique for each type."""
        taken: Counter[tuple[str, str]] = Counter()
        resources = [
            {"type": f"{NATIVE}{found.kind}", "name": _free_name(found, taken), "id": found.id}
            for found in self.objects
        ]
        return json.dumps({"resources": resources}, indent=2, ensure_ascii=False)


def import_file(
    client: Client, names: Collection[str] = (), track: Track = lambda items, _: items
) -> ImportFile:
    """Return every object that this user can see and that a resource can declare.

    ``names`` are the workspaces; if empty, all workspaces, accounts, connections and registries. Of each model, only
    the newest version is included. Raises NotFoundError for an unknown name, and the client's exceptions.
    """
    contents = Contents(client)
    workspaces = read_workspaces(client, names)
    skipped = [
        f"workspace {w.name!r} (id {w.id}): its name is not a DNS label, so a Workspace cannot declare it; its "
        "contents are included"
        for w in workspaces
        if not DNS_LABEL.fullmatch(w.name)
    ]
    found: list[Object] = []
    if not names:
        for kind, listing in contents.of_the_instance():
            found += listing() if kind != "Workspace" else ()
    found += (Object("Workspace", w.name, str(w.id)) for w in workspaces if DNS_LABEL.fullmatch(w.name))
    with ThreadPoolExecutor(_CONCURRENT) as pool:
        inside = pool.map(lambda w: list(contents.of(w)), workspaces)
        for workspace, objects in track(zip(workspaces, inside, strict=True), len(workspaces)):
            newest, older = _newest_versions(objects)
            skipped += (f"{line} of workspace {workspace.name!r}" for line in older)
            found += (Object(o.kind, f"{workspace.name}-{o.name}", o.id) for o in newest)
    for kind, answer in contents.unsupported.items():
        skipped.append(f"every {kind}: not checked, because this instance does not support them ({answer})")
    return ImportFile(found, sorted(skipped))


def _newest_versions(objects: Sequence[Object]) -> tuple[list[Object], list[str]]:
    """Return the objects without the older versions of models, and a line for each model that has any."""
    newest: dict[str, int] = {}
    for found in _versions(objects):
        newest[found.name] = max(newest.get(found.name, 0), int(found.id))
    older = Counter(v.name for v in _versions(objects) if int(v.id) != newest[v.name])
    kept = [o for o in objects if o.kind != "ModelVersion" or int(o.id) == newest[o.name]]
    return kept, [
        f"{count} older version{'s' * (count > 1)} of model {name!r}" for name, count in older.items()
    ]


def _versions(objects: Sequence[Object]) -> Iterator[Object]:
    return (found for found in objects if found.kind == "ModelVersion")


def _secret_inputs(kind: str) -> list[str]:
    """The secret inputs of a kind that a read returns."""
    fields = fields_with(RESOURCES[kind].inputs, SECRET)
    return [name for name, field in fields if CREATE_ONLY not in field.metadata]


def _free_name(found: Object, taken: Counter[tuple[str, str]]) -> str:
    """A name for the resource, from the object's: letters, digits and hyphens, unique for the kind."""
    name = re.sub(r"[^a-z0-9]+", "-", found.name.lower()).strip("-") or found.kind.lower()
    number = 1
    while taken[found.kind, free := name if number == 1 else f"{name}-{number}"]:
        number += 1
    taken[found.kind, free] += 1
    return free
