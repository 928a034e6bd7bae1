"""Drift: what on the instance is no longer as the stack's state has it.

The state is compared with the instance by the resources' own `read`, as `pulumi refresh` does, but outside the engine:
its plans show every secret as ``[secret]``, so that a connection's changed password looks like no change, and they do
not know what is on the instance besides. Nothing is written, neither to the instance nor to the state.
"""

from __future__ import annotations

import json
import re
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any, Final, Literal, TypeVar

from ..api import Client
from ..api import models as wire
from ..core.context import Context
from ..core.fields import SECRET, SERVER_FILLS, fields_with
from ..core.names import DNS_LABEL, wire_name
from ..core.record import RECORD_KEYS
from ..errors import ApiError
from ..provider.provider import Provider
from ..resources import RESOURCES

T = TypeVar("T")

TYPE: Final = "pulumi-python:dynamic/wallaroo:"
"""What the type tokens of this package begin with."""

_AT_A_TIME: Final = 8
"""Objects that are read at the same time."""
_ENDED: Final = ("killed", "pending_kill", "failed", "success", "timed_out")
"""Statuses of tasks that do nothing any more: the instance lists them for ever."""
_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
"""The key that marks a secret in the state (pulumi/sdk/go/common/resource/sig)."""


@dataclass(frozen=True)
class Change:
    """A property (wire name) and its value in the state and on the instance; secret values are starred."""

    property: str
    recorded: Any
    found: Any


@dataclass(frozen=True)
class Finding:
    """An object that is missing, changed, or on the instance without being in the stack."""

    what: Literal["missing", "changed", "unmanaged"]
    kind: str
    """The class: ``Workspace`` and so on."""
    name: str
    """The resource's name in the program; of what is unmanaged, the object's name."""
    id: str
    """As Pulumi has it, or would."""
    changes: Sequence[Change] = ()


@dataclass(frozen=True)
class Managed:
    """A resource of the state, secrets in clear."""

    kind: str
    name: str
    id: str
    outputs: Mapping[str, Any]
    external: bool
    """Read by `.get` only, so that its changes are no drift of this stack."""


def managed(state: Mapping[str, Any]) -> list[Managed]:
    """This package's resources in a state, as ``pulumi stack export --show-secrets`` gives it."""
    return [
        Managed(
            kind=resource["type"].removeprefix(TYPE),
            name=resource["urn"].rpartition("::")[2],
            id=resource["id"],
            outputs={k: _plain(v) for k, v in resource.get("outputs", {}).items() if k != "__provider"},
            external=resource.get("external", False),
        )
        for resource in (state.get("deployment") or {}).get("resources") or ()
        if resource["type"].startswith(TYPE) and not resource.get("delete")
        if resource["type"].removeprefix(TYPE) in RESOURCES
    ]


def find(
    client: Client,
    resources: Sequence[Managed],
    *,
    unmanaged: bool = True,
    ignore: Collection[str] = (),
    track: Callable[[Iterable[Any], int], Iterable[Any]] = lambda items, _: items,
) -> list[Finding]:
    """What is missing, changed and unmanaged, in this order. Raises what the client raises.

    ``ignore`` are patterns of unmanaged objects that are known and not told: ``Task fraud/*``.
    """
    ctx: Context[Client] = Context(client=client, report=lambda _: None, sleep=time.sleep)
    provider = Provider(lambda: ctx)
    own = [resource for resource in resources if not resource.external]
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        compared = list(track(pool.map(lambda resource: _compare(provider, resource), own), len(own)))
    drifted = [finding for finding in compared if finding]
    return [
        *(finding for finding in drifted if finding.what == "missing"),
        *(finding for finding in drifted if finding.what == "changed"),
        *(
            finding
            for finding in (_unmanaged(client, resources) if unmanaged else ())
            if not any(fnmatchcase(f"{finding.kind} {finding.name}", pattern) for pattern in ignore)
        ),
    ]


