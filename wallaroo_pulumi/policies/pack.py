"""Serves rules to the Pulumi engine. Only this file and ``wire.py`` depend on Pulumi.

It implements the engine's protocol itself. ``pulumi_policy.PolicyPack`` reads a resource again for each rule, and the
whole stack again for each rule about the stack, and hides from validations which values are secret. Here each request
is read once, and only the rules for its type run.

The engine's order of calls (measured with 3.259.0, see docs/policies.md): remediations and rules about one resource
run after the provider's check, with inputs, before anything changes; rules about the stack run at the end, with
outputs.
"""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime import proto

from ..adapters.pulumi_values import encode, kind_of
from .rule import Config, Level, ResourceView, Rule
from .wire import deserialize_properties, to_dict, to_struct

_MESSAGE_SIZE = 400 * 2**20
_LEVELS: Mapping[Level, proto.EnforcementLevel.ValueType] = {
    "advisory": proto.ADVISORY,
    "mandatory": proto.MANDATORY,
    "remediate": proto.REMEDIATE,
    "disabled": proto.DISABLED,
}
_NOT_PUBLISHED = "0.0.1"
"""The engine prefers the version in ``PulumiPolicy.yaml``."""


def serve(name: str, rules: Iterable[Rule]) -> None:
    """Run a policy pack. The engine starts it, reads the port from its standard output, and stops it."""
    server = grpc.server(
        ThreadPoolExecutor(max_workers=4), options=[("grpc.max_receive_message_length", _MESSAGE_SIZE)]
    )
    proto.add_AnalyzerServicer_to_server(Pack(name, rules), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    try:
        server.wait_for_termination()
    except KeyboardInterrupt:
        server.stop(None)


class Pack(proto.AnalyzerServicer):
    """Implements the analyzer protocol for one run of the engine."""

    def __init__(self, name: str, rules: Iterable[Rule]) -> None:
        self._name = name
        self._rules = {rule.name: rule for rule in rules}
        self._levels = {rule.name: _LEVELS[rule.level] for rule in self._rules.values()}
        self._configs: dict[str, Config] = {}
        self._enabled: dict[str, tuple[Rule, ...]] = {}
        """The rules for a type, from the first resource of it on."""
        self._managed: set[str] = set()
        """URNs of the resources that the program declares. External ones (``.get``) appear only at the end, or
        without inputs."""

    # --- description and configuration ------------------------------------------------------------------------

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return proto.PluginInfo(version=importlib.metadata.version("pulumi-policy"))

    def GetAnalyzerInfo(self, request: Any, context: Any) -> Any:
        policies = [
            proto.PolicyInfo(
                name=rule.name,
                description=rule.description,
                enforcementLevel=_LEVELS[rule.level],
                configSchema=proto.PolicyConfigSchema(properties=to_struct(rule.schema)),
                policy_type=proto.POLICY_TYPE_STACK if rule.check_stack else proto.POLICY_TYPE_RESOURCE,
            )
            for rule in self._rules.values()
        ]
        return proto.AnalyzerInfo(
            name=self._name, version=_NOT_PUBLISHED, supportsConfig=True, policies=policies
        )

    def Configure(self, request: Any, context: Any) -> Any:
        errors: list[str] = []
        for name, configured in request.policyConfig.items():
            if name == "all":  # the engine has already set the level of each rule
                continue
            if name not in self._rules:
                errors.append(f"there is no rule {name}")
                continue
            self._levels[name] = configured.enforcementLevel
            self._configs[name] = to_dict(configured.properties)
            errors += self._rules[name].config_errors(self._configs[name])
        self._enabled.clear()
        if errors:
            _abort(context, "; ".join(sorted(errors)))
        return empty_pb2.Empty()

    def ConfigureStack(self, request: Any, context: Any) -> Any:
        return proto.AnalyzerStackConfigureResponse()

    # --- checks -----------------------------------------------------------------------------------------------

    def Remediate(self, request: Any, context: Any) -> Any:
        response = proto.RemediateResponse()
        sent: dict[str, Any] | None = None
        for rule in self._rules_for(request.type):
            if rule.remediation and self._levels[rule.name] == proto.REMEDIATE:
                sent = to_dict(request.properties) if sent is None else sent
                resource = _view(request, sent)
                if not resource.external and (changes := rule.remediated(resource, self._config(rule))):
                    sent |= encode(changes)
                    response.remediations.append(
                        proto.Remediation(**self._named(rule), properties=to_struct(sent))
                    )
        return response

    def Analyze(self, request: Any, context: Any) -> Any:
        response = proto.AnalyzeResponse()
        if not kind_of(request.type):
            return response
        resource = _view(request, to_dict(request.properties))
        if resource.external:
            return response
        self._managed.add(request.urn)
        for rule in self._rules_for(request.type):
            for message in rule.violations(resource, self._config(rule)):
                response.diagnostics.append(self._diagnostic(rule, message, ""))
        return response

    def AnalyzeStack(self, request: Any, context: Any) -> Any:
        response = proto.AnalyzeResponse()
        rules = [rule for rule in self._rules.values() if rule.check_stack and self._is_on(rule)]
        resources = [
            _view_in_stack(resource, external=resource.urn not in self._managed)
            for resource in request.resources
            if rules and kind_of(resource.type)
        ]
        for rule in rules:
            for urn, message in rule.stack_violations(resources, self._config(rule)):
                response.diagnostics.append(self._diagnostic(rule, message, urn))
        return response

    def _rules_for(self, type_token: str) -> tuple[Rule, ...]:
        """Return the enabled rules that check resources of this type one by one."""
        if type_token not in self._enabled:
            self._enabled[type_token] = tuple(
                rule
                for rule in self._rules.values()
                if rule.check and rule.applies_to(type_token) and self._is_on(rule)
            )
        return self._enabled[type_token]

    def _is_on(self, rule: Rule) -> bool:
        return self._levels[rule.name] != proto.DISABLED

    def _config(self, rule: Rule) -> Config:
        return self._configs.get(rule.name, {})

    def _named(self, rule: Rule) -> dict[str, Any]:
        return {
            "policyName": rule.name,
            "policyPackName": self._name,
            "policyPackVersion": _NOT_PUBLISHED,
            "description": rule.description,
        }

    def _diagnostic(self, rule: Rule, message: str, urn: str) -> Any:
        level = self._levels[rule.name]
        return proto.AnalyzeDiagnostic(
            **self._named(rule),
            message=f"{rule.description}\n{message}",
            urn=urn,
            # A violation that the remediation did not correct fails the run.
            enforcementLevel=proto.MANDATORY if level == proto.REMEDIATE else level,
        )


def _abort(context: Any, line: str) -> NoReturn:
    context.abort(grpc.StatusCode.INVALID_ARGUMENT, line)
    raise AssertionError("abort raises")


def _view(request: Any, sent: Mapping[str, Any]) -> ResourceView:
    properties, secrets = deserialize_properties(sent)
    return ResourceView(
        type=request.type,
        urn=request.urn,
        properties=properties,
        protect=request.options.protect,
        secrets=secrets | {(name,) for name in request.options.additionalSecretOutputs},
        # `pulumi policy analyze` sends external resources too. Every kind has an input that is always set, and a
        # resource read by its id alone has none.
        external=not properties,
    )


def _view_in_stack(resource: Any, *, external: bool) -> ResourceView:
    properties, secrets = deserialize_properties(to_dict(resource.properties))
    return ResourceView(
        type=resource.type,
        urn=resource.urn,
        properties=properties,
        protect=resource.options.protect,
        secrets=secrets,
        property_dependencies={
            name: frozenset(sources.urns) for name, sources in resource.propertyDependencies.items()
        },
        external=external,
    )
