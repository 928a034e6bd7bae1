"""One neutral table of kinds, objects, properties and functions, made from the definitions.

It contains no text of a language and nothing of Pulumi. Names are those of the wire. ``schema.json`` is generated from
it, and so are the classes that only programs of the plugin use.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import re
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ..config import TABLE, Setting
from ..core.fields import (
    AUTONAMED,
    COMPUTED_IN_CHECK,
    FORCES_REPLACEMENT,
    SECRET,
)
from ..core.names import wire_name
from ..core.resource import Resource
from ..resources import RESOURCES
from .lookups import LOOKUPS, Lookup

PlainName = Literal["string", "integer", "number", "boolean", "any"]


@dataclass(frozen=True)
class Plain:
    """A value without structure."""

    name: PlainName


@dataclass(frozen=True)
class ListOf:
    element: Type


@dataclass(frozen=True)
class MapOf:
    """An object whose keys are the user's."""

    value: Type


@dataclass(frozen=True)
class Named:
    """An object or an enumeration of the schema, by its name."""

    name: str
    enumeration: bool = False


@dataclass(frozen=True)
class OneOf:
    types: tuple[Type, ...]


Type = Plain | ListOf | MapOf | Named | OneOf
_ANY: Final = Plain("any")
_PLAIN: Final[Mapping[object, Plain]] = {
    str: Plain("string"),
    int: Plain("integer"),
    float: Plain("number"),
    bool: Plain("boolean"),
    Any: _ANY,
}


@dataclass(frozen=True)
class Property:
    """A property of a kind, an object, or a function's arguments or result."""

    name: str
    description: str
    type: Type
    required: bool
    secret: bool = False
    replaces: bool = False
    default: str | int | float | bool | None = None
    """The default, if it is a plain value."""


@dataclass(frozen=True)
class Object:
    """The type of a nested value."""

    name: str
    description: str
    properties: Sequence[Property]


@dataclass(frozen=True)
class Enumeration:
    """The type of a text with a fixed set of values."""

    name: str
    values: Sequence[str]


@dataclass(frozen=True)
class Kind:
    """A kind of resource."""

    name: str
    description: str
    inputs: Sequence[Property]
    outputs: Sequence[Property]
    """All outputs: the inputs too."""


@dataclass(frozen=True)
class Function:
    """A lookup."""

    name: str
    description: str
    arguments: Sequence[Property]
    result: Sequence[Property]


@dataclass(frozen=True)
class Schema:
    """The package."""

    kinds: Sequence[Kind]
    functions: Sequence[Function]
    objects: Sequence[Object]
    enumerations: Sequence[Enumeration]
    settings: Sequence[Property]


@functools.cache
def schema() -> Schema:
    """Return the table of this version of the package."""
    return _Maker().schema()