def _compare(provider: Provider, resource: Managed) -> Finding | None:
    definition = RESOURCES[resource.kind]
    read = provider.read(resource.kind, None, resource.id, resource.outputs)
    if read is None:
        return Finding("missing", resource.kind, resource.name, resource.id)
    secret = {wire_name(name) for name, _ in fields_with(definition.outputs, SECRET)}
    computed = definition.outputs.model_fields.keys() - definition.inputs.model_fields.keys()
    left_open = {wire_name(name) for name in computed}
    left_open |= {wire_name(name) for name, _ in fields_with(definition.inputs, SERVER_FILLS)}
    changes = [
        Change(key, *(("[secret]", "[secret]") if key in secret else (resource.outputs.get(key), found)))
        for key, found in read[1].items()
        if resource.outputs.get(key) != found and key not in RECORD_KEYS
        # What the state leaves to the instance is the instance's to fill in.
        if not (key in left_open and resource.outputs.get(key) is None)
    ]
    return Finding("changed", resource.kind, resource.name, resource.id, changes) if changes else None


def _unmanaged(client: Client, resources: Sequence[Managed]) -> Iterator[Finding]:
    """What the instance has besides.

    Inside the stack's workspaces that is anything. Accounts, connections and workspaces belong to the instance, where
    other stacks may have their part: they count only in a stack that has some.
    """
    known: dict[str, set[str]] = defaultdict(set)
    for resource in resources:
        known[resource.kind].add(resource.id)
    for user in client.users.list() if known["User"] else ():
        if user.email and user.id not in known["User"]:
            yield Finding("unmanaged", "User", user.email, user.id)
    for connection in client.connections.list() if known["Connection"] else ():
        if connection.name not in known["Connection"]:
            yield Finding("unmanaged", "Connection", connection.name, connection.name)
    only_read = {resource.id for resource in resources if resource.kind == "Workspace" and resource.external}
    own = []
    for workspace in client.workspaces.list() if known["Workspace"] else ():
        if str(workspace.id) in known["Workspace"]:
            own += [] if str(workspace.id) in only_read else [workspace]
        elif DNS_LABEL.fullmatch(workspace.name):  # others cannot be declared: people's default workspaces
            yield Finding("unmanaged", "Workspace", workspace.name, str(workspace.id))
    inside = _Inside(client, known, _newest_versions(resources))
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        for found in pool.map(lambda workspace: list(inside.findings(workspace)), own):
            yield from found


def _newest_versions(resources: Sequence[Managed]) -> dict[tuple[int, str], int]:
    """The newest version that the stack has of each model, by workspace and name."""
    newest: dict[tuple[int, str], int] = {}
    for outputs in (resource.outputs for resource in resources if resource.kind == "ModelVersion"):
        model = (int(outputs["workspaceId"]), outputs["name"])
        newest[model] = max(newest.get(model, 0), int(outputs["modelVersionId"]))
    return newest


