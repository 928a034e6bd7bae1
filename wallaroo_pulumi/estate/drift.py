"""Drift: how the instance differs from the stack's state.

The state is compared with the instance by the resources' own `read`, as `pulumi refresh` does, but outside the engine:
the engine shows every secret as ``[secret]``, so a changed password looks like no change, and it does not list objects
that are not in the stack. Nothing is written, neither to the instance nor to the state.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import partial
from typing import Any, Final, Literal

from ..api import Client, wire
from ..core.context import Context
from ..core.fields import SECRET, SERVER_DEFAULT, UNMANAGED_IF_NONE, fields_with
from ..core.names import wire_name
from ..core.record import RECORD_KEYS
from ..errors import AuthError, ConfigError, HiddenError, WallarooError, one_line
from ..provider.identity import InstanceMismatch
from ..provider.provider import Provider
from ..resources import RESOURCES
from .contents import Contents, Listing, Object
from .state import Managed, with_ignored

What = Literal["missing", "changed", "hidden", "unmanaged"]

_CONCURRENT: Final = 8
"""Objects that are read at the same time."""
_NOT_REPORTED: Final = ("PipelinePublish", "Edge")
"""Kinds that are never unmanaged: nothing deletes a publish, so the stack's own old ones would be reported."""
_FATAL: Final = (AuthError, ConfigError, InstanceMismatch)
"""Errors that concern every object."""


@dataclass(frozen=True)
class Change:
    """A property (wire name) and its value in the state and on the instance; secrets are redacted."""

    property: str
    recorded: Any
    found: Any


@dataclass(frozen=True)
class Finding:
    """A difference between state and instance."""

    what: What
    kind: str
    """The class: ``Workspace`` and so on."""
    name: str
    """The resource's name in the program; the object's name if it is unmanaged."""
    id: str
    """The Pulumi id."""
    changes: Sequence[Change] = ()
    note: str = ""


@dataclass(frozen=True)
class Unchecked:
    """A resource, or objects of a kind, that could not be compared."""

    kind: str
    name: str
    id: str
    reason: str


@dataclass
class Report:
    """The result of a comparison."""

    checked: int = 0
    """Resources that were compared."""
    findings: list[Finding] = field(default_factory=list)
    unchecked: list[Unchecked] = field(default_factory=list)
    unsupported: Mapping[str, str] = field(default_factory=dict)
    """Kinds that this instance does not have, and its answer."""

    @property
    def exit_code(self) -> int:
        """0: no differences, 2: differences, 1: something could not be checked."""
        return 1 if self.unchecked else 2 if self.findings else 0

    def of(self, what: What) -> list[Finding]:
        """The findings of one sort."""
        return [finding for finding in self.findings if finding.what == what]


def compare(
    client: Client,
    resources: Sequence[Managed],
    *,
    unmanaged: bool = True,
    ignore: Collection[str] = (),
    track: Callable[[Iterable[Any], int], Iterable[Any]] = lambda items, _: items,
) -> Report:
    """Compare the resources of a state with the instance.

    ``ignore`` are patterns of unmanaged objects that are not reported: ``Task fraud/*``. Raises WallarooError if the
    instance cannot be reached, rejects the user, or is not the stack's; any other error concerns one resource and is
    reported.
    """
    client.workspaces.list()  # an instance that cannot be reached is one error, not one for each resource
    own = [resource for resource in resources if not resource.external]
    report = Report()
    ctx: Context[Client] = Context(client=client, report=lambda _: None, sleep=time.sleep)
    provider = Provider(lambda: ctx)
    with ThreadPoolExecutor(_CONCURRENT) as pool:
        results = list(track(pool.map(lambda resource: _compared(provider, resource), own), len(own)))
    found = [result for result in results if isinstance(result, Finding)]
    report.unchecked = [result for result in results if isinstance(result, Unchecked)]
    report.checked = len(own) - len(report.unchecked)
    if unmanaged:
        search = _Unmanaged(client, resources, report.unchecked)
        found += [finding for finding in search.findings() if not _is_ignored(finding, ignore)]
        report.unsupported = search.contents.unsupported
    order: tuple[What, ...] = ("missing", "changed", "hidden", "unmanaged")
    report.findings = sorted(found, key=lambda finding: order.index(finding.what))
    return report


def _is_ignored(finding: Finding, patterns: Collection[str]) -> bool:
    return any(fnmatchcase(f"{finding.kind} {finding.name}", pattern) for pattern in patterns)


