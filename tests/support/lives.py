"""The life of a resource's example, without an engine: for tests of many cases.

It passes through the kernel and the client, as in the dynamic host, or also through the plugin's servicer.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Literal

from emulated import Emulated
from plugin_in_process import PluginInProcess

from wallaroo_pulumi.api import Client
from wallaroo_pulumi.config import load
from wallaroo_pulumi.core.check import check
from wallaroo_pulumi.core.context import Context
from wallaroo_pulumi.core.diff import Difference
from wallaroo_pulumi.core.names import wire_name
from wallaroo_pulumi.core.resource import Examples, InvalidInput
from wallaroo_pulumi.core.validate import validate
from wallaroo_pulumi.provider.provider import PartialCreate, Provider
from wallaroo_pulumi.resources import RESOURCES

Adapter = Literal["dynamic", "native"]


class Life:
    """One object and what it needs. ``state`` holds its id and outputs, as Pulumi would.

    ``files`` are the paths that examples refer to (``example_files.py``).
    """

    def __init__(
        self,
        emulator: Emulated,
        kind: str,
        files: Mapping[str, str],
        *,
        url: str | None = None,
        adapter: Adapter = "dynamic",
    ) -> None:
        self._adapter = adapter
        self._given = {**emulator.settings, "maxRetries": "1", "apiUrl": url or emulator.url}
        self._resource = RESOURCES[kind]
        self._open: Client | PluginInProcess | None = None
        self.said: list[str] = []
        self.new_process()
        self._values: dict[str, Any] = dict(files)
        self._state: tuple[str, dict[str, Any]] | None = None

    @property
    def state(self) -> tuple[str, dict[str, Any]]:
        assert self._state is not None, "it is not created yet"
        return self._state

    @state.setter
    def state(self, state: tuple[str, dict[str, Any]]) -> None:
        self._state = state

    def make_needs(self) -> None:
        """Make what the example refers to."""
        for needed, inputs in self._resource.examples.needs.items():
            wire = self._checked(needed, self._filled(inputs))
            for name, value in self._provider.create(needed, None, wire)[1].items():
                self._values.setdefault(name, value)
                self._values[f"{needed}.{name}"] = value

    def again(self, timeout: float = 10.0) -> Life:
        """A process that finds what this life's has left; neither notices the other."""
        other = copy.copy(self)
        other._open, other.said = None, []
        other.new_process(timeout)
        return other

    def of_another_stack(self) -> Life:
        """The same program in another stack: it refers to the same objects, and has made none."""
        other = copy.copy(self)
        other._open, other._state = None, None
        other.new_process()
        return other

    def new_process(self, timeout: float = 10.0) -> None:
        """Forget what a process knows: its token, its listings, its claims. ``timeout`` is seconds per request."""
        self.close()
        given = {**self._given, "timeout": str(timeout)}
        self._provider: Any
        if self._adapter == "native":
            self._provider = self._open = PluginInProcess(given)
            return
        client = self._open = Client(load(given.get, {}))
        ctx = Context(client=client, report=self.said.append, sleep=lambda _: None)
        self._provider = Provider(lambda: ctx)

    @property
    def is_claimed(self) -> bool:
        """Whether a resource of this process holds the object under its kind and id."""
        assert self.state is not None
        ownership = self._provider.context.ownership
        return ownership.referrer(self._resource.kind, self.state[0], "another resource") is not None

    def close(self) -> None:
        if self._open is not None:
            self._open.close()

    def create(self, **inputs: Any) -> None:
        """Make it as the example does, and with these inputs."""
        inputs = self._checked(
            self._resource.kind, self._filled({**self._resource.examples.inputs, **inputs})
        )
        try:
            self.state = self._provider.create(self._resource.kind, None, inputs)
        except PartialCreate as partial:
            self.state = partial.id, partial.outputs  # the engine keeps it
            raise

    def validate(self) -> list[InvalidInput]:
        """What a preview with validation finds wrong with the example's inputs as a new resource."""
        inputs = self._checked(self._resource.kind, self._filled(self._resource.examples.inputs))
        return validate(self._resource, self._provider.context, inputs, {})

    def update(self, *, edited: bool = True, **inputs: Any) -> None:
        """Change it as the example of an edit in place does, or not, and by these inputs."""
        examples = self._resource.examples
        inputs = {**examples.inputs, **(examples.update if edited else {}), **inputs}
        inputs = self._checked(self._resource.kind, self._filled(inputs))
        id, outputs = self.state
        self.state = (id, self._provider.update(self._resource.kind, None, id, outputs, inputs))

    def finish(self) -> None:
        """Do what the next run does with an object that a failed create left in the state."""
        self.update(edited=False)

    def diff(self, **inputs: Any) -> Difference:
        """Compare it with the example and these inputs."""
        kind = self._resource.kind
        news = self._checked(kind, self._filled({**self._resource.examples.inputs, **inputs}))
        found: Difference = self._provider.diff(kind, None, *self.state, news)
        return found

    def refresh(self) -> None:
        """Read it again. Raises LookupError when it is said to be gone."""
        id, outputs = self.state
        found = self._provider.read(self._resource.kind, None, id, outputs)
        if found is None:
            raise LookupError(f"{self._resource.kind} {id} is said to be gone")
        self.state = found[:2]

    def delete(self) -> None:
        self._provider.delete(self._resource.kind, None, *self.state)

    def _checked(self, kind: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
        wire = {wire_name(name): value for name, value in inputs.items()}
        checked, failures = check(RESOURCES[kind], wire, {})
        assert failures == []
        return checked

    def _filled(self, value: Any) -> Any:
        return Examples.resolved(value, lambda name: self._values[wire_name(name)])
