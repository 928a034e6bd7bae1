"""Fetching the server where something is missing or wrong: one line, and nothing half-made. Needs no server itself."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NEW_JAVA = "echo 'openjdk version \"21.0.1\" 2023-10-17' >&2"
OLD_JAVA = "echo 'openjdk version \"11.0.2\" 2019-01-15' >&2"
# Takes its folder from the last argument, -DoutputDirectory=..., as the real one does.
MAVEN_WITH_ANOTHER_ARCHIVE = (
    'for last; do :; done; echo other > "${last#*=}/keycloak-quarkus-dist-26.7.3.zip"'
)

Fetch = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def fetch(tmp_path: Path) -> Fetch:
    """Runs the script with an empty cache and nothing on PATH but a shell and the given commands, `name=script`."""

    def run(**commands: str) -> subprocess.CompletedProcess[str]:
        path = tmp_path / "bin"
        path.mkdir()
        for name, script in commands.items():
            (path / name).write_text(f"#!/bin/sh\n{script}\n")
            (path / name).chmod(0o755)
        return subprocess.run(
            [sys.executable, str(ROOT / "tools/keycloak/fetch.py")],
            env={"PATH": str(path), "WALLAROO_PULUMI_CACHE": str(tmp_path / "cache")},
            capture_output=True,
            text=True,
        )

    return run


@pytest.mark.parametrize(
    ("commands", "told"),
    [
        ({}, "needs Java 17 or newer, and java does not run"),
        ({"java": OLD_JAVA}, "needs Java 17 or newer, and java is 11"),
        ({"java": "exit 1"}, "needs Java 17 or newer, and java does not run"),
        ({"java": NEW_JAVA}, "there is no mvn on PATH"),
    ],
)
def test_what_is_missing_is_named_in_one_line(commands: dict[str, str], told: str, fetch: Fetch) -> None:
    ended = fetch(**commands)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert len(ended.stderr.splitlines()) == 1
    assert told in ended.stderr


@pytest.mark.parametrize(
    ("maven", "told"),
    [
        ("echo 'BUILD FAILURE'; exit 1", "mvn --batch-mode ended with code 1"),
        (MAVEN_WITH_ANOTHER_ARCHIVE, "it was not unpacked"),
    ],
)
def test_a_download_that_fails_leaves_nothing_behind(
    maven: str, told: str, fetch: Fetch, tmp_path: Path
) -> None:
    ended = fetch(java=NEW_JAVA, mvn=maven)
    assert ended.returncode == 1
    assert told in ended.stderr.splitlines()[-1]
    assert [file for file in (tmp_path / "cache").iterdir() if file.suffix != ".lock"] == []


@pytest.mark.parametrize(("ci", "outcome"), [("false", "1 skipped"), ("true", "1 error")])
def test_without_java_tests_are_skipped_with_the_reason_but_fail_in_ci(
    ci: str, outcome: str, tmp_path: Path
) -> None:
    test = ROOT / "tests/keycloak/test_keycloak_grants.py::test_password_grant_of_a_public_client"
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-rs", "-p", "no:cacheprovider", str(test)],
        cwd=ROOT,
        env=os.environ | {"JAVA_HOME": str(tmp_path), "CI": ci},
        capture_output=True,
        text=True,
    )
    assert outcome in ended.stdout.splitlines()[-1]
    assert "needs Java 17 or newer" in ended.stdout
