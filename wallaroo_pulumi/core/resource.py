"""The base class of resources: a definition (inputs, outputs, examples) and a handler of the five CRUD calls."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

from ..errors import ObjectError
from .context import Context
from .fields import CREATE_ONLY, STATE_ONLY, Properties, fields_with
from .names import wire_name

InputsT = TypeVar("InputsT", bound=Properties)
OutputsT = TypeVar("OutputsT", bound=Properties)


class InvalidInput(Exception):
    """A property and what is wrong with it: raised by ``complete``, returned by ``check`` and ``validate``.

    ``python_path`` is its path in a Python program, such as ``engine_config.engine``; empty for the whole resource.
    The text is the line for a Python program: ``python_path`` and the reason.
    """

    def __init__(
        self, python_path: str, reason: str, *, wire_path: str | None = None, secret: bool = False
    ) -> None:
        super().__init__(f"{python_path}: {reason}" if python_path else reason)
        wire_path = wire_name(python_path) if wire_path is None else wire_path
        self.python_path = python_path
        self.property = "" if secret else wire_path
        """Path of wire names, such as ``engineConfig.engine``; empty for a secret, whose value Pulumi would print."""
        self.reason = f"{wire_path}: {reason}" if secret else reason


@dataclass(frozen=True)
class Examples:
    """Input values (snake_case names) for tests and docs pages.

    A text that begins with ``$`` is a reference. ``$workspace_id`` is an output of the first needed object that has it,
    ``$Pipeline.name`` an output of the needed Pipeline, and ``$model_file`` a file.
    """

    inputs: Mapping[str, Any]
    update: Mapping[str, Any]
    """A change that updates in place; empty if nothing can change in place."""
    replace: Mapping[str, Any]
    """A change that replaces; empty if nothing replaces."""
    needs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Other resources to create first: class → inputs."""

    @classmethod
    def resolved(cls, value: Any, referred: Callable[[str], Any]) -> Any:
        """Return ``value`` with ``referred(name)`` in place of each reference ``$name``."""
        if isinstance(value, str) and value.startswith("$"):
            return referred(value[1:])
        if isinstance(value, Mapping):
            return {key: cls.resolved(inner, referred) for key, inner in value.items()}
        return (
            [cls.resolved(inner, referred) for inner in value] if isinstance(value, list | tuple) else value
        )


