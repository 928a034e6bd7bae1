"""The input `tags` of model versions and pipelines: the whole set of an object's tags, or nothing about them.

A tag is a text that the instance keeps as a row of its own, and that any user may attach to their objects. So objects
are given tags and lose them, and a missing tag is created, but none is ever deleted or renamed. Tags by the same text
count as one. Only GraphQL offers them: see docs/internals/mlops-api.md#tags.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from ..api import Client, wire
from ..api.tags import Tagged
from ..core.context import Context
from ..core.create import create_once
from ..core.fields import UNMANAGED_IF_NONE, UNORDERED, Element, KeyText
from ..errors import ApiError, ObjectError


def _without_repeats(tags: list[str] | None) -> list[str] | None:
    return None if tags is None else [tag for n, tag in enumerate(tags) if tag not in tags[:n]]


Tags = Annotated[
    list[Element[KeyText]] | None,
    AfterValidator(_without_repeats),
    UNORDERED,
    UNMANAGED_IF_NONE,
    Field(
        description="All tags of the object: missing ones are attached, and all others detached. A tag itself is never "
        "deleted. Requires GraphQL"
    ),
]


@contextmanager
def requires_graphql(what: str, remedy: str) -> Iterator[None]:
    """Add ``remedy`` to the error if the instance rejects GraphQL, or GraphQL is switched off.

    ``what`` is what needs it, for example ``the tags of model 'm' of workspace 12``.
    """
    hint = f"{what} can only be set with GraphQL: {remedy}"
    try:
        yield
    except ApiError as error:
        if error.status >= 500 or error.status == 429:  # another attempt may succeed
            raise
        raise error.with_hint(hint) from None
    except ObjectError as error:
        raise ObjectError(f"{error}; {hint}") from None


def require(ctx: Context[Client], tags: Sequence[str] | None, label: str) -> None:
    """Create the tags that do not exist, before the object is created that is to have them.

    Raises WallarooError if tags are desired and the instance does not offer them: then nothing is half created.
    """
    if tags is not None:
        with _needed(label):
            _ids(ctx, tags)


def set_tags(
    ctx: Context[Client],
    table: Tagged,
    id: int,
    tags: Sequence[str] | None,
    label: str,
    *,
    is_new: bool = False,
) -> None:
    """Give an object these tags and no others; None leaves its tags as they are. A new object has none."""
    if tags is None:
        return
    with _needed(label):
        found = () if is_new else ctx.client.tags.of(table, id, fresh=True)
        texts = {tag.text for tag in found}
        for text, tag_id in _ids(ctx, [tag for tag in tags if tag not in texts]).items():
            _attach(ctx, table, id, text, tag_id)
        for tag in found:
            if tag.text not in tags:
                ctx.client.tags.detach(table, id, tag.id)


def observed(
    ctx: Context[Client], table: Tagged, id: int, prior: Sequence[str] | None, *, imported: bool
) -> list[str] | None:
    """Return an object's tags if the program manages them, in the order of ``prior``.

    For an ``imported`` object, those that it has, if any.
    """
    if prior is None and not imported:
        return None
    found = ctx.client.tags.known_of(table, id)
    if found is None:
        return None if prior is None else [*prior]
    return _in_order(found, prior or ()) or (None if imported else [])


def before(
    ctx: Context[Client], table: Tagged, id: int, desired: Sequence[str] | None
) -> Mapping[str, list[str]]:
    """Return an adopted object's present tags for `Context.claim`, if the program manages them."""
    if desired is None or (found := ctx.client.tags.known_of(table, id)) is None:
        return {}
    return {"tags": _in_order(found, desired)}


def restore(ctx: Context[Client], table: Tagged, id: int, found: Mapping[str, Any], label: str) -> str:
    """Give an adopted object the tags that it had. Returns a description for `Resource.leave`."""
    tags = found.get("tags")
    if tags is None or not differ([tag.text for tag in ctx.client.tags.of(table, id)], tags):
        return ""
    set_tags(ctx, table, id, tags, label)
    return f"with the tags that it had ({', '.join(map(repr, tags)) or 'none'})"


def differ(prior: Sequence[str] | None, desired: Sequence[str] | None) -> bool:
    """Return whether an object's tags are to change."""
    return desired is not None and (prior is None or {*prior} != {*desired})


def _in_order(found: Iterable[wire.Tag], prior: Iterable[str]) -> list[str]:
    """Return the texts of ``found``: those of ``prior`` first, in its order."""
    texts = sorted({tag.text for tag in found})
    return [text for text in prior if text in texts] + [text for text in texts if text not in [*prior]]


def _needed(label: str) -> AbstractContextManager[None]:
    return requires_graphql(
        f"the tags of {label}", "remove tags from the program, or have the account allowed"
    )


def _ids(ctx: Context[Client], texts: Iterable[str]) -> dict[str, int]:
    """Return the id of a tag for each text. Creates the tags that do not exist."""
    return {text: _id(ctx, text) for text in texts}


def _id(ctx: Context[Client], text: str) -> int:
    def existing(*, fresh: bool = True) -> int | None:
        return next((tag.id for tag in ctx.client.tags.list(fresh=fresh) if tag.text == text), None)

    with ctx.lock("tag", text):
        id = existing(fresh=False) or existing()
        return id or create_once(ctx, lambda: ctx.client.tags.create(text), existing)


def _attach(ctx: Context[Client], table: Tagged, id: int, text: str, tag_id: int) -> None:
    def has_it() -> bool | None:
        return any(tag.text == text for tag in ctx.client.tags.of(table, id, fresh=True)) or None

    def attach() -> bool:
        ctx.client.tags.attach(table, id, tag_id)
        return True

    create_once(ctx, attach, has_it)
