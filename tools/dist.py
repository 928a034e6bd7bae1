"""Build the files of a release into ``dist/``: wheel, sdist, plugin archive, SDKs, schemas, SBOM and checksums.

``make dist`` runs this with the Python of ``requirements-dist.txt``. With ``--tag v1.2.3`` it fails unless that is the
version of pyproject.toml and CHANGELOG.md has a section for it.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path

from cached import CannotMake, report, run, virtual_environment
from sdks import generate

ROOT = Path(__file__).parent.parent
SCHEMAS = {
    "estate.schema.json": ROOT / "docs/estate.schema.json",
    "schema.json": ROOT / "wallaroo_pulumi/adapters/plugin/schema.json",
}
"""The JSON Schema of the estate file, and the Pulumi schema of the package."""
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
    for name, source in SCHEMAS.items():
        shutil.copy(source, folder / name)
    wheel = next(folder.glob("*.whl"))
    generate.archives(folder)
    write_plugin_archive(folder / f"pulumi-resource-wallaroo-v{version()}.tar.gz", wheel)
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


def write_plugin_archive(path: Path, wheel: Path) -> None:
    """Write the archive for `pulumi plugin install --file`, for any platform; it contains the wheel."""
    texts = {
        "PulumiPlugin.yaml": "runtime:\n  name: python\n  options:\n    virtualenv: venv\n",
        "requirements.txt": f"./{wheel.name}\n",
        "__main__.py": "from wallaroo_pulumi.adapters.plugin.__main__ import main\n\nmain()\n",
    }
    contents = {name: text.encode() for name, text in texts.items()} | {wheel.name: wheel.read_bytes()}
    with (
        gzip.GzipFile(path, "wb", mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w") as archive,
    ):
        for name, content in contents.items():
            member = tarfile.TarInfo(name)
            member.size, member.mtime, member.mode = len(content), int(EPOCH), 0o644
            archive.addfile(member, io.BytesIO(content))


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
