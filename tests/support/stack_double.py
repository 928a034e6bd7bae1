"""The engine's part of an `up`, without the engine: refresh, then delete, replace, update and create in order.

Calls go through a real dynamic host, a new one for each run, as Pulumi starts them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynamic_host import DynamicHost
from emulated import Emulated

Key = tuple[str, ...]
"""The kind, the workspace's name where the object is in one, and the object's own."""
Inputs = dict[str, Any]


class Stack:
    """A stack's state, and what the engine does with it."""

    def __init__(self, emulator: Emulated) -> None:
        self.emulator = emulator
        self.state: dict[Key, tuple[str, dict[str, Any]]] = {}
        """Id and outputs."""

    def up(self, declared: Mapping[Key, Inputs]) -> None:
        """Raises HostError where a call fails; what was done until then is in the state."""
        with DynamicHost({**self.emulator.settings, "maxRetries": "1"}) as host:
            self._refresh(host)
            for key in sorted(set(self.state) - set(declared), key=len, reverse=True):
                self._delete(host, key)
            for key in sorted(declared, key=len):
                self._apply(host, key, declared[key])

    def _refresh(self, host: DynamicHost) -> None:
        for key, (id, outputs) in list(self.state.items()):
            found, now, _ = host.read(key[0], id, outputs)
            if found:
                self.state[key] = (found, now)
            else:
                del self.state[key]

    def _delete(self, host: DynamicHost, key: Key) -> None:
        host.delete(key[0], *self.state[key])
        del self.state[key]

    def _apply(self, host: DynamicHost, key: Key, inputs: Inputs) -> None:
        if len(key) == 3:
            inputs = {**inputs, "workspaceId": self.state["Workspace", key[1]][1]["workspaceId"]}
        checked, failures = host.check(key[0], inputs)
        assert failures == {}
        if key in self.state:
            difference = host.diff(key[0], *self.state[key], checked)
            if not difference.changed:
                return
            if not difference.replaces:
                id, outputs = self.state[key]
                self.state[key] = (id, host.update(key[0], id, outputs, checked))
                return
            assert difference.delete_before_replace, "the only kind that these histories replace"
            self._delete(host, key)
        self.state[key] = host.create(key[0], checked)
