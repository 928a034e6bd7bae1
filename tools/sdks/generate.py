"""Generate the SDKs of the native plugin for Node, Go and Python from its schema: `make sdks`.

The generator (``tools/engine/codegen``) is that of the Pulumi release that tools/engine/go.mod pins. It is compiled
once into the user's cache folder, and so are the npm packages with which the SDK for Node is compiled. Prints the
archives; progress and errors go to standard error. Standard library only.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import shutil
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "engine"))

from build import CLI_SOURCES, CODEGEN, codegen
from cached import CannotMake, made_once, report, run

HERE = Path(__file__).parent
ENGINE = HERE.parent / "engine"
ROOT = HERE.parents[1]
SCHEMA = ROOT / "wallaroo_pulumi/adapters/plugin/schema.json"
NPM_PACKAGES = ROOT / "stacks/quickstart-typescript/package.json"
"""It pins Pulumi's SDK, the compiler and the types of Node."""
SDK_OF_NODE = "@wallaroo-pulumi/wallaroo"
PYTHON_PACKAGE = "pulumi_wallaroo"
EPOCH = 315532800
"""1980-01-01, so that equal sources give equal archives."""


def sdks() -> Path:
    """The folder with the SDKs: ``nodejs``, whose folder ``bin`` is what npm installs, ``go`` and ``python``."""
    generator = (ENGINE / name for name in (*CLI_SOURCES, *CODEGEN))
    digest = _digest(SCHEMA, NPM_PACKAGES, HERE / "generate.py", *generator)
    return made_once(f"sdks-{digest}", _generate)


def _generate(folder: Path) -> Path:
    schema = json.loads(SCHEMA.read_text())
    # In the schema it is the module of this package, which `pulumi import` writes into programs.
    schema["language"]["python"]["packageName"] = PYTHON_PACKAGE
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(schema, file)
        file.flush()
        run("Generating the SDKs", [str(codegen()), "sdks", file.name, str(folder)], folder)
    compile_node(folder / "nodejs")
    return folder


def npm_packages() -> Path:
    """The ``node_modules`` of TypeScript programs, without the SDK of this package."""
    given = json.loads(NPM_PACKAGES.read_text())
    needed: dict[str, Any] = {
        "private": True,
        "dependencies": given["dependencies"] | given["devDependencies"],
    }
    del needed["dependencies"][SDK_OF_NODE]
    text = json.dumps(needed)

    def install(folder: Path) -> Path:
        (folder / "package.json").write_text(text)
        npm = shutil.which("npm")
        if npm is None:
            raise CannotMake(
                "the SDK for Node cannot be compiled: npm is not on PATH; install Node 20 or newer"
            )
        options = ["--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"]
        run("Installing npm packages (once)", [npm, "install", *options], folder)
        return folder

    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    return made_once(f"npm-{digest}", install) / "node_modules"


def compile_node(folder: Path) -> None:
    """Compile the SDK for Node into its folder ``bin``, which is what npm installs."""
    modules = npm_packages()
    link = folder / "node_modules"
    link.symlink_to(modules)
    run("Compiling the SDK for Node", ["node", str(modules / "typescript/bin/tsc"), "--strict"], folder)
    link.unlink()
    for name in ("package.json", "README.md"):
        shutil.copy(folder / name, folder / "bin" / name)


def archives(target: Path) -> list[Path]:
    """Write the archives of the SDKs into a folder that exists."""
    folder, version = sdks(), json.loads(SCHEMA.read_text())["version"]
    contents = {
        "nodejs": (folder / "nodejs/bin", "package", "tgz"),  # as npm packs
        "go": (folder / "go", "wallaroo", "tar.gz"),
        "python": (folder / "python", f"{PYTHON_PACKAGE}-{version}", "tar.gz"),
    }
    return [
        _archive(source, top, target / f"wallaroo-sdk-{language}-v{version}.{suffix}")
        for language, (source, top, suffix) in contents.items()
    ]


def _archive(source: Path, top: str, path: Path) -> Path:
    files = {f"{top}/LICENSE": ROOT / "LICENSE"} | {
        f"{top}/{file.relative_to(source)}": file for file in sorted(source.rglob("*")) if file.is_file()
    }
    with (
        path.open("wb") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w") as archive,
    ):
        for name, file in files.items():
            content = file.read_bytes()
            member = tarfile.TarInfo(name)
            member.size, member.mtime, member.mode = len(content), EPOCH, 0o644
            archive.addfile(member, io.BytesIO(content))
    return path


def _digest(*files: Path) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "build/sdks")
    folder: Path = parser.parse_args().folder
    try:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(sdks(), folder)
        written = archives(folder)
    except CannotMake as failed:
        sys.exit(str(failed))
    report(f"The sources of the SDKs are in {folder}, and so are the archives for users:")
    print(*written, sep="\n")


if __name__ == "__main__":
    main()
