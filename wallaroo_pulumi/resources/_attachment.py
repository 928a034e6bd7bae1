"""The base class of attachments: a workspace uses an object that belongs to the whole instance."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, ClassVar, Generic, TypeVar

from pydantic import Field

from ..api import Client, wire
from ..core.context import Context
from ..core.create import create_once
from ..core.diff import contains_unknown
from ..core.fields import FORCES_REPLACEMENT, Adopting, WorkspaceId
from ..core.read import find_listed
from ..core.remove import remove_once
from ..core.resource import InvalidInput, Resource
from ..core.validate import refused
from ..errors import ApiError
from ._lookups import refused_workspace, split_id, workspace, workspace_if_any


class AttachmentInputs(Adopting):
    workspace_id: Annotated[
        WorkspaceId,
        FORCES_REPLACEMENT,
        Field(description="The workspace: the `workspace_id` of a Workspace."),
    ]


InputsT = TypeVar("InputsT", bound=AttachmentInputs)
OutputsT = TypeVar("OutputsT", bound=AttachmentInputs)
UsedT = TypeVar("UsedT")


class Attachment(Resource[InputsT, OutputsT], Generic[InputsT, OutputsT, UsedT]):
    """A resource that attaches an object of the kind ``used_kind`` to a workspace."""

    used_kind: ClassVar[str]
    named_by: ClassVar[str]
    """The input (Python name) that identifies the object."""

    @abstractmethod
    def used(self, ctx: Context[Client], name: str) -> UsedT:
        """Return the object with this name. Raises NotFoundError if there is none."""

    @abstractmethod
    def listed(self, ctx: Context[Client], workspace_id: int, *, fresh: bool = False) -> Sequence[UsedT]:
        """Return the objects that are attached to the workspace."""

    @abstractmethod
    def name_of(self, used: UsedT) -> str:
        """Return what identifies the object: the value of ``named_by``."""

    @abstractmethod
    def is_used_by(self, ctx: Context[Client], workspace: wire.Workspace, name: str) -> bool:
        """Ask for the object itself, and return whether it is attached to the workspace."""

    @abstractmethod
    def attach(self, ctx: Context[Client], workspace_id: int, used: UsedT) -> object:
        """Send the request that attaches the object."""

    @abstractmethod
    def detach(self, ctx: Context[Client], workspace_id: int, used: UsedT) -> object:
        """Send the request that detaches the object."""

    @abstractmethod
    def mark_of(self, used: UsedT) -> str:
        """Return the UUID of the object."""

    def id_of(self, outputs: OutputsT) -> str:
        return f"{outputs.workspace_id}/{self._name(outputs)}"

    def validate(self, ctx: Context[Client], desired: InputsT) -> Iterable[InvalidInput]:
        yield from refused_workspace(ctx, desired.workspace_id)
        name = self._name(desired)
        if not contains_unknown(name) and not ctx.validated.has(self.used_kind, name):
            yield from refused(self.named_by, lambda: self.used(ctx, name))

    def existing(self, ctx: Context[Client], desired: InputsT) -> str | None:
        if ctx.client.workspaces.find(desired.workspace_id) is None:
            return None
        attached = self.attached(ctx, desired.workspace_id, self._name(desired))
        return f"{desired.workspace_id}/{self._name(desired)}" if attached else None

    def create(self, ctx: Context[Client], desired: InputsT) -> OutputsT:
        place, name = workspace(ctx, desired.workspace_id).id, self._name(desired)
        used = self.used(ctx, name)
        outputs = self.result(desired)
        existed = self.attached(ctx, place, name, fresh=True) is not None
        with ctx.claim(self.kind, self.id_of(outputs), name, existed=existed):
            if not existed:
                self._attach_once(ctx, place, name, used)
        ctx.call.mark = self.mark_of(used)
        return outputs

    def read(self, ctx: Context[Client], id: str, prior: OutputsT | None) -> OutputsT | None:
        place, name = split_id(id)
        found = workspace_if_any(ctx, place)
        if found is None or (used := self._recorded(ctx, found, name)) is None:
            return None
        if prior and ctx.call.mark not in (None, self.mark_of(used)):
            return None  # gone; another object of this name is attached now
        ctx.call.mark = self.mark_of(used)
        return self.outputs.model_validate({"workspace_id": place, self.named_by: name})

    def delete(self, ctx: Context[Client], id: str, prior: OutputsT) -> None:
        place, name = prior.workspace_id, self._name(prior)
        found = workspace_if_any(ctx, place)
        if found is None or (used := self._recorded(ctx, found, name, fresh=True)) is None:
            return
        if ctx.call.mark not in (None, self.mark_of(used)):
            ctx.report(
                f"{self.kind} {name!r} of workspace {place} stays: it belongs to another {self.used_kind} than the "
                "one that this stack attached"
            )
            return
        remove_once(
            lambda: self.detach(ctx, place, used),
            lambda: self.attached(ctx, place, name, fresh=True) is not None,
        )

    def attached(
        self, ctx: Context[Client], workspace_id: int, name: str, *, fresh: bool = False
    ) -> UsedT | None:
        """Return the object if it is attached to the workspace, or None."""
        listed = self.listed(ctx, workspace_id, fresh=fresh)
        return next((used for used in listed if self.name_of(used) == name), None)

    def _recorded(
        self, ctx: Context[Client], workspace: wire.Workspace, name: str, *, fresh: bool = False
    ) -> UsedT | None:
        """Return the object, whose attachment the state records, or None if it is confirmed to be detached."""
        return find_listed(
            f"{self.kind} {name!r} of workspace {workspace.id}",
            lambda fresh: self.attached(ctx, workspace.id, name, fresh=fresh),
            lambda: self.listed(ctx, workspace.id),
            lambda: self.is_used_by(ctx, workspace, name),
            fresh=fresh,
        )

    def _attach_once(self, ctx: Context[Client], workspace_id: int, name: str, used: UsedT) -> None:
        def find() -> bool | None:
            return self.attached(ctx, workspace_id, name, fresh=True) is not None or None

        def attach() -> bool:
            self.attach(ctx, workspace_id, used)
            return True

        try:
            create_once(ctx, attach, find)
        except ApiError:
            if not find():  # another user may have been faster
                raise

    def _name(self, properties: AttachmentInputs) -> Any:
        """Return the object's identifier, which may be unknown in a preview."""
        return getattr(properties, self.named_by)
