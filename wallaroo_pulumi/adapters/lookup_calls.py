"""How programs call ``get_*``: in the program's process (dynamic), or through the plugin (native).

The functions themselves are generated (``functions.py``, ``native_functions.py``). Under ``pulumi.runtime.set_mocks``
both call the mocks' ``call``, with the token ``wallaroo:index:<function in camelCase>`` and wire names.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, Self, TypeVar, cast

import pulumi
from pulumi.runtime.settings import SETTINGS

from ..core.names import wire_name
from ..errors import WallarooError
from .inputs import FREE, Arguments, InputError, Shape
from .program_settings import lookup_settings, require_settings, under_mocks
from .session import provider

T = TypeVar("T")
ResultT = TypeVar("ResultT", bound="FromWire")


class FromWire:
    """Base of the results, which are dataclasses."""

    _shapes: ClassVar[Mapping[str, Shape]] = {}
    """Wire names of the fields that hold objects."""
    _elements: ClassVar[Mapping[str, type[FromWire]]] = {}
    """Fields that are lists of other results."""

    @classmethod
    def from_wire(cls, value: Mapping[str, Any]) -> Self:
        """Return the result with the fields that the wire contains."""
        fields: dict[str, Any] = {}
        for field in dataclasses.fields(cast(Any, cls)):
            if (wire := wire_name(field.name)) not in value:
                continue
            found = value[wire]
            if of := cls._elements.get(field.name):
                fields[field.name] = [of.from_wire(element) for element in found]
            else:
                fields[field.name] = cls._shapes.get(wire, FREE).to_python(found)
        return cls(**fields)


# --- dynamic ----------------------------------------------------------------------------------------------


def look_up(function: str, result: type[ResultT], arguments: Mapping[str, Any]) -> ResultT:
    """Ask the instance from the program's process. Raises InputError, and RunError with one line."""
    # Imported here: programs that only declare resources need neither HTTP nor models.
    from ..provider.lookups import LOOKUPS, BadArgument

    token, given = _prepared(function, arguments)
    lookup = LOOKUPS[token]
    try:
        known = lookup.parse(given).to_wire()
    except BadArgument as error:
        raise InputError(str(error)) from None
    if under_mocks():
        return result.from_wire(pulumi.runtime.invoke(token, known).value)
    require_settings()
    try:
        return result.from_wire(lookup.call(provider(lookup_settings()).context.client, known))
    except WallarooError as error:
        raise pulumi.RunError(str(error)) from None


def output_variant(function: Callable[..., T], **arguments: Any) -> pulumi.Output[T]:
    """Call ``function`` once the arguments are known and the resources that they come from exist."""

    async def off_the_event_loop(given: Mapping[str, Any]) -> T:
        # The lookup waits for the network; the program's other resources go on meanwhile.
        return await asyncio.to_thread(function, **given)

    given = pulumi.Output.all(**arguments)

    async def known() -> bool:
        made = [r for r in await given.resources() if isinstance(r, pulumi.CustomResource)]
        return await given.is_known() and all([await r.id.is_known() for r in made])

    ready = pulumi.Output(given.resources(), given.future(), known(), given.is_secret())
    # Output.all() of nothing gives a list.
    return ready.apply(lambda given: off_the_event_loop(dict(given or {})))


# --- native -----------------------------------------------------------------------------------------------


def invoke(
    function: str, result: type[ResultT], arguments: Mapping[str, Any], opts: pulumi.InvokeOptions | None
) -> ResultT:
    """Ask the instance through the plugin. Raises InputError, and RunError with one line."""
    token, given = _prepared(function, arguments)
    try:
        return result.from_wire(pulumi.runtime.invoke(token, given, opts).value)
    except Exception as error:  # Pulumi raises no other type
        raise _one_line(token, error) from None


def invoke_output(
    function: str,
    result: type[ResultT],
    arguments: Mapping[str, Any],
    opts: pulumi.InvokeOptions | pulumi.InvokeOutputOptions | None,
) -> pulumi.Output[ResultT]:
    """Ask the instance through the plugin once the arguments are known."""
    token, given = _prepared(function, arguments)
    with _unwatched():
        response = pulumi.runtime.invoke_output(token, given, opts)

    async def or_one_line(part: Awaitable[T]) -> T:
        try:
            return await part
        except Exception as error:  # Pulumi raises no other type
            raise _one_line(token, error) from None

    return pulumi.Output(
        _or(set(), response.resources()),
        or_one_line(response.future()),
        _or(True, response.is_known()),
        _or(False, response.is_secret()),
    ).apply(lambda value: result.from_wire(value or {}))


@contextmanager
def _unwatched() -> Iterator[None]:
    """Let the program's end not await the Outputs that are made inside: it awaits those that follow from them.

    Pulumi ends a program with the exception of any Output that failed, whichever it meets first; only ours is a line.
    """
    before = set(map(id, SETTINGS.outputs))
    yield
    with SETTINGS.lock:
        for output in [each for each in SETTINGS.outputs if id(each) not in before]:
            SETTINGS.outputs.remove(output)


def _or(default: T, part: Awaitable[T]) -> asyncio.Future[T]:
    """Return the part of an Output, or the default if the Output fails: one exception is enough."""

    async def found() -> T:
        try:
            return await part
        except Exception:
            return default

    return asyncio.ensure_future(found())


def _prepared(function: str, arguments: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the token and the arguments by wire names, without those that are None. Raises InputError."""
    call = Arguments(function)
    given = {
        wire_name(name): plain
        for name, value in arguments.items()
        if (plain := call.plain(value, name, secret=True)) is not None
    }
    return f"wallaroo:index:{wire_name(function)}", given


def _one_line(token: str, error: Exception) -> pulumi.RunError:
    return pulumi.RunError(str(error).removeprefix(f"invoke of {token} failed: "))
