"""The SDK's operations that were seen at work, and the table they make."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from pages import Page


def table(notes: Iterable[Mapping[str, Iterable[str]]]) -> str:
    """Operations, with all that any call of them asked of the instance."""
    asked: defaultdict[str, set[str]] = defaultdict(set)
    for note in notes:
        for operation, requests in note.items():
            asked[operation].update(requests)
    lines = ["| operation | what it asks of the instance |", "|---|---|"]
    for operation, requests in sorted(asked.items()):
        told = "<br>".join(f"`{request}`" for request in sorted(requests))
        lines.append(f"| `{operation}` | {told} |")
    return "\n".join(lines) + "\n"


PAGE = Page("docs/conformance.md", "operations", "sdk", ("tests/conformance/test_*.py",), table)
