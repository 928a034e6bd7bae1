"""Check texts for phrases that this project no longer uses, and suggest what to write.

``make check`` runs this on Markdown and Python files, including messages and docstrings. Files that still have such
phrases are listed in ``not_rewritten.txt``. The list only shrinks: remove a file from it once it is rewritten.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Set
from pathlib import Path

from check_links import ROOT, files

NOT_REWRITTEN = Path(__file__).with_name("not_rewritten.txt")

PHRASES = {
    r"nobody|somebody|everybody": "another user, every user, nothing",
    r"he is|his own|he|his|him|himself": "they, their, the user",
    r"the house|of the house|house's": "the organisation, the project",
    r"harmless": "idempotent, has no effect",
    r"may stand|stands? (?:twice|under)": "may contain, is duplicated, is in",
    r"no good YAML": "invalid YAML",
    r"left as the instance has it": "server default",
    r"starred": "redacted",
    r"in the environment do not count": "in the environment are ignored",
    r"left out:": "skipped:",
    r"named, not written": "replaced by configuration keys",
    r"whether the request was carried out": "the request may have been applied",
    r"refused even when new": "the API rejected a freshly issued token",
    r"cannot go; give": "a workspace must keep at least one OWNER",
    r"must be keys with values": "must be an object",
    r"What it asks of an instance": "API load",
    r"made anew|a line says so": "recreated, Pulumi prints a message",
    r"Declare a [AEIO]\w+": "Declare an",
}
"""Old phrases, as regular expressions of whole words, and what to write."""

_PATTERNS = {
    re.compile(rf"(?<!\w)(?:{phrase})(?![\w-])", re.IGNORECASE): use for phrase, use in PHRASES.items()
}


def phrases(path: Path) -> Iterator[str]:
    """Yield a line for each old phrase in a file."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        for pattern, use in _PATTERNS.items():
            if match := pattern.search(line):
                yield f"{number}: {match[0].strip()!r}; write: {use}"


def problems(root: Path, paths: Iterable[Path], not_rewritten: Set[str]) -> Iterator[str]:
    """Yield what is wrong: an old phrase in a file that is rewritten, or a listed file that has none."""
    seen = set()
    for path in paths:
        name = path.relative_to(root).as_posix()
        found = list(phrases(path))
        if name not in not_rewritten:
            yield from (f"{name}:{line}" for line in found)
        elif found:
            seen.add(name)
    yield from (
        f"{name}: has no old phrase; remove it from {NOT_REWRITTEN.name}"
        for name in sorted(not_rewritten - seen)
    )


def main() -> int:
    listed = set(NOT_REWRITTEN.read_text(encoding="utf-8").split())
    paths = [path for path in files(ROOT) if path != Path(__file__)]
    found = list(problems(ROOT, paths, listed))
    print("\n".join(found), file=sys.stderr, end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