@dataclass(frozen=True)
class _Inside:
    """Looks for what the stack's workspaces have besides. Used by several threads."""

    client: Client
    known: Mapping[str, set[str]]
    """The stack's ids by kind."""
    newest: Mapping[tuple[int, str], int]
    """The newest version that the stack has of each model."""

    def findings(self, workspace: wire.Workspace) -> Iterator[Finding]:
        for kind, name, id in self._objects(workspace):
            if id not in self.known.get(kind, ()):
                yield Finding("unmanaged", kind, f"{workspace.name}/{name}", id)

    def _objects(self, workspace: wire.Workspace) -> Iterator[tuple[str, str, str]]:
        """Kind, name and id of what the workspace holds. Not told by the API: the workspaces of publishes and edges."""
        client, here = self.client, workspace.id
        for member in client.workspaces.members(here):
            if member.user_id != client.caller_id:  # who makes a workspace owns it without being declared
                user = client.users.find(member.user_id)
                yield "WorkspaceMember", (user and user.email) or member.user_id, f"{here}/{member.user_id}"
        for connection in client.connections.list(here):
            yield "WorkspaceConnection", connection.name, f"{here}/{connection.name}"
        for registry in _if_served(lambda: client.registries.list(here)):
            yield "ModelRegistryAttachment", registry.name, f"{here}/{registry.id}"
        for listed in client.models.list(here) if workspace.models else ():
            yield from self._versions(here, listed)
        for found in client.pipelines.list(here) if workspace.pipelines else ():
            name = found.pipeline.name
            yield "Pipeline", name, f"{here}/{name}"
            if deployment := _deployment(client, here, name):
                yield "Deployment", name, f"{here}/{name}/{deployment}"
        for orchestration in _if_served(lambda: client.orchestrations.list(here)):
            yield "Orchestration", orchestration.name or orchestration.id, orchestration.id
        for task in _if_served(lambda: client.tasks.list(here)):
            if not task.killed and task.status not in _ENDED:
                yield "Task", task.name or task.id, task.id
        for assay in _if_served(client.assays.list):
            if assay.active and assay.targeting.get("data_origin", {}).get("workspace_id") == here:
                yield "Assay", assay.name, assay.id

    def _versions(self, workspace_id: int, listed: wire.ListedModel) -> Iterator[tuple[str, str, str]]:
        """Of a model of the stack what is newer than its versions there; of another the newest, for all of them."""
        ids = [
            v.model_version.id
            for v in listed.model_versions
            if v.model_version.status != "error"  # nothing can use those
        ]
        newest = self.newest.get((workspace_id, listed.model.name))
        for id in sorted(id for id in ids if id > newest) if newest else sorted(ids)[-1:]:
            yield "ModelVersion", listed.model.name, str(id)


def _if_served(ask: Callable[[], Iterable[T]]) -> Iterable[T]:
    """A listing; empty on an instance that is too old, or not equipped, to have such objects."""
    try:
        return ask()
    except ApiError as error:
        if not error.answered(404):
            raise
        return ()


def _deployment(client: Client, workspace_id: int, pipeline: str) -> str | None:
    """The id of the pipeline's deployment while there is one: the inference URL alone tells its name."""
    try:
        url = client.pipelines.inference_url(workspace_id, pipeline)
    except ApiError as error:
        if error.answered(400, 404):  # one of them says that there is none
            return None
        raise
    named = re.search(r"/infer/(.+-(\d+))/", url)
    return named[2] if named and client.pipelines.deployment(named[1]) else None


def to_json(findings: Sequence[Finding]) -> str:
    """``{"missing": [...], "changed": [...], "unmanaged": [...]}``; each with kind, name, id, and changes."""
    report: dict[str, list[dict[str, Any]]] = {"missing": [], "changed": [], "unmanaged": []}
    for finding in findings:
        told = asdict(finding)
        report[told.pop("what")].append(told)
    return json.dumps(report, indent=2)


def to_table(findings: Sequence[Finding]) -> str:
    """A line for each object, and one below it for each of its changed properties."""
    if not findings:
        return "no drift"
    rows = [(f.what, f.kind, f.name, f"id {f.id}") for f in findings]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = []
    for finding, row in zip(findings, rows, strict=True):
        lines.append(
            "  ".join((*(text.ljust(width) for text, width in zip(row, widths, strict=False)), row[3]))
        )
        lines += [
            f"    {change.property}: {_shown(change.recorded)} → {_shown(change.found)}"
            for change in finding.changes
        ]
    return "\n".join(lines)


def _shown(value: Any) -> str:
    text = value if value == "[secret]" else json.dumps(value)
    return text if len(text) <= 100 else text[:99] + "…"


def _plain(value: Any) -> Any:
    """A value of the state, without the wrapping of its secrets."""
    if isinstance(value, Mapping):
        if _SIGNATURE in value:
            return json.loads(value["plaintext"])
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
