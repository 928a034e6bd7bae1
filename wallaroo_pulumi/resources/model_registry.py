"""ModelRegistry: a registry of models outside the instance (MLflow, such as that of Databricks), and its token.

Identity: the id that models/create_registry returns; names may repeat. The API can neither change nor delete a
registry (docs/internals/mlops-api.md#registries), so every change creates another one, and the old one stays without
workspaces. Creating adopts a registry of the same name, URL and token: rather the stack's own, under another resource
name, or one that no workspace uses (a destroy or an interrupted run left it), than one in use. The API returns tokens
in clear; in the state they are always secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from ..api import Client, wire
from ..core.context import Context
from ..core.create import create_once
from ..core.fields import FORCES_REPLACEMENT, SECRET, Adopted, Adopting, KeyText, Line, Url
from ..core.remove import remove_once
from ..core.resource import Examples, Resource
from ._lookups import read_visible


class ModelRegistryInputs(Adopting):
    name: Annotated[KeyText, FORCES_REPLACEMENT, Field(description="The registry's name.")]
    url: Annotated[
        Url, FORCES_REPLACEMENT, Field(description="The registry's address: an HTTP or HTTPS URL.")
    ]
    token: Annotated[
        Line,
        SECRET,
        FORCES_REPLACEMENT,
        Field(min_length=1, description="The token for the instance's requests to the registry."),
    ]


class ModelRegistryOutputs(ModelRegistryInputs, Adopted):
    registry_id: Annotated[str, Field(description="The id that ModelRegistryAttachment refers to, a UUID.")]


class ModelRegistry(Resource[ModelRegistryInputs, ModelRegistryOutputs]):
    """An external model registry (MLflow, such as the one of Databricks) and its access token.

    Wallaroo can neither change nor delete a registry, so every change creates another one. A registry with the same
    name, URL and token is adopted, preferably an unused one. Deleting detaches the registry from all workspaces and
    leaves it on the instance with its token: revoke the token where it was issued.
    """

    kind = "ModelRegistry"
    inputs = ModelRegistryInputs
    outputs = ModelRegistryOutputs
    id_format = "the registry's id, a UUID"
    from_id = {"registry_id": "str"}
    deletion = (
        "The registry is detached from every workspace and stays on the instance with its token, because Wallaroo "
        "cannot delete one. Pulumi prints a message; revoke the token where it was issued."
    )
    examples = Examples(
        inputs={"name": "databricks", "url": "https://registry.example.com", "token": "dapi-example"},
        update={},
        replace={"token": "dapi-rotated"},
    )

    def id_of(self, outputs: ModelRegistryOutputs) -> str:
        return outputs.registry_id

    def left_by_replacement(self, prior: Mapping[str, Any]) -> str:
        del prior
        return "stays on the instance, without workspaces: Wallaroo cannot delete registries"

    def existing(self, ctx: Context[Client], desired: ModelRegistryInputs) -> str | None:
        return _same(ctx, desired)

    def create(self, ctx: Context[Client], desired: ModelRegistryInputs) -> ModelRegistryOutputs:
        left = _same(ctx, desired)
        id = left or create_once(
            ctx,
            lambda: ctx.client.registries.create(desired.name, desired.url, desired.token),
            lambda: _same(ctx, desired),
        )
        with ctx.claim(self.kind, id, desired.name, existed=left is not None):
            return self.result(desired, registry_id=id)

    def read(
        self, ctx: Context[Client], id: str, prior: ModelRegistryOutputs | None
    ) -> ModelRegistryOutputs | None:
        del prior
        found = next((r for r in ctx.client.registries.list() if r.id == id), None) or _get(ctx, id)
        if found is None:
            return None
        return ModelRegistryOutputs(name=found.name, url=found.url, token=found.token, registry_id=id)

    def delete(self, ctx: Context[Client], id: str, prior: ModelRegistryOutputs) -> None:
        found = _get(ctx, id)
        if found is None:
            return
        for workspace_id in _users(found):
            _detach(ctx, id, workspace_id)
        ctx.report(
            f"model registry {prior.name!r} (id {id}) stays on the instance with its token, used by no workspace: "
            "Wallaroo cannot delete registries; revoke the token where it was issued"
        )


def _get(ctx: Context[Client], id: str) -> wire.Registry | None:
    return read_visible(
        ctx,
        f"model registry {id}",
        lambda: ctx.client.registries.get(id),
        lambda: any(r.id == id for r in ctx.client.registries.list(fresh=True)),
    )


def _users(registry: wire.Registry | None) -> set[int]:
    return {w.id for w in registry.workspaces} if registry else set()


def _same(ctx: Context[Client], desired: ModelRegistryInputs) -> str | None:
    """The id of a registry just as desired: preferably the stack's own, or one that no workspace uses."""
    same = [
        registry.id
        for registry in ctx.client.registries.list(fresh=True)
        if (registry.name, registry.url, registry.token) == (desired.name, desired.url, desired.token)
        and registry.id
    ]
    for id in same:
        own = ctx.ownership.recorded(ModelRegistry.kind, id) is not None
        if own or not ctx.client.registries.get(id).workspaces:
            return id
    return same[0] if same else None


def _detach(ctx: Context[Client], id: str, workspace_id: int) -> None:
    remove_once(
        lambda: ctx.client.registries.detach(id, workspace_id),
        lambda: workspace_id in _users(_get(ctx, id)),
    )
