"""Build the files of a release into ``dist/``: wheel, sdist, JSON Schema of the estate file, SBOM and checksums.

``make dist`` runs this with the Python of ``requirements-dist.txt``. With ``--tag v1.2.3`` it fails unless that is the
version of pyproject.toml and CHANGELOG.md has a section for it.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from cached import CannotMake, report, run, virtual_environment

ROOT = Path(__file__).parent.parent
SCHEMA = ROOT / "docs/estate.schema.json"
CHECKSUMS = "SHA256SUMS"
EPOCH = "315532800"
"""1980-01-01: the earliest time that a wheel can contain, so that equal sources give equal files."""


def version() -> str:
    """The version in pyproject.toml, the only place where people change it."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"])


def require_release(tag: str) -> None:
    """Raise CannotMake unless the tag is that of the version and the changelog has a section for it."""
    if tag != f"v{version()}":
        raise CannotMake(
            f"the tag {tag} is not that of version {version()} in pyproject.toml; change one of them"
        )
    if not re.search(rf"^## {re.escape(version())}\b", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE):
        raise CannotMake(f"CHANGELOG.md has no section '## {version()}'; see RELEASING.md")


def build(folder: Path) -> None:
    """Build everything into a folder, which is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    python = [sys.executable, "-m"]
    run(
        "Building wheel and sdist",
        ["env", f"SOURCE_DATE_EPOCH={EPOCH}", *python, "build", "--outdir", str(folder), str(ROOT)],
        ROOT,
    )
    packages = [str(path) for path in sorted(folder.iterdir())]
    run("Checking their metadata", [*python, "twine", "check", "--strict", *packages], ROOT)
    shutil.copy(SCHEMA, folder)
    wheel = next(folder.glob("*.whl"))
    with tempfile.TemporaryDirectory() as scratch:
        virtual_environment(Path(scratch, "venv"), "Installing the wheel for the SBOM", str(wheel))
        command = [*python, "cyclonedx_py", "environment", f"{scratch}/venv/bin/python"]
        command += ["--pyproject", str(ROOT / "pyproject.toml"), "--output-reproducible"]
        command += ["--output-file", str(folder / f"wallaroo_pulumi-{version()}.cdx.json")]
        run("Writing the SBOM", command, ROOT)
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in sorted(folder.iterdir())
    ]
    (folder / CHECKSUMS).write_text("".join(lines))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "dist")
    parser.add_argument("--tag", help="the release's tag, such as v1.2.3")
    given = parser.parse_args()
    try:
        if given.tag:
            require_release(given.tag)
        build(given.folder)
    except (CannotMake, subprocess.CalledProcessError) as failed:
        sys.exit(str(failed))
    report(f"Built into {given.folder}:")
    for path in sorted(given.folder.iterdir()):
        print(path)


if __name__ == "__main__":
    main()
