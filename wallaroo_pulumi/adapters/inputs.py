"""What programs pass to classes, builders and functions, as values that Pulumi can send.

A program may pass a path, a number of numpy, an enumeration member or a model version. Each becomes a JSON value here.
Anything else is rejected in one line that names the argument. Only the standard library and Pulumi are imported.
"""

from __future__ import annotations

import base64
import dataclasses
import enum
import math
import numbers
import os
import re
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence, Set, ValuesView
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, TypeVar, cast

import pulumi
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import get_monitor

from ..core.names import INVALID
from ..core.quantities import LARGEST_INTEGER
from ..credentials import credentials

T = TypeVar("T")


class InputError(pulumi.RunError, ValueError):
    """A value that cannot be an input. Pulumi shows it in one line, without a traceback.

    ``without_value`` is the line for an Output, whose value may be secret.
    """

    def __init__(self, line: str, got: str = "") -> None:
        super().__init__(f"{line}, not {got}" if got else line)
        self.without_value = line


class Invalid:
    """Stands for a value of an Output that was rejected. So does every attribute of it.

    An exception in an Output would end the program with a traceback of Pulumi's own. So the value is sent, and check
    fails with the line. Where nothing checks, as under mocks, the exception is raised.
    """

    def __init__(self, line: str) -> None:
        self.line = line

    def __getattr__(self, name: str) -> Invalid:
        return self


def or_invalid(convert: Callable[[], T]) -> T | Invalid:
    """Return what ``convert`` returns for the value of an Output, or an Invalid in place of its InputError."""
    try:
        return convert()
    except InputError as error:
        line = error.without_value
    if get_monitor() is None or isinstance(get_monitor(), MockMonitor):
        raise InputError(line)
    return Invalid(line)


@dataclass(frozen=True)
class Shape:
    """How a program writes the objects of a property, where that differs from the wire.

    It applies to every element of a list too.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    """Python name of a key → wire name."""
    inner: Mapping[str, Shape] = field(default_factory=dict)
    """Wire name of a key → the objects below it. ``"*"`` stands for every key."""
    from_model: Callable[[Any], Any] | None = None
    """What stands for a model version that a program passes in place of the object."""

    def below(self, name: str) -> Shape | None:
        return self.inner.get(name) or self.inner.get("*")

    def to_python(self, value: Any) -> Any:
        """Return a value of the wire as programs see it: Python names, and whole numbers as int."""
        if isinstance(value, Mapping):
            python = {wire: name for name, wire in self.names.items()}
            return {
                python.get(key, key): (self.below(key) or FREE).to_python(part) for key, part in value.items()
            }
        if isinstance(value, list):
            return [self.to_python(part) for part in value]
        return int(value) if isinstance(value, float) and value.is_integer() else value


def wire_path(path: str, names: Mapping[str, str], shapes: Mapping[str, Shape]) -> str:
    """Return a path of Python names, such as ``engine_config.engine.node_selector``, with the names of the wire.

    ``names`` and ``shapes`` are those of the properties. Pulumi's forms ``a[0].b``, ``a["b"]`` and ``a[*]`` are kept.
    """
    result, shape = "", Shape(names, shapes)
    for separator, key in re.findall(r"""(\["|\['|\[|\.|^)([^.\[\]"']*["']?\]?)""", path):
        name = key.rstrip("\"']")
        if separator == "[":  # an index, or all elements
            result += separator + key
            continue
        wire = shape.names.get(name, name)
        result += separator + wire + key[len(name) :]
        shape = shape.below(wire) or FREE
    return result


FREE: Final = Shape()
"""Free JSON: keys are the program's."""


