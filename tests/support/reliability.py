"""What the tests of faults note, and the table that is made of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from pages import Page

OUTCOMES = ("carried on", "next run converged", "either", "lost", "twin")


def table(notes: Iterable[list[str]]) -> str:
    """A row for each fault, of its outcomes."""
    counts: dict[str, Counter[str]] = {}
    for fault, outcome in notes:
        counts.setdefault(fault, Counter())[outcome] += 1
    lines = ["| fault | tried | " + " | ".join(OUTCOMES) + " |", "|---|" + "---|" * (len(OUTCOMES) + 1)]
    for fault, found in counts.items():
        cells = [str(found[outcome]) for outcome in OUTCOMES]
        lines.append(f"| {fault} | {found.total()} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


PAGE = Page(
    "docs/reliability.md", "table", "fault", ("tests/faults/test_*.py", "tests/engine/test_kill.py"), table
)
