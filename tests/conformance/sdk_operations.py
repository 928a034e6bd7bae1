"""The SDK's operations that were seen at work, and the page they make."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs/conformance.md"


class Operations:
    """Operations, with all that any call of them asked of the instance."""

    def __init__(self) -> None:
        self._asked: defaultdict[str, set[str]] = defaultdict(set)

    def note(self, asked: Mapping[str, Iterable[str]]) -> None:
        for operation, requests in asked.items():
            self._asked[operation].update(requests)

    def table(self) -> str:
        lines = ["| operation | what it asks of the instance |", "|---|---|"]
        for operation, requests in sorted(self._asked.items()):
            asked = "<br>".join(f"`{request}`" for request in sorted(requests))
            lines.append(f"| `{operation}` | {asked} |")
        return "\n".join(lines) + "\n"

    def write(self) -> None:
        """Put the table in its place on the page."""
        begin, end = "<!-- operations -->\n", "<!-- end of operations -->\n"
        head, rest = PAGE.read_text().split(begin)
        PAGE.write_text(head + begin + self.table() + end + rest.split(end)[1])
