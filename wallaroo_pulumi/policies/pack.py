"""Hands rules to Pulumi: this is the only module of the pack that knows it.

What the engine tells (measured with 3.259.0 and pulumi_policy 1.21.0, docs/policies.md): a rule about one resource is
asked after the provider's check, with inputs, before anything happens; a rule about the stack at the end, with
outputs. Whether a value is secret is told to remediations only.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import pulumi_policy
from pulumi.runtime import rpc
from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyConfigSchema,
    PolicyPack,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.deserialize import serialize_properties
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, UnknownValueError

from .rule import UNKNOWN, Declared, Path, Rule, Secret, kind_of


def serve(name: str, rules: Iterable[Rule]) -> None:
    """Run a policy pack. The engine starts it and ends it."""
    pack = Pack()
    PolicyPack(name, [pack.policy(rule) for rule in rules])


class Pack:
    """Makes a policy of each rule. Remembers, for one run of the engine, what it was asked about."""

    def __init__(self) -> None:
        self._judged: set[str] = set()
        self._secrets: dict[str, set[Path]] = {}
        """URN → what a remediation saw to be secret, or made so."""

    def policy(self, rule: Rule) -> Policy:
        level = EnforcementLevel(rule.level)
        schema = PolicyConfigSchema({name: dict(setting) for name, setting in rule.settings.items()})
        if rule.check_stack:
            return StackValidationPolicy(rule.name, rule.description, self._judge_stack(rule), level, schema)
        return ResourceValidationPolicy(
            rule.name,
            rule.description,
            validate=self._judge(rule),
            enforcement_level=level,
            config_schema=schema,
            remediate=self._remediate(rule) if rule.remedy else None,
        )

    def _judge(self, rule: Rule) -> Callable[[ResourceValidationArgs, ReportViolation], None]:
        def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
            self._judged.add(args.urn)
            if not rule.concerns(args.resource_type):
                return
            secrets = self._secrets.get(args.urn, set())
            for message in rule.violations(_declared(args, args.props, secrets), args.get_config()):
                report(message, None)

        return validate

    def _remediate(self, rule: Rule) -> Callable[[ResourceValidationArgs], Any]:
        def remediate(args: ResourceValidationArgs) -> Mapping[str, Any] | None:
            if kind_of(args.resource_type) is None:
                return None  # of all of ours, what is secret is of interest
            # Behind the proxy of pulumi_policy, which hides what is secret.
            given = serialize_properties(args.props)
            secrets = self._secrets.setdefault(args.urn, set())
            secrets.update(_secret_paths(given))
            changes = rule.remediated(_declared(args, given, secrets), args.get_config())
            changed = serialize_properties({name: _to_pulumi(value) for name, value in changes.items()})
            secrets.update(_secret_paths(changed))
            return {**given, **changed} if changed else None

        return remediate

    def _judge_stack(self, rule: Rule) -> Callable[[StackValidationArgs, ReportViolation], None]:
        def validate(args: StackValidationArgs, report: ReportViolation) -> None:
            # Policies are asked about each resource that the program declares, and not about those that it reads.
            # If all those policies are disabled, nothing tells the one from the other.
            resources = [
                _declared_in_stack(
                    resource, only_read=bool(self._judged) and resource.urn not in self._judged
                )
                for resource in args.resources
            ]
            for urn, message in rule.stack_violations(resources, args.get_config()):
                report(message, urn)

        return validate


def _declared(args: ResourceValidationArgs, properties: Mapping[str, Any], secrets: set[Path]) -> Declared:
    plain = _properties(properties)
    return Declared(
        type=args.resource_type,
        urn=args.urn,
        properties=plain,
        protect=args.opts.protect,
        secrets=frozenset(secrets | {(name,) for name in args.opts.additional_secret_outputs}),
        file_bytes=_file_bytes(plain.get("path")) if kind_of(args.resource_type) == "ModelVersion" else None,
    )


def _declared_in_stack(resource: PolicyResource, *, only_read: bool) -> Declared:
    return Declared(
        type=resource.resource_type,
        urn=resource.urn,
        properties=_properties(resource.props) if kind_of(resource.resource_type) else {},
        protect=resource.opts.protect,
        secrets=frozenset((name,) for name in resource.opts.additional_secret_outputs),
        refers={
            name: frozenset(other.urn for other in others)
            for name, others in resource.property_dependencies.items()
        },
        only_read=only_read,
    )


def _secret_paths(value: Any, path: Path = ()) -> Iterator[Path]:
    if rpc.is_rpc_secret(value):
        yield path
    elif isinstance(value, dict | list):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _secret_paths(part, (*path, key))


def _file_bytes(path: Any) -> int | None:
    """The size of a file of the program. The pack runs in the folder where the program's paths begin."""
    try:
        return os.path.getsize(path) if isinstance(path, str) else None
    except OSError:
        return None


def _properties(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Our view: no private keys such as ``__provider``, which newer engines leave out by themselves."""
    return {name: _part(properties, name) for name in properties if not name.startswith("__")}


def _part(whole: Any, key: Any) -> Any:
    try:
        return _plain(whole[key])
    except UnknownValueError:
        return UNKNOWN


def _plain(value: Any) -> Any:
    if rpc.is_rpc_secret(value):
        return _plain(rpc.unwrap_rpc_secret(value))
    if isinstance(value, Mapping):
        return {key: _part(value, key) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_part(value, index) for index in range(len(value))]
    return UNKNOWN if value == UNKNOWN_STRING_VALUE else value


def _to_pulumi(value: Any) -> Any:
    if isinstance(value, Secret):
        return pulumi_policy.Secret(_to_pulumi(value.value))
    if isinstance(value, Mapping):
        return {key: _to_pulumi(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_to_pulumi(part) for part in value]
    return UNKNOWN_STRING_VALUE if value is UNKNOWN else value