class Resource(ABC, Generic[InputsT, OutputsT]):
    """A kind of object: its definition and its handler. Subclasses are stateless and live in ``resources/``.

    Handlers receive validated models and raise WallarooError. They never read configuration, environment or clocks.
    Outputs contain every input in its canonical form, because a diff compares the last outputs with the new inputs.
    """

    kind: ClassVar[str]
    """The class name in programs, and the last part of the type token."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "outputs" in vars(cls):
            cls.outputs.observed = True
        if "id_parts" in vars(cls):
            cls.id_format = f"`{'/'.join(f'<{part}>' for part in cls.id_parts)}`"

    inputs: type[InputsT]
    outputs: type[OutputsT]
    examples: ClassVar[Examples]

    id_format: ClassVar[str]
    """The format of the Pulumi id, for docs and messages. The id alone is enough to read the object."""

    id_parts: ClassVar[Mapping[str, str]] = {}
    """The parts of an id such as ``12/fraud``: what each is → ``"int"`` or ``"str"``. They make ``id_format``."""

    from_id: ClassVar[Mapping[str, str]] = {}
    """Outputs that the Pulumi id also contains: name → ``"int"`` or ``"str"``. They stay known in the preview of an
    update, while Pulumi drops all other computed outputs."""

    natural_key: ClassVar[tuple[str, ...]] = ()
    """The inputs that identify the object before it has an id, for references in :meth:`validate`."""

    deletion: ClassVar[str]
    """For the docs: what deleting does, and what stays."""

    delete_before_replace: ClassVar[bool] = False
    """Whether a replacement that keeps the name must delete the old object first, because the name is unique. Leave it
    out if only a change of the natural key replaces: then both objects can exist at the same time."""

    def has_failed(self, prior: Mapping[str, Any]) -> bool:
        """Whether the object no longer works, so that a new one can be made beside it.

        ``prior`` contains the last outputs (wire names).
        """
        del prior
        return False

    def left_by_replacement(self, prior: Mapping[str, Any]) -> str:
        """Return what stays of the object when it is replaced, for the preview, or "" if it is deleted.

        ``prior`` contains the last outputs (wire names).
        """
        del prior
        return ""

    def complete(self, inputs: InputsT, prior: Mapping[str, Any]) -> InputsT:
        """Fill in the inputs marked COMPUTED_IN_CHECK. Runs in check, without a client.

        ``inputs`` may contain UNKNOWN anywhere. ``prior`` contains the last checked inputs (wire names), and is empty
        for a new resource. Raises InvalidInput.
        """
        del prior
        return inputs

    def validate(self, ctx: Context[Any], desired: InputsT) -> Iterable[InvalidInput]:
        """Return what the instance would reject, such as names in use and missing objects. Only reads.

        Called for new and changed resources, if the user enabled it. ``desired`` may contain UNKNOWN, which passes.
        References to objects in ``ctx.validated``, or to the stack's own objects, pass too.
        """
        del ctx, desired
        return ()

    def existing(self, ctx: Context[Any], desired: InputsT) -> str | None:
        """Return the id of the object that a create would adopt, or None. Only reads.

        Called in validation, for inputs without UNKNOWN that :meth:`validate` accepted.
        """
        del ctx, desired
        return None

    def left_out(self, given: Collection[str]) -> Collection[str]:
        """Return the inputs (wire names) that a read leaves out, because the program gives others instead.

        ``given`` contains the wire names of the inputs in the state, or of all that have a value if there are none.
        """
        del given
        return ()

    def require_id(self, id: str) -> None:
        """Raise ObjectError for an id that no object of this kind can have, such as that of another kind."""
        types = [*(self.id_parts or self.from_id or {"id": "str"}).values()]
        parts = id.split("/", len(types) - 1)
        if len(parts) < len(types) or not all(
            part.isdecimal() if type == "int" else part for type, part in zip(types, parts, strict=True)
        ):
            raise ObjectError(f"{id!r} is no id of a {self.kind}: give {self.id_format}")

    @abstractmethod
    def id_of(self, outputs: OutputsT) -> str:
        """Return the Pulumi id."""

    @abstractmethod
    def create(self, ctx: Context[Any], desired: InputsT) -> OutputsT:
        """Create the object, or adopt the one of an interrupted create; never create a second one."""

    @abstractmethod
    def read(self, ctx: Context[Any], id: str, prior: OutputsT | None) -> OutputsT | None:
        """Return the observed object, or None if it no longer exists. ``prior`` is None if only the id is known."""

    def update(self, ctx: Context[Any], id: str, prior: OutputsT, desired: InputsT) -> OutputsT:
        """Update in place. The default is for resources of which only local fields can change in place."""
        del ctx, id
        return self.with_local(prior, desired)

    def finish(self, ctx: Context[Any], id: str, prior: OutputsT, desired: InputsT) -> OutputsT:
        """Wait for the work that a create left unfinished, as it set in ``ctx.call.unfinished``."""
        return self.update(ctx, id, prior, desired)

    @abstractmethod
    def delete(self, ctx: Context[Any], id: str, prior: OutputsT) -> None:
        """Remove the object, or as much of it as the API allows, and report what stays."""

    def adoptable(self, ctx: Context[Any], id: str, prior: OutputsT) -> Mapping[str, Any]:
        """Return the current values of what creates pass to :meth:`Context.claim`, empty if the object is gone."""
        del ctx, id, prior
        return {}

    def leave(self, ctx: Context[Any], id: str, prior: OutputsT, found: Mapping[str, Any]) -> str:
        """Restore what adopting the object changed, and return a description of it, or an empty string.

        Called instead of :meth:`delete` for an adopted object. ``found`` contains the values that the create passed to
        :meth:`Context.claim`, updated with values that others have set since.
        """
        del ctx, id, prior, found
        return ""

    def with_local(self, prior: OutputsT, desired: InputsT) -> OutputsT:
        """Return the outputs after a change of local fields only: all others stay as recorded."""
        local = {name for name, _ in fields_with(self.inputs, STATE_ONLY)}
        local -= {name for name, _ in fields_with(self.inputs, CREATE_ONLY)}
        return prior.model_copy(update={name: getattr(desired, name) for name in local})

    def result(self, desired: InputsT, **computed: Any) -> OutputsT:
        """Return the outputs: every desired input and the computed values."""
        return self.outputs.model_validate({**desired.model_dump(), **computed})