def _compared(provider: Provider, resource: Managed) -> Finding | Unchecked | None:
    try:
        return _difference(provider, resource)
    except HiddenError as error:
        return Finding("hidden", resource.kind, resource.name, resource.id, note=str(error))
    except _FATAL:
        raise
    except WallarooError as error:
        return Unchecked(resource.kind, resource.name, resource.id, str(error))
    except Exception as error:
        reason = f"this version of wallaroo_pulumi cannot read its state ({type(error).__name__}: {error})"
        return Unchecked(resource.kind, resource.name, resource.id, one_line(reason))


def _difference(provider: Provider, resource: Managed) -> Finding | None:
    note = ""
    read = provider.read(resource.kind, None, resource.id, resource.outputs, resource.given)
    if read is None:
        read = provider.read(resource.kind, None, resource.id, {})  # what has its id now
        if read is None:
            return Finding("missing", resource.kind, resource.name, resource.id)
        note = "it was deleted, and another was created in its place"
    changes = list(_changes(resource, read[1]))
    if not changes and not note:
        return None
    return Finding("changed", resource.kind, resource.name, resource.id, changes, note)


def _changes(resource: Managed, observed: Mapping[str, Any]) -> Iterator[Change]:
    definition = RESOURCES[resource.kind]
    secret = {wire_name(name) for name, _ in fields_with(definition.outputs, SECRET)}
    computed = definition.outputs.model_fields.keys() - definition.inputs.model_fields.keys()
    optional = {wire_name(name) for name in computed}
    optional |= {
        wire_name(name) for name, _ in fields_with(definition.inputs, SERVER_DEFAULT, UNMANAGED_IF_NONE)
    }
    for path in resource.ignored:
        observed = with_ignored(resource.outputs, observed, path)
    for key, found in observed.items():
        recorded = resource.outputs.get(key)
        # What the state does not set is the instance's to choose.
        if recorded != found and key not in RECORD_KEYS and not (key in optional and recorded is None):
            yield Change(key, *(("[secret]", "[secret]") if key in secret else (recorded, found)))


class _Unmanaged:
    """Finds the objects that the stack does not have.

    In the stack's workspaces that is any object. Accounts, connections and workspaces belong to the instance, where
    other stacks may manage them: they count only if the stack has some.
    """

    def __init__(self, client: Client, resources: Sequence[Managed], unchecked: list[Unchecked]) -> None:
        self.client = client
        self.contents = Contents(client)
        self.unchecked = unchecked
        self.ids: dict[str, set[str]] = defaultdict(set)
        for resource in resources:
            self.ids[resource.kind].add(resource.id)
        self.only_read = {r.id for r in resources if r.kind == "Workspace" and r.external}
        self.newest = _newest_versions(resources)

    def findings(self) -> Iterator[Finding]:
        for kind, listing in self.contents.of_the_instance():
            if self.ids[kind]:
                yield from self._unmanaged(kind, "", listing)
        own = [
            w for w in self.client.workspaces.list() if str(w.id) in self.ids["Workspace"] - self.only_read
        ]
        with ThreadPoolExecutor(_CONCURRENT) as pool:
            for found in pool.map(lambda workspace: list(self._inside(workspace)), own):
                yield from found

    def _unmanaged(self, kind: str, prefix: str, listing: Listing) -> Iterator[Finding]:
        """The objects of a listing that the stack does not have; a listing that fails is unchecked."""
        try:
            for found in list(listing()):
                if found.id not in self.ids[kind]:
                    yield Finding("unmanaged", kind, prefix + found.name, found.id)
        except _FATAL:
            raise
        except WallarooError as error:
            self.unchecked.append(Unchecked(kind, f"{prefix}*", "", str(error)))

    def _inside(self, workspace: wire.Workspace) -> Iterator[Finding]:
        for kind, listing in self.contents.listings(workspace):
            if kind == "ModelVersion":
                listing = partial(self._new, workspace.id, listing)
            if kind not in _NOT_REPORTED:
                yield from self._unmanaged(kind, f"{workspace.name}/", listing)

    def _new(self, workspace_id: int, listing: Listing) -> Iterator[Object]:
        """Of a model of the stack, the versions that are newer than the stack's; of any other, the newest."""
        by_model: dict[str, list[Object]] = defaultdict(list)
        for version in sorted(listing(), key=lambda version: int(version.id)):
            by_model[version.name].append(version)
        for model, found in by_model.items():
            newest = self.newest.get((workspace_id, model))
            yield from (version for version in found if int(version.id) > newest) if newest else found[-1:]


def _newest_versions(resources: Sequence[Managed]) -> dict[tuple[int, str], int]:
    """The newest version that the stack has of each model, by workspace and name."""
    newest: dict[tuple[int, str], int] = {}
    for outputs in (resource.outputs for resource in resources if resource.kind == "ModelVersion"):
        model = (int(outputs["workspaceId"]), outputs["name"])
        newest[model] = max(newest.get(model, 0), int(outputs["modelVersionId"]))
    return newest
