"""Fields of a resource: how a definition says what each property means.

A definition is a pydantic model whose fields carry markers::

    class Inputs(Properties):
        name: Annotated[DnsLabel, FORCES_REPLACEMENT, Field(description="…")]

Check, diff, refresh, secrets, the generated classes and the docs pages are all derived from these.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Final, Literal, Self, TypeVar, get_args
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    Tag,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo

from ..addresses import is_host
from ..deferred import DeferredModel
from .names import DNS_LABEL, DNS_LABEL_RULE, as_dns_label, wire_name


@dataclass(frozen=True)
class Marker:
    """What a property means beyond its type; ``text`` is what the docs pages say of it, if anything."""

    text: str


FORCES_REPLACEMENT: Final = Marker("changing it replaces the object")
AUTONAMED: Final = Marker("resource name and 7 hex characters if not set")
SERVER_DEFAULT: Final = Marker("server default if not set")
UNMANAGED_IF_NONE: Final = Marker("neither read nor changed if not set")
"""A part of the object that only this input manages: without it, what the object has is no difference."""
STATE_ONLY: Final = Marker("stored in the state only, not on the instance")
CREATE_ONLY: Final = Marker("used at creation only; a later change has no effect")
COMPUTED_IN_CHECK: Final = Marker("computed from other inputs")
"""Among the inputs so that a preview shows its change, but not a parameter: ``Resource.complete`` fills it in."""
DERIVED: Final = Marker("follows from other inputs and is no difference by itself")
ARROW_SCHEMA: Final = Marker("an Arrow schema: a `pyarrow.Schema`, or base64 of its serialised form")
SECRET: Final = Marker("secret")
STABLE: Final = Marker("")
"""A computed output that an update leaves unchanged, so that the plugin's preview of an update knows it."""
MODEL_VERSION: Final = Marker("or a ModelVersion")
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


class Properties(DeferredModel):
    """The properties of a resource, or of an object in a property. Unknown values pass every validation unchanged."""

    model_config = ConfigDict(
        alias_generator=wire_name,
        populate_by_name=True,
        extra="forbid",
        allow_inf_nan=False,
    )

    observed: ClassVar[bool] = False
    """Whether these are outputs. What the instance or the state holds may break the rules for what users declare, and
    is kept as it is."""

    @field_validator("*", mode="wrap")
    @classmethod
    def _known_and_declared(cls, value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
        try:
            return _known_or(value, validate)
        except ValidationError:
            if cls.observed:
                return value
            raise

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
        STATE_ONLY,
        Field(
            description="Whether deleting the resource removes an object that existed before it and was adopted. By "
            "default such an object stays, with its original roles, rights and activity."
        ),
    ] = False


class Adopted(Properties):
    """The output that goes with :class:`Adopting`."""

    adopted: Annotated[
        bool,
        STATE_ONLY,
        STABLE,
        Field(description="Whether the object existed before the resource, which adopted it."),
    ] = False


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_none(v) for k, v in value.items() if v is not None}
    if isinstance(value, list | tuple):
        return [_without_none(v) for v in value]
    return value


class OneOf(Properties):
    """An object with exactly one of its keys."""

    @model_validator(mode="after")
    def _one_key(self) -> Self:
        names = type(self).model_fields
        if sum(getattr(self, name) is not None for name in names) != 1:
            raise ValueError(f"an object with exactly one key is needed: {', '.join(names)}")
        return self


_marked: dict[tuple[type[BaseModel], tuple[Marker, ...]], tuple[tuple[str, FieldInfo], ...]] = {}


def fields_with(model: type[BaseModel], *markers: Marker) -> tuple[tuple[str, FieldInfo], ...]:
    """The (name, field) pairs of ``model`` that carry any of ``markers``. Found once: most calls need some."""
    if (model, markers) not in _marked:
        fields = model.model_fields.items()
        _marked[model, markers] = tuple(
            pair for pair in fields if any(marker in pair[1].metadata for marker in markers)
        )
    return _marked[model, markers]


def nearest_name(name: str, model: type[BaseModel], *, wire: bool) -> str:
    """Return a hint at the property of ``model`` that ``name`` resembles (``; did you mean 'x'?``), or nothing.

    ``wire``: whether the property goes by its wire name there.
    """
    names = {wire_name(n) if wire else n: n for n in model.model_fields}
    folded = name.replace("_", "").lower()
    same = [n for n in names if n.replace("_", "").lower() == folded]
    near = same or difflib.get_close_matches(name, names, 1)
    return f"; did you mean {near[0]!r}?" if near else ""


PLAIN: Final = Tag("plain")
OBJECT: Final = Tag("object")
BY_SHAPE: Final = Discriminator(
    lambda value: OBJECT.tag if isinstance(value, Mapping | BaseModel) else PLAIN.tag
)
"""For a value that is either plain or an object: only what is wrong with the form that was given is reported."""


# --- types that several resources share -------------------------------------------------------------------


def _dns_label(value: Any) -> Any:
    if isinstance(value, str) and not DNS_LABEL.fullmatch(value):
        raise ValueError(f"{DNS_LABEL_RULE}; this name would do: {as_dns_label(value)!r}")
    return value


_INVISIBLE: Final = frozenset(
    map(chr, (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0, *range(0x180B, 0x1810),
              *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))
)  # fmt: skip
"""Characters that show nothing although their category is that of letters, marks or symbols."""


