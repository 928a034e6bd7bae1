"""Which resources belong to the same workspace, told without comparing each with each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from .rule import Declared

Key = str | int
"""The URN of a Workspace of the stack, or the id of a workspace."""


class Places:
    """By the workspace's id where it is known, else by what the program made ``workspace_id`` of."""

    def __init__(self, resources: Sequence[Declared]) -> None:
        self._by_urn = {resource.urn: resource for resource in resources}
        self._workspaces: dict[int, set[Key]] = defaultdict(set)
        for resource in resources:
            if resource.kind == "Workspace" and (id := _id(resource)) is not None:
                self._workspaces[id].add(resource.urn)
        self._found: dict[str, frozenset[Key]] = {}

    def same(self, one: Declared, other: Declared) -> bool | None:
        """None when neither id nor reference tells."""
        if self.of(one) & self.of(other):
            return True
        return False if _comparable(self.told_by(one), self.told_by(other)) else None

    def of(self, resource: Declared) -> frozenset[Key]:
        """What stands for the workspace that ``resource`` belongs to, directly or through another resource."""
        if resource.urn not in self._found:
            self._found[resource.urn] = frozenset(self._keys(resource))
        return self._found[resource.urn]

    def told_by(self, resource: Declared) -> tuple[bool, bool]:
        """Whether an id tells the workspace, and whether a reference does."""
        return _id(resource) is not None, any(isinstance(key, str) for key in self.of(resource))

    def _keys(self, resource: Declared) -> Iterator[Key]:
        id = _id(resource)
        if resource.kind == "Workspace":
            yield resource.urn
        elif id in self._workspaces:
            yield from self._workspaces[id]
            return
        else:
            for urn in referred(resource, "workspaceId") & self._by_urn.keys():
                yield from self.of(self._by_urn[urn])
        if id is not None:
            yield id


class Residents:
    """Some resources, found by the workspace they belong to: what :meth:`Places.same` tells, in one pass."""

    def __init__(self, places: Places, residents: Iterable[Declared]) -> None:
        self._places = places
        self._by_key: dict[Key, list[Declared]] = defaultdict(list)
        self._by_teller: dict[tuple[bool, bool], list[Declared]] = defaultdict(list)
        for resident in residents:
            self._by_teller[places.told_by(resident)].append(resident)
            for key in places.of(resident):
                self._by_key[key].append(resident)

    def surely(self, other: Declared) -> list[Declared]:
        """Those in the workspace of ``other``."""
        found = {r.urn: r for key in self._places.of(other) for r in self._by_key.get(key, ())}
        return list(found.values())

    def perhaps(self, other: Declared) -> Iterator[Declared]:
        """Those of which it cannot be told."""
        asked = self._places.told_by(other)
        for told, residents in self._by_teller.items():
            if not _comparable(asked, told):
                yield from residents


def referred(resource: Declared, name: str) -> frozenset[str]:
    """The URNs of what the property was made of."""
    return resource.refers.get(name, frozenset())


def _id(resource: Declared) -> int | None:
    known = resource.known("workspaceId")
    return None if known is None else int(known)


def _comparable(one: tuple[bool, bool], other: tuple[bool, bool]) -> bool:
    return (one[0] and other[0]) or (one[1] and other[1])
