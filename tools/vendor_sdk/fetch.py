"""Makes an environment with the vendor's SDK for its conformance tests: `make conformance`.

The SDK pins many versions that are not ours, so it lives apart, in the user's cache folder. It imports nearly all of
its dependencies at once (600 MB on disk), so none is left out; wheels only, so that nothing is built for minutes and
then fails. Prints the environment's Python as the last line of standard output. Standard library only.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from cached import CannotMake, made_once, report, virtual_environment

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
PYTHONS = ((3, 11), (3, 12))
"""Those that the SDK's pinned dependencies have wheels for."""


def fetch() -> Path:
    """The Python of the environment, made when it is not there yet. Raises CannotMake."""
    version, python = _suitable_python()
    key = hashlib.sha256(f"{version} {REQUIREMENTS.read_text()}".encode()).hexdigest()[:12]

    def make(folder: Path) -> Path:
        what = "Installing the vendor's SDK (two minutes, once)"
        options = ("--only-binary", ":all:", "--no-compile")
        virtual_environment(folder, what, *options, "--requirement", str(REQUIREMENTS), python=python)
        return folder

    return made_once(f"sdk-{key}", make) / "bin/python"


def _suitable_python() -> tuple[tuple[int, int], str]:
    """A version and its interpreter: this one, or one on PATH."""
    if sys.version_info[:2] in PYTHONS:
        return sys.version_info[:2], sys.executable
    names = {version: "python{}.{}".format(*version) for version in PYTHONS}
    for version, name in names.items():
        if found := shutil.which(name):
            return version, found
    raise CannotMake(
        f"the vendor's SDK needs {' or '.join(names.values())}, and none is on PATH; install one"
    )


def main() -> int:
    try:
        print(fetch())
    except (CannotMake, OSError) as error:
        report(f"make conformance: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