def _misread(char: str) -> bool:
    """Whether a character shows nothing, or looks like a plain space."""
    category = unicodedata.category(char)
    return (
        category in ("Cc", "Cf", "Cs", "Zl", "Zp") or (category == "Zs" and char != " ") or char in _INVISIBLE
    )


def key_text(value: Any) -> Any:
    """Return a text that identifies an object in its canonical form (NFC).

    Raises ValueError for characters that make two different texts look the same.
    """
    if not isinstance(value, str):
        return value
    text = unicodedata.normalize("NFC", value)
    if not text:
        raise ValueError("must not be empty")
    for position, char in enumerate(text, 1):
        if _misread(char):
            name = unicodedata.name(char, "")
            raise ValueError(
                f"contains U+{ord(char):04X}{f' ({name})' if name else ''} at position {position}, which is not "
                "visible as such; remove it"
            )
    if text != text.strip(" "):
        raise ValueError(
            f"{'begins' if text[0] == ' ' else 'ends'} with a space, which is not visible; remove it"
        )
    return text


def _line(value: Any) -> Any:
    if isinstance(value, str) and (broken := re.search(r"[\x00-\x1f\x7f]", value)):
        raise ValueError(
            f"contains the control character U+{ord(broken[0]):04X} at position {broken.start() + 1}"
        )
    return value


def _email(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    # Keycloak keeps addresses in lower case and compares them so; one canonical form avoids false differences.
    address = key_text(value.strip(" \t\r\n")).lower()
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", address):
        raise ValueError("an e-mail address is needed, such as mary.jane@example.com")
    return address


def _url(value: Any) -> Any:
    if isinstance(value, str):
        value = key_text(value)
        try:
            parts = urlsplit(value)
            valid = parts.scheme in ("http", "https") and is_host(parts.hostname or "") and parts.port != 0
        except ValueError:  # a port that is none, a broken IPv6 address
            valid = False
        if not valid or " " in value:
            raise ValueError("must be an HTTP or HTTPS URL, such as https://registry.example.com")
    return value


def _cron(fields: tuple[int, ...]) -> BeforeValidator:
    def check(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        from cronsim import CronSim, CronSimError

        text = " ".join(value.split())
        if len(text.split()) not in fields:
            raise ValueError("a cron schedule of five fields is needed, such as '0 4 * * *'")
        try:
            CronSim(text, datetime.now(UTC))
            if re.search(r"#|(?<![A-Za-z])L|\dL", text.upper()):
                raise CronSimError("use no L and no #, which Kubernetes does not have")
        except CronSimError as error:
            reason = str(error)
            raise ValueError(
                f"is not a valid cron schedule: {reason[0].lower() + reason[1:]}; an example is '0 4 * * *'"
            ) from None
        return text

    return BeforeValidator(check)


def _no_truth_value(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("must be a number")
    return value


def _whole(value: float) -> float:
    """Return a number without a fraction as int."""
    return int(value) if value.is_integer() else value


def _object_id(example: str) -> BeforeValidator:
    def check(value: Any) -> Any:
        # Pulumi's ids are text, and its numbers are floats.
        text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
        if isinstance(value, bool) or not re.fullmatch(r"0*[1-9][0-9]*", text):
            raise ValueError(f"a positive whole number is needed, such as {example}")
        return int(text)

    return BeforeValidator(check)


def _upper(value: Any) -> Any:
    # The API returns roles in upper case, the vendor's SDK sends lower case (docs/internals/mlops-api.md#workspaces).
    return value.upper() if isinstance(value, str) else value


DnsLabel = Annotated[str, BeforeValidator(_dns_label)]
KeyText = Annotated[str, BeforeValidator(key_text)]
"""A name, an id, or any other text by which objects are found."""
Line = Annotated[str, BeforeValidator(_line)]
Email = Annotated[str, BeforeValidator(_email)]
WorkspaceId = Annotated[PositiveInt, _object_id("the workspace_id of a Workspace")]
ModelVersionId = Annotated[PositiveInt, _object_id("the model_version_id of a ModelVersion"), MODEL_VERSION]
PublishId = Annotated[PositiveInt, _object_id("the publish_id of a PipelinePublish")]
Url = Annotated[str, BeforeValidator(_url)]
Cron = Annotated[str, _cron((5,))]
CronWithSeconds = Annotated[str, _cron((5, 6))]
"""Five fields, or six with the seconds first."""
Number = BeforeValidator(_no_truth_value)
"""Python counts True and False among the numbers."""
Count = Annotated[PositiveInt, Number]
CountFromZero = Annotated[NonNegativeInt, Number]
Amount = Annotated[PositiveFloat, Number, AfterValidator(_whole)]
"""A quantity. Kubernetes rejects a fraction of zero for resources that it counts: 2.0 is sent as 2."""
Threshold = Annotated[NonNegativeFloat, Number]
Seconds = Annotated[PositiveFloat, Number, Field(le=7 * 24 * 3600)]
"""How long to wait: a week at most."""
Role = Annotated[Literal["OWNER", "COLLABORATOR"], BeforeValidator(_upper)]
Adopt = Literal["never", "if_empty", "always"]
AdoptSame = Literal["never", "if_same"]

ROLES: Final[tuple[str, ...]] = get_args(get_args(Role)[0])