class Arguments:
    """Converts the arguments of one call, such as ``Workspace('fraud')``, which errors and warnings name."""

    def __init__(self, call: str) -> None:
        self._call = call

    def plain(self, value: Any, path: str, shape: Shape = FREE, *, secret: bool = False) -> Any:
        """Return ``value`` as JSON, with Outputs in it wherever the program put them.

        What looks like a credential becomes a secret, with a warning, unless all of ``value`` is ``secret``. Raises
        InputError; inside an Output, when its value is known.
        """
        found: list[str] = []
        result = self._finite(value, path, shape, None if secret else found)
        self._warn(found)
        return result

    def reject(self, path: str, reason: str, got: object = "") -> InputError:
        """Return the error. It ends in ``got``, the rejected value, unless that is the value of an Output."""
        return InputError(f"{self._call}: {path} {reason}", str(got))

    def _finite(self, value: Any, path: str, shape: Shape, found: list[str] | None, name: str = "") -> Any:
        try:
            return self._plain(value, path, shape, found, name)
        except RecursionError:
            raise self.reject(path, "is nested too deeply, or contains itself") from None

    def _plain(self, value: Any, path: str, shape: Shape, found: list[str] | None, name: str = "") -> Any:
        match value:
            case None | bool():
                return value
            case Invalid():
                return {INVALID: value.line}
            case pulumi.Output():
                secret = found is None
                return value.apply(lambda known: self._known(known, value, path, shape, secret, name))
            case enum.Enum():
                return self._plain(value.value, path, shape, found, name)
            case str():
                return self._text(str(value), path, found, name)
            case numbers.Number():
                return self._number(value, path)
            case uuid.UUID():
                return str(value)
            case os.PathLike():
                text = os.fspath(value)
                if isinstance(text, str):
                    return self._text(text, path, found, name)
            case Mapping():
                return self._object(value, path, shape, found)
            case _ if isinstance(value, list | tuple | Sequence | Set | ValuesView) and not isinstance(
                value, bytes | bytearray | memoryview
            ):
                return [
                    self._plain(part, f"{path}[{index}]", shape, found)
                    for index, part in enumerate(_ordered(value))
                ]
            case Awaitable():
                return self._plain(pulumi.Output.from_input(value), path, shape, found, name)
            case pulumi.output.Unknown():
                return value
        return self._other(value, path, shape, found)

    def _other(self, value: Any, path: str, shape: Shape, found: list[str] | None) -> Any:
        """Types that are recognised without importing their package, and what nothing can be made of."""
        if is_model(value) and shape.from_model is not None:
            return self._plain(shape.from_model(value), path, shape, found)
        package = type(value).__module__.partition(".")[0]
        if package == "numpy" and hasattr(value, "tolist"):
            return self._plain(value.tolist(), path, shape, found)
        if package == "pyarrow" and hasattr(value, "serialize"):
            return base64.b64encode(value.serialize().to_pybytes()).decode()
        raise self.reject(path, f"cannot be {_described(value)}{_hint(value, path)}")

    def _text(self, text: str, path: str, found: list[str] | None, name: str) -> Any:
        self._require_unicode(text, path)
        if found is None:
            return text
        looks = next((reason for _, reason in credentials(text, name or path)), None)
        if looks is None and _USER_IN_URL.search(text):
            looks = "looks like an address with a user or a token in it"
        if looks is None:
            return text
        found.append(f"{path} {looks}")
        return pulumi.Output.secret(text)

    def _require_unicode(self, text: str, path: str) -> None:
        if broken := _SURROGATE.search(text):
            raise self.reject(
                path,
                f"contains U+{ord(broken[0]):04X} at position {broken.start() + 1}, which is half of a character; "
                "read the text as UTF-8",
            )

    def _number(self, value: Any, path: str) -> int | float:
        if not isinstance(value, numbers.Integral | numbers.Real | Decimal):
            raise self.reject(path, f"cannot be {_described(value)}")
        number: int | float | Decimal
        try:
            number = int(value) if isinstance(value, numbers.Integral) else _whole_or_float(value)
        except (OverflowError, ValueError):  # of a Fraction or a Decimal
            number = math.nan
        if not isinstance(number, float) and not -LARGEST_INTEGER <= number <= LARGEST_INTEGER:
            raise self.reject(
                path,
                "is a whole number beyond 2^53, which Pulumi would round; give it as text, such as str(value)",
            )
        if not math.isfinite(number):
            raise self.reject(path, "must be a finite number")
        return int(number) if isinstance(number, Decimal) else number

    def _object(
        self, value: Mapping[Any, Any], path: str, shape: Shape, found: list[str] | None
    ) -> dict[str, Any]:
        result = {}
        # An environment variable is named by its `name`.
        variable = value["name"] if isinstance(value.get("name"), str) and "value" in value else ""
        for key, part in value.items():
            if isinstance(key, enum.Enum):
                key = key.value
            if not isinstance(key, str):
                raise self.reject(path, f"has the key {key!r}, which must be text; put it in quotes")
            self._require_unicode(key, path)
            wire = shape.names.get(key, key)
            if wire in result:
                raise self.reject(f"{path}.{key}", "is given twice, in two spellings; keep one of them")
            name = variable if key == "value" else ""
            result[wire] = self._plain(part, f"{path}.{key}", shape.below(wire) or FREE, found, name)
        return result

    def _known(
        self, known: Any, output: pulumi.Output[Any], path: str, shape: Shape, secret: bool, name: str
    ) -> Any:
        """The value of an Output. A credential in it makes it secret, with a warning, unless it is secret already."""
        found: list[str] = []
        result = or_invalid(lambda: self._finite(known, path, shape, None if secret else found, name))
        if isinstance(result, Invalid):
            return {INVALID: result.line}
        if not found:
            return lifted(result)

        async def warn() -> None:
            if not await output.is_secret():
                self._warn(found)

        warned: pulumi.Output[Any] = pulumi.Output.from_input(cast(Any, warn()))
        return warned.apply(lambda _: pulumi.Output.from_input(result))

    def _warn(self, found: Sequence[str]) -> None:
        for line in found:
            pulumi.log.warn(
                f"{self._call}: {line}; it is kept as a secret in the state. Pass it as a secret, such as "
                "`pulumi.Config().require_secret(...)`"
            )


