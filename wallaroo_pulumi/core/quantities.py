"""Limits of numbers, and quantities of Kubernetes. Standard library only: programs check theirs with it too."""

from __future__ import annotations

import re
from typing import Final

LARGEST_INTEGER: Final = 2**53
"""Pulumi sends all numbers as floats, which round whole numbers beyond this one."""

_MEMORY: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)(k|[KMGTPE]i?)?")
_LEAST_MEMORY: Final = 2**20


def require_memory(text: str) -> None:
    """Raises ValueError for what is no amount of memory that a container could run with."""
    found = _MEMORY.fullmatch(text)
    if not found:
        raise ValueError("must be a Kubernetes quantity, such as 512Mi or 3Gi")
    if not found[2] and float(found[1]) < _LEAST_MEMORY:
        raise ValueError(f"is a number of bytes, less than 1Mi; did you mean {text}Mi?")
