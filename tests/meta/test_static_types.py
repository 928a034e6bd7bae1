"""What mypy and pyright find in programs: their mistakes, and nothing else."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "tests/static_types"
STACKS = sorted([*ROOT.glob("stacks/*/__main__.py"), ROOT / "stacks/fan_out/fan_out.py"])
MYPY = ("--strict", "--config-file=", "--disable-error-code=import-not-found", "--allow-untyped-decorators")
"""Packages that stacks/platform uses are not installed here, and the decorator of Pulumi's mocks has no types."""
Found = dict[str, set[int]]
"""The lines with errors, by file."""


def mypy(*files: Path) -> Found:
    found: Found = {}
    for file in files:  # one by one: all stacks have the same module name
        for line in run("mypy", *MYPY, file.name, cwd=file.parent).splitlines():
            # What mypy finds in the package itself, without this repository's settings, is not the program's.
            if match := re.match(rf"{re.escape(file.name)}:(\d+): error", line):
                found.setdefault(str(file), set()).add(int(match[1]))
    return found


def pyright(*files: Path) -> Found:
    found: Found = {}
    ran = run("pyright", "--outputjson", "--pythonpath", sys.executable, *map(str, files), cwd=ROOT)
    for problem in json.loads(ran)["generalDiagnostics"]:
        if problem["severity"] == "error" and problem.get("rule") != "reportMissingImports":
            found.setdefault(problem["file"], set()).add(problem["range"]["start"]["line"] + 1)
    return found


def run(module: str, *args: str, cwd: Path) -> str:
    # The package is installed in a way that only Python finds.
    env = {**os.environ, "MYPYPATH": str(ROOT), "MYPY_CACHE_DIR": str(ROOT / ".mypy_cache")}
    return subprocess.run(
        [sys.executable, "-m", module, *args],
        capture_output=True, text=True, timeout=240, check=False, cwd=cwd, env=env,
    ).stdout  # fmt: skip


@pytest.fixture(scope="module", params=[mypy, pyright], ids=["mypy", "pyright"])
def check(request: pytest.FixtureRequest) -> Callable[..., Found]:
    checker: Callable[..., Found] = request.param
    return checker


def test_mistakes_are_found(check: Callable[..., Found]) -> None:
    file = SAMPLES / "mistakes.py"
    lines = file.read_text().splitlines()
    wrong = {number for number, line in enumerate(lines, 1) if line.endswith("# wrong")}
    found = check(file).get(str(file), set())
    assert len(wrong) >= 20
    assert found == wrong, f"missed: {sorted(wrong - found)}, unexpected: {sorted(found - wrong)}"


@pytest.mark.slow
def test_programs_without_mistakes_pass(check: Callable[..., Found], tmp_path: Path) -> None:
    assert check(SAMPLES / "correct.py", SAMPLES / "native.py", *STACKS, *examples(tmp_path)) == {}


def examples(folder: Path) -> Iterator[Path]:
    """The programs of the docs, as files."""
    for page in sorted([*ROOT.glob("docs/**/*.md"), ROOT / "README.md", *ROOT.glob("stacks/*/README.md")]):
        for number, found in enumerate(re.findall(r"(?m)^( *```python\n(?s:.*?)```)", page.read_text())):
            program = dedent(found).removeprefix("```python\n").removesuffix("```")
            if re.search(r"^import wallaroo_pulumi", program, re.MULTILINE):
                file = folder / f"{page.stem}_{number}.py"
                file.write_text(program)
                yield file
