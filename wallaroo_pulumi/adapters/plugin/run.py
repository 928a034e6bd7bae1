"""One run of the engine against one instance: from a Configure on. Requests in, responses out."""

from __future__ import annotations

import functools
import threading
from dataclasses import dataclass
from typing import Protocol

from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2 as proto

from ...config import Settings
from ...core.diff import contains_unknown
from ...core.fields import SECRET, fields_with
from ...core.names import DNS_LABEL, as_dns_label, autoname, wire_name
from ...errors import ObjectError
from ...provider.lookups import LOOKUPS
from ...provider.predictions import predict_create, predict_update
from ...provider.provider import PartialCreate
from ...provider.session import open_provider, recording_explained
from ...resources import RESOURCES
from ..pulumi_values import SOURCES_KEY, Path, kind_of
from ..stack_state import StackState
from .detailed_diff import detailed_diff
from .failures import InitFailed
from .properties import read_properties, write_properties


class Messages(Protocol):
    """Where messages to the user go: to the resource whose call this thread serves."""

    def report(self, line: str) -> None: ...

    def status(self, line: str) -> None: ...


@dataclass(frozen=True)
class _Target:
    """The resource that a request is about."""

    urn: str
    kind: str
    name: str

    @classmethod
    def of(cls, urn: str) -> _Target:
        """Raises ObjectError if the resource is not of this package."""
        _, _, types, name = urn.split("::", 3)
        type_token = types.rpartition("$")[2]
        kind = kind_of(type_token)
        if kind is None:
            raise ObjectError(f"the package wallaroo has no resource type {type_token!r}; check its spelling")
        return cls(urn, kind, name)

    @property
    def secrets(self) -> frozenset[Path]:
        """The properties that are always secret."""
        return _secrets(self.kind)


@functools.cache
def _secrets(kind: str) -> frozenset[Path]:
    resource = RESOURCES.get(kind)
    models = (resource.inputs, resource.outputs) if resource else ()
    return frozenset((wire_name(name),) for model in models for name, _ in fields_with(model, SECRET))


