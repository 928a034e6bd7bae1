"""Limits of numbers, and quantities of Kubernetes. Standard library only: programs check theirs with it too."""

from __future__ import annotations

import re
from typing import Final

LARGEST_INTEGER: Final = 2**53
"""Pulumi sends all numbers as floats, which round whole numbers beyond this one."""

_MEMORY: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)(k|[MGTPE]|[KMGTPE]i)?")
_UNITS: Final = {
    "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15, "E": 10**18,
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60,
}  # fmt: skip
_LEAST_MEMORY: Final = 2**20


def require_memory(text: str) -> None:
    """Raises ValueError for what is no amount of memory that a container could run with."""
    found = _MEMORY.fullmatch(text)
    if not found:
        raise ValueError("must be a Kubernetes quantity, such as 512Mi or 3Gi")
    if not found[2] and float(found[1]) < _LEAST_MEMORY:
        raise ValueError(f"is a number of bytes, less than 1Mi; did you mean {text}Mi?")
    if bytes_of(text) < _LEAST_MEMORY:
        raise ValueError("must be at least 1Mi")


def bytes_of(memory: str) -> float:
    """Return the number of bytes of a quantity that `require_memory` accepts."""
    found = _MEMORY.fullmatch(memory)
    return float(found[1]) * _UNITS.get(found[2], 1) if found else 0.0
