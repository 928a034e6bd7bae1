"""A drift report as a table, as Markdown, and as JSON."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final

import typer

from ..errors import one_line
from .drift import Change, Finding, Report, What

_SORTS: Final[tuple[What, ...]] = ("missing", "changed", "hidden", "unmanaged")
_UNCHECKED: Final = "not checked"
_COLOURS: Final = {
    "missing": typer.colors.RED,
    "changed": typer.colors.YELLOW,
    "hidden": typer.colors.MAGENTA,
    "unmanaged": typer.colors.CYAN,
    _UNCHECKED: typer.colors.RED,
}
_LONGEST_VALUE: Final = 100

Row = tuple[str, str, str, str]
"""Sort, kind, name, and id or reason."""


def to_json(report: Report) -> str:
    """Return a list for each sort of finding, ``not_checked`` with reasons, and ``unsupported`` kinds."""
    result: dict[str, Any] = {what: [_as_json(finding) for finding in report.of(what)] for what in _SORTS}
    result["not_checked"] = [asdict(unchecked) for unchecked in report.unchecked]
    result["unsupported"] = dict(report.unsupported)
    return json.dumps(result, indent=2) + "\n"


def _as_json(finding: Finding) -> dict[str, Any]:
    value = asdict(finding)
    del value["what"]
    return value if value["note"] else {key: part for key, part in value.items() if key != "note"}


def to_table(report: Report, *, colours: bool = False) -> str:
    """Return a line for each finding, with one below it for each changed property, and the totals at the end."""
    rows = list(_rows(report))
    if not rows:
        return "no drift\n"
    widths = [max(len(row[column]) for row, _ in rows) for column in range(3)]
    lines = []
    for row, below in rows:
        cells = [text.ljust(width) for text, width in zip(row, widths, strict=False)]
        if colours:
            cells[0] = typer.style(cells[0], fg=_COLOURS[row[0]])
        lines.append("  ".join([*cells, row[3]]).rstrip())
        lines += [f"    {line}" for line in below]
    return "\n".join([*lines, totals(report), ""])


def totals(report: Report) -> str:
    """Return how many resources were compared, and the number of findings of each sort."""
    counts = Counter(finding.what for finding in report.findings)
    parts = [f"{counts[what]} {what}" for what in _SORTS if counts[what]] or ["no drift"]
    if report.unchecked:
        parts = [part for part in parts if part != "no drift"] + [f"{len(report.unchecked)} {_UNCHECKED}"]
    return f"{', '.join(parts)} ({report.checked} resource{'s' * (report.checked != 1)} checked)"


def _rows(report: Report) -> Iterator[tuple[Row, list[str]]]:
    for finding in report.findings:
        below = [_change(change) for change in finding.changes]
        if finding.note:
            below.insert(0, one_line(finding.note))
        yield (finding.what, finding.kind, one_line(finding.name), f"id {one_line(finding.id)}"), below
    for unchecked in report.unchecked:
        yield (_UNCHECKED, unchecked.kind, one_line(unchecked.name), unchecked.reason), []
    for kind, answer in report.unsupported.items():
        yield (_UNCHECKED, kind, "*", f"this instance does not support them ({answer})"), []


def _change(change: Change) -> str:
    return f"{change.property}: {_value(change.recorded)} → {_value(change.found)}"


def _value(value: Any) -> str:
    text = value if value == "[secret]" else json.dumps(value)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def to_markdown(report: Report) -> str:
    """Return a heading with the totals and a table, for a comment on a pull request."""
    lines = [f"### Drift: {totals(report)}", ""]
    rows = list(_rows(report))
    if rows:
        lines += ["| | Kind | Name | Details |", "|---|---|---|---|"]
    for (what, kind, name, detail), below in rows:
        cells = [f"**{what}**", kind, _code(name), "<br>".join([_escaped(detail), *map(_code, below)])]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, ""] if rows else lines)


def _code(text: str) -> str:
    """Text that Markdown must not interpret, in a cell of a table."""
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    space = " " if text.startswith("`") or text.endswith("`") or not text else ""
    return f"{fence}{space}{text.replace('|', chr(92) + '|')}{space}{fence}"


def _escaped(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>|#@])", r"\\\1", text)
