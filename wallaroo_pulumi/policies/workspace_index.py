"""Which resources belong to the same workspace, in time proportional to the number of resources."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from .rule import ResourceView

Key = str | int
"""The URN of a Workspace of the stack, or the id of a workspace."""

Evidence = tuple[bool, bool]
"""Whether an id identifies the workspace, and whether a reference does."""


class WorkspaceIndex:
    """Identifies workspaces by id where it is known, else by the resource that ``workspace_id`` comes from."""

    def __init__(self, resources: Sequence[ResourceView]) -> None:
        self._by_urn = {resource.urn: resource for resource in resources}
        self._workspaces: dict[int, set[Key]] = defaultdict(set)
        for resource in resources:
            if resource.kind == "Workspace" and (id := _id(resource)) is not None:
                self._workspaces[id].add(resource.urn)
        self._found: dict[str, frozenset[Key]] = {}

    def same_workspace(self, one: ResourceView, other: ResourceView) -> bool | None:
        """Return whether both belong to one workspace; None if neither id nor reference decides."""
        if self.keys(one) & self.keys(other):
            return True
        return False if _comparable(self.evidence(one), self.evidence(other)) else None

    def keys(self, resource: ResourceView) -> frozenset[Key]:
        """Return the keys of the workspace that ``resource`` belongs to, directly or through another resource."""
        if resource.urn not in self._found:
            self._found[resource.urn] = frozenset(self._keys(resource))
        return self._found[resource.urn]

    def evidence(self, resource: ResourceView) -> Evidence:
        return _id(resource) is not None, any(isinstance(key, str) for key in self.keys(resource))

    def _keys(self, resource: ResourceView) -> Iterator[Key]:
        id = _id(resource)
        if resource.kind == "Workspace":
            yield resource.urn
        elif id in self._workspaces:
            yield from self._workspaces[id]
            return
        else:
            for urn in resource.sources_of("workspaceId") & self._by_urn.keys():
                yield from self.keys(self._by_urn[urn])
        if id is not None:
            yield id


class ResourcesByWorkspace:
    """Some resources, grouped by workspace: the answers of :meth:`WorkspaceIndex.same_workspace` in one pass."""

    def __init__(self, index: WorkspaceIndex, resources: Iterable[ResourceView]) -> None:
        self._index = index
        self._by_key: dict[Key, list[ResourceView]] = defaultdict(list)
        self._by_evidence: dict[Evidence, list[ResourceView]] = defaultdict(list)
        for resource in resources:
            self._by_evidence[index.evidence(resource)].append(resource)
            for key in index.keys(resource):
                self._by_key[key].append(resource)

    def definitely_in(self, other: ResourceView) -> list[ResourceView]:
        """Return the resources in the workspace of ``other``."""
        found = {r.urn: r for key in self._index.keys(other) for r in self._by_key.get(key, ())}
        return list(found.values())

    def possibly_in(self, other: ResourceView) -> Iterator[ResourceView]:
        """Yield the resources that may be in the workspace of ``other``: nothing decides."""
        wanted = self._index.evidence(other)
        for evidence, resources in self._by_evidence.items():
            if not _comparable(wanted, evidence):
                yield from resources


def _id(resource: ResourceView) -> int | None:
    known = resource.known("workspaceId")
    return None if known is None else int(known)


def _comparable(one: Evidence, other: Evidence) -> bool:
    return (one[0] and other[0]) or (one[1] and other[1])
