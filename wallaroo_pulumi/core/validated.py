"""The objects that validation has seen in a run, so that references to objects not created yet pass."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from typing import Any

Key = tuple[Hashable, ...]
"""The values that identify an object before it has an id, such as workspace and name."""


class Validated:
    """The stack's objects by kind and key, whether they exist or not, with their desired values. Safe for threads."""

    def __init__(self) -> None:
        self._objects: dict[tuple[str, Key], Any] = {}
        self._lock = threading.Lock()

    def add(self, kind: str, *key: Hashable, desired: Any = None) -> None:
        """Record an object. The last ``desired`` values of a key count."""
        with self._lock:
            self._objects[kind, key] = desired

    def has(self, kind: str, *key: Hashable) -> bool:
        """Return whether the stack declares the object."""
        with self._lock:
            return (kind, key) in self._objects

    def of(self, kind: str) -> list[tuple[Key, Any]]:
        """Return the keys and desired values of a kind's objects."""
        with self._lock:
            return [(key, desired) for (of, key), desired in self._objects.items() if of == kind]
