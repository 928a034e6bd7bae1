"""The checks of links and wording that ``make check`` runs find what they are for."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    return importlib.import_module


def write(root: Path, files: dict[str, str]) -> list[Path]:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return [root / name for name in files]


def test_references_that_lead_nowhere_are_reported(script: Callable[[str], Any], tmp_path: Path) -> None:
    paths = write(
        tmp_path,
        {
            "README.md": "[a](docs/a.md#part-1) [b](docs/b.md) [c](docs/a.md#part-3) [d](#top)\n[e]: ../e.md\n",
            "docs/a.md": "# A\n## Part\n## Part\n## [`Part`](x) & (*co*)\n```\n## Code\n```\n[x](x) [y](#code)\n",
            "docs/x": "",
            "code.py": '"""See docs/a.md#part, docs/none.md and (docs/a.md#none)."""\n',
        },
    )
    assert sorted(script("check_links").problems(tmp_path, paths)) == [
        "README.md: #top: no such heading",
        "README.md: ../e.md: no such file",
        "README.md: docs/a.md#part-3: no such heading",
        "README.md: docs/b.md: no such file",
        "code.py: docs/a.md#none: no such heading",
        "code.py: docs/none.md: no such file",
        "docs/a.md: #code: no such heading",
    ]
    assert script("check_links").anchors(tmp_path / "docs/a.md") == {"a", "part", "part-1", "part--co"}


def test_links_in_code_and_to_other_sites_are_not_followed(
    script: Callable[[str], Any], tmp_path: Path
) -> None:
    text = "`[a](none.md)` [b](https://example.com/x.md#y) [c](mailto:a@example.com)\n```python\n[d](none.md)\n```\n"
    assert list(script("check_links").problems(tmp_path, write(tmp_path, {"a.md": text}))) == []


def test_pages_that_the_site_does_not_lead_to_are_reported(
    script: Callable[[str], Any], tmp_path: Path
) -> None:
    navigation = "nav:\n  - Home: index.md\n  - Reference:\n      - deep/a.md\n"
    files = {
        "mkdocs.yml": navigation,
        "docs/index.md": "",
        "docs/deep/a.md": "",
        "docs/a.md": "",
        "README.md": "",
    }
    assert list(script("check_links").not_in_navigation(tmp_path, write(tmp_path, files))) == [
        "docs/a.md: is not in the navigation of mkdocs.yml; add it there"
    ]


def test_parts_of_list_items_that_the_site_renders_outside_them_are_reported(
    script: Callable[[str], Any], tmp_path: Path
) -> None:
    good = "1. A\n   wrapped\n\n    ```sh\n    run\n    ```\n\n    More\n- b\n    - c\n\n```\n  - code\n\n  x\n```\n"
    bad = "1. A\n\n   ```sh\n   run\n   ```\n\n   More\n- b\n  - c\n"
    paths = write(tmp_path, {"good.md": good, "bad.md": bad})
    assert list(script("check_links").outside_lists(tmp_path, paths)) == [
        f"bad.md, line {line}: indent by a multiple of four spaces" for line in (3, 7, 9)
    ]


def test_old_phrases_are_rejected_outside_the_list(script: Callable[[str], Any], tmp_path: Path) -> None:
    paths = write(
        tmp_path,
        {
            "new.py": "# Every user\n# is harmless,\n# nobody's fault\n",
            "old.md": "He is nobody.\n",
            "done.md": "They are the user; the house-keeping of a theme.\n",
        },
    )
    found = list(script("check_wording").problems(tmp_path, paths, {"old.md", "done.md", "gone.md"}))
    assert [line.split("; write")[0] for line in found] == [
        "new.py:2: 'harmless'",
        "new.py:3: 'nobody'",
        "done.md: has no old phrase; remove it from not_rewritten.txt",
        "gone.md: has no old phrase; remove it from not_rewritten.txt",
    ]
