"""A stack after its first `up`, which is made once: each test gets the stack and the instance as they were then."""

from __future__ import annotations

from pathlib import Path

from emulated import Emulated
from pulumi_project import Project


class Applied:
    """Configures and applies a stack on an instance of which nothing else takes snapshots meanwhile."""

    def __init__(self, stack: Project, instance: Emulated) -> None:
        self._stack, self._instance = stack, instance
        instance.control("reset")
        stack.configure(instance.settings)
        stack.up().ok()
        instance.control("snapshot")

    def again(self, folder: Path) -> Project:
        """Return a copy of the stack in this folder; the instance has what it had after the `up`, and an empty log."""
        self._instance.control("restore")
        return self._stack.copied_to(folder)
