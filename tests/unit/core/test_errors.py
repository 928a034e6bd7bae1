"""The tree of exceptions: adapters and commands distinguish causes by type."""

from __future__ import annotations

import re
from collections.abc import Iterator

import wallaroo_pulumi.errors as errors


def tree(base: type[Exception], depth: int = 0) -> Iterator[tuple[int, str]]:
    yield depth, base.__name__
    for each in base.__subclasses__():
        if each.__module__ == errors.__name__:
            yield from tree(each, depth + 1)


def test_the_docstring_shows_every_exception_under_its_base() -> None:
    drawn = re.findall(r"^([│├└─ ]*)(\w+)(?:  .*)?$", str(errors.__doc__), flags=re.MULTILINE)
    assert [(len(indent) // 4, name) for indent, name in drawn if name] == list(tree(errors.WallarooError))
