"""Validation: what would the instance refuse of these inputs? Asked in check, where users want previews to know it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from ..errors import ApiError, ObjectError
from .context import Context
from .diff import contains_unknown, diff
from .names import wire_name
from .resource import InvalidInput, Resource


def validate(
    resource: Resource[Any, Any],
    ctx: Context[Any],
    inputs: Mapping[str, Any],
    olds: Mapping[str, Any],
) -> list[InvalidInput]:
    """What the instance would refuse of the checked ``inputs``; nothing is asked for what does not change.

    ``olds`` are the last checked inputs, empty for a new resource. Raises WallarooError when the instance does not
    answer.
    """
    creates = True
    if olds:
        _record(ctx, resource, olds)
        found = diff(resource, olds, inputs)
        if not found.changed:
            return []
        creates = bool(found.replacing)
    desired = resource.inputs.model_validate(dict(inputs))
    failures = list(resource.validate(ctx, desired))
    if creates and not failures and not contains_unknown(inputs):
        _announce_adoption(resource, ctx, desired)
    _record(ctx, resource, inputs)
    return failures


def _announce_adoption(resource: Resource[Any, Any], ctx: Context[Any], desired: Any) -> None:
    id = None
    with suppress(ObjectError):  # what cannot be adopted is refused by `validate`, or the stack's own
        id = resource.existing(ctx, desired)
    if id is not None and ctx.ownership.recorded(resource.kind, id) is None:
        ctx.report(f"{resource.kind} {id!r} exists on the instance: `pulumi up` adopts it")


def refused(property: str, lookup: Callable[[], object]) -> Iterator[InvalidInput]:
    """What ``lookup`` finds missing, or is not allowed to see, as a problem of this property (Python name)."""
    try:
        lookup()
    except ObjectError as error:
        yield InvalidInput(property, str(error))
    except ApiError as error:
        if not error.answered(403):
            raise
        yield InvalidInput(property, str(error))


def refused_ids(property: str, ids: object, lookup: Callable[[int], object]) -> Iterator[InvalidInput]:
    """The same for every integer id of a list. What is unknown passes, and so does what is named otherwise."""
    for id in ids if isinstance(ids, list) else ():
        if isinstance(id, int):
            yield from refused(property, partial(lookup, id))


def _record(ctx: Context[Any], resource: Resource[Any, Any], inputs: Mapping[str, Any]) -> None:
    if resource.natural_key:
        ctx.validated.add(resource.kind, *(inputs.get(wire_name(name)) for name in resource.natural_key))