class Run:
    """Serves the calls about resources. Safe for threads."""

    def __init__(self, settings: Settings, messages: Messages, provider_urn: str | None) -> None:
        self._messages = messages
        self._cancelled = threading.Event()
        self._state = StackState(messages.report, provider_urn)
        self._provider = open_provider(
            settings,
            report=messages.report,
            status=messages.status,
            cancelled=self._cancelled,
            stack=self._state,
            keeps_unfinished=True,
        )
        self._unexplained = {False, True}
        self._lock = threading.Lock()

    def cancel(self) -> None:
        """End what waits."""
        self._cancelled.set()

    def close(self) -> None:
        """Close the connections. No call follows."""
        self._provider.close()

    def check(self, request: proto.CheckRequest) -> proto.CheckResponse:
        target = self._target(request.urn)
        news, secrets = read_properties(request.news)
        olds, _ = read_properties(request.olds)
        inputs, failures = self._provider.check(
            target.kind,
            target.urn,
            news,
            olds,
            autoname=_autoname(target, request),
            sources=_sources(request.news),
        )
        if failures:
            # Without the property's own field: the engine would print its value.
            lines = [f"{f.property}: {f.reason}" if f.property else f.reason for f in failures]
            return proto.CheckResponse(failures=[proto.CheckFailure(reason=line) for line in lines])
        return proto.CheckResponse(inputs=write_properties(inputs, secrets | target.secrets))

    def diff(self, request: proto.DiffRequest) -> proto.DiffResponse:
        target = self._target(request.urn)
        olds, in_olds = read_properties(request.olds)
        news, in_news = read_properties(request.news)
        found = self._provider.diff(target.kind, target.urn, request.id, olds, news)
        if found.records_instance:
            self._explain_recording(found.replaces_instance)
        if found.leaves:
            self._messages.report(found.leaves)
        return proto.DiffResponse(
            changes=proto.DiffResponse.DIFF_SOME if found.any else proto.DiffResponse.DIFF_NONE,
            replaces=found.replacing,
            deleteBeforeReplace=found.delete_before_replace,
            diffs=found.changed,
            detailedDiff=detailed_diff(found, olds, news, in_olds | in_news | target.secrets),
            hasDetailedDiff=bool(found.changed),
        )

    def create(self, request: proto.CreateRequest) -> proto.CreateResponse:
        target = self._target(request.urn)
        inputs, secrets = read_properties(request.properties)
        secrets |= target.secrets
        if request.preview:
            predicted = predict_create(target.kind, inputs)
            return proto.CreateResponse(properties=write_properties(predicted, secrets))
        self._state.begin()
        timeout = request.timeout or None
        try:
            id, outputs = self._provider.create(target.kind, target.urn, inputs, timeout=timeout)
        except PartialCreate as partial:
            raise InitFailed(
                proto.ErrorResourceInitFailed(
                    id=partial.id,
                    properties=write_properties(partial.outputs, secrets),
                    reasons=[str(partial)],
                    inputs=request.properties,
                )
            ) from None
        return proto.CreateResponse(id=id, properties=write_properties(outputs, secrets))

    def read(self, request: proto.ReadRequest) -> proto.ReadResponse:
        target = self._target(request.urn)
        state, in_state = read_properties(request.properties)
        given, in_inputs = read_properties(request.inputs)
        names = {name for name, value in given.items() if value is not None}
        found = self._provider.read(target.kind, target.urn, request.id, state, names, imports=not state)
        if found is None:
            return proto.ReadResponse()
        id, outputs, inputs = found
        secrets = in_state | in_inputs | target.secrets
        response = proto.ReadResponse(id=id, properties=write_properties(outputs, secrets))
        if names or not state:
            # A resource that the program only reads has no inputs in the state, and keeps none.
            known = {name: value for name, value in inputs.items() if names or value is not None}
            response.inputs.CopyFrom(write_properties(known, secrets))
        return response

    def update(self, request: proto.UpdateRequest) -> proto.UpdateResponse:
        target = self._target(request.urn)
        olds, _ = read_properties(request.olds)
        news, secrets = read_properties(request.news)
        if request.preview:
            outputs = predict_update(target.kind, olds, news)
        else:
            outputs = self._provider.update(
                target.kind, target.urn, request.id, olds, news, timeout=request.timeout or None
            )
        return proto.UpdateResponse(properties=write_properties(outputs, secrets | target.secrets))

    def delete(self, request: proto.DeleteRequest) -> None:
        target = self._target(request.urn)
        state, _ = read_properties(request.properties)
        self._state.begin()
        self._provider.delete(target.kind, target.urn, request.id, state, timeout=request.timeout or None)

    def invoke(self, request: proto.InvokeRequest) -> proto.InvokeResponse:
        lookup = LOOKUPS.get(request.tok)
        if lookup is None:
            raise ObjectError(f"the package wallaroo has no function {request.tok!r}; check its spelling")
        arguments, _ = read_properties(request.args)
        if contains_unknown(arguments):
            raise ObjectError(f"{lookup.name}: an argument is not known yet; use the outputs of its resource")
        result = lookup.call(self._provider.context.client, arguments)
        return proto.InvokeResponse(
            **{"return": write_properties(result, ((name,) for name in lookup.secrets))}
        )

    def _target(self, urn: str) -> _Target:
        self._state.belongs_to(urn)
        return _Target.of(urn)

    def _explain_recording(self, replaces: bool) -> None:
        with self._lock:
            due = replaces in self._unexplained
            self._unexplained.discard(replaces)
        if due:
            self._messages.report(recording_explained(replaces=replaces))


def _sources(news: Struct) -> dict[str, str] | None:
    """Which inputs come from the same Output: sent by Python programs in previews, and left out of the properties."""
    found: dict[str, str] | None = None
    if SOURCES_KEY in news and isinstance(news[SOURCES_KEY], Struct):
        found = MessageToDict(news[SOURCES_KEY])
    return found


def _autoname(target: _Target, request: proto.CheckRequest) -> str | None:
    """The name to use if the program gives none: the engine's proposal, or one made of the URN."""
    if not request.HasField("autonaming"):
        return autoname(target.name, target.urn)
    options = request.autonaming
    if options.mode == options.DISABLE:
        return None
    name: str = options.proposed_name
    enforced = options.mode == options.ENFORCE or DNS_LABEL.fullmatch(name)
    return name if enforced else as_dns_label(name)
