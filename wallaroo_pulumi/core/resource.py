"""What a resource is: a definition (inputs, outputs, examples) and a handler for the five calls of its life."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

from .context import Context
from .fields import LOCAL, ONLY_AT_CREATION, Properties, fields_with

InputsT = TypeVar("InputsT", bound=Properties)
OutputsT = TypeVar("OutputsT", bound=Properties)


class BadInput(Exception):
    """An input (Python name) that is no good, and why: raised by ``complete``, returned by ``validate``."""

    def __init__(self, property: str, reason: str) -> None:
        super().__init__(reason)
        self.property = property
        self.reason = reason


@dataclass(frozen=True)
class Examples:
    """Input values (snake_case names) that tests and docs pages are made from.

    ``$name`` values refer to objects that the tests prepare: ``$workspace_id``.
    """

    inputs: Mapping[str, Any]
    update: Mapping[str, Any]
    """What to change for an edit in place; empty where nothing can be changed in place."""
    replace: Mapping[str, Any]
    """What to change for an edit that replaces; empty where nothing replaces."""
    needs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Other resources to make first: the resource's class → its inputs."""


class Resource(ABC, Generic[InputsT, OutputsT]):
    """A kind of object: its definition and its handler. Subclasses are stateless and live in ``resources/``.

    Handlers get validated models and raise WallarooError; they never read configuration, environment or clocks.
    Outputs repeat every input in its canonical form, because a diff compares the last outputs with the new inputs.
    """

    kind: ClassVar[str]
    """The name of the class that users import, and the last part of the type token."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "outputs" in vars(cls):
            cls.outputs.observed = True

    inputs: type[InputsT]
    outputs: type[OutputsT]
    examples: ClassVar[Examples]

    id_format: ClassVar[str]
    """How the Pulumi id is made, for the docs. The id alone is enough to read the object."""

    from_id: ClassVar[Mapping[str, str]] = {}
    """Outputs that the Pulumi id tells too: name → ``"int"`` or ``"str"``. They stay known in the preview of an
    update, when Pulumi forgets all other computed outputs."""

    natural_key: ClassVar[tuple[str, ...]] = ()
    """The inputs by which others name the object before it has an id: what :meth:`validate` finds as declared."""

    deletion: ClassVar[str]
    """One sentence for the docs: what deleting does, and what stays."""

    delete_before_replace: ClassVar[bool] = False

    def complete(self, inputs: InputsT, prior: Mapping[str, Any]) -> InputsT:
        """Fill in the inputs marked COMPUTED_IN_CHECK. Runs in check, on this machine only: no client here.

        UNKNOWN may stand anywhere in ``inputs``. ``prior`` are the last checked inputs (wire names), none for a new
        resource. Raises BadInput.
        """
        del prior
        return inputs

    def validate(self, ctx: Context[Any], wanted: InputsT) -> Iterable[BadInput]:
        """What the instance would refuse: names that are taken, references that lead nowhere. It only reads.

        Called for what is new or changed, where users ask for it. UNKNOWN may stand anywhere and is let pass, and so
        is what ``ctx.declared`` says will be there, or is the stack's own.
        """
        del ctx, wanted
        return ()

    def existing(self, ctx: Context[Any], wanted: InputsT) -> str | None:
        """The id of the object that a create would adopt, None when it would make one. It only reads.

        Called in validation, for inputs without UNKNOWN that :meth:`validate` found nothing wrong with.
        """
        del ctx, wanted
        return None

    @abstractmethod
    def id_of(self, outputs: OutputsT) -> str:
        """The Pulumi id."""

    @abstractmethod
    def create(self, ctx: Context[Any], wanted: InputsT) -> OutputsT:
        """Make the object, or take over what an earlier create left: never a second one."""

    @abstractmethod
    def read(self, ctx: Context[Any], id: str, known: OutputsT | None) -> OutputsT | None:
        """The object as the instance has it, or None when it is gone. ``known`` is absent when only the id is."""

    def update(self, ctx: Context[Any], id: str, known: OutputsT, wanted: InputsT) -> OutputsT:
        """Change in place whatever does not force a replacement. Unless overridden, only local fields change."""
        del ctx, id
        return self.with_local(known, wanted)

    @abstractmethod
    def delete(self, ctx: Context[Any], id: str, known: OutputsT) -> None:
        """Remove the object, or as much of it as the API allows, and say what stays."""

    def adoptable(self, ctx: Context[Any], id: str, known: OutputsT) -> Mapping[str, Any]:
        """The present values of what creates pass to :meth:`Context.claim` as found; empty when the object is gone."""
        del ctx, id, known
        return {}

    def leave(self, ctx: Context[Any], id: str, known: OutputsT, found: Mapping[str, Any]) -> str:
        """Restore what adopting the object changed, and return it in words; empty when there was nothing to restore.

        Called instead of :meth:`delete` for an adopted object. ``found`` is what the create passed to
        :meth:`Context.claim`, with the values that others have set since.
        """
        del ctx, id, known, found
        return ""

    def with_local(self, known: OutputsT, wanted: InputsT) -> OutputsT:
        """The outputs after a change of local fields alone: everything else stays as recorded."""
        local = {name for name, _ in fields_with(self.inputs, LOCAL)}
        local -= {name for name, _ in fields_with(self.inputs, ONLY_AT_CREATION)}
        return known.model_copy(update={name: getattr(wanted, name) for name in local})

    def result(self, wanted: InputsT, **computed: Any) -> OutputsT:
        """The outputs: every input as wanted, and the computed ones."""
        return self.outputs.model_validate({**wanted.model_dump(), **computed})
