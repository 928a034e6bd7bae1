"""What the fault tests count, and the page they write of it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

PAGE = Path(__file__).parent.parent.parent / "docs/reliability.md"

OUTCOMES = ("carried on", "error, next run converged", "lost", "twin")


class Record:
    """Counts outcomes by fault."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = {}

    def note(self, fault: str, outcome: str) -> None:
        self._counts.setdefault(fault, Counter())[outcome] += 1

    def table(self) -> str:
        lines = ["| fault | tried | " + " | ".join(OUTCOMES) + " |", "|---|" + "---|" * (len(OUTCOMES) + 1)]
        for fault, counts in self._counts.items():
            cells = [str(counts[outcome]) for outcome in OUTCOMES]
            lines.append(f"| {fault} | {counts.total()} | {' | '.join(cells)} |")
        return "\n".join(lines) + "\n"

    def write(self) -> None:
        """Put the table in its place on the page."""
        page = PAGE.read_text()
        begin, end = "<!-- table -->\n", "<!-- end of table -->\n"
        head, rest = page.split(begin)
        tail = rest.split(end)[1]
        PAGE.write_text(head + begin + self.table() + end + tail)
