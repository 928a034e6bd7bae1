"""Run the tests marked ``sdk_range`` on each supported Pulumi SDK and Python, and write docs/compatibility.md.

Each pair of Python and SDK has a virtual environment in the user's cache folder. Arguments are passed to pytest; with
arguments the page is not written, and a pair for which they select no test counts as passed. Standard library only.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

sys.path.insert(0, str(Path(__file__).parents[1]))

from cached import CannotMake, made_once, only_one, pip_install, report, virtual_environment

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/compatibility.md"

OLDEST = "3.216.0"
"""The lower end of the range in pyproject.toml."""
DEVELOPMENT = "3.259.0"
"""The version in requirements-dev.txt, and that of the CLI."""
NEWEST = "3.272.0"
"""The newest release in the range. After a new one: change this, run `make test-sdk-range`, commit the page."""

NOT_NEEDED = {"greenlet", "grimp", "hypothesis-graphql", "import-linter", "jsonschema_rs", "mypy", "playwright"} | {
    "ruff", "schemathesis", "types-PyYAML"
}  # fmt: skip
"""Development tools that the selected tests do not use."""


FOLDERS = {
    "engine": ("tests/engine",),
    "host": ("tests/host",),
    "unit": (
        "tests/unit/adapters",
        "tests/unit/core",
        "tests/unit/policies",
        "tests/processes/test_native_classes.py",
    ),
}
"""The folders with selected tests. Others would need more packages to be imported."""


@dataclass(frozen=True)
class Combination:
    """A Python and an SDK, and the kinds of tests whose selection runs on them."""

    python: str
    sdk: str
    tests: tuple[str, ...]

    def __str__(self) -> str:
        return f"Python {self.python}, pulumi {self.sdk}, {' and '.join(self.tests)} tests"


COMBINATIONS = (
    Combination("3.11", OLDEST, ("host", "engine")),
    Combination("3.11", NEWEST, ("host", "engine")),
    Combination("3.12", DEVELOPMENT, ("host", "unit")),
    Combination("3.13", NEWEST, ("host", "unit")),
)


def find_python(version: str) -> str | None:
    """Return the interpreter of this version: on PATH, or the newest one that pyenv has."""
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        return sys.executable
    home = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    installed = sorted(home.glob(f"versions/{version}.*/bin/python"), key=lambda path: path.stat().st_mtime)
    found = [str(path) for path in reversed(installed)] + [shutil.which(f"python{version}") or ""]
    return next((python for python in found if python and _works(python)), None)


def _works(python: str) -> bool:
    # pyenv puts a `python3.12` on PATH that fails unless this version is selected.
    return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0


def requirements(sdk: str) -> list[str]:
    """Return the pinned requirements of development with another SDK, whose own dependencies pip chooses."""
    of_the_sdk = {_name(line) for line in _lines(ROOT / "tools/engine/requirements.txt")}
    return [
        f"pulumi=={sdk}",
        *(
            line
            for line in _lines(ROOT / "requirements-dev.txt")
            if _name(line) not in of_the_sdk | NOT_NEEDED
        ),
    ]


def _lines(file: Path) -> list[str]:
    return [line for line in file.read_text().splitlines() if line and not line.startswith("#")]


def _name(requirement: str) -> str:
    return requirement.partition("==")[0]


def environment(combination: Combination, python: str) -> Path:
    """Return the cached virtual environment of a combination, with the present requirements."""
    name = f"sdk-range-{combination.sdk}-py{combination.python}"
    what = f"Installing Python {combination.python} with pulumi {combination.sdk}"

    def make(folder: Path) -> Path:
        virtual_environment(folder, what, python=python)
        return folder

    folder = made_once(name, make)
    packages = requirements(combination.sdk)
    installed = folder / "installed.txt"
    with only_one(folder.with_name(f"{name}.lock")):
        if not installed.exists() or installed.read_text().split() != packages:
            pip_install(folder, what, *packages)
            installed.write_text("\n".join(packages))
        _write_plugin(folder / "bin")
    return folder


def _write_plugin(folder: Path) -> None:
    """Write the plugin's console script. pip would write it with an installation of one checkout; all share it."""
    script = folder / "pulumi-resource-wallaroo"
    script.write_text(
        f"#!{folder / 'python'}\nfrom wallaroo_pulumi.adapters.plugin.__main__ import main\n\nmain()\n"
    )
    script.chmod(0o755)


NO_TESTS = 5
"""The exit code of pytest when no test is selected."""


def run_tests(combination: Combination, python: str, arguments: list[str]) -> bool:
    """Run the selected tests. Without arguments, an empty selection is a failure."""
    interpreter = environment(combination, python) / "bin/python"
    report(f"{combination}:")
    command = [str(interpreter), "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "sdk_range"]
    folders = [folder for tests in combination.tests for folder in FOLDERS[tests]]
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    finished = subprocess.run(
        [*command, "--numprocesses", "auto", *folders, *arguments], cwd=ROOT, env=environ, check=False
    )
    return finished.returncode == 0 or (bool(arguments) and finished.returncode == NO_TESTS)


HEAD = f"""\
# Compatibility

<!-- Written by `make test-sdk-range`; the text is in tools/engine/sdk_range.py. -->

Supported are Python 3.11 or newer and the `pulumi` SDK {OLDEST} or newer, below 4. The Pulumi CLI and the SDK need not
have the same version.

All tests run on Python 3.11 with SDK {DEVELOPMENT} and CLI {DEVELOPMENT}. A selection runs on the ends of the range:

| Python | SDK | CLI | tests | result |
|---|---|---|---|---|
"""
TAIL = """
The host tests call the dynamic provider in Pulumi's own host process, and the plugin. The engine tests run
`pulumi preview`, `up`, `refresh` and `destroy` against the emulator, with dynamic providers and with the plugin. To run
them on your machine, use `make test-sdk-range`.
"""


RESULTS = {True: "passed", False: "failed", None: "not run"}


def page(results: dict[Combination, bool]) -> str:
    rows = []
    for one in COMBINATIONS:
        cli = DEVELOPMENT if "engine" in one.tests else "not used"
        cells = (one.python, one.sdk, cli, " and ".join(one.tests), RESULTS[results.get(one)])
        rows.append(f"| {' | '.join(cells)} |\n")
    return HEAD + "".join(rows) + TAIL


def write_page(text: str) -> None:
    if PAGE.exists() and PAGE.read_text() == text:
        return
    PAGE.write_text(text)
    report("docs/compatibility.md has changed: review it and commit it")


def main(arguments: list[str]) -> int:
    results: dict[Combination, bool] = {}
    outcomes = []
    for combination in COMBINATIONS:
        python = find_python(combination.python)
        if python is None:
            outcomes.append(f"{combination}: skipped, this Python is not installed")
            continue
        began = monotonic()
        passed = results[combination] = run_tests(combination, python, arguments)
        outcomes.append(f"{combination}: {'passed' if passed else 'FAILED'} in {monotonic() - began:.0f} s")
    if len(results) == len(COMBINATIONS) and not arguments:
        write_page(page(results))
    report("\n".join(outcomes))
    return 0 if results and all(results.values()) else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except CannotMake as failed:
        sys.exit(str(failed))
    except KeyboardInterrupt:
        sys.exit("Interrupted.")
