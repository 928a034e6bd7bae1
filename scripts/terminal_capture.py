"""Write the output of a command as an SVG for the docs, as a terminal shows it::

    pulumi preview --color always | python scripts/terminal_capture.py "pulumi preview" docs/assets/preview.svg

Pulumi redraws its table while it works; only the last state of each line is kept.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

WIDTH = 112


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("title")
    parser.add_argument("svg", type=Path)
    given = parser.parse_args()
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text(f"$ {given.title}", style="bold"))
    console.print(Text.from_ansi(sys.stdin.read().rstrip()), no_wrap=True, crop=True)
    # The page must not load fonts from another server.
    local = re.sub(r"@font-face {{.*?}}|<!--.*?-->", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    svg = console.export_svg(title=given.title, unique_id="capture", code_format=local)
    given.svg.write_text(re.sub(r"\n\s*\n", "\n", svg), encoding="utf-8")


if __name__ == "__main__":
    main()
