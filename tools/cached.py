"""Build or download once per machine what takes minutes, into the user's cache folder.

For the scripts in this folder, which install an engine, a Keycloak and the vendor's SDK and build releases.
Standard library only: they run before anything is installed.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from time import monotonic, sleep
from typing import IO

SHOW_EVERY = 10  # seconds between two signs of life


class CannotMake(Exception):
    """One line that says why, and what to do."""


def report(line: str) -> None:
    """Print a line for the user on standard error: standard output is for what scripts read."""
    print(line, file=sys.stderr, flush=True)


def cache_folder() -> Path:
    """The folder that outlives checkouts: WALLAROO_PULUMI_CACHE, or wallaroo_pulumi in the user's cache folder."""
    if chosen := os.environ.get("WALLAROO_PULUMI_CACHE"):
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "wallaroo_pulumi"


def made_once(name: str, make: Callable[[Path], Path]) -> Path:
    """The folder `name` of the cache, made when it is not there.

    `make` is given an empty folder and answers which folder in it, or itself, is to be kept. Only a finished one gets
    the name, so that what a broken run leaves behind is never taken for a whole one.
    """
    folder = cache_folder() / name
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with only_one(folder.with_name(f"{name}.lock")):
        if not folder.is_dir():
            half = folder.with_name(f"{name}.half")
            shutil.rmtree(half, ignore_errors=True)
            half.mkdir()
            try:
                make(half).rename(folder)
            finally:
                shutil.rmtree(half, ignore_errors=True)
    return folder


def run(what: str, command: list[str], folder: Path, env: Mapping[str, str] | None = None) -> None:
    """Run a command in a folder, showing that it is at work; its output is shown only when it fails."""
    report(f"{what} ...")
    began = monotonic()
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        try:
            while True:
                try:
                    code = process.wait(timeout=SHOW_EVERY)
                    break
                except subprocess.TimeoutExpired:
                    report(f"  {what}: {monotonic() - began:.0f} s")
        except BaseException:
            process.terminate()
            process.wait()
            raise
        if code:
            output.seek(0)
            report(output.read()[-4000:])
            raise CannotMake(
                f"{what} failed: {' '.join(command[:2])} ended with code {code}; its last output is above"
            )


def virtual_environment(folder: Path, what: str, *arguments: str, python: str = sys.executable) -> None:
    """Make a virtual environment and give `pip install` the arguments, if there are any."""
    run(f"{what}: its environment", [python, "-m", "venv", str(folder)], folder.parent)
    if arguments:
        pip_install(folder, what, *arguments)


def pip_install(folder: Path, what: str, *arguments: str) -> None:
    """Install into a virtual environment."""
    pip = [str(folder / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run(what, [*pip, *arguments], folder)


@contextlib.contextmanager
def only_one(lock: Path) -> Iterator[None]:
    """One run at a time on this machine; a second one waits for the first and then finds its work done."""
    with lock.open("w") as file:
        seconds = 0
        while not _locked(file):
            if seconds % SHOW_EVERY == 0:
                report(f"Another run is making {lock.stem}; waiting for it: {seconds} s")
            sleep(1)
            seconds += 1
        yield


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
