"""Export the objects of an instance as an estate file, for teams whose instance was set up by hand.

`pulumi up` on the file adopts every object in it and writes nothing to the instance. Whatever cannot be adopted
unchanged is skipped, and everything that is skipped is listed. Secrets are never written: a detail of a connection is
written if neither its key nor its form is one of a secret, and refers to a key of the stack configuration otherwise.
A model or a pipeline that may contain a secret is skipped.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from ..api import Client, wire
from ..core.context import Context
from ..core.fields import UNKNOWN, Email
from ..core.files import sha256_of
from ..core.names import DNS_LABEL, wire_name
from ..errors import NotFoundError
from ..resources import RESOURCES
from .contents import Contents, Object
from .export_automation import Automation
from .export_checks import (
    NOUNS,
    Skipped,
    by_kind,
    counted,
    free_key,
    listed,
    plural,
    read,
    require_adopted,
    require_valid,
    why,
)
from .export_serving import Serving
from .format import CONFIG, ConnectionPart, Estate, RegistryPart, UserPart, WorkspacePart
from .safe_values import is_public, require_exact, require_no_secret
from .text import to_yaml

_CONCURRENT: Final = 8
"""The number of workspaces that are read at the same time."""
_EMAIL: Final[TypeAdapter[str]] = TypeAdapter(Email)
_EXPORTED: Final = (
    "Workspace", "WorkspaceMember", "User", "ModelVersion", "Pipeline", "Deployment", "Connection",
    "WorkspaceConnection", "ModelRegistry", "ModelRegistryAttachment", "Orchestration", "Task", "Assay",
    "PipelinePublish", "Edge",
)  # fmt: skip
"""The kinds of the estate file."""
_REGISTRY: Final = {"name", "url", "token"}
_NO_SUCH_KIND: Final = "the estate file has no such kind; declare them in a program"
Track = Callable[[Iterable[Any], int], Iterable[Any]]
"""Yields the items and shows the progress out of a total number."""


@dataclass(frozen=True)
class Exported:
    """The result of an export."""

    estate: Estate
    secrets: Sequence[str]
    """Keys of the stack configuration (in the namespace ``wallaroo-estate``) that `pulumi up` needs."""
    skipped: Sequence[str]
    """A line for each object on the instance that the estate lacks, with the reason."""

    @property
    def remarks(self) -> list[str]:
        """What the user has to know about the file."""
        if not self.secrets:
            return []
        count = len(self.secrets)
        replaced = "1 secret was" if count == 1 else f"{count} secrets were"
        return [f"{replaced} replaced by config keys; see the header of the file"]

    def to_text(self) -> str:
        """Return the text of the estate file."""
        head = ["# The objects of a Wallaroo instance, written by `wallaroo-pulumi export`."]
        if self.secrets:
            head += ["# Before `pulumi up`, set the secrets that the file refers to:"]
            head += [f"#   pulumi config set --secret {CONFIG}:{key}" for key in self.secrets]
        value = self.estate.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
        return "\n".join(head) + "\n\n" + to_yaml(value)


def export(
    client: Client,
    names: Collection[str] = (),
    models: Path | None = None,
    track: Track = lambda items, _: items,
) -> Exported:
    """Return the objects that the user who runs this can adopt.

    ``names`` are the workspaces to export. If empty, all workspaces are exported, and also accounts, connections and
    registries, which belong to the whole instance. ``models`` is a folder with the files of models and orchestrations,
    which the API does not return. Those with a file there are exported, and the pipelines and tasks that use them.
    Raises NotFoundError for an unknown name, and the client's exceptions.
    """
    run = _Run(client, _files(models) if models else {})
    workspaces = read_workspaces(client, names)
    registries = {} if names else dict(run.registries())
    with ThreadPoolExecutor(_CONCURRENT) as pool:
        parts = list(track(pool.map(run.workspace, workspaces), len(workspaces)))
    estate = Estate(
        users={} if names else dict(run.users()),
        workspaces={w.name: part for w, part in zip(workspaces, parts, strict=True) if part},
        connections={} if names else dict(run.connections()),
        registries=registries,
    )
    if not names:
        for kind, listing in run.contents.of_the_instance():
            if kind not in _EXPORTED:
                run.skip_objects("on the instance", listing())
    for kind, answer in run.contents.unsupported.items():
        run.skip(
            f"{plural(NOUNS[kind])}: not checked, because this instance does not support them ({answer})"
        )
    return Exported(estate, run.secrets, sorted(run.skipped))


def read_workspaces(client: Client, names: Collection[str]) -> list[wire.Workspace]:
    """Return all visible workspaces, or those with these names. Raises NotFoundError for an unknown name."""
    visible = client.workspaces.list(fresh=True)
    if unknown := sorted(set(names) - {workspace.name for workspace in visible}):
        raise NotFoundError(
            f"workspace {unknown[0]!r} does not exist or this user cannot see it; check --workspace, and that the "
            "user who runs this is a member of the workspace"
        )
    return [workspace for workspace in visible if not names or workspace.name in names]


@dataclass
class _Run:
    """One export. Several threads use it, so lists only grow with ``append``."""

    client: Client
    files: Mapping[str, Path]
    """Model files by SHA-256."""
    secrets: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.skip = self.skipped.append
        self.contents = Contents(self.client)
        self.registry_keys: dict[str, str] = {}
        """The keys of the exported registries, by id."""
        self.ctx: Context[Client] = Context(client=self.client, report=self.skip, sleep=time.sleep)

    def skip_objects(self, where: str, objects: Iterable[Object]) -> None:
        """List the objects of kinds that an export never contains, one line per kind."""
        skipped = Skipped()
        for found in objects:
            if found.kind not in _EXPORTED:
                skipped.add(found.kind, found.name, _NO_SUCH_KIND)
        self.skip_all(where, skipped)

    def skip_all(self, where: str, skipped: Skipped) -> None:
        for line in skipped.lines(where):
            self.skip(line)

    # --- the whole instance ------------------------------------------------------------------------------

    def users(self) -> Iterator[tuple[str, UserPart]]:
        for user in self.client.users.list():
            address = self._address(user)
            found = RESOURCES["User"].read(self.ctx, user.id, None) if address else None
            if address is None or found is None:
                self.skip(f"user {user.username or user.id!r}: the account has no e-mail address")
                continue
            given = found.model_dump(include=set(UserPart.model_fields))
            yield address, UserPart(**given, protect=True)

    def _address(self, user: wire.User) -> str | None:
        """Return the e-mail address that identifies only this user, or None."""
        try:
            address = _EMAIL.validate_python(user.email or user.username)
        except ValidationError:
            return None
        named = self.client.users.find_by_email(address)
        return address if named is not None and named.id == user.id else None

    def connections(self) -> Iterator[tuple[str, ConnectionPart]]:
        for found in self.client.connections.list():
            try:
                require_valid("Connection", {"name": found.name, "type": found.type, "details": UNKNOWN})
                require_no_secret(found.type, "its type")
                require_exact(found.details, "details")
                yield found.name, self.connection(found)
            except ValueError as error:
                self.skip(f"connection {found.name!r}: {error}")

    def connection(self, found: wire.Connection) -> ConnectionPart:
        clear: dict[str, Any] = {}
        texts: dict[str, str] = {}
        others: dict[str, str] = {}
        for key, value in (found.details or {}).items():
            if value is None:
                continue
            if isinstance(value, bool) or is_public(key, value):
                clear[key] = value
            else:
                (texts if isinstance(value, str) else others)[key] = self._placeholder(found.name, key)
        return ConnectionPart(
            type=found.type, details=clear, secret_details=texts, secret_json=others, protect=True
        )

    def _placeholder(self, connection: str, key: str) -> str:
        name = wire_name("_".join(re.findall(r"[a-zA-Z0-9]+", f"{connection} {key}"))) or "secret"
        number = 1
        while (free := name if number == 1 else f"{name}{number}") in self.secrets:
            number += 1
        self.secrets.append(free)
        return free

    def registries(self) -> Iterator[tuple[str, RegistryPart]]:
        skipped = Skipped()
        for found in self.contents.registries():
            try:
                registry = read(self.ctx, "ModelRegistry", found.id)
                require_no_secret(registry.url, "url")
                require_adopted(self.ctx, "ModelRegistry", found.id, registry.model_dump(include=_REGISTRY))
            except ValueError as error:
                skipped.add("ModelRegistry", found.name, why(error))
                continue
            key = free_key(found.name, found.id, self.registry_keys.values())
            self.registry_keys[found.id] = key
            name = found.name if key != found.name else None
            token = self._placeholder(key, "token")
            yield key, RegistryPart(name=name, url=registry.url, secret_token=token, protect=True)
        self.skip_all("on the instance", skipped)

    # --- one workspace -----------------------------------------------------------------------------------

    def workspace(self, found: wire.Workspace) -> WorkspacePart | None:
        """Return the workspace's part, or None if the user who runs this cannot adopt it."""
        inside = list(self.contents.of(found))
        if reason := self._not_adoptable(found):
            holds = ", ".join(
                f"{counted(kind, names)} ({listed(names)})" for kind, names in by_kind(inside).items()
            )
            contents = f"it contains {holds}" if holds else "it is empty"
            self.skip(f"workspace {found.name!r} (id {found.id}): {reason}; {contents}")
            return None
        self.skip_objects(f"of workspace {found.name!r}", inside)
        skipped = Skipped()
        serving = Serving(self.client, self.ctx, found, self.files, self.skip, skipped)
        serving.read(inside)
        automation = Automation(self.client, self.ctx, self.files, skipped)
        automation.read(inside)
        self.skip_all(f"of workspace {found.name!r}", skipped)
        return WorkspacePart(
            adopt="always",
            protect=True,  # also protects its members and attachments, which are its children
            members=dict(self._members(found)),
            connections=list(self._attached(found)),
            registries=[*self._registries(inside)],
            models=serving.models,
            pipelines=serving.pipelines,
            orchestrations=automation.orchestrations,
            tasks=automation.tasks,
            assays=automation.assays,
        )

    def _not_adoptable(self, found: wire.Workspace) -> str | None:
        if not DNS_LABEL.fullmatch(found.name):
            return "its name is not a DNS label, so a Workspace cannot declare it"
        count = sum(workspace.name == found.name for workspace in self.client.workspaces.list())
        if count > 1:
            return f"there are {count} workspaces of this name"
        members = self.client.workspaces.members(found.id)
        if not any(m.user_id == self.client.caller_id and m.role == "OWNER" for m in members):
            return "this user is not one of its owners; let an owner make the user an OWNER"
        return None

    def _members(self, workspace: wire.Workspace) -> Iterator[tuple[str, Any]]:
        for member in self.client.workspaces.members(workspace.id):
            user = self.client.users.find(member.user_id)
            try:
                if user is None:
                    raise ValueError("the user no longer exists")
                address = self._address(user)
                who = {"email": address} if address else {"user_id": user.id}
                require_valid("WorkspaceMember", {"workspace_id": workspace.id, **who, "role": member.role})
                yield address or user.id, member.role
            except ValueError as error:
                self.skip(f"member {member.user_id} of workspace {workspace.name!r}: {error}")

    def _attached(self, workspace: wire.Workspace) -> Iterator[str]:
        for connection in self.client.connections.list(workspace.id):
            try:
                inputs = {"name": connection.name, "type": connection.type, "details": UNKNOWN}
                require_valid("Connection", inputs)
                yield connection.name
            except ValueError as error:
                self.skip(f"connection {connection.name!r} of workspace {workspace.name!r}: {error}")

    def _registries(self, inside: Iterable[Object]) -> Iterator[str]:
        """The workspace's registries: their keys, or the ids of those that are not exported."""
        for found in inside:
            if found.kind == "ModelRegistryAttachment":
                id = found.id.partition("/")[2]
                yield self.registry_keys.get(id, id)


def _files(folder: Path) -> dict[str, Path]:
    return {sha256_of(path): path for path in sorted(folder.rglob("*")) if path.is_file()}
