"""Serves rules to the Pulumi engine: with ``wire.py`` all of the pack that knows Pulumi.

The engine's protocol is spoken here and not through ``pulumi_policy.PolicyPack``, which reads a resource anew for each
rule and the whole stack anew for each rule about the stack, and keeps from validations what is secret: here each
request is read once, and only the rules that concern its type judge it.

What the engine tells (measured with 3.259.0, docs/policies.md): remediations, then rules about one resource, are asked
after the provider's check, with inputs, before anything happens; rules about the stack at the end, with outputs.
"""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime import proto

from .rule import Config, Declared, Level, Rule, kind_of
from .wire import read, to_dict, to_struct, written

_MESSAGE_SIZE = 400 * 2**20
_LEVELS: Mapping[Level, proto.EnforcementLevel.ValueType] = {
    "advisory": proto.ADVISORY,
    "mandatory": proto.MANDATORY,
    "remediate": proto.REMEDIATE,
    "disabled": proto.DISABLED,
}
_NOT_PUBLISHED = "0.0.1"
"""The engine takes the version of ``PulumiPolicy.yaml`` where there is one."""


def serve(name: str, rules: Iterable[Rule]) -> None:
    """Run a policy pack. The engine starts it, reads the port from its standard output, and ends it."""
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
    """Answers the engine, for one run of it."""

    def __init__(self, name: str, rules: Iterable[Rule]) -> None:
        self._name = name
        self._rules = {rule.name: rule for rule in rules}
        self._levels = {rule.name: _LEVELS[rule.level] for rule in self._rules.values()}
        self._configs: dict[str, Config] = {}
        self._judged: set[str] = set()
        """URNs of what the program declares. Of what it only reads, the end alone tells."""

    # --- what the pack is -------------------------------------------------------------------------------------

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
        problems: list[str] = []
        for name, configured in request.policyConfig.items():
            if name == "all":  # the engine has given the level to each rule already
                continue
            if name not in self._rules:
                problems.append(f"there is no rule {name}")
                continue
            self._levels[name] = configured.enforcementLevel
            self._configs[name] = to_dict(configured.properties)
            problems += self._rules[name].problems(self._configs[name])
        if problems:
            _refuse(context, "; ".join(sorted(problems)))
        return empty_pb2.Empty()

    def ConfigureStack(self, request: Any, context: Any) -> Any:
        return proto.AnalyzerStackConfigureResponse()

    # --- judging ----------------------------------------------------------------------------------------------

    def Remediate(self, request: Any, context: Any) -> Any:
        response = proto.RemediateResponse()
        sent: dict[str, Any] | None = None
        for rule in self._concerned(request.type):
            if rule.remedy and self._levels[rule.name] == proto.REMEDIATE:
                sent = to_dict(request.properties) if sent is None else sent
                if changes := rule.remediated(_declared(request, sent), self._config(rule)):
                    sent |= written(changes)
                    response.remediations.append(
                        proto.Remediation(**self._named(rule), properties=to_struct(sent))
                    )
        return response

    def Analyze(self, request: Any, context: Any) -> Any:
        self._judged.add(request.urn)
        response = proto.AnalyzeResponse()
        if rules := list(self._concerned(request.type)):
            resource = _declared(request, to_dict(request.properties))
            for rule in rules:
                for message in rule.violations(resource, self._config(rule)):
                    response.diagnostics.append(self._diagnostic(rule, message, ""))
        return response

    def AnalyzeStack(self, request: Any, context: Any) -> Any:
        response = proto.AnalyzeResponse()
        rules = [rule for rule in self._rules.values() if rule.check_stack and self._is_on(rule)]
        resources = [
            _declared_in_stack(resource, only_read=resource.urn not in self._judged)
            for resource in request.resources
            if rules and kind_of(resource.type)
        ]
        for rule in rules:
            for urn, message in rule.stack_violations(resources, self._config(rule)):
                response.diagnostics.append(self._diagnostic(rule, message, urn))
        return response

    def _concerned(self, type_token: str) -> Iterator[Rule]:
        """The rules that judge resources of this type, one by one."""
        return (
            rule
            for rule in self._rules.values()
            if rule.check and rule.concerns(type_token) and self._is_on(rule)
        )

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
            # What a remediation left as it was is refused.
            enforcementLevel=proto.MANDATORY if level == proto.REMEDIATE else level,
        )


def _refuse(context: Any, line: str) -> NoReturn:
    context.abort(grpc.StatusCode.INVALID_ARGUMENT, line)
    raise AssertionError("abort raises")


def _declared(request: Any, sent: Mapping[str, Any]) -> Declared:
    properties, secrets = read(sent)
    return Declared(
        type=request.type,
        urn=request.urn,
        properties=properties,
        protect=request.options.protect,
        secrets=secrets | {(name,) for name in request.options.additionalSecretOutputs},
    )


def _declared_in_stack(resource: Any, *, only_read: bool) -> Declared:
    properties, secrets = read(to_dict(resource.properties))
    return Declared(
        type=resource.type,
        urn=resource.urn,
        properties=properties,
        protect=resource.options.protect,
        secrets=secrets,
        refers={name: frozenset(sources.urns) for name, sources in resource.propertyDependencies.items()},
        only_read=only_read,
    )
