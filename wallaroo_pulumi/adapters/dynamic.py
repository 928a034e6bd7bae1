"""The dynamic resource provider: what Pulumi's dynamic host loads out of the state and calls.

The state holds this class's path and the kind's name, nothing else. That reference never changes, holds no secret, and
lets old state run new code. The path is therefore a state format, frozen by a test. Programs import this module too
(``program.py``), so the kernel and the client are imported inside the calls.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)

from ..errors import NotFoundError
from . import dynamic_host, session
from .dynamic_host import current_urn
from .pulumi_values import SOURCES_KEY, Decoder, encode

if TYPE_CHECKING:
    from ..provider.provider import Provider

AUTONAME_KEY = "__autoname"
"""Carries the name to give an unnamed object from the program to check; never stored."""
PROVIDER_KEY = "__provider"
"""The reference to this class, which Pulumi adds to the outputs. State that the plugin wrote has none."""


@dynamic_host.one_line_errors
@dynamic_host.private_properties
class DynamicProvider(ResourceProvider):
    """Serves one kind of object inside Pulumi's dynamic host."""

    serialize_as_secret_always = False  # the reference holds no secret, and encrypting it costs per resource
    kind: str

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    def __reduce__(self) -> tuple[type[DynamicProvider], tuple[str]]:
        return DynamicProvider, (self.kind,)

    # --- what Pulumi calls -------------------------------------------------------------------------------

    def configure(self, req: ConfigureRequest) -> None:
        self._config: Callable[[str], str | None] = lambda key: req.config.get(f"wallaroo:{key}")
        dynamic_host.install_cancellation()

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        autoname, sources = news.get(AUTONAME_KEY), news.get(SOURCES_KEY)
        given = _decoded(news)
        inputs, failures = self._provider.check(
            self.kind,
            current_urn(),
            given,
            _decoded(_olds),
            autoname=autoname if isinstance(autoname, str) else None,
            sources=sources if isinstance(sources, Mapping) else None,
        )
        # Pulumi prints the value of the property that a failure names, and this host is not told which values a program
        # made secret. So the name is in the line only.
        return CheckResult(_encoded(inputs), [CheckFailure("", str(failure)) for failure in failures])

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        found = self._provider.diff(self.kind, current_urn(), _id, _decoded(_olds), _decoded(_news))
        if found.records_instance:
            session.explain_recording(replaces=found.replaces_instance)
        if found.leaves:
            session.report(found.leaves)
        # Without the reference Pulumi can neither refresh nor delete. The update adds it, and sends no request.
        from_plugin = PROVIDER_KEY not in _olds
        return DiffResult(
            changes=found.any or from_plugin,
            replaces=list(found.replacing),
            delete_before_replace=found.delete_before_replace,
        )

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult(*self._creator_or_remover.create(self.kind, current_urn(), _decoded(props)))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        state = _decoded(props)
        given = dynamic_host.recorded_inputs()
        found = self._provider.read(self.kind, current_urn(), id_, state, given)
        if found is not None:
            id, outputs, inputs = found
            return ReadResult(id, outputs, None if dynamic_host.reads_external() else inputs)
        if all(value is None for value in state.values()):
            # `.get`, which knows the id alone. Pulumi would take "gone" for an object without properties.
            raise NotFoundError(
                f"{self.kind} {id_!r} does not exist or this user cannot see it; check the id given to {self.kind}.get"
            )
        return ReadResult("", {})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        olds, news = _decoded(_olds), _decoded(_news)
        return UpdateResult(self._provider.update(self.kind, current_urn(), _id, olds, news))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        self._creator_or_remover.delete(self.kind, current_urn(), _id, _decoded(_props))

    # --- the rest ----------------------------------------------------------------------------------------

    @functools.cached_property
    def _provider(self) -> Provider:
        session.stack_state().belongs_to(current_urn())
        return session.provider(session.settings_from(self._config))

    @property
    def _creator_or_remover(self) -> Provider:
        """The provider, for calls that need the stack's state: reading it begins in the background."""
        provider = self._provider
        session.stack_state().begin()
        return provider


def _decoded(props: Mapping[str, Any]) -> dict[str, Any]:
    from ..core.fields import UNKNOWN
    from ..core.record import RECORD_KEYS

    return Decoder(UNKNOWN, (pulumi.output.Unknown,)).properties(props, RECORD_KEYS)


def _encoded(inputs: Mapping[str, Any]) -> Any:
    from ..core.fields import UNKNOWN

    return encode(inputs, UNKNOWN)
