"""Tags of model versions and pipelines, which only GraphQL offers: docs/internals/mlops-api.md#tags.

A tag is a row of its own, which every user of the instance may attach to their objects. It is never deleted or renamed
here. Several rows may have the same text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Literal, get_args

from .graphql import GraphQL
from .listing import SharedListing
from .transport import Effect
from .wire import graphql as wire

Tagged = Literal["model", "pipeline"]
"""The tables of what has tags. A `model` is a model version."""

# The documents of the vendor's SDK, which also lists every tag with all that have it.
_LIST = """query ListTags {
    tag(order_by: {id: desc}) { id tag model_tags { model { id } } pipeline_tags { pipeline { id } } }
}"""
_CREATE = (
    """mutation CreateTag($text: String!) { insert_tag(objects: {tag: $text}) { returning { id tag } } }"""
)
_COLUMNS = {"model": ("model_id", "tag_id"), "pipeline": ("pipeline_pk_id", "tag_pk_id")}


def _attach(table: Tagged) -> str:
    object_id, tag_id = _COLUMNS[table]
    return f"""mutation AddTagTo{table.title()}($id: bigint!, $tag_id: bigint!) {{
    insert_{table}_tag(objects: {{{object_id}: $id, {tag_id}: $tag_id}}) {{ returning {{ id: {tag_id} }} }}
}}"""


def _detach(table: Tagged) -> str:
    object_id, tag_id = _COLUMNS[table]
    return f"""mutation RemoveTagFrom{table.title()}($id: bigint!, $tag_id: bigint!) {{
    delete_{table}_tag(where: {{_and: [{{{object_id}: {{_eq: $id}}}}, {{{tag_id}: {{_eq: $tag_id}}}}]}}) {{
        returning {{ id: {tag_id} }}
    }}
}}"""


_TABLES: tuple[Tagged, ...] = get_args(Tagged)
DOCUMENTS = (_LIST, _CREATE, *map(_attach, _TABLES), *map(_detach, _TABLES))


class Tags:
    """Tags. The list, which contains all objects that have tags, is shared by all threads."""

    def __init__(self, graphql: GraphQL) -> None:
        self._graphql = graphql
        self._listing: SharedListing[wire.Tag] = SharedListing(self._fetch)

    def list(self, *, fresh: bool = False) -> tuple[wire.Tag, ...]:
        """Return all tags, the oldest first. Raises what :meth:`GraphQL.execute` raises."""
        return self._listing.items(fresh=fresh)

    def of(self, table: Tagged, id: int, *, fresh: bool = False) -> tuple[wire.Tag, ...]:
        """Return the tags of an object. Raises what :meth:`GraphQL.execute` raises."""
        return tuple(tag for tag in self.list(fresh=fresh) if id in getattr(tag, table))

    def known_of(self, table: Tagged, id: int) -> tuple[wire.Tag, ...] | None:
        """Return the tags of an object, or None if the instance rejects GraphQL."""
        return self._graphql.optional(lambda: self.of(table, id))

    def create(self, text: str) -> int:
        """Create a tag and return its id. Every call creates one."""
        with self._forgetting():
            created = self._graphql.execute(_CREATE, {"text": text}, Effect.WRITE, wire.TagCreated)
        id = created.insert_tag.returning[0].id
        self._listing.amend(lambda tags: [*tags, wire.Tag.model_validate({"id": id, "tag": text})])
        return id

    def attach(self, table: Tagged, id: int, tag_id: int) -> None:
        """Attach a tag, which the object does not have yet."""
        self._write(_attach(table), id, tag_id, Effect.WRITE)
        self._change(table, tag_id, lambda ids: ids | {id})

    def detach(self, table: Tagged, id: int, tag_id: int) -> None:
        """Detach a tag from an object. Idempotent. The tag stays."""
        self._write(_detach(table), id, tag_id, Effect.IDEMPOTENT)
        self._change(table, tag_id, lambda ids: ids - {id})

    def _write(self, document: str, id: int, tag_id: int, effect: Effect) -> None:
        with self._forgetting():
            self._graphql.execute(document, {"id": id, "tag_id": tag_id}, effect, wire.AnyAnswer)

    def _change(self, table: Tagged, tag_id: int, change: Callable[[frozenset[int]], frozenset[int]]) -> None:
        def changed(tag: wire.Tag) -> wire.Tag:
            return tag.model_copy(update={table: change(getattr(tag, table))}) if tag.id == tag_id else tag

        self._listing.amend(lambda tags: [changed(tag) for tag in tags])

    @contextmanager
    def _forgetting(self) -> Iterator[None]:
        """Forget the list if a write fails, because its effect is not known."""
        try:
            yield
        except BaseException:
            self._listing.forget()
            raise

    def _fetch(self) -> Sequence[wire.Tag]:
        listed = self._graphql.execute(_LIST, {}, Effect.READ, wire.TagList)
        return sorted(listed.tag, key=lambda tag: tag.id)
