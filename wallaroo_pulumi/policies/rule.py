"""What a rule is, and what it sees: a resource as it is declared, without anything of Pulumi's machinery.

A rule is a function under a decorator; it yields a message for each thing that it refuses::

    @rule("no-temporary-names", "Workspaces live longer than a week.", "Workspace")
    def no_temporary_names(workspace, config):
        if str(workspace["name"]).startswith("tmp-"):
            yield f"its name is {workspace['name']!r}; choose one without tmp-"
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final, Literal, cast

Path = tuple[str | int, ...]
Level = Literal["advisory", "mandatory", "remediate", "disabled"]
Config = Mapping[str, Any]
"""The settings of a rule: those that are configured over the defaults."""
DEFAULTS: Final[Config] = {}
"""Nothing is configured."""


class _Unknown:
    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()
"""Stands for a value that a preview cannot know yet, at any depth. What it hides is judged by the update."""


@dataclass(frozen=True)
class Secret:
    """A value that a remediation wants encrypted in the state."""

    value: Any


_TYPE = re.compile(r"(?:pulumi-python:dynamic/wallaroo|wallaroo:index(?:/\w+)?):(\w+)")


@cache
def kind_of(type_token: str) -> str | None:
    """``Workspace`` for the type of a Wallaroo workspace, dynamic or native; None for what is not Wallaroo's."""
    found = _TYPE.fullmatch(type_token)
    return found.group(1) if found else None


@dataclass(frozen=True)
class Declared:
    """A resource as rules see it: its inputs, or for rules about the whole stack its outputs, with camelCase names."""

    type: str
    urn: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    protect: bool = False
    secrets: frozenset[Path] = frozenset()
    """What is known to be secret: paths such as ``("details",)`` or ``("engineConfig", "env", 0)``."""
    refers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Property → URNs of the resources whose outputs it was made of. Only rules about the whole stack see it."""
    only_read: bool = False
    """Read with ``.get``: not this stack's to judge. Only rules about the whole stack see such resources."""

    def __getitem__(self, name: str) -> Any:
        """The property, None when it is not given."""
        return self.properties.get(name)

    def known(self, name: str) -> Any:
        """The property, None also when it is not known yet."""
        value = self[name]
        return None if value is UNKNOWN else value

    @property
    def in_clear(self) -> Mapping[str, Any]:
        """The properties without what is known to be secret."""
        return cast("Mapping[str, Any]", _in_clear(self.properties, (), self.secrets))

    @property
    def kind(self) -> str | None:
        return kind_of(self.type)

    @property
    def name(self) -> str:
        """The resource's name in the program."""
        return self.urn.rpartition("::")[2]

    @property
    def stack(self) -> str:
        return self.urn.partition("::")[0].rpartition(":")[2]

    def __str__(self) -> str:
        return f"{self.kind or self.type} {self.name!r}"


def _in_clear(value: Any, path: Path, secrets: frozenset[Path]) -> Any:
    if isinstance(value, Mapping):
        return {
            key: _in_clear(part, (*path, key), secrets)
            for key, part in value.items()
            if (*path, key) not in secrets
        }
    if isinstance(value, list | tuple):
        return [
            None if (*path, index) in secrets else _in_clear(part, (*path, index), secrets)
            for index, part in enumerate(value)
        ]
    return value


Check = Callable[[Declared, Config], Iterable[str]]
StackCheck = Callable[[Sequence[Declared], Config], Iterable[tuple[Declared, str]]]
Remedy = Callable[[Declared, Config], Mapping[str, Any]]


