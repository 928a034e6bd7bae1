"""The engine's calls on plain dictionaries, the same for every kind and every adapter.

Each call parses, makes the checks of ``identity.py`` and ``core/ownership.py``, calls the handler and adds the private
record that the state keeps (``core/record.py``). ``check`` and ``diff`` send no request.
"""

from __future__ import annotations

import dataclasses
import functools
import threading
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from ..api import Client
from ..core.check import check
from ..core.context import Call, Context
from ..core.declarations import Declarations
from ..core.diff import Difference, diff
from ..core.fields import SECRET, STATE_ONLY, UNKNOWN, fields_with
from ..core.names import wire_name
from ..core.ownership import Ownership
from ..core.record import Record, StackEntry, resource_name
from ..core.resource import InvalidInput, Resource
from ..core.validate import validate
from ..errors import (
    ApiError,
    GoneError,
    HiddenError,
    Interrupted,
    NotFoundError,
    ObjectError,
    ReaddressedError,
    RefusedError,
    TimedOut,
    WallarooError,
)
from .adoption import ADOPTED, leaves_adopted, left_by_replacement, noting, refuse_to_replace_adopted
from .identity import UNKNOWN_INSTANCE, Identity, InstanceMismatch
from .kinds import load, name_in, required, resource_of, state_only

Wire = dict[str, Any]

_WITNESSES: Final = 20
"""How many objects of a stack are looked for on an instance that its state does not record."""


class PartialCreate(WallarooError):
    """An object was created and its background work goes on. The text is the user's line."""

    def __init__(self, id: str, outputs: Wire, line: str) -> None:
        super().__init__(line)
        self.id = id
        self.outputs = outputs


