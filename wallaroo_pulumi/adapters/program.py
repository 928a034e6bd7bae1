"""The base classes of the resources that programs declare: dynamic ones, and those that the plugin serves.

Both have the same properties. They differ in the type token and in what is sent beside the inputs. Each has the other's
type as an alias, so that a stack moves from one to the other without a change.

Every declaration passes through here, and programs import it first: so neither the kernel nor pydantic nor HTTP is
imported at import.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import functools
import itertools
import os
import pickle
import pickletools
from collections.abc import Mapping
from typing import Any, ClassVar, Final, Self, cast, get_type_hints

import pulumi

from ..core.names import INVALID
from .dynamic import AUTONAME_KEY, PROVIDER_KEY, DynamicProvider
from .inputs import FREE, Arguments, InputError, Shape, wire_path
from .program_settings import require_settings
from .pulumi_values import DYNAMIC, NATIVE, SOURCES_KEY
from .transforms import name_options_as_on_the_wire

_PATHS: Final = ("ignore_changes", "replace_on_changes", "additional_secret_outputs", "hide_diffs")
"""Options that name properties. Older SDKs have no ``hide_diffs``."""


@functools.cache
def _reference(kind: str) -> str:
    """What the state holds of a provider, in inputs and outputs of every resource: hence the tightest pickle.

    Not from Pulumi's ``serialize_provider``, which is for classes of the program: besides being larger, every call of
    it patches Python's pickler anew and leaves the patch there, so that each is slower than the one before, and about
    the thousandth ends in a RecursionError.
    """
    tight = pickletools.optimize(pickle.dumps(DynamicProvider(kind), protocol=2))
    return base64.b64encode(tight).decode()


class WallarooResource(pulumi.CustomResource):
    """Base of the resources that programs declare; the classes themselves are generated (``classes.py``)."""

    _types: ClassVar[tuple[str, str]] = (DYNAMIC, NATIVE)
    """The beginning of the type token, and of the alias."""

    _kind: ClassVar[str]
    _wire_names: ClassVar[Mapping[str, str]]
    """Every input and output: Python name → wire name."""
    _shapes: ClassVar[Mapping[str, Shape]]
    """Wire names of the properties that hold objects, or are no plain values."""
    _secrets: ClassVar[tuple[str, ...]]
    """Wire names of secret properties."""
    _from_id: ClassVar[Mapping[str, type]]
    """Wire names of the outputs that the id tells too, and their types."""
    _autonamed: ClassVar[str | None]
    """Wire name of the property that is named after the resource when left out."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if hasattr(cls, "_kind"):
            name_options_as_on_the_wire(cls._types[0] + cls._kind, cls._wire_options)

    def __init__(
        self, resource_name: str, inputs: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        _evaluate_annotations(type(self))
        type_token, other_type = (prefix + self._kind for prefix in self._types)
        opts = pulumi.ResourceOptions.merge(opts, None)
        opts.aliases = [*(opts.aliases or ()), _alias(other_type, resource_name, opts)]
        # Only keys among the given properties become attributes (docs/internals/dynamic-host.md#calls).
        props: dict[str, Any] = dict.fromkeys(self._wire_names.values())
        arguments = Arguments(f"{self._kind} {resource_name!r}")
        for name, value in inputs.items():
            props[self._wire_names[name]] = self._plain(arguments, name, value)
        props.update(self._private(resource_name, inputs, props, opts))
        self.__dict__["_given"] = props
        super().__init__(type_token, resource_name, props, opts)
        if pulumi.runtime.is_dry_run():
            for name, of in self._from_id.items():
                self.__dict__[name] = _known_first(self.__dict__[name], self.id, of)

    def _private(
        self,
        resource_name: str,
        inputs: Mapping[str, Any],
        props: Mapping[str, Any],
        opts: pulumi.ResourceOptions,
    ) -> dict[str, Any]:
        """What the dynamic provider needs beside the properties, which it does not store."""
        require_settings()
        private = {PROVIDER_KEY: _reference(self._kind), **self._sources(inputs)}
        if self._autonamed and props[self._autonamed] is None and opts.id is None:
            private[AUTONAME_KEY] = self._autoname(resource_name, opts.parent)
        return private

    def _sources(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """What tells check, in a preview, which inputs come from the same Output."""
        sources = {
            self._wire_names[name]: _source(value)
            for name, value in inputs.items()
            if isinstance(value, pulumi.Output)
        }
        return {SOURCES_KEY: sources} if sources and pulumi.runtime.is_dry_run() else {}

    @classmethod
    def _read(
        cls, resource_name: str, id: pulumi.Input[str | int], opts: pulumi.ResourceOptions | None
    ) -> Self:
        resource = cls.__new__(cls)
        # Ids are numbers everywhere else in these classes (and floats on Pulumi's wire), but text to Pulumi.
        arguments = Arguments(f"{cls._kind}.get({resource_name!r})")
        given = arguments.plain(id, "id")
        text = (
            given.apply(lambda known: _known_id_text(arguments, known))
            if isinstance(given, pulumi.Output)
            else _id_text(arguments, given)
        )
        WallarooResource.__init__(
            resource, resource_name, {}, pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=text))
        )
        return resource

    def _output(self, wire_name: str) -> pulumi.Output[Any]:
        """The output; None while the resource is being declared, when transformations see it."""
        return cast("pulumi.Output[Any]", self.__dict__.get(wire_name))

    def _python_output(self, wire_name: str) -> pulumi.Output[Any]:
        """An output with objects, or numbers that may be whole, as programs see them."""
        key, output = f"python {wire_name}", self._output(wire_name)
        if output is not None and key not in self.__dict__:
            self.__dict__[key] = output.apply(self._shapes.get(wire_name, FREE).to_python)
        return self._output(key)

    def _plain(self, arguments: Arguments, name: str, value: Any) -> Any:
        """The value of an input (Python name) as it is sent."""
        wire = self._wire_names[name]
        secret = wire in self._secrets
        value = arguments.plain(value, name, self._shapes.get(wire, FREE), secret=secret)
        return pulumi.Output.secret(value) if secret and value is not None else value

    # --- transformations, which run inside Pulumi's initializer: those of the resource, then those of its parents

    @property
    def _transformations(self) -> list[pulumi.ResourceTransformation]:
        return [*self.__dict__["_transformations"], _finish]

    @_transformations.setter
    def _transformations(self, transformations: list[pulumi.ResourceTransformation]) -> None:
        self.__dict__["_transformations"] = transformations

    def _finished(self, name: str, props: Mapping[str, Any]) -> dict[str, Any]:
        """The properties, when transformations may have changed them: named as on the wire, and converted."""
        given, arguments = self.__dict__["_given"], Arguments(f"{self._kind} {name!r}")
        finished: dict[str, Any] = {}
        for key, value in props.items():
            python = next((p for p, wire in self._wire_names.items() if key in (p, wire)), None)
            if python is None or (key in given and given[key] is value):
                finished.setdefault(key, value)
            else:
                finished[self._wire_names[python]] = self._plain(arguments, python, value)
        return finished

    @classmethod
    def _wire_options(cls, opts: pulumi.ResourceOptions) -> pulumi.ResourceOptions:
        """Options in which properties are named as on the wire, and computed secrets are marked."""
        given = {option: paths for option in _PATHS if (paths := getattr(opts, option, None))}
        if not (given or cls._secrets):
            return opts
        opts = pulumi.ResourceOptions.merge(opts, None)
        for option, paths in given.items():
            setattr(opts, option, [wire_path(path, cls._wire_names, cls._shapes) for path in paths])
        secrets = opts.additional_secret_outputs or ()
        opts.additional_secret_outputs = list(dict.fromkeys([*secrets, *cls._secrets]))
        return opts

    def _autoname(self, resource_name: str, parent: pulumi.Resource | None) -> pulumi.Input[str]:
        from ..core.names import autoname

        stack = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
        if parent is None:
            return autoname(resource_name, f"{stack}/{self._kind}::{resource_name}")
        # The name hangs on the parent's URN, but not on the parent: a component is done when its children are.
        urn = pulumi.Output(set(), parent.urn.future(), parent.urn.is_known())
        return urn.apply(lambda urn: autoname(resource_name, f"{urn}/{self._kind}::{resource_name}"))


