"""The built files, not the checkout, do what docs/getting-started.md says, in an environment of their own.

``DIST`` names a folder that ``make dist`` filled; without it the files are built.
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
import os
import re
import subprocess
import sys
import tarfile
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from emulated import clean_environment
from pulumi_engine import engine_folder

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/getting-started.md").read_text(encoding="utf-8")
INSTALL = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]

pytestmark = pytest.mark.timeout(900)  # wheels are installed three times


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built files."""
    if built := os.environ.get("DIST"):
        return Path(built).resolve()
    folder = tmp_path_factory.mktemp("dist") / "files"
    subprocess.run(["make", "-C", str(ROOT), "dist", f"ARGS={folder}"], check=True, stdout=sys.stderr)
    return folder


@pytest.fixture(scope="module")
def installed(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's folder, with the wheel installed in .venv."""
    folder = tmp_path_factory.mktemp("fraud")
    venv.create(folder / ".venv", with_pip=True)
    wheel = next(dist.glob("*.whl"))
    command = [str(folder / ".venv/bin/python"), *INSTALL, f"{wheel}[emulator,policy]"]
    subprocess.run(command, check=True, cwd=folder, env=clean_environment())
    return folder


@pytest.fixture
def emulator(installed: Path) -> Iterator[str]:
    """The address of the installed emulator."""
    command = [str(installed / ".venv/bin/wallaroo-pulumi"), "emulator"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=installed) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


def block(language: str, after: str) -> str:
    """The first block of code in a language after a text of the page."""
    found = re.search(rf"```{language}\n(.*?)```", PAGE[PAGE.index(after) :], re.DOTALL)
    assert found is not None
    return found[1]


def test_the_page_works_with_the_wheel(installed: Path, emulator: str) -> None:
    (installed / "Pulumi.yaml").write_text(block("yaml", "`Pulumi.yaml`:"))
    (installed / "__main__.py").write_text(block("python", "`__main__.py`:"))
    commands = block("sh", "## 4. Create a stack").replace("http://127.0.0.1:8080", emulator)
    path = os.pathsep.join([str(installed / ".venv/bin"), str(engine_folder()), os.environ["PATH"]])
    env = clean_environment() | {"PATH": path, "PULUMI_HOME": str(installed / "home")}
    script = (
        f"set -e\n{commands}\npulumi up --yes\npulumi preview --expect-no-changes\nwallaroo-pulumi drift\n"
    )
    script += 'pulumi preview --policy-pack "$(wallaroo-pulumi policy-pack)"\npulumi stack export --file state.json\n'
    done = subprocess.run(
        ["sh", "-c", script], cwd=installed, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    resources = json.loads((installed / "state.json").read_text())["deployment"]["resources"]
    lead = next(r for r in resources if r["urn"].endswith("::fraud-lead"))
    assert lead["outputs"]["role"] == "OWNER"
    where = subprocess.run(
        [installed / ".venv/bin/python", "-c", "import wallaroo_pulumi; print(wallaroo_pulumi.__file__)"],
        cwd=installed, env=clean_environment(), capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert Path(where.strip()).is_relative_to(installed / ".venv")


def test_a_stack_is_a_template_of_pulumi_new(
    dist: Path, installed: Path, emulator: str, tmp_path: Path
) -> None:
    path = os.pathsep.join([str(engine_folder()), os.environ["PATH"]])
    wheel = next(dist.glob("*.whl"))
    env = clean_environment() | {
        "PATH": path, "PULUMI_HOME": str(tmp_path / "home"), "PULUMI_CONFIG_PASSPHRASE": "passphrase",
        "PULUMI_BACKEND_URL": f"file://{tmp_path}", "WALLAROO_PULUMI": wheel.as_uri(),
    }  # fmt: skip
    readme = (ROOT / "stacks/quickstart/README.md").read_text()
    [new] = re.findall(r"^pulumi new .*", readme, re.MULTILINE)
    new = f"{new.replace('~/fraud', str(tmp_path / 'fraud'))} --yes --name fraud --stack dev"
    settings = f"""
pulumi config set wallaroo:apiUrl {emulator}
pulumi config set wallaroo:username ops@example.com
pulumi config set --secret wallaroo:password ops-password
pulumi config set --secret wallaroo:clientSecret api-client-secret
"""
    script = f"set -e\n{new}\ncd {tmp_path}/fraud\n{settings}pulumi up --yes\npulumi stack export --file state.json\n"
    done = subprocess.run(
        ["sh", "-c", script], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    state = json.loads((tmp_path / "fraud/state.json").read_text())["deployment"]["resources"]
    assert {r["urn"].split("::")[1] for r in state} == {"fraud"}
    assert {r["urn"].rpartition("::")[2] for r in state if r["custom"]} >= {"fraud", "fraud-lead"}


def test_the_plugin_archive_is_installed_and_serves_a_stack(
    dist: Path, emulator: str, tmp_path: Path
) -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), str(engine_folder()), os.environ["PATH"]])
    env = clean_environment() | {
        "PATH": path, "PULUMI_HOME": str(tmp_path / "home"), "PULUMI_CONFIG_PASSPHRASE": "passphrase",
        "PULUMI_BACKEND_URL": f"file://{tmp_path}", "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
        "WALLAROO_API_URL": emulator, "WALLAROO_USER": "ops@example.com", "WALLAROO_PASSWORD": "ops-password",
        "WALLAROO_CLIENT_SECRET": "api-client-secret",
    }  # fmt: skip
    [archive] = dist.glob("pulumi-resource-wallaroo-*.tar.gz")
    version = archive.name.removesuffix(".tar.gz").rpartition("-v")[2]
    (tmp_path / "Pulumi.yaml").write_text("name: fraud\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(
        "import wallaroo_pulumi.native as wallaroo\nwallaroo.Workspace('fraud', name='fraud-prod')\n"
    )
    script = f"""set -e
pulumi plugin install resource wallaroo {version} --file {archive}
pulumi stack init dev
pulumi up --yes
pulumi stack export --file state.json
"""
    done = subprocess.run(
        ["sh", "-c", script], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "from $PATH" not in done.stdout + done.stderr
    state = json.loads((tmp_path / "state.json").read_text())["deployment"]["resources"]
    assert "wallaroo:index:Workspace" in {each["type"] for each in state}
    assert "ops-password" not in (tmp_path / "state.json").read_text()


@pytest.mark.parametrize("stack", sorted(path.parent.name for path in ROOT.glob("stacks/*/Pulumi.yaml")))
def test_every_stack_is_a_complete_template(stack: str) -> None:
    folder = ROOT / "stacks" / stack
    project = yaml.safe_load((folder / "Pulumi.yaml").read_text())
    settings = project["template"]["config"]
    assert all(settings[f"wallaroo:{key}"]["secret"] for key in ("password", "clientSecret"))
    readme = (folder / "README.md").read_text()
    # Pulumi enters the folder of --dir before it looks for the template.
    assert f'pulumi new "$PWD/stacks/{stack}" --dir ' in readme
    if (folder / "requirements.txt").exists():
        assert "wallaroo_pulumi" in (folder / "requirements.txt").read_text()
    else:  # in another language, with the plugin of an environment
        assert project["plugins"]["providers"] == [{"name": "wallaroo", "path": ".venv/bin"}]
        assert '~/fraud/.venv/bin/pip install "$WALLAROO_PULUMI"' in readme


def test_the_sdks_have_the_names_of_their_docs(dist: Path) -> None:
    texts = "".join(
        path.read_text()
        for path in (ROOT / "docs/how-to/other-languages.md", *ROOT.glob("stacks/*/README.md"))
    )
    expected = {
        "nodejs": "package/index.js",
        "go": "wallaroo/go.mod",
        "python": "pulumi_wallaroo-*/pyproject.toml",
    }
    for language, file in expected.items():
        [archive] = dist.glob(f"wallaroo-sdk-{language}-v*")
        assert archive.name in texts
        with tarfile.open(archive) as opened:
            names = opened.getnames()
        assert fnmatch.filter(names, file)
        assert fnmatch.filter(names, "*/LICENSE")


def test_the_sdist_contains_the_sources(dist: Path, tmp_path: Path) -> None:
    source = next(dist.glob("wallaroo_pulumi-*.tar.gz"))
    with tarfile.open(source) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "LICENSE", "wallaroo_pulumi/py.typed"} <= names


def test_checksums_and_sbom_describe_the_files(dist: Path) -> None:
    lines = [line.split("  ") for line in (dist / "SHA256SUMS").read_text().splitlines()]
    listed = {name: digest for digest, name in lines}
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in dist.iterdir()}
    assert listed == {name: digest for name, digest in files.items() if name != "SHA256SUMS"}
    sbom = json.loads(next(dist.glob("*.cdx.json")).read_text())
    assert {"pulumi", "httpx", "pydantic"} <= {component["name"] for component in sbom["components"]}
    assert sbom["metadata"]["component"]["name"] == "wallaroo_pulumi"
    assert str(ROOT) not in next(dist.glob("*.cdx.json")).read_text()
