"""What a rule is, and the view of a resource that it checks. Nothing here depends on Pulumi.

A rule is a decorated function that yields a message for each violation::

    @rule("no-temporary-names", "Workspaces live longer than a week.", "Workspace")
    def no_temporary_names(workspace, config):
        if str(workspace["name"]).startswith("tmp-"):
            yield f"its name is {workspace['name']!r}; choose one without tmp-"
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, cast

from ..adapters.pulumi_values import UNKNOWN, Path, kind_of

Level = Literal["advisory", "mandatory", "remediate", "disabled"]
Config = Mapping[str, Any]
"""The settings of a rule: configured values, else defaults."""
DEFAULTS: Final[Config] = {}


@dataclass(frozen=True)
class ResourceView:
    """A resource as rules see it, with camelCase names: its inputs, or its outputs for rules about the whole stack."""

    type: str
    urn: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    protect: bool = False
    secrets: frozenset[Path] = frozenset()
    """Paths of secret values, such as ``("details",)`` or ``("engineConfig", "env", 0)``."""
    property_dependencies: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Property → URNs of the resources whose outputs it uses. Empty except for rules about the whole stack."""
    external: bool = False
    """Read with ``.get``, not managed by this stack. Only rules about the whole stack see such resources."""

    def __getitem__(self, name: str) -> Any:
        """Return the property, or None if it is not set."""
        return self.properties.get(name)

    def known(self, name: str) -> Any:
        """Return the property, or None if it is not set or not known yet."""
        value = self[name]
        return None if value is UNKNOWN else value

    def sources_of(self, name: str) -> frozenset[str]:
        """Return the URNs of the resources whose outputs the property uses."""
        return self.property_dependencies.get(name, frozenset())

    @property
    def plaintext(self) -> Mapping[str, Any]:
        """The properties without secret values."""
        return cast("Mapping[str, Any]", _plaintext(self.properties, (), self.secrets))

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


def _plaintext(value: Any, path: Path, secrets: frozenset[Path]) -> Any:
    if isinstance(value, Mapping):
        return {
            key: _plaintext(part, (*path, key), secrets)
            for key, part in value.items()
            if (*path, key) not in secrets
        }
    if isinstance(value, list | tuple):
        return [
            None if (*path, index) in secrets else _plaintext(part, (*path, index), secrets)
            for index, part in enumerate(value)
        ]
    return value


Check = Callable[[ResourceView, Config], Iterable[str]]
StackCheck = Callable[[Sequence[ResourceView], Config], Iterable[tuple[ResourceView, str]]]
Remediation = Callable[[ResourceView, Config], Mapping[str, Any]]


@dataclass(frozen=True)
class Rule:
    """A rule: either ``check`` looks at each resource of ``kinds`` by itself, or ``check_stack`` at all together."""

    name: str
    description: str
    level: Level
    kinds: frozenset[str]
    """Classes of Wallaroo resources; empty for all."""
    settings: Mapping[str, Mapping[str, Any]]
    """Name → JSON schema with ``description`` and ``default``, and optionally ``check``: a function that raises
    ValueError for an invalid value that the schema accepts."""
    check: Check | None = None
    check_stack: StackCheck | None = None
    remediation: Remediation | None = None
    """Returns the properties to change with their new values; empty if the resource complies."""
    remediation_text: str = ""

    def violations(self, resource: ResourceView, config: Config = DEFAULTS) -> list[str]:
        """Return the violations of one resource; each message names it."""
        if self.check is None or not self.applies_to(resource.type):
            return []
        return [f"{resource}: {message}" for message in self.check(resource, self._settings(config))]

    def stack_violations(
        self,
        resources: Sequence[ResourceView],
        config: Config = DEFAULTS,
    ) -> list[tuple[str, str]]:
        """Return the violations of a stack as (URN, message) pairs. Resources of other packages are ignored."""
        if self.check_stack is None:
            return []
        ours = [resource for resource in resources if resource.kind]
        found = self.check_stack(ours, self._settings(config))
        return [(resource.urn, f"{resource}: {message}") for resource, message in found]

    def remediated(self, resource: ResourceView, config: Config = DEFAULTS) -> dict[str, Any]:
        """Return the properties that the rule changes; empty if it changes nothing."""
        if self.remediation is None or not self.applies_to(resource.type):
            return {}
        return dict(self.remediation(resource, self._settings(config)))

    def remediated_by(self, text: str) -> Callable[[Remediation], Rule]:
        """Decorator: this rule with a function that corrects violations. ``text`` describes the correction."""

        def with_remediation(remediation: Remediation) -> Rule:
            return replace(self, remediation=remediation, remediation_text=text)

        return with_remediation

    def applies_to(self, type_token: str) -> bool:
        """Return whether the rule checks resources of this type one by one."""
        kind = kind_of(type_token)
        return kind is not None and (not self.kinds or kind in self.kinds)

    @property
    def schema(self) -> dict[str, dict[str, Any]]:
        """The JSON schemas of the settings, in Pulumi's form."""
        return {
            name: {key: value for key, value in setting.items() if key != "check"}
            for name, setting in self.settings.items()
        }

    def config_errors(self, config: Config) -> Iterator[str]:
        """Yield a line for each error in a configuration that satisfies the schemas, with rule and setting."""
        for name, value in config.items():
            if name not in self.settings:
                known = (
                    f"its settings are {', '.join(self.settings)}" if self.settings else "it has no settings"
                )
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
    """Decorator: a rule about each resource of ``kinds`` by itself; without kinds, about every Wallaroo resource.

    :param name: The rule's key in the configuration and its name in reports.
    :param description: The requirement, in one sentence.
    :param level: The enforcement level unless configured.
    :param settings: The settings: see :attr:`Rule.settings`. ``except_`` becomes ``except``.
    """

    def make(check: Check) -> Rule:
        return Rule(name, description, level, frozenset(kinds), _named(settings), check=check)

    return make


def stack_rule(
    name: str, description: str, *, level: Level = "mandatory", **settings: Mapping[str, Any]
) -> Callable[[StackCheck], Rule]:
    """Decorator: a rule about all Wallaroo resources of a stack together. See :func:`rule` for the parameters."""

    def make(check: StackCheck) -> Rule:
        return Rule(name, description, level, frozenset(), _named(settings), check_stack=check)

    return make


def _named(settings: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {name.rstrip("_"): setting for name, setting in settings.items()}