class NativeResource(WallarooResource):
    """Makes a generated class one that the plugin serves; it comes first among the bases.

    The plugin is configured by the engine, and names objects itself.
    """

    _types = (NATIVE, DYNAMIC)

    def _private(
        self,
        resource_name: str,
        inputs: Mapping[str, Any],
        props: Mapping[str, Any],
        opts: pulumi.ResourceOptions,
    ) -> dict[str, Any]:
        del resource_name, props, opts
        return self._sources(inputs)


def _id_text(arguments: Arguments, id: Any) -> str:
    """An id as Pulumi keeps it. Raises InputError."""
    if isinstance(id, str) and id.strip():
        return id
    if isinstance(id, int | float) and not isinstance(id, bool) and not id % 1:
        return f"{id:.0f}"
    raise arguments.reject("id", "must be text or a whole number", repr(id))


def _known_id_text(arguments: Arguments, id: Any) -> str:
    """The id that an Output has. It may be secret, so the error does not show it."""
    try:
        return _id_text(arguments, id)
    except InputError as error:
        line = error.without_value
    if isinstance(id, Mapping) and INVALID in id:  # the line of a value that was rejected before
        line = str(id[INVALID])
    raise InputError(line)  # outside, because the error that shows the id must not become its context


_numbers: Final = itertools.count()