class _Maker:
    """Collects the nested types while it reads the definitions."""

    def __init__(self) -> None:
        self._objects: dict[str, Object] = {}
        self._enumerations: dict[tuple[str, ...], Enumeration] = {}

    def schema(self) -> Schema:
        kinds = [self._kind(resource) for resource in RESOURCES.values()]
        functions = [self._function(lookup) for lookup in LOOKUPS.values()]
        return Schema(
            kinds,
            functions,
            sorted(self._objects.values(), key=lambda each: each.name),
            sorted(self._enumerations.values(), key=lambda each: each.name),
            [_setting(setting) for setting in TABLE],
        )

    def _kind(self, resource: Resource[Any, Any]) -> Kind:
        inputs = [
            self._property(name, field, resource.kind, optional=AUTONAMED in field.metadata)
            for name, field in resource.inputs.model_fields.items()
            if COMPUTED_IN_CHECK not in field.metadata
        ]
        return Kind(
            resource.kind,
            _neutral(inspect.getdoc(resource) or ""),
            inputs,
            [*self._outputs(resource, {each.name: each for each in inputs})],
        )

    def _outputs(self, resource: Resource[Any, Any], inputs: Mapping[str, Property]) -> Iterator[Property]:
        """The outputs. Nested objects have the form of the inputs, and so do values of a fixed set."""
        for name, field in {**resource.inputs.model_fields, **resource.outputs.model_fields}.items():
            found = self._property(name, field, resource.kind)
            given = inputs.get(found.name)
            optional = (
                field.get_default(call_default_factory=True) is None if not field.is_required() else False
            )
            yield Property(
                found.name,
                found.description,
                given.type if given else found.type,
                required=not optional,
                secret=found.secret or bool(given and given.secret),
            )

    def _function(self, lookup: Lookup) -> Function:
        return Function(
            wire_name(lookup.name),
            _neutral(lookup.description),
            self._properties(lookup.arguments, lookup.name),
            [
                dataclasses.replace(each, required=_is_always_set(field), default=None)
                for each, field in zip(
                    self._properties(lookup.result, lookup.name),
                    lookup.result.model_fields.values(),
                    strict=True,
                )
            ],
        )

    def _properties(self, model: type[BaseModel], owner: str) -> list[Property]:
        return [self._property(name, field, owner) for name, field in model.model_fields.items()]

    def _property(self, name: str, field: FieldInfo, owner: str, *, optional: bool = False) -> Property:
        default = None if field.is_required() else field.get_default(call_default_factory=True)
        plain = isinstance(default, str | int | float | bool)
        return Property(
            wire_name(name),
            _neutral(field.description or ""),
            self._type(field.annotation, name, owner),
            required=field.is_required() and not optional,
            secret=SECRET in field.metadata,
            replaces=FORCES_REPLACEMENT in field.metadata,
            default=default if plain else None,
        )

    def _type(self, annotation: Any, name: str, owner: str) -> Type:
        """The type of the property ``name`` of ``owner``, after which an enumeration is called."""
        if hasattr(annotation, "__metadata__"):
            return self._type(get_args(annotation)[0], name, owner)
        origin, parts = get_origin(annotation), get_args(annotation)
        if origin in (Union, types.UnionType):
            found = dict.fromkeys(self._type(p, name, owner) for p in parts if p is not type(None))
            return next(iter(found)) if len(found) == 1 else OneOf(tuple(found))
        if origin is Literal:
            return self._enumeration(parts, name, owner)
        if origin in (list, tuple):
            return ListOf(self._type(parts[0], name, owner))
        if origin is dict:
            return MapOf(self._type(parts[1], name, owner))
        if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
            return self._object(annotation)
        return _PLAIN[annotation]

    def _object(self, model: type[BaseModel]) -> Type:
        if model.model_config.get("extra") == "allow":
            return MapOf(_ANY)
        if model.__name__ not in self._objects:
            self._objects[model.__name__] = Object(model.__name__, "", ())  # its place, if it contains itself
            self._objects[model.__name__] = Object(
                model.__name__,
                _neutral(inspect.getdoc(model) or ""),
                self._properties(model, model.__name__),
            )
        return Named(model.__name__)

    def _enumeration(self, values: tuple[str, ...], name: str, owner: str) -> Type:
        if len(values) == 1:
            return Plain("string")
        if values not in self._enumerations:
            taken = {each.name for each in self._enumerations.values()}
            own = _capitalised(name)
            # `Type` of an object says nothing by itself.
            alone = owner not in self._objects and own not in taken
            self._enumerations[values] = Enumeration(own if alone else _capitalised(owner) + own, values)
        return Named(self._enumerations[values].name, enumeration=True)


def _is_always_set(field: FieldInfo) -> bool:
    """Whether an output always has a value."""
    return field.is_required() or field.get_default(call_default_factory=True) is not None


def _setting(setting: Setting) -> Property:
    default = setting.default
    plain: PlainName = "string"
    if isinstance(default, bool):
        plain = "boolean"
    elif isinstance(default, int | float):
        plain = "number" if isinstance(default, float) else "integer"
    variables = ", then ".join(f"`{variable}`" for variable in setting.variables)
    return Property(
        setting.key,
        f"{setting.description} Environment: {variables}.",
        Plain(plain),
        required=False,
        secret=setting.secret,
    )


def _capitalised(name: str) -> str:
    """``window_seconds`` → ``WindowSeconds``."""
    wire = wire_name(name)
    return wire[0].upper() + wire[1:]


def _neutral(text: str) -> str:
    """A description with the names of properties as on the wire, in which every language finds its own."""
    return re.sub(
        r"`+([a-z]\w*)`+",
        lambda found: f"`{wire_name(found[1])}`" if found[1] in _property_names() else f"`{found[1]}`",
        text,
    )


@functools.cache
def _property_names() -> frozenset[str]:
    resources: Iterator[type[BaseModel]] = (
        model for resource in RESOURCES.values() for model in (resource.inputs, resource.outputs)
    )
    names = {name for model in resources for name in model.model_fields}
    names |= {name for lookup in LOOKUPS.values() for name in lookup.arguments.model_fields}
    return frozenset(names | {lookup.name for lookup in LOOKUPS.values()})
