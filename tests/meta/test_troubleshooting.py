"""The messages that docs/troubleshooting.md explains are messages of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def source() -> str:
    """The code of the package, with strings that continue on the next line joined."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "wallaroo_pulumi").rglob("*.py"))
    return re.sub(r'"\s*\n\s*f?"', "", text)


@pytest.mark.parametrize("message", re.findall(r"^### `([^`]+)`$", PAGE, re.MULTILINE))
def test_explained_message_is_in_the_code(message: str, source: str) -> None:
    assert message in source
