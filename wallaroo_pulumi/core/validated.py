"""The objects that validation has seen in a run, so that references to objects not created yet pass."""

from __future__ import annotations

import threading
from collections.abc import Hashable

Key = tuple[Hashable, ...]
"""The values that identify an object before it has an id, such as workspace and name."""


class Validated:
    """The stack's objects by kind and key, whether they exist or not. Safe for threads."""

    def __init__(self) -> None:
        self._objects: set[tuple[str, Key]] = set()
        self._lock = threading.Lock()

    def add(self, kind: str, *key: Hashable) -> None:
        """Record an object."""
        with self._lock:
            self._objects.add((kind, key))

    def has(self, kind: str, *key: Hashable) -> bool:
        """Return whether the stack declares the object."""
        with self._lock:
            return (kind, key) in self._objects
