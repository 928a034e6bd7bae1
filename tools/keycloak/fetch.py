"""Fetches a real Keycloak for the tests: `make keycloak`.

Downloads the server's distribution with Maven, unpacks it into the user's cache folder and builds it once for the
options the tests start it with, which halves the time of every later start. Prints the server's folder as the last
line of standard output; progress and errors go to standard error. Standard library only.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from cached import CannotMake, made_once, report, run

VERSION = "26.7.3"
SHA256 = "27a6535553c3cdcd083872ba40629efafb3475e3b758e0c6f691395561dd0f1f"
COPY_GOAL = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"
# Build options are fixed with the server; everything else is chosen at each start (tests/keycloak/server.py).
# The database is a file, so that a server can be restarted without losing what it knows.
BUILD_OPTIONS = ("--db=dev-file", "--http-relative-path=/auth")
LEAST_JAVA = 17


class ToolMissing(CannotMake):
    """Java or Maven is not there; one line that says which and what to do."""


def fetch() -> Path:
    """The folder of a built Keycloak, made when it is not there yet.

    Raises ToolMissing without Java 17 (needed to run it, too) or Maven, CannotMake when download or build fail.
    """
    check_java()
    built_from = hashlib.sha256(repr((SHA256, BUILD_OPTIONS)).encode()).hexdigest()[:12]
    return made_once(f"keycloak-{VERSION}-{built_from}", _make)


def environment() -> dict[str, str]:
    """This process's environment without the user's own Keycloak options, which would change the server."""
    return {name: value for name, value in os.environ.items() if not name.startswith("KC_")}


def check_java() -> None:
    """Raises ToolMissing unless the Java that Keycloak's start script would take is new enough."""
    java = str(Path(os.environ["JAVA_HOME"], "bin", "java")) if os.environ.get("JAVA_HOME") else "java"
    try:
        told = subprocess.run([java, "-version"], capture_output=True, text=True, check=True).stderr
    except (OSError, subprocess.CalledProcessError):
        raise ToolMissing(
            f"Keycloak needs Java {LEAST_JAVA} or newer, and {java} does not run; install it or set JAVA_HOME"
        ) from None
    version = re.search(r'version "(\d+)', told)
    if version is None or int(version[1]) < LEAST_JAVA:
        found = version[1] if version else "an unknown version"
        raise ToolMissing(f"Keycloak needs Java {LEAST_JAVA} or newer, and {java} is {found}; set JAVA_HOME")


def _make(work: Path) -> Path:
    if shutil.which("mvn") is None:
        raise ToolMissing("Keycloak is fetched with Maven, and there is no mvn on PATH; install Maven")
    artifact = f"org.keycloak:keycloak-quarkus-dist:{VERSION}:zip"
    download = [COPY_GOAL, f"-Dartifact={artifact}", f"-DoutputDirectory={work}"]
    run(
        f"Downloading Keycloak {VERSION} (177 MB)",
        ["mvn", "--batch-mode", "--strict-checksums", *download],
        work,
        environment(),
    )
    archive = work / f"keycloak-quarkus-dist-{VERSION}.zip"
    _check(archive)
    with zipfile.ZipFile(archive) as unpacking:
        unpacking.extractall(work)
    server = work / f"keycloak-{VERSION}"
    run(
        "Building it for quick starts (half a minute)",
        ["sh", "bin/kc.sh", "build", *BUILD_OPTIONS],
        server,
        environment(),
    )
    return server


def _check(archive: Path) -> None:
    with archive.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != SHA256:
        raise CannotMake(
            f"{archive.name} has SHA-256 {found}, not the {SHA256} known for it; it was not unpacked"
        )


def main() -> int:
    try:
        print(fetch())
    except CannotMake as error:
        report(f"make keycloak: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
