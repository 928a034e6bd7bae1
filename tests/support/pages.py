"""Pages of docs/ that hold what a test run saw.

A test notes what it saw with `record_property`. Notes travel with the tests' reports,
which pytest-xdist brings from its workers to the process that started them: tests may run on any worker, and one
process, which has heard of all of them, writes the page. It does so only when every test of the page ran and passed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@dataclass
class Page:
    """A file of docs/ with a table between two marks; ``tests`` are globs of the files whose tests fill it.

    Their notes have the name ``key``; ``table`` makes text of them.
    """

    file: str
    mark: str
    key: str
    tests: Sequence[str]
    table: Callable[[Iterable[Any]], str]
    expected: list[str] = field(default_factory=list)
    notes: dict[str, list[Any]] = field(default_factory=dict)
    """What the tests that passed have noted."""

    def expect(self, ids: Iterable[str]) -> None:
        """The tests that this run is going to run; of no use unless they are from all files of the page."""
        files = [str(path.relative_to(ROOT)) for glob in self.tests for path in sorted(ROOT.glob(glob))]
        found = {file: [id for id in ids if id.partition("::")[0] == file] for file in files}
        self.expected = [id for file in files for id in found[file]] if all(found.values()) else []

    def hear(self, report: pytest.TestReport) -> None:
        """The end of a step of a test; the last one holds the notes."""
        if report.nodeid in self.expected and report.when == "call" and report.passed:
            self.notes[report.nodeid] = []
        if report.nodeid in self.notes and report.when == "teardown":
            self.notes[report.nodeid] = [value for key, value in report.user_properties if key == self.key]
        if report.failed:
            self.notes.pop(report.nodeid, None)

    def write(self) -> bool:
        """Put the table in its place; False when the run was not a whole one."""
        if not self.expected or set(self.notes) != set(self.expected):
            return False
        # In the tests' order, whichever ended first.
        table = self.table(note for id in self.expected for note in self.notes[id])
        page = ROOT / self.file
        begin, end = f"<!-- {self.mark} -->\n", f"<!-- end of {self.mark} -->\n"
        head, rest = page.read_text().split(begin)
        page.write_text(head + begin + table + end + rest.split(end)[1])
        return True


class Writer:
    """The plugin that writes pages at the end of a run. It is not for xdist's workers."""

    def __init__(self, pages: Sequence[Page]) -> None:
        self._pages = pages

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._expect(session.config, [item.nodeid for item in session.items])

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: Sequence[str]) -> None:
        self._expect(node.config, ids)

    def _expect(self, config: pytest.Config, ids: Sequence[str]) -> None:
        options = ("keyword", "markexpr", "deselect", "lf")
        if any(config.getoption(option, None) for option in options) or any("::" in a for a in config.args):
            return
        for page in self._pages:
            page.expect(ids)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for page in self._pages:
            page.hear(report)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for page in self._pages:
            if page.write():
                terminalreporter.write_line(f"{page.file}: written")
