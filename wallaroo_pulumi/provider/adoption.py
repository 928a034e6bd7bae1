"""What a stack only adopted: a delete leaves it, with what adopting changed restored, and it is not replaced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..api import Client
from ..core.context import Context
from ..core.diff import Difference
from ..core.fields import Adopting
from ..core.names import wire_name
from ..core.record import Record
from ..core.resource import Resource
from ..errors import RefusedError
from .kinds import load, name_in

ADOPTED: Final = "adopted"
DELETE_ADOPTED: Final = "deleteAdopted"


def leaves_adopted(resource: Resource[Any, Any], properties: Mapping[str, Any]) -> bool:
    """Whether deleting leaves an adopted object. Kinds without the input guard their objects otherwise."""
    return issubclass(resource.inputs, Adopting) and not properties.get(DELETE_ADOPTED)


def noting(
    resource: Resource[Any, Any],
    ctx: Context[Client],
    id: str,
    outputs: Mapping[str, Any],
    record: Record,
    desired: Mapping[str, Any] | None = None,
) -> Record:
    """The record in view of what others have changed of an adopted object since the state was written."""
    if not record.found:
        return record
    return record.noting(outputs, resource.adoptable(ctx, id, load(resource, outputs)), desired)


def left_by_replacement(resource: Resource[Any, Any], olds: Mapping[str, Any]) -> str:
    """Return what stays of an object that is replaced, or "" if it is deleted."""
    if olds.get(ADOPTED) and leaves_adopted(resource, olds):
        return "stays as it was found: this stack adopted it and did not create it"
    return resource.left_by_replacement(olds)


def refuse_to_replace_adopted(
    resource: Resource[Any, Any], urn: str | None, id: str, olds: Mapping[str, Any], found: Difference
) -> None:
    """Raise RefusedError if the replacement needs the object to be gone, and deleting would leave it."""
    renamed = {wire_name(name) for name in resource.natural_key} & {*found.replacing}
    if not found.replacing or not found.delete_before_replace or renamed or resource.has_failed(olds):
        return
    if olds.get(ADOPTED) and leaves_adopted(resource, olds):
        changes = " and ".join(found.replacing)
        raise RefusedError(
            f"{resource.kind} {name_in(urn, id)!r} (id {id}) cannot be replaced (change of {changes}): this stack "
            "adopted it and did not create it; set delete_adopted=True and run `pulumi up` before this change, or "
            "undo the change"
        )
