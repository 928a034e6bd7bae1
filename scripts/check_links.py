"""Check that what the texts refer to exists: links and anchors in Markdown, ``docs/…md`` paths in any text,
and the pages of docs/ in the site's navigation; and that the site renders lists as a forge does.

``make check`` runs this. Links to other sites are not followed.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).parent.parent
OWN_TEST = "tests/meta/test_text_checks.py"
"""Contains what the checks reject."""

_FENCE = re.compile(r"^( *)(```+|~~~+).*?^\1\2[`~]* *$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"(?<!`)(`+)(?!`)(?:(?!\n\n).)+?(?<!`)\1(?!`)", re.DOTALL)
_LINK = re.compile(
    r"\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)|^ {0,3}\[[^\]]+\]:\s+<?(\S+?)>?\s*$", re.MULTILINE
)
_DOCS_PATH = re.compile(r"(?<![\w./-])(docs/[\w./-]*\w\.md)(#[\w-]+)?")
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*\s*$", re.MULTILINE)
_SHALLOW = re.compile(
    r"^(?: {4})* {1,3}(?:```|~~~|[-*+] |\d+\. )|(?<=\n\n)(?: {4})* {1,3}(?=\S)", re.MULTILINE
)
_HTML_ANCHOR = re.compile(r"<\w+[^>]*\b(?:id|name)=\"([^\"]+)\"")


def files(root: Path) -> list[Path]:
    """Return the Markdown and Python files of a repository, also new ones that are not committed yet."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md", "*.py"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    names = [name for name in listed.split("\0") if name not in ("", OWN_TEST)]
    return [path for name in names if (path := root / name).is_file()]


def problems(root: Path, paths: Iterable[Path]) -> Iterator[str]:
    """Yield a line for each reference that leads nowhere."""
    for path in paths:
        text = path.read_text(encoding="utf-8")
        targets = {(root / match[1], match[0]) for match in _DOCS_PATH.finditer(text)}
        if path.suffix == ".md":
            targets |= {(path.parent / target.partition("#")[0], target) for target in _links(text)}
        for file, target in sorted(targets):
            if problem := _problem(path if target.startswith("#") else file, target):
                yield f"{path.relative_to(root)}: {target}: {problem}"


def _links(text: str) -> Iterator[str]:
    """Yield the targets of links within the repository."""
    for match in _LINK.finditer(_CODE.sub("", _FENCE.sub("", text))):
        target = unquote(match[1] or match[2])
        if not re.match(r"[a-z][a-z0-9+.-]*:|//", target, re.IGNORECASE):
            yield target


def _problem(file: Path, target: str) -> str | None:
    anchor = target.partition("#")[2]
    if not file.exists():
        return "no such file"
    if anchor and file.suffix == ".md" and anchor not in anchors(file):
        return "no such heading"
    return None


@cache
def anchors(file: Path) -> frozenset[str]:
    """Return the anchors of a Markdown file, as GitHub makes them from headings."""
    text = _FENCE.sub("", file.read_text(encoding="utf-8"))
    found = set(_HTML_ANCHOR.findall(text))
    for heading in _HEADING.findall(text):
        base = slug(heading)
        number = 0
        while (numbered := f"{base}-{number}" if number else base) in found:
            number += 1
        found.add(numbered)
    return frozenset(found)


def slug(heading: str) -> str:
    """Return the anchor of a heading, as GitHub makes it."""
    words = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", words.strip().lower()).replace(" ", "-")


def not_in_navigation(root: Path, paths: Iterable[Path]) -> Iterator[str]:
    """Yield a line for each page of docs/ that the site's navigation lacks; `make docs` would fail on it."""
    navigation = (root / "mkdocs.yml").read_text(encoding="utf-8")
    for path in paths:
        if path.suffix == ".md" and path.is_relative_to(root / "docs"):
            page = path.relative_to(root / "docs").as_posix()
            if not re.search(rf"[:-] {re.escape(page)}$", navigation, re.MULTILINE):
                yield f"docs/{page}: is not in the navigation of mkdocs.yml; add it there"


def outside_lists(root: Path, paths: Iterable[Path]) -> Iterator[str]:
    """Yield a line for each part of a list item that MkDocs renders outside the item.

    MkDocs needs four spaces where a forge needs two or three; otherwise numbers restart and paragraphs run together.
    """
    for path in paths:
        if path.suffix == ".md":
            text = _FENCE.sub(
                lambda fence: fence[1] + fence[2] + "\n" * fence[0].count("\n"),
                path.read_text(encoding="utf-8"),
            )
            for part in _SHALLOW.finditer(text):
                line = text.count("\n", 0, part.start()) + 1
                yield f"{path.relative_to(root)}, line {line}: indent by a multiple of four spaces"


def main() -> int:
    paths = files(ROOT)
    found = [*problems(ROOT, paths), *not_in_navigation(ROOT, paths), *outside_lists(ROOT, paths)]
    print("\n".join(found), file=sys.stderr, end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