_SURROGATE: Final = re.compile("[\\ud800-\\udfff]")
_USER_IN_URL: Final = re.compile(r"://(?!git@)[^/\s@]+@")


def _whole_or_float(value: numbers.Real | Decimal) -> float | Decimal:
    """A Decimal without a fraction as it is, because an int of it may be huge; any other number as a float."""
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        return value
    return float(value)


def lifted(value: Any) -> Any:
    """``value`` with the Outputs in it resolved, for the function of an ``apply``."""
    return pulumi.Output.from_input(value) if _has_output(value) else value


def _has_output(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_output(part) for part in value.values())
    if isinstance(value, list):
        return any(_has_output(part) for part in value)
    return isinstance(value, pulumi.Output)


def _ordered(value: Any) -> Any:
    """The elements of a set in one order, so that two runs of a program send the same list."""
    if isinstance(value, Set) and all(isinstance(part, str | int | float) for part in value):
        return sorted(value, key=lambda part: (str(type(part)), part))
    return value


def is_model(value: Any) -> bool:
    """Whether ``value`` is a model version: a ModelVersion of either adapter, or what ``get_model_version`` returns."""
    attributes = ("model_version_id", "version", "sha256", "name")
    return not isinstance(value, pulumi.Output) and all(_has(value, attribute) for attribute in attributes)


def model_ref(model: Any) -> dict[str, Any]:
    """A model version in steps and deployments."""
    return {"name": model.name, "version": model.version, "sha": model.sha256}


def model_step(model: Any) -> dict[str, Any]:
    """The step that infers with one model."""
    return {"modelInference": {"models": [model_ref(model)]}}


def model_id(model: Any) -> Any:
    """The id of a model version."""
    return model.model_version_id


def _has(value: Any, attribute: str) -> bool:
    """Whether the value's class has the attribute. Reading one of a resource may not be possible yet."""
    return hasattr(type(value), attribute) or attribute in getattr(type(value), "__dataclass_fields__", ())


def _described(value: Any) -> str:
    kind = type(value)
    name = (
        kind.__name__ if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}.{kind.__name__}"
    )
    return (
        f"a value of type {name}"
        if not isinstance(value, pulumi.Resource)
        else f"{'an' if kind.__name__[0] in 'AEIO' else 'a'} {kind.__name__} resource"
    )


def _hint(value: Any, path: str) -> str:
    argument = re.sub(r"\[\d+\]", "", path).rpartition(".")[2]
    for attribute in (argument, argument.rpartition("_")[2]):  # `pipeline_name` is the `name` of a Pipeline
        if attribute and _has(value, attribute):
            return f"; give its `{attribute}`"
    if isinstance(value, pulumi.Resource):
        return "; give one of its outputs"
    if hasattr(value, "isoformat"):
        return "; give text, such as value.isoformat()"
    if isinstance(value, bytes | bytearray):
        return "; decode it to text first"
    if hasattr(value, "model_dump"):
        return "; give an object, such as value.model_dump(mode='json')"
    if dataclasses.is_dataclass(value):
        return "; give an object, such as dataclasses.asdict(value)"
    return ""