@dataclass(frozen=True)
class Rule:
    """A rule. Either ``check`` judges each resource of ``kinds`` by itself, or ``check_stack`` all of them together."""

    name: str
    description: str
    level: Level
    kinds: frozenset[str]
    """Kinds of Wallaroo resources; empty for all of them."""
    settings: Mapping[str, Mapping[str, Any]]
    """Name → JSON schema with ``description`` and ``default``, and perhaps ``check``: a function that raises ValueError
    for a value that the schema lets pass and that is wrong all the same."""
    check: Check | None = None
    check_stack: StackCheck | None = None
    remedy: Remedy | None = None
    """Gives the properties to change, with their new values; nothing when all is well."""
    remedy_text: str = ""

    def violations(self, resource: Declared, config: Config = DEFAULTS) -> list[str]:
        """What the rule refuses in one resource; each message names it."""
        if self.check is None or not self.concerns(resource.type):
            return []
        return [f"{resource}: {message}" for message in self.check(resource, self._settings(config))]

    def stack_violations(
        self,
        resources: Sequence[Declared],
        config: Config = DEFAULTS,
    ) -> list[tuple[str, str]]:
        """What the rule refuses in a stack: (URN, message) pairs. Resources that are not Wallaroo's are left out."""
        if self.check_stack is None:
            return []
        ours = [resource for resource in resources if resource.kind]
        found = self.check_stack(ours, self._settings(config))
        return [(resource.urn, f"{resource}: {message}") for resource, message in found]

    def remediated(self, resource: Declared, config: Config = DEFAULTS) -> dict[str, Any]:
        """The properties that the rule changes; empty when it leaves the resource as it is."""
        if self.remedy is None or not self.concerns(resource.type):
            return {}
        return dict(self.remedy(resource, self._settings(config)))

    def remedied_by(self, text: str) -> Callable[[Remedy], Rule]:
        """Decorator: this rule, with a function that puts right what it refuses. ``text`` says how."""

        def with_remedy(remedy: Remedy) -> Rule:
            return replace(self, remedy=remedy, remedy_text=text)

        return with_remedy

    def concerns(self, type_token: str) -> bool:
        """Whether the rule judges resources of this type, one by one."""
        kind = kind_of(type_token)
        return kind is not None and (not self.kinds or kind in self.kinds)

    @property
    def schema(self) -> dict[str, dict[str, Any]]:
        """The JSON schemas of the settings, as Pulumi takes them."""
        return {
            name: {key: value for key, value in setting.items() if key != "check"}
            for name, setting in self.settings.items()
        }

    def problems(self, config: Config) -> Iterator[str]:
        """What is wrong with a configuration that obeys the schemas: a line each, naming rule and setting."""
        for name, value in config.items():
            if name not in self.settings:
                known = f"it has {', '.join(self.settings)}" if self.settings else "it has none"
                yield f"rule {self.name} has no setting {name}; {known}"
            elif check := self.settings[name].get("check"):
                try:
                    check(value)
                except ValueError as error:
                    yield f"rule {self.name}, setting {name}: {error}"

    def _settings(self, config: Config) -> dict[str, Any]:
        return {name: schema["default"] for name, schema in self.settings.items()} | dict(config)


def rule(
    name: str, description: str, *kinds: str, level: Level = "mandatory", **settings: Mapping[str, Any]
) -> Callable[[Check], Rule]:
    """Decorator: a rule about each resource of ``kinds`` by itself; without kinds about every Wallaroo resource.

    :param name: What configuration and reports call it.
    :param description: What it asks for, in a sentence.
    :param level: What happens to a violation when nothing else is configured.
    :param settings: What can be configured: see :attr:`Rule.settings`. ``except_`` becomes ``except``.
    """

    def make(check: Check) -> Rule:
        return Rule(name, description, level, frozenset(kinds), _named(settings), check=check)

    return make


def stack_rule(
    name: str, description: str, *, level: Level = "mandatory", **settings: Mapping[str, Any]
) -> Callable[[StackCheck], Rule]:
    """Decorator: a rule about all Wallaroo resources of a stack together. Parameters as of :func:`rule`."""

    def make(check: StackCheck) -> Rule:
        return Rule(name, description, level, frozenset(), _named(settings), check_stack=check)

    return make


def _named(settings: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {name.rstrip("_"): setting for name, setting in settings.items()}
