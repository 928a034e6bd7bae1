"""Edge: a place outside the instance that may run a publish, and report back to the instance.

Identity: the name, unique on the instance; ``edge_id`` tells an edge from a later one of the same name. The join token
is shown once, when the edge is added: it is in the secret output ``edge_bundle`` (what `EDGE_BUNDLE` is to be when the
engine's image is run there), which a refresh keeps, since nothing tells it again.

Another publish changes in place. Where that publish `replaces` the edge's, the instance has moved the edge already and
the token stays good; otherwise the edge is removed and added again, with a new token that the place has to be given.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Annotated, Literal

from pydantic import Field

from ..api import Client, wire
from ..core.context import Context
from ..core.create import create_once
from ..core.diff import contains_unknown
from ..core.fields import (
    FORCES_REPLACEMENT,
    SECRET,
    STATE_ONLY,
    UNORDERED,
    Element,
    KeyText,
    Properties,
    PublishId,
)
from ..core.read import find_listed
from ..core.remove import remove_once
from ..core.resource import Examples, InvalidInput, Resource
from ..core.validate import refused
from ..errors import ConflictError, GoneError, InconsistentError, WallarooError
from ._lookups import read_visible, require_publish
from .pipeline_publish import PipelinePublish

Adopt = Literal["never", "renew"]


class _Edge(Properties):
    name: Annotated[
        KeyText, FORCES_REPLACEMENT, Field(description="The edge's name, unique on the instance.")
    ]
    publish_id: Annotated[PublishId | None, Field(description="The publish that it runs.")] = None
    tags: Annotated[
        list[Element[KeyText]], UNORDERED, FORCES_REPLACEMENT, Field(description="Tags to find it by.")
    ] = []
    adopt: Annotated[
        Adopt,
        STATE_ONLY,
        Field(
            description="What to do if an edge of this name exists: fail (`never`), or remove it and add it again "
            "(`renew`), because its join token cannot be read. Then deploy the new bundle at the edge."
        ),
    ] = "never"


class EdgeInputs(_Edge):
    publish_id: Annotated[
        PublishId, Field(description="The publish that it runs: the `publish_id` of a PipelinePublish.")
    ]


class EdgeOutputs(_Edge):
    edge_id: Annotated[str | None, Field(description="The edge's id, a UUID.")] = None
    edge_bundle: Annotated[
        str | None,
        SECRET,
        STATE_ONLY,
        Field(
            description="The value for `EDGE_BUNDLE`, with the join token. Unknown for an edge read by its name."
        ),
    ] = None


class Edge(Resource[EdgeInputs, EdgeOutputs]):
    """An edge: a location outside the instance that runs a publish.

    The name is unique on the instance; changing it or the tags replaces the edge. The join token is issued once, in
    the secret output `edge_bundle`. Another publish keeps the token if its `replaces` names the old one; otherwise
    the edge gets a new bundle. Deleting removes the edge and invalidates its token, but does not stop what runs
    there.
    """

    kind = "Edge"
    inputs = EdgeInputs
    outputs = EdgeOutputs
    id_format = "the edge's name"
    natural_key = ("name",)
    deletion = (
        "The edge is removed, and its join token becomes invalid. What runs there is not stopped. An edge that was"
        " since added under the same name by others stays, and Pulumi prints a message."
    )
    delete_before_replace = True  # the name is unique
    examples = Examples(
        needs={
            **PipelinePublish.examples.needs,
            PipelinePublish.kind: PipelinePublish.examples.inputs,
        },
        inputs={"name": "store-17", "publish_id": "$publish_id", "tags": ["north"]},
        update={"adopt": "renew"},
        replace={"name": "store-18"},
    )

    def id_of(self, outputs: EdgeOutputs) -> str:
        return outputs.name

    def validate(self, ctx: Context[Client], desired: EdgeInputs) -> Iterable[InvalidInput]:
        name, adopt = desired.name, desired.adopt
        if not contains_unknown((name, adopt)) and not ctx.validated.has(self.kind, name):
            yield from refused("name", lambda: _refuse_unless_renewed(ctx, _find(ctx, name), adopt))
        if not contains_unknown(desired.publish_id):
            yield from refused("publish_id", lambda: require_publish(ctx, desired.publish_id))

    def create(self, ctx: Context[Client], desired: EdgeInputs) -> EdgeOutputs:
        found = _find(ctx, desired.name, fresh=True)
        _refuse_unless_renewed(ctx, found, desired.adopt)
        # One that is renewed is removed and added again: it is the stack's own then, not an adopted one.
        with ctx.claim(self.kind, desired.name, desired.name, existed=False):
            if found is not None:
                _remove(ctx, found)
            return self._add(ctx, desired)

    def _add(self, ctx: Context[Client], desired: EdgeInputs) -> EdgeOutputs:
        """Add the edge, which does not exist; on failure leave none, since its token would be lost."""
        try:
            bundle = _add_with_token(ctx, desired)
        except WallarooError:
            with suppress(WallarooError):
                left = _find(ctx, desired.name, fresh=True)
                if left and left.should_run_publish == desired.publish_id:
                    _remove(ctx, left)
            raise
        try:
            added = _find(ctx, desired.name)
        except WallarooError:
            # It exists, and its token is at hand: losing that would be worse than an id that a refresh fills in.
            return self.result(desired, edge_bundle=bundle)
        if added is None:
            raise InconsistentError(
                f"edge {desired.name!r} was added and is not listed; check that publish {desired.publish_id} is one "
                "of a workspace of this user"
            )
        return self.result(desired, edge_id=added.id, edge_bundle=bundle)

    def read(self, ctx: Context[Client], id: str, prior: EdgeOutputs | None) -> EdgeOutputs | None:
        found = _find_or_hidden(ctx, id, prior)
        if found is None or (prior and not _is_ours(found, prior)):
            return None  # gone; what has its name now is another object
        return EdgeOutputs(
            name=found.name,
            publish_id=found.should_run_publish or (prior and prior.publish_id),
            tags=prior.tags if prior and sorted(prior.tags) == sorted(found.tags) else list(found.tags),
            edge_id=found.id,
        )

    def update(self, ctx: Context[Client], id: str, prior: EdgeOutputs, desired: EdgeInputs) -> EdgeOutputs:
        if desired.publish_id == prior.publish_id:
            return self.result(desired, edge_id=prior.edge_id, edge_bundle=prior.edge_bundle)
        found = _find(ctx, desired.name, fresh=True)
        if found is None:
            return self._add(ctx, desired)
        if not _is_ours(found, prior):
            raise GoneError(
                f"edge {desired.name!r} (id {found.id}) is not the one that this stack added (id {prior.edge_id})"
            )
        if found.should_run_publish == desired.publish_id:
            publish = ctx.client.publishes.get(desired.publish_id, bundles=True)
            bundle = publish.edge_bundles.get(desired.name, prior.edge_bundle)
            return self.result(desired, edge_id=found.id, edge_bundle=bundle)
        _remove(ctx, found)
        ctx.report(
            f"edge {desired.name!r} gets publish {desired.publish_id} with a new join token; deploy its new bundle "
            "at the edge"
        )
        return self._add(ctx, desired)

    def delete(self, ctx: Context[Client], id: str, prior: EdgeOutputs) -> None:
        found = _find_or_hidden(ctx, id, prior, fresh=True)
        if found is None:
            return
        if not _is_ours(found, prior):
            ctx.report(
                f"edge {id!r} (id {found.id}) stays: it is not the one that this stack added (id {prior.edge_id})"
            )
            return
        _remove(ctx, found)


def _find_or_hidden(
    ctx: Context[Client], name: str, prior: EdgeOutputs | None, *, fresh: bool = False
) -> wire.Edge | None:
    """The edge of this name, None when there is none. Raises HiddenError when the caller may not see its publish."""
    publish_id = prior.publish_id if prior else None
    what = f"edge {name!r}" + (f" of publish {publish_id}" if publish_id else "")

    def exists() -> bool:
        if publish_id is None:
            return False
        edges = read_visible(ctx, what, lambda: ctx.client.publishes.edges_of(publish_id), lambda: False)
        return any(edge.name == name for edge in edges or ())

    found = find_listed(
        what,
        lambda fresh: _find(ctx, name, fresh=fresh),
        ctx.client.publishes.edges,
        exists,
        fresh=fresh,
    )
    if found is None and publish_id is not None:
        read_visible(ctx, what, lambda: ctx.client.publishes.get(publish_id), lambda: False)
    return found


def _is_ours(found: wire.Edge, prior: EdgeOutputs) -> bool:
    """Whether it is the edge that the stack added; its name alone tells where the id was not to be had."""
    return prior.edge_id in (None, found.id)


def _refuse_unless_renewed(ctx: Context[Client], found: wire.Edge | None, adopt: Adopt) -> None:
    """Raise ConflictError if an edge has the name and is to stay."""
    if found is not None and (referrer := ctx.referrer(Edge.kind, found.name)):
        raise ConflictError(
            f"edge {found.name!r} (id {found.id}) is already the object of {referrer}, which has its join token; to "
            "rename that resource, give it aliases"
        )
    if found is not None and adopt == "never":
        raise ConflictError(
            f"edge {found.name!r} already exists (id {found.id}), and its join token cannot be read again; choose "
            "another name, or set adopt to 'renew' to remove it and add it again with a new token"
        )


def _add_with_token(ctx: Context[Client], desired: EdgeInputs) -> str | None:
    """The bundle. An edge whose reply was lost, and the token with it, is removed and added again."""

    def add() -> tuple[str | None, wire.Edge | None]:
        return ctx.client.publishes.add_edge(desired.publish_id, desired.name, desired.tags), None

    def find() -> tuple[str | None, wire.Edge | None] | None:
        found = _find(ctx, desired.name, fresh=True)
        return (None, found) if found else None

    bundle, lost = create_once(ctx, add, find)
    if lost is not None:
        _remove(ctx, lost)
        bundle, _ = add()
    return bundle


def _find(ctx: Context[Client], name: str, *, fresh: bool = False) -> wire.Edge | None:
    return next((edge for edge in ctx.client.publishes.edges(fresh=fresh) if edge.name == name), None)


def _remove(ctx: Context[Client], edge: wire.Edge) -> None:
    def still_there() -> bool:
        left = _find(ctx, edge.name, fresh=True)
        return left is not None and left.id == edge.id

    remove_once(lambda: ctx.client.publishes.remove_edge(edge.name), still_there)
