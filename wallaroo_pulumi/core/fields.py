"""Fields of a resource: how a definition says what each property means.

A definition is a pydantic model whose fields carry markers::

    class Inputs(Properties):
        name: Annotated[DnsLabel, FORCES_REPLACEMENT, Field(description="…")]

Check, diff, refresh, secrets, the generated classes and the docs pages are all derived from these.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, TypeVar, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PositiveInt,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
)
from pydantic.fields import FieldInfo

from .names import DNS_LABEL, DNS_LABEL_RULE, as_dns_label, wire_name


@dataclass(frozen=True)
class Marker:
    """What a property means beyond its type; ``text`` is what the docs pages say of it."""

    text: str


FORCES_REPLACEMENT: Final = Marker("changing it replaces the object")
AUTONAMED: Final = Marker("resource name and 7 hex characters if not set")
SERVER_FILLS: Final = Marker("server default if not set")
LOCAL: Final = Marker("stored in the state only, not on the instance")
ONLY_AT_CREATION: Final = Marker("used at creation only; a later change has no effect")
COMPUTED_IN_CHECK: Final = Marker("computed from other inputs")
"""Among the inputs so that a preview shows its change, but not a parameter: ``Resource.complete`` fills it in."""
DERIVED: Final = Marker("follows from other inputs and is no difference by itself")
ARROW_SCHEMA: Final = Marker("an Arrow schema: a `pyarrow.Schema`, or base64 of its serialised form")
SECRET: Final = Marker("secret")
UNORDERED: Final = Marker("the order does not matter")


class Unknown:
    """The type of :data:`UNKNOWN`."""

    __slots__ = ()  # without attributes of its own, pydantic does not take it for an empty nested object

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()
"""Stands for a value that a preview cannot know yet, at any depth of a property."""


def _known_or(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    return value if value is UNKNOWN else validate(value)


T = TypeVar("T")
Element = Annotated[T, WrapValidator(_known_or)]
"""The type of a list's or a mapping's elements, each of which may be unknown: ``list[Element[Step]]``."""


class Properties(BaseModel):
    """The properties of a resource. Unknown values pass through every validation untouched."""

    model_config = ConfigDict(
        alias_generator=wire_name,
        populate_by_name=True,
        extra="forbid",
        defer_build=True,  # a run uses few of the kinds; the others should not cost it anything
    )

    @field_validator("*", mode="wrap")
    @classmethod
    def _let_unknowns_through(cls, value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
        return _known_or(value, validate)

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        secrets = {name for name, _ in fields_with(type(self), SECRET)}
        for name, value in super().__repr_args__():
            yield name, "***" if name in secrets and value is not None else value

    def to_wire(self) -> dict[str, Any]:
        """The canonical form on Pulumi's wire: camelCase keys, plain values, nothing that is None below the top."""
        wire = self.model_dump(by_alias=True, warnings=False)
        return {name: _without_none(value) for name, value in wire.items()}


class Adopting(Properties):
    """The input that all kinds share whose create may adopt an existing object."""

    delete_adopted: Annotated[
        bool,
        LOCAL,
        Field(
            description="Whether deleting the resource removes an object that existed before it and was adopted. By "
            "default such an object is left as it was found."
        ),
    ] = False


class Adopted(Properties):
    """The output that goes with :class:`Adopting`."""

    adopted: Annotated[
        bool,
        LOCAL,
        Field(description="Whether the object existed before the resource, which adopted it."),
    ] = False


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_none(v) for k, v in value.items() if v is not None}
    if isinstance(value, list | tuple):
        return [_without_none(v) for v in value]
    return value


def fields_with(model: type[BaseModel], *markers: Marker) -> Iterator[tuple[str, FieldInfo]]:
    """The (name, field) pairs of ``model`` that carry any of ``markers``."""
    for name, field in model.model_fields.items():
        if any(marker in field.metadata for marker in markers):
            yield name, field


# --- types that several resources share -------------------------------------------------------------------


def _dns_label(value: Any) -> Any:
    if isinstance(value, str) and not DNS_LABEL.fullmatch(value):
        raise ValueError(f"{DNS_LABEL_RULE}; this name would do: {as_dns_label(value)!r}")
    return value


def _email(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    # Keycloak keeps addresses in lower case and compares them so; one canonical form avoids false differences.
    address = value.strip().lower()
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", address):
        raise ValueError("an e-mail address is needed, such as mary.jane@example.com")
    return address


def _positive_id(value: Any) -> Any:
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    if isinstance(value, bool) or not re.fullmatch(r"0*[1-9][0-9]*", text):
        raise ValueError("a positive whole number is needed, such as the workspace_id of a Workspace")
    return int(text)


def _upper(value: Any) -> Any:
    # The API returns roles in upper case, the vendor's SDK sends lower case (docs/internals/mlops-api.md#workspaces).
    return value.upper() if isinstance(value, str) else value


DnsLabel = Annotated[str, BeforeValidator(_dns_label)]
Email = Annotated[str, BeforeValidator(_email)]
WorkspaceId = Annotated[PositiveInt, BeforeValidator(_positive_id)]
Role = Annotated[Literal["OWNER", "COLLABORATOR"], BeforeValidator(_upper)]
Adopt = Literal["never", "if_empty", "always"]
AdoptSame = Literal["never", "if_same"]

ROLES: Final[tuple[str, ...]] = get_args(get_args(Role)[0])