class Provider:
    """Serves all kinds of one instance for one run. Safe for threads.

    ``connect`` makes the context when the first request is due; ``accept_instance`` is the setting of this name;
    ``keeps_unfinished`` is whether the state can hold an object whose background work is not done yet.
    """

    def __init__(
        self,
        connect: Callable[[], Context[Client]],
        ownership: Ownership | None = None,
        *,
        accept_instance: str | None = None,
        validates: bool = False,
        keeps_unfinished: bool = False,
    ) -> None:
        self._connect = connect
        self._ownership = ownership or Ownership()
        self._identity = Identity(accept_instance)
        self._declarations = Declarations()
        self._validates = validates
        self._keeps_unfinished = keeps_unfinished
        self._context: Context[Client] | None = None
        self._lock = threading.Lock()

    @property
    def context(self) -> Context[Client]:
        """The context of this run; connects when first asked for."""
        with self._lock:
            if self._context is None:
                self._context = dataclasses.replace(self._connect(), ownership=self._ownership)
            return self._context

    def close(self) -> None:
        """Close the connections. No call follows."""
        if self._context is not None:
            self._context.client.close()

    def check(
        self,
        kind: str,
        urn: str | None,
        news: Mapping[str, Any],
        olds: Mapping[str, Any],
        *,
        autoname: str | None = None,
        sources: Mapping[str, Any] | None = None,
    ) -> tuple[Wire, list[InvalidInput]]:
        """Return the canonical inputs, and what is wrong with them.

        ``sources`` is for inputs that are not known yet: see :meth:`Declarations.duplicates`.
        """
        resource = resource_of(kind)
        inputs, failures = check(resource, news, olds, autoname)
        self._ownership.declare(urn, kind, inputs)
        if not failures and urn is not None:
            failures = self._declarations.duplicates(resource, urn, inputs, sources or {})
        if not failures and self._validates:
            failures = validate(resource, self.context, inputs, olds)
        return inputs, failures

    def diff(
        self, kind: str, urn: str | None, id: str, olds: Mapping[str, Any], news: Mapping[str, Any]
    ) -> Difference:
        """Compare the last outputs with the checked inputs.

        Raises ConflictError if two resources hold the object, RefusedError if it cannot be replaced.
        """
        resource = resource_of(kind)
        found = diff(resource, olds, news)
        if self._ownership.declares(urn):
            refuse_to_replace_adopted(resource, urn, id, olds, found)
        if not found.replacing:
            self._ownership.keep(kind, id, urn, olds)
        elif self._ownership.declares(urn):
            # A refresh asks for differences too, but replaces nothing: there is no declaration then.
            self._ownership.replace(kind, id, urn)
            if left := left_by_replacement(resource, olds):
                line = f"{kind} {name_in(urn, id)!r} (id {id}) is replaced, and the old one {left}"
                found = dataclasses.replace(found, leaves=line)
        if self._records_instance(urn, record := Record.of(olds)):
            replaces = record.instance is not None
            found = dataclasses.replace(found, records_instance=True, replaces_instance=replaces)
        return dataclasses.replace(found, finishes=record.unfinished)

    def create(
        self, kind: str, urn: str | None, inputs: Mapping[str, Any], *, timeout: float | None = None
    ) -> tuple[str, Wire]:
        """Make the object, or adopt it. Returns the id and the outputs.

        ``timeout`` is how many seconds the call may wait; it replaces the object's own ``timeout``. Raises
        PartialCreate if the object's background work goes on, and the state can hold such an object.
        """
        resource, ctx = resource_of(kind), self._serve(urn, timeout=timeout)
        ctx.call.leaves_adopted = leaves_adopted(resource, inputs)
        ctx.call.recognises = lambda entry: self._recognises(resource, entry)
        instance = self._require_instance(ctx, Record())
        self._identity.require_parent(ctx, inputs)
        ctx.call.keeps_unfinished = self._keeps_unfinished
        try:
            outputs = resource.create(ctx, resource.inputs.model_validate(dict(inputs)))
        except (TimedOut, Interrupted) as error:
            if not ctx.call.keeps_unfinished or ctx.call.unfinished is None:
                raise
            id, wire = _created(resource, ctx, ctx.call.unfinished(), instance, unfinished=True)
            self._ownership.keep(kind, id, urn, wire)
            raise PartialCreate(id, wire, str(error)) from None
        return _created(resource, ctx, outputs, instance)

    def read(
        self,
        kind: str,
        urn: str | None,
        id: str,
        state: Mapping[str, Any],
        given: Collection[str] | None = None,
        *,
        imports: bool = False,
    ) -> tuple[str, Wire, Wire] | None:
        """Return id, outputs and the inputs that match them; None when the object is gone.

        ``state`` holds the last outputs, or nothing when the object is read by its id alone. ``given``
        names the inputs that the state holds, None if that is unknown. ``imports``: whether the stack may take over an
        object read by its id, so that the state has to record its instance. Raises HiddenError when
        the object is there and the user may not see it.
        """
        record = Record.of(state)
        resource, ctx = resource_of(kind), self._serve(urn, record)
        ctx.call.given = given
        prior = None
        if set(state) & required(resource):
            prior = load(resource, state)
        else:
            resource.require_id(id)
        if prior is not None or imports:
            record = dataclasses.replace(record, instance=self._require_instance(ctx, record))
        outputs = resource.read(ctx, id, prior)
        if outputs is None:
            return None
        wire: Wire = outputs.to_wire()
        if imports and ADOPTED in resource.outputs.model_fields:
            wire[ADOPTED] = True  # it existed before its resource
        for name, _ in fields_with(resource.outputs, STATE_ONLY):
            # The instance cannot tell: what the state holds is the truth.
            if state.get(wire_name(name)) is not None:
                wire[wire_name(name)] = state[wire_name(name)]
        inputs = {wire_name(name): wire[wire_name(name)] for name in resource.inputs.model_fields}
        given = given or {name for name, value in inputs.items() if value is not None}
        inputs |= dict.fromkeys(resource.left_out(given))
        if prior is not None:
            record = record.noting(state, outputs.model_dump(include={*record.found}))
        record = dataclasses.replace(record, mark=ctx.call.mark)
        return resource.id_of(outputs), wire | record.to_wire(), inputs

    def update(
        self,
        kind: str,
        urn: str | None,
        id: str,
        olds: Mapping[str, Any],
        news: Mapping[str, Any],
        *,
        timeout: float | None = None,
    ) -> Wire:
        """Change the object in place. Returns the outputs. ``timeout`` as in `create`."""
        record = Record.of(olds)
        resource, ctx = resource_of(kind), self._serve(urn, record, timeout)
        desired, prior = resource.inputs.model_validate(dict(news)), load(resource, olds)
        changed = set(diff(resource, olds, news).changed)
        local = state_only(resource)
        records_instance = self._records_instance(urn, record)
        if not changed <= local or records_instance or record.unfinished:
            record = dataclasses.replace(record, instance=self._require_instance(ctx, record))
            self._identity.require_parent(ctx, olds)
        ctx.call.adopted = bool(olds.get(ADOPTED))
        if not changed <= local:
            record = noting(resource, ctx, id, olds, record, news)
            outputs = self._updated(resource.update, resource, ctx, id, prior, desired)
            if record.unfinished:
                outputs = self._updated(resource.finish, resource, ctx, id, outputs, desired)
        elif record.unfinished:
            outputs = self._updated(resource.finish, resource, ctx, id, prior, desired)
        elif records_instance and resource.read(ctx, id, prior) is None:
            raise NotFoundError(
                f"{kind} {name_in(urn, id)!r} (id {id}) does not exist on {ctx.client.url}; if this is not the stack's "
                "instance, correct wallaroo:apiUrl and wallaroo:acceptInstance; if it is, run `pulumi refresh`, then "
                "`pulumi up`"
            )
        else:
            outputs = resource.with_local(prior, desired)
        record = dataclasses.replace(record, mark=ctx.call.mark, unfinished=False)
        wire: Wire = outputs.to_wire() | record.to_wire()
        if ADOPTED in wire:
            wire[ADOPTED] = ctx.call.adopted
        return wire

    def _updated(
        self,
        change: Callable[..., Any],
        resource: Resource[Any, Any],
        ctx: Context[Client],
        id: str,
        prior: Any,
        desired: Any,
    ) -> Any:
        """Call ``change`` of the object. Raises GoneError, whatever failed, if the object no longer exists."""
        try:
            return change(ctx, id, prior, desired)
        except (HiddenError, GoneError):
            raise
        except (ApiError, ObjectError) as error:
            if _is_absent(resource, ctx, id, prior):
                name, reason = name_in(ctx.call.urn, id), str(error).partition("; ")[0]
                raise GoneError(f"{resource.kind} {name!r} (id {id}) no longer exists ({reason})") from None
            raise

    def delete(
        self,
        kind: str,
        urn: str | None,
        id: str,
        state: Mapping[str, Any],
        *,
        timeout: float | None = None,
    ) -> None:
        """Remove the object, unless another resource of the stack holds it or the stack only adopted it.

        ``timeout`` as in `create`.
        """
        record = Record.of(state)
        resource, ctx = resource_of(kind), self._serve(urn, record, timeout)
        with ctx.lock("delete", kind, id):
            self._require_instance(ctx, record)
            self._identity.require_parent(ctx, state)
            keeper = self._ownership.keeper(kind, id, urn)
            prior = load(resource, state)
            if keeper is not None:
                ctx.report(f"{kind} {name_in(urn, id)!r} (id {id}) stays: {_why(keeper, urn)}")
            elif state.get(ADOPTED) and leaves_adopted(resource, state):
                found = noting(resource, ctx, id, state, record).found
                restored = resource.leave(ctx, id, prior, found)
                ctx.report(
                    f"{kind} {name_in(urn, id)!r} (id {id}) stays {restored or 'as it is'}: this stack adopted it and "
                    "did not create it"
                )
            else:
                self._refuse_if_unmade(resource, id, urn, state)
                resource.delete(ctx, id, prior)
            self._ownership.removed(kind, id, urn)

    def _refuse_if_unmade(
        self, resource: Resource[Any, Any], id: str, urn: str | None, state: Mapping[str, Any]
    ) -> None:
        """Raise RefusedError if the program declares the object in another resource, whose create failed.

        With --continue-on-error, the engine deletes what the program no longer declares in spite of the failure.
        """
        for other, inputs in self._ownership.unmade(resource.kind, id, urn):
            replacing = {*diff(resource, state, inputs).replacing}
            # With a natural key the same object is meant, whatever else replaces it.
            key = {wire_name(name) for name in resource.natural_key}
            if not (replacing & key if key else replacing):
                raise RefusedError(
                    f"{resource.kind} {name_in(urn, id)!r} (id {id}) is not deleted: resource {resource_name(other)!r} "
                    "declares the same object and was not created; fix that error and run `pulumi up` again"
                )

    def _records_instance(self, urn: str | None, record: Record) -> bool:
        """Whether an update is due that only records the instance; one resource does it for the whole stack."""
        if record.instance is not None:
            return self._identity.replaces(record.instance)
        return not self._ownership.instances and self._ownership.recorder in (None, urn)

    def _require_instance(self, ctx: Context[Client], record: Record) -> str:
        """Return the identity to record. Raises InstanceMismatch if the instance is not the stack's.

        It is compared with what the resource records, or else with what the others of the stack do. An instance that
        does not list its accounts to this user replaces no identity.
        """
        own = record.instance if record.instance != UNKNOWN_INSTANCE else None
        recorded = {own} if own else self._ownership.instances
        identity = self._identity.require(ctx.client, recorded)
        if not recorded and not self._identity.is_accepted(ctx.client) and not self._is_stacks_instance:
            raise InstanceMismatch(
                f"the state of this stack does not record its Wallaroo instance, and {ctx.client.url} (instance "
                f"{identity}) has none of its objects; nothing was changed: set wallaroo:apiUrl (WALLAROO_API_URL) to "
                "the stack's instance, or, if the objects were deleted there, set wallaroo:acceptInstance "
                f"(WALLAROO_ACCEPT_INSTANCE) to {identity} for one `pulumi up --refresh`"
            )
        return own or identity if identity == UNKNOWN_INSTANCE else identity

    @functools.cached_property
    def _is_stacks_instance(self) -> bool:
        """For state that records no instance: whether this one has an object of the stack, or the stack has none."""
        live = self._ownership.live[:_WITNESSES]
        return not live or any(map(self._is_there, live))

    def _is_there(self, entry: StackEntry) -> bool:
        try:
            self._identity.require_parent(self._serve(entry.urn), entry.outputs)
            return self._recognises(resource_of(entry.kind), entry)
        except ObjectError:  # hidden, in a workspace that is another one, or an entry that no read can use
            return False

    def _recognises(self, resource: Resource[Any, Any], entry: StackEntry) -> bool:
        """Whether the object of the entry's id is still the one that the stack's state is about.

        Where the program made a property secret, the id alone leads to the object.
        """
        ctx = self._serve(entry.urn, Record.of(entry.outputs))
        secret = {wire_name(name): UNKNOWN for name, _ in fields_with(resource.outputs, SECRET)}
        outputs = {name: value for name, value in entry.outputs.items() if value is not UNKNOWN}
        whole = required(resource) <= {*secret, *outputs}
        prior = load(resource, {**secret, **outputs}) if whole else None
        try:
            return resource.read(ctx, entry.id, prior) is not None
        except ReaddressedError:
            return True

    def _serve(
        self, urn: str | None, record: Record | None = None, timeout: float | None = None
    ) -> Context[Client]:
        ctx = self.context
        deadline = None if timeout is None else ctx.clock() + timeout
        call = Call(urn, mark=record.mark if record else None, deadline=deadline)
        return dataclasses.replace(ctx, call=call)


def _created(
    resource: Resource[Any, Any],
    ctx: Context[Client],
    outputs: Any,
    instance: str,
    *,
    unfinished: bool = False,
) -> tuple[str, Wire]:
    """Return the id and the outputs of a create."""
    record = Record(instance, ctx.call.mark, ctx.call.found, unfinished)
    wire: Wire = outputs.to_wire() | record.to_wire()
    if ADOPTED in wire:
        wire[ADOPTED] = ctx.call.adopted
    return resource.id_of(outputs), wire


def _is_absent(resource: Resource[Any, Any], ctx: Context[Client], id: str, prior: Any) -> bool:
    """Whether the object is known to be gone. Why a change of it failed matters more than why this cannot be told."""
    try:
        return resource.read(ctx, id, prior) is None
    except WallarooError:
        return False


def _why(keeper: str, urn: str | None) -> str:
    if keeper and keeper == urn:
        return "the resource re-adopted its own object"
    return f"resource {resource_name(keeper)!r} refers to it" if keeper else "another resource refers to it"