def _source(output: pulumi.Output[Any]) -> str:
    """A name of this Output alone; its ``id()`` may be that of another one later.

    It contains the process, because the plugin declares the resources of components in another one.
    """
    return cast(str, output.__dict__.setdefault("_wallaroo_source", f"{os.getpid()}/{next(_numbers)}"))


def _finish(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
    """The last transformation of every resource of ours. Children of one inherit it, and may be of any other kind."""
    resource = args.resource
    if not isinstance(resource, WallarooResource):
        return None
    return pulumi.ResourceTransformationResult(
        resource._finished(args.name, args.props), resource._wire_options(args.opts)
    )


def _known_first(prop: pulumi.Output[Any], id: pulumi.Output[str], of: type) -> pulumi.Output[Any]:
    """``prop`` when it is known, else what ``id`` tells.

    In the preview of an update Pulumi knows the id and forgets the computed outputs, which would make every
    dependent look as if it were to be replaced.
    """

    async def pick() -> tuple[Any, bool]:
        """Return the value, and whether it is known."""
        if not await prop.is_known() and await id.is_known():
            # An id that is not ours: a mock made it up.
            with contextlib.suppress(ValueError):
                return of(str(await id.future())), True
        return await prop.future(), await prop.is_known()

    picked = asyncio.ensure_future(pick())

    async def value() -> Any:
        return (await picked)[0]

    async def is_known() -> bool:
        return (await picked)[1]

    return pulumi.Output(prop.resources(), value(), is_known(), prop.is_secret())


def _alias(type_: str, name: str, opts: pulumi.ResourceOptions) -> pulumi.Alias | str:
    """The same resource with another type. Pulumi takes a fifth of a declaration's time to make a URN of an Alias."""
    if opts.parent is not None:
        return pulumi.Alias(type_=type_)  # the URN contains the types of the parents
    return f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::{type_}::{name}"


_evaluated: set[type] = set()


def _evaluate_annotations(cls: type[WallarooResource]) -> None:
    """Let the types of the outputs be types, not texts, which Pulumi would evaluate again for each resource."""
    if cls in _evaluated:
        return
    _evaluated.add(cls)
    for base in cls.__mro__:
        for prop in vars(base).values() if issubclass(base, WallarooResource) else ():
            if isinstance(prop, property) and hasattr(prop.fget, "_pulumi_name"):
                prop.fget.__annotations__.update(get_type_hints(prop.fget))
