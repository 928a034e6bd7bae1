"""One neutral table of kinds, objects, properties and functions, made from the definitions.

It contains nothing of Pulumi. Names are those of the wire; ``key`` is the name in the definition, which Python programs
use. ``schema.json``, the classes and their docs pages are generated from it.
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

from ..api import spelling
from ..config import TABLE, Setting
from ..core.fields import (
    ARROW_SCHEMA,
    AUTONAMED,
    COMPUTED_IN_CHECK,
    FORCES_REPLACEMENT,
    MODEL_VERSION,
    SECRET,
    Adopting,
    Marker,
    fields_with,
)
from ..core.names import wire_name
from ..core.resource import Examples, Resource
from ..resources import RESOURCES
from ..resources._steps import Step
from .lookups import LOOKUPS, Lookup

PlainName = Literal["string", "integer", "number", "boolean", "any"]
Form = Literal["model version", "Arrow schema"]


@dataclass(frozen=True)
class Plain:
    """A value without structure."""

    name: PlainName
    fixed: str | None = None
    """The only value."""
    form: Form | None = None
    """What else a program may give."""


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
    text: str
    """The description, with properties named as in the definition."""
    type: Type
    required: bool
    secret: bool = False
    replaces: bool = False
    default: Any = None
    """The default, as JSON."""
    key: str = ""
    nullable: bool = False
    """Whether None is a value, besides being the default."""
    autonamed: bool = False
    shared: bool = False
    """Whether all kinds that can adopt an object have this input."""
    notes: Sequence[str] = ()
    """What the markers of the definition say."""
    observed: Type | None = None
    """The type of an output, if the instance may report other values than programs declare."""

    @property
    def description(self) -> str:
        """The text with properties named as on the wire."""
        return neutral(self.text)

    @property
    def plain_default(self) -> str | int | float | bool | None:
        """The default, if it is a plain value."""
        return self.default if isinstance(self.default, str | int | float | bool) else None


@dataclass(frozen=True)
class Object:
    """The type of a nested value."""

    name: str
    text: str
    properties: Sequence[Property]
    further: Sequence[str] | None = None
    """Other keys of which some are known; None if it has only the properties."""
    spellings: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """The API's spelling of keys, which is accepted too → ours."""

    @property
    def description(self) -> str:
        return neutral(self.text)


@dataclass(frozen=True)
class Enumeration:
    """The type of a text with a fixed set of values."""

    name: str
    values: Sequence[str]


@dataclass(frozen=True)
class Kind:
    """A kind of resource."""

    name: str
    text: str
    inputs: Sequence[Property]
    outputs: Sequence[Property]
    """All outputs: the inputs too."""
    computed: Sequence[str] = ()
    """The outputs that are no inputs (wire names), in the order of the definition."""
    replacing: Sequence[str] = ()
    """The properties (keys) whose change replaces: of the inputs, and of what check computes from them."""
    id_format: str = ""
    deletion: str = ""
    """What deleting does."""
    from_id: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Outputs (wire names) that the id contains → ``"int"`` or ``"str"``."""
    examples: Examples | None = None

    @property
    def description(self) -> str:
        return neutral(self.text)


@dataclass(frozen=True)
class Function:
    """A lookup."""

    name: str
    key: str
    text: str
    arguments: Sequence[Property]
    result: Object

    @property
    def description(self) -> str:
        return neutral(self.text)


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
            inspect.getdoc(resource) or "",
            inputs,
            [*self._outputs(resource, {each.name: each for each in inputs})],
            [
                wire_name(n)
                for n in resource.outputs.model_fields
                if wire_name(n) not in {i.name for i in inputs}
            ],
            [name for name, _ in fields_with(resource.inputs, FORCES_REPLACEMENT)],
            resource.id_format,
            resource.deletion,
            {wire_name(name): kind for name, kind in resource.from_id.items()},
            resource.examples,
        )

    def _outputs(self, resource: Resource[Any, Any], inputs: Mapping[str, Property]) -> Iterator[Property]:
        """The outputs. Nested objects have the form of the inputs, and so do values of a fixed set."""
        for name, field in {**resource.inputs.model_fields, **resource.outputs.model_fields}.items():
            found = self._property(name, field, resource.kind)
            given = inputs.get(found.name)
            optional = (
                field.get_default(call_default_factory=True) is None if not field.is_required() else False
            )
            yield dataclasses.replace(
                found,
                type=given.type if given else found.type,
                observed=found.type,
                required=not optional,
                secret=found.secret or bool(given and given.secret),
                replaces=False,
                default=None,
            )

    def _function(self, lookup: Lookup) -> Function:
        result = Object(
            lookup.result.__name__,
            inspect.getdoc(lookup.result) or "",
            self._properties(lookup.result, lookup.name),
        )
        arguments = self._properties(lookup.arguments, lookup.name)
        return Function(wire_name(lookup.name), lookup.name, lookup.description, arguments, result)

    def _properties(self, model: type[BaseModel], owner: str) -> list[Property]:
        return [self._property(name, field, owner) for name, field in model.model_fields.items()]

    def _property(self, name: str, field: FieldInfo, owner: str, *, optional: bool = False) -> Property:
        default = None if field.is_required() else field.get_default(call_default_factory=True)
        if isinstance(default, BaseModel):
            default = default.model_dump(exclude_none=True)
        found = self._type(field.annotation, name, owner)
        return Property(
            wire_name(name),
            field.description or "",
            Plain("string", form="Arrow schema") if ARROW_SCHEMA in field.metadata else found,
            required=field.is_required() and not optional,
            secret=SECRET in field.metadata,
            replaces=FORCES_REPLACEMENT in field.metadata,
            default=default,
            key=name,
            nullable=type(None) in get_args(field.annotation),
            autonamed=AUTONAMED in field.metadata,
            shared=name in Adopting.model_fields,
            notes=[marker.text for marker in field.metadata if isinstance(marker, Marker) and marker.text],
        )

    def _type(self, annotation: Any, name: str, owner: str) -> Type:
        """The type of the property ``name`` of ``owner``, after which an enumeration is called."""
        if hasattr(annotation, "__metadata__"):
            inner = self._type(get_args(annotation)[0], name, owner)
            if MODEL_VERSION in annotation.__metadata__ and isinstance(inner, Plain):
                return dataclasses.replace(inner, form="model version")
            return inner
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
        if model.__name__ not in self._objects:
            self._objects[model.__name__] = Object(model.__name__, "", ())  # its place, if it contains itself
            self._objects[model.__name__] = Object(
                model.__name__,
                inspect.getdoc(model) or "",
                self._properties(model, model.__name__),
                getattr(model, "extended", ()) if model.model_config.get("extra") == "allow" else None,
                {theirs: ours for ours, theirs in spelling.STEP.names.items()} if model is Step else {},
            )
        return Named(model.__name__)

    def _enumeration(self, values: tuple[str, ...], name: str, owner: str) -> Type:
        if len(values) == 1:
            return Plain("string", fixed=values[0])
        if values not in self._enumerations:
            taken = {each.name for each in self._enumerations.values()}
            own = _capitalised(name)
            # `Type` of an object says nothing by itself.
            alone = owner not in self._objects and own not in taken
            self._enumerations[values] = Enumeration(own if alone else _capitalised(owner) + own, values)
        return Named(self._enumerations[values].name, enumeration=True)


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


def neutral(text: str) -> str:
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
