"""An estate file as text: a JSON document written in YAML, with the line of every value.

PyYAML parses the text. Its scalars follow YAML 1.1, which reads ``NO`` as false, ``0123`` as octal and ``12:30:45`` as
a number, so the types here follow the core schema of YAML 1.2 (https://yaml.org/spec/1.2.2/#103-core-schema). The one
addition is the merge key ``<<``. ``ruamel.yaml`` also reads 1.2, but resolves timestamps and numbers with underscores.
"""

from __future__ import annotations

import codecs
import functools
import math
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml
from yaml.composer import Composer
from yaml.parser import Parser
from yaml.reader import Reader, ReaderError
from yaml.resolver import BaseResolver
from yaml.scanner import Scanner

from ..core.json_values import Place
from ..core.quantities import LARGEST_INTEGER
from ..errors import WallarooError

_TAG: Final = "tag:yaml.org,2002:"
_STRING: Final = BaseResolver.DEFAULT_SCALAR_TAG
_CORE: Final = {
    "null": (r"null|Null|NULL|~|", ["n", "N", "~", ""]),
    "bool": (r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    "int": (r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    "float": (
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
    "merge": (r"<<", ["<"]),
}
"""The plain scalars that are not text: pattern and first characters."""
_MOST_VALUES: Final = 1_000_000
"""Aliases of aliases can multiply a short text beyond any memory."""
_OLD_BREAKS: Final = re.compile(r"[\x85\u2028\u2029]")
"""Line breaks in YAML 1.1, text in 1.2: PyYAML would change them."""
_ENCODINGS: Final = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


class EstateError(WallarooError):
    """An estate file is invalid: one line for each problem, with file, line and path."""


@dataclass(frozen=True)
class Document:
    """A parsed file."""

    file: Path
    value: dict[str, Any]
    lines: Mapping[Place, int]
    """The line of the key, or of the list item, at each path."""

    def position(self, place: Place) -> str:
        """File and line of a place."""
        return f"{self.file}, line {self.lines.get(self._nearest(place), 1)}"

    def problem(self, place: Place, reason: str, *, missing: bool = False) -> str:
        """One line for a problem at ``place``; with ``missing``, its last part is a key that the file lacks."""
        shown = (*self._nearest(place), *(place[-1:] if missing else ()))
        return f"{self.position(place)}, {path_text(shown) or 'top'}: {reason}"

    def _nearest(self, place: Place) -> Place:
        """The place as the file writes it, as far as the file contains it.

        pydantic's own places have other forms of some keys (canonical ones, camelCase) and names of types.
        """
        found: Place = ()
        for part in place:
            if (*found, part) in self.lines:
                found = (*found, part)
            else:
                found = self._by_canonical.get((_canonical(found), _canonical((part,))), found)
        return found

    @functools.cached_property
    def _by_canonical(self) -> Mapping[tuple[Place, Place], Place]:
        return {(_canonical(place[:-1]), _canonical(place[-1:])): place for place in self.lines}


def _canonical(place: Place) -> Place:
    return tuple(
        re.sub(r"[\s_]", "", unicodedata.normalize("NFKC", part)).casefold()
        if isinstance(part, str)
        else part
        for part in place
    )


def read(file: Path) -> Document:
    """Parse a file. Raises EstateError with file and line of every problem.

    The result is JSON: objects with text keys, lists, text, finite numbers, booleans and null.
    """
    text = _text(file)
    builder = _Builder(file)
    try:
        value = builder.document(text)
    except yaml.YAMLError as error:
        raise EstateError(_invalid(file, text, error)) from None
    except RecursionError:
        raise EstateError(f"{file}: invalid YAML: nested too deeply") from None
    if builder.problems:
        raise EstateError("\n".join(builder.problems))
    return Document(file, value, builder.lines)


def _text(file: Path) -> str:
    try:
        content = file.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: the name contains a NUL
        raise EstateError(f"{file}: cannot be read: {getattr(error, 'strerror', error)}") from None
    encoding = next((name for mark, name in _ENCODINGS.items() if content.startswith(mark)), None)
    if encoding is None and b"\0" in content[:1024]:
        encoding = "not text, or UTF-16 without a byte order mark"
    if encoding:
        raise EstateError(f"{file}: is {encoding}; save it as UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise EstateError(
            f"{file}, line {line}: is not UTF-8 (byte 0x{content[error.start]:02x}); save it as UTF-8"
        ) from None
    if found := _OLD_BREAKS.search(text):
        raise EstateError(_not_allowed(file, text, found.start()))
    return text


def _invalid(file: Path, text: str, error: yaml.YAMLError) -> str:
    if isinstance(error, ReaderError):
        return _not_allowed(file, text, error.position)
    mark = getattr(error, "problem_mark", None)
    where = f"{file}, line {mark.line + 1}" if mark else str(file)
    return f"{where}: invalid YAML: {getattr(error, 'problem', None) or error}"


def _not_allowed(file: Path, text: str, index: int) -> str:
    code, line = f"U+{ord(text[index]):04X}", text.count("\n", 0, index) + 1
    escape = f"\\u{ord(text[index]):04x}"
    return (
        f'{file}, line {line}: the character {code} is not allowed; write it as "{escape}", in double quotes'
    )


def _line(file: Path, line: int, place: Place, reason: str) -> str:
    return f"{file}, line {line}, {path_text(place) or 'top'}: {reason}"


def path_text(place: Place) -> str:
    """A path as messages show it: ``workspaces.fraud.pipelines.risk.steps[0]``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return text.removeprefix(".")


class CoreSchema(BaseResolver):
    """Finds the type of a plain scalar by the core schema of YAML 1.2."""


CORE_SCALARS: Final = [
    (_TAG + name, re.compile(rf"(?:{pattern})\Z"), first) for name, (pattern, first) in _CORE.items()
]
"""Tag, pattern and first characters of the plain scalars that are not text."""
for _scalar in CORE_SCALARS:
    CoreSchema.add_implicit_resolver(*_scalar)


class _Nodes(Reader, Scanner, Parser, Composer, CoreSchema):
    """Parses text into PyYAML's nodes."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)
        CoreSchema.__init__(self)


class _Builder:
    """Builds the values of one file and notes the line and the problems of every path."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.lines: dict[Place, int] = {}
        self.problems: list[str] = []
        self.open: set[int] = set()
        self.invalid_keys: set[int] = set()
        self.values = 0

    def document(self, text: str) -> dict[str, Any]:
        nodes = _Nodes(text)
        try:
            root = nodes.get_node() if nodes.check_node() else None
            more = nodes.check_node()
        except (ValueError, OverflowError):  # PyYAML converts numbers in escapes and in %YAML without a check
            raise EstateError(
                f"{self.file}, line {nodes.line + 1}: invalid YAML: found an escape or a version that is out of range"
            ) from None
        if root is None or (isinstance(root, yaml.ScalarNode) and root.tag == _TAG + "null"):
            raise EstateError(f"{self.file}: contains no objects; write {{}} for an estate without any")
        if more:
            line = nodes.peek_event().start_mark.line + 1  # type: ignore[no-untyped-call]
            raise EstateError(
                f"{self.file}, line {line}: a second document starts here; put it in a file of its own"
            )
        if not isinstance(root, yaml.MappingNode):
            self._problem(root, (), "must be an object with keys such as users, workspaces and connections")
            return {}
        return self._mapping(root, ())

    def _problem(self, node: yaml.Node, place: Place, reason: str) -> None:
        self.problems.append(_line(self.file, node.start_mark.line + 1, place, reason))

    def _count(self, values: int) -> None:
        self.values += values
        if self.values > _MOST_VALUES:
            raise EstateError(f"{self.file}: contains more than {_MOST_VALUES} values; check its aliases")

    def _value(self, node: yaml.Node, place: Place) -> Any:
        self._count(1)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, place)
        if id(node) in self.open:
            self._problem(node, place, "the alias refers to itself")
            return None
        self.open.add(id(node))
        try:
            match node:
                case yaml.MappingNode() if node.tag == BaseResolver.DEFAULT_MAPPING_TAG:
                    return self._mapping(node, place)
                case yaml.SequenceNode() if node.tag == BaseResolver.DEFAULT_SEQUENCE_TAG:
                    return self._sequence(node, place)
            self._problem(node, place, _unsupported(node.tag))
            return None
        finally:
            self.open.remove(id(node))

    def _sequence(self, node: yaml.SequenceNode, place: Place) -> list[Any]:
        values = []
        for index, item in enumerate(node.value):
            self.lines[(*place, index)] = item.start_mark.line + 1
            values.append(self._value(item, (*place, index)))
        return values

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        own: dict[str, Any] = {}
        for key, value in node.value:
            if key.tag == _TAG + "merge":
                continue
            name = self._key(key, place)
            if name is None:
                continue
            if name in own:
                first = self.lines[(*place, name)]
                self._problem(key, (*place, name), f"duplicate key; the first is in line {first}")
                continue
            self.lines[(*place, name)] = key.start_mark.line + 1
            own[name] = self._value(value, (*place, name))
        merged: dict[str, Any] = {}
        for source in self._merged(node, place):
            for key, value in source.value:
                if key.tag == _TAG + "merge":
                    continue
                name = self._key(key, place)
                if name is not None and name not in own and name not in merged:
                    self.lines[(*place, name)] = key.start_mark.line + 1
                    merged[name] = self._value(value, (*place, name))
        return {**merged, **own}

    def _merged(self, node: yaml.MappingNode, place: Place) -> Iterator[yaml.MappingNode]:
        """The mappings that ``<<`` names, and those that they merge themselves."""
        for key, value in node.value:
            if key.tag != _TAG + "merge":
                continue
            for source in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                if not isinstance(source, yaml.MappingNode):
                    self._problem(
                        source, place, "<< must refer to an object, such as *team, or to a list of them"
                    )
                elif id(source) in self.open or source is node:
                    self._problem(source, place, "the alias refers to itself")
                else:
                    self._count(1 + len(source.value))
                    yield source
                    self.open.add(id(source))
                    yield from self._merged(source, place)
                    self.open.remove(id(source))

    def _key(self, node: yaml.Node, place: Place) -> str | None:
        """The key's text; None, and one problem however often the object is merged, if it is not text."""
        if id(node) in self.invalid_keys:
            return None
        name = self._valid_key(node, place)
        if name is None:
            self.invalid_keys.add(id(node))
        return name

    def _valid_key(self, node: yaml.Node, place: Place) -> str | None:
        if isinstance(node, yaml.ScalarNode):
            if node.tag == _STRING:
                return self._string(node, place)
            self._problem(node, place, f"the key {node.value or 'null'} must be text; put it in quotes")
        else:
            self._problem(node, place, "a key must be text; a list or an object is not allowed")
        return None

    def _scalar(self, node: yaml.ScalarNode, place: Place) -> Any:
        kind = node.tag.removeprefix(_TAG)
        if kind == "str":
            return self._string(node, place)
        if kind == "merge":  # as a value it is nothing special
            return node.value
        if kind not in _CORE:
            self._problem(node, place, _unsupported(node.tag))
        elif not re.fullmatch(_CORE[kind][0], node.value):
            self._problem(node, place, f"is not a value of type {kind}")
        elif kind == "bool":
            return node.value.lower() == "true"
        elif kind != "null":
            return self._number(node, kind, place)
        return None

    def _number(self, node: yaml.ScalarNode, kind: str, place: Place) -> float | None:
        number: float
        if kind == "float":
            number = float(node.value.lower().replace(".inf", "inf").replace(".nan", "nan"))
            if not math.isfinite(number):
                self._problem(node, place, "NaN, Infinity and larger numbers are not JSON; put it in quotes")
                return None
        else:
            base = {"0o": 8, "0x": 16}.get(node.value[:2], 10)
            number = int(node.value, base) if len(node.value) < 50 else LARGEST_INTEGER + 1
        # Floats of this size have no fraction, and free JSON converts them to int.
        if abs(number) > LARGEST_INTEGER:
            self._problem(
                node, place, "is a whole number beyond 2^53, which Pulumi would round; put it in quotes"
            )
        return number

    def _string(self, node: yaml.ScalarNode, place: Place) -> str | None:
        try:  # JSON writes characters beyond U+FFFF as two escapes
            return str(node.value).encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            self._problem(node, place, "contains half of a surrogate pair, which is not valid Unicode")
            return None


def _unsupported(tag: str) -> str:
    return f"the tag {tag.replace(_TAG, '!!')} is not supported; an estate contains JSON values only"
