"""The calls of one run, answered by the kernel in this process: as ``DynamicHost``, without its start-up time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from dynamic_host import NAME, UNKNOWN, Diff, HostError, urn_of

from wallaroo_pulumi.adapters.stack_state import entries
from wallaroo_pulumi.api import Client
from wallaroo_pulumi.config import load
from wallaroo_pulumi.core.context import Context
from wallaroo_pulumi.core.fields import UNKNOWN as KERNEL_UNKNOWN
from wallaroo_pulumi.core.ownership import Ownership
from wallaroo_pulumi.errors import WallarooError
from wallaroo_pulumi.provider.provider import Provider


class KernelHost:
    """``export`` returns the stack's resources as ``pulumi stack export`` prints them; it is called once, when needed.

    ``lines`` collects what the user would be told. An exception that is no WallarooError is a bug and is not caught.
    """

    def __init__(
        self, config: Mapping[str, str], export: Callable[[], Sequence[Mapping[str, Any]]] = lambda: ()
    ) -> None:
        self.lines: list[str] = []
        settings = load(config.get, {})
        self._client = Client(settings)
        ctx: Context[Client] = Context(client=self._client, report=self.lines.append, sleep=lambda _: None)
        self._provider = Provider(
            lambda: ctx,
            Ownership(lambda: entries({"deployment": {"resources": export()}})),
            accept_instance=settings.accept_instance,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def check(
        self, kind: str, news: Mapping[str, Any], olds: Mapping[str, Any] | None = None, *, name: str = NAME
    ) -> tuple[dict[str, Any], dict[str, str]]:
        inputs, failures = self._call(
            self._provider.check, kind, urn_of(kind, name), _in(news), _in(olds or {})
        )
        return _out(inputs), {failure.property: failure.reason for failure in failures}

    def diff(
        self, kind: str, id: str, olds: Mapping[str, Any], news: Mapping[str, Any], *, name: str = NAME
    ) -> Diff:
        found = self._call(self._provider.diff, kind, urn_of(kind, name), id, _in(olds), _in(news))
        return Diff(found.any, list(found.replacing), found.delete_before_replace)

    def create(self, kind: str, inputs: Mapping[str, Any], *, name: str = NAME) -> tuple[str, dict[str, Any]]:
        id, outputs = self._call(self._provider.create, kind, urn_of(kind, name), _in(inputs))
        return id, _out(outputs)

    def read(
        self, kind: str, id: str, state: Mapping[str, Any], *, name: str = NAME
    ) -> tuple[str, dict[str, Any], dict[str, Any]]:
        found = self._call(self._provider.read, kind, urn_of(kind, name), id, _in(state))
        return ("", {}, {}) if found is None else (found[0], _out(found[1]), _out(found[2]))

    def update(
        self, kind: str, id: str, olds: Mapping[str, Any], news: Mapping[str, Any], *, name: str = NAME
    ) -> dict[str, Any]:
        outputs: dict[str, Any] = _out(
            self._call(self._provider.update, kind, urn_of(kind, name), id, _in(olds), _in(news))
        )
        return outputs

    def delete(self, kind: str, id: str, state: Mapping[str, Any], *, name: str = NAME) -> None:
        self._call(self._provider.delete, kind, urn_of(kind, name), id, _in(state))

    def _call(self, method: Callable[..., Any], *args: Any) -> Any:
        try:
            return method(*args)
        except WallarooError as error:
            raise HostError(str(error)) from None


def _in(value: Any) -> Any:
    """What Pulumi's protocol makes of a value: whole numbers arrive as floats."""
    if isinstance(value, Mapping):
        return {key: _in(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_in(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return KERNEL_UNKNOWN if value == UNKNOWN else value


def _out(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _out(item) for key, item in value.items()}
    return [_out(item) for item in value] if isinstance(value, list | tuple) else _in(value)
