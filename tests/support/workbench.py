"""One process's view of the resources: check, then the five calls of the kernel, on an emulator and without Pulumi."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

from emulated import Emulated

from wallaroo_pulumi.api import Client
from wallaroo_pulumi.config import load
from wallaroo_pulumi.core.check import check
from wallaroo_pulumi.core.context import Context
from wallaroo_pulumi.core.names import wire_name
from wallaroo_pulumi.provider.provider import Provider
from wallaroo_pulumi.resources import RESOURCES

State = tuple[str, dict[str, Any]]
"""An id and the outputs, camelCase as in Pulumi's state."""


class Workbench:
    """Inputs are given by their Python names. ``said`` collects what users would be told; waiting takes no time."""

    def __init__(self, emulator: Emulated) -> None:
        self.emulator = emulator
        self.said: list[str] = []
        self.time = 0.0
        self._settings = load(emulator.settings.get, {})
        self._open()

    def new_process(self) -> None:
        """Forget the token, the listings and the claims."""
        self.client.close()
        self._open()

    def _open(self) -> None:
        self.client = Client(self._settings)
        ctx: Context[Client] = Context(
            client=self.client, report=self.said.append, sleep=self._sleep, clock=lambda: self.time
        )
        self.ctx = ctx

    @property
    def ctx(self) -> Context[Client]:
        return self.provider.context

    @ctx.setter
    def ctx(self, ctx: Context[Client]) -> None:
        self.provider = Provider(lambda: ctx, ctx.ownership)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()

    def _sleep(self, seconds: float) -> None:
        self.time += seconds

    def checked(self, kind: str, **inputs: Any) -> dict[str, Any]:
        found, failures = check(RESOURCES[kind], {wire_name(k): v for k, v in inputs.items()}, {})
        assert failures == []
        return found

    def failures(self, kind: str, **inputs: Any) -> dict[str, str]:
        found = check(RESOURCES[kind], {wire_name(k): v for k, v in inputs.items()}, {})[1]
        return {failure.property: failure.reason for failure in found}

    def create(self, kind: str, **inputs: Any) -> State:
        return self.provider.create(kind, None, self.checked(kind, **inputs))

    def read(self, kind: str, id: str, outputs: dict[str, Any] | None = None) -> dict[str, Any] | None:
        """The outputs; by the id alone, then without the private record, unless the last ones are given."""
        found = self.provider.read(kind, None, id, outputs or {})
        return None if found is None else found[1]

    def update(self, kind: str, state: State, **inputs: Any) -> State:
        id, olds = state
        return id, self.provider.update(kind, None, id, olds, self.checked(kind, **inputs))

    def delete(self, kind: str, state: State) -> None:
        self.provider.delete(kind, None, *state)

    def workspace(self, name: str = "fraud") -> int:
        return self.client.workspaces.create(name).id

    def pipeline_version(self, workspace_id: int, name: str = "houses") -> int:
        """The integer id of a new version of a pipeline without steps."""
        return int(self.client.pipelines.create(workspace_id, name, []).version_id)
