"""The Python language host, official or ours, called as the engine calls it: over gRPC."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import grpc
import pytest
from emulated import clean_environment
from google.protobuf import struct_pb2
from pulumi.runtime.proto import language_pb2 as lang
from pulumi.runtime.proto import language_pb2_grpc
from pulumi_project import Project

SITE_PACKAGES = Path(importlib.util.find_spec("pulumi").origin or "").parents[1]  # type: ignore[union-attr]
REPORT = """\
import json, os, sys
print(json.dumps({"cwd": os.getcwd(), "arguments": sys.argv, "prefix": sys.prefix, "EXTRA": os.environ.get("EXTRA")}))
"""


class LanguageHost:
    """A language host process for a project in ``root``, whose program is in ``root / "program"``."""

    def __init__(self, engine: Path, root: Path, path: str) -> None:
        self.root = root
        self.program = root / "program"
        self.process = subprocess.Popen(
            [str(engine / "pulumi-language-python"), "127.0.0.1:1"],
            env=clean_environment() | {"PATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.channel = grpc.insecure_channel(f"127.0.0.1:{self.process.stdout.readline().strip()}")
        self.stub = language_pb2_grpc.LanguageRuntimeStub(self.channel)

    def close(self) -> None:
        self.channel.close()
        self.process.kill()
        self.process.communicate()

    def info(self, **options: Any) -> Any:
        given = struct_pb2.Struct()
        given.update(options)
        return lang.ProgramInfo(
            root_directory=str(self.root), program_directory=str(self.program), entry_point=".", options=given
        )

    def python(self, **options: Any) -> str:
        """The Python that runs a program with these options of Pulumi.yaml."""
        about = self.stub.About(lang.AboutRequest(info=self.info(**options)), timeout=60)
        return str(about.executable)

    def run_plugin(
        self, kind: str, folder: Path, *arguments: str, pwd: Path, **options: Any
    ) -> dict[str, Any]:
        """Run a plugin and return what it reports."""
        self.root = self.program = folder
        request = lang.RunPluginRequest(
            kind=kind, info=self.info(**options), args=arguments, pwd=str(pwd), env=["EXTRA=given"]
        )
        replies = list(self.stub.RunPlugin(request, timeout=60))
        code = [reply.exitcode for reply in replies if reply.WhichOneof("output") == "exitcode"]
        assert code in ([], [0]), b"".join(reply.stderr for reply in replies)
        report: dict[str, Any] = json.loads(b"".join(reply.stdout for reply in replies))
        return report


@pytest.fixture
def start(engine: Path, tmp_path: Path) -> Iterator[Callable[[], LanguageHost]]:
    """Starts a language host with the executables of ``tmp_path / "tools"`` first on PATH."""
    started = []

    def start() -> LanguageHost:
        root = tmp_path / "project"
        (root / "program").mkdir(parents=True, exist_ok=True)
        path = [str(tmp_path / "tools"), str(Path(sys.executable).parent), os.environ["PATH"]]
        started.append(LanguageHost(engine, root, os.pathsep.join(path)))
        return started[-1]

    yield start
    for host in started:
        host.close()


def make_environment(folder: Path) -> Path:
    """A virtual environment that sees the packages of this one, pip and pulumi included."""
    venv.create(folder, symlinks=True)
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "tests.pth").write_text(f"{SITE_PACKAGES}\n")
    return site


def make_tool(folder: Path, name: str, script: str) -> None:
    """An executable that records its calls in ``NAME.calls``."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f'#!/bin/sh\necho "$@" >> {folder}/{name}.calls\n{script}\n')
    (folder / name).chmod(0o755)


def failure(call: Callable[[], Any]) -> str:
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return str(caught.value.details())


# --- RunPlugin ---------------------------------------------------------------------------------------------


def test_a_plugin_gets_its_folder_and_runs_in_the_working_directory(
    start: Callable[[], LanguageHost], tmp_path: Path
) -> None:
    plugin = tmp_path / "plugin"
    make_environment(plugin / "venv")  # what a plugin uses without the option virtualenv
    (plugin / "__main__.py").write_text(REPORT)
    found = start().run_plugin("resource", plugin, "engine-address", pwd=tmp_path)
    assert found == {
        "cwd": str(tmp_path),
        "arguments": [str(plugin), "engine-address"],
        "prefix": str(plugin / "venv"),
        "EXTRA": "given",
    }


def test_a_plugin_that_is_a_package_runs_by_its_name(
    start: Callable[[], LanguageHost], tmp_path: Path
) -> None:
    plugin = tmp_path / "plugin"
    site = make_environment(plugin / "environment")
    (plugin / "pyproject.toml").write_text(
        '[project]\nname = "demo-plugin"\nversion = "1.0"\n[build-system]\nbuild-backend = "setuptools.build_meta"\n'
    )
    (site / "demo_plugin").mkdir()
    (site / "demo_plugin/__init__.py").touch()
    (site / "demo_plugin/__main__.py").write_text(REPORT)
    found = start().run_plugin("resource", plugin, "engine-address", pwd=tmp_path, virtualenv="environment")
    assert found["cwd"] == str(tmp_path)
    assert found["arguments"][1:] == ["engine-address"]
    assert found["prefix"] == str(plugin / "environment")


def test_a_plugin_without_main_and_package_is_an_error(
    start: Callable[[], LanguageHost], tmp_path: Path
) -> None:
    make_environment(tmp_path / "plugin/venv")
    line = failure(lambda: start().run_plugin("resource", tmp_path / "plugin", pwd=tmp_path))
    assert "plugin is not runnable, it provides neither __main__.py nor a buildable pyproject.toml" in line


PACK = """\
import json, os, sys
from pulumi_policy import PolicyPack, ResourceValidationPolicy
with open("report.json", "w") as file:
    json.dump({"cwd": os.getcwd(), "prefix": sys.prefix}, file)
PolicyPack("tests", [ResourceValidationPolicy("none", "Accepts all.", lambda args, report: None)])
"""


@pytest.mark.promise
def test_a_policy_pack_runs_in_its_own_folder_and_not_in_the_environment_of_the_program(
    project: Callable[[str], Project], tmp_path: Path
) -> None:
    stack = project("import pulumi")
    make_environment(stack.folder / "environment")
    pack = tmp_path / "packs/house"
    pack.mkdir(parents=True)
    (pack / "__main__.py").write_text(PACK)
    for virtualenv, prefix in ((None, sys.prefix), ("environment", str(pack / "environment"))):
        options = {"virtualenv": virtualenv} if virtualenv else {}
        make_environment(pack / "environment")
        (pack / "PulumiPolicy.yaml").write_text(
            json.dumps({"runtime": {"name": "python", "options": options}})
        )
        runtime = {"name": "python", "options": {"virtualenv": "environment"}}
        (stack.folder / "Pulumi.yaml").write_text(json.dumps({"name": "estate", "runtime": runtime}))
        stack.pulumi("preview", "--policy-pack", str(pack)).ok()
        assert json.loads((pack / "report.json").read_text()) == {"cwd": str(pack), "prefix": prefix}


# --- options -----------------------------------------------------------------------------------------------


def test_the_virtual_environment_is_relative_to_the_root_folder(start: Callable[[], LanguageHost]) -> None:
    host = start()
    make_environment(host.root / "environments/a")
    make_environment(host.program / "environments/a")
    assert host.python(virtualenv="environments/a") == str(host.root / "environments/a/bin/python")


def test_a_missing_virtual_environment_is_created(start: Callable[[], LanguageHost]) -> None:
    host = start()
    (host.program / "requirements.txt").touch()
    request = lang.GetRequiredPackagesRequest(info=host.info(virtualenv="environment"))
    assert list(host.stub.GetRequiredPackages(request, timeout=120).packages) == []
    assert (host.root / "environment/bin/python").exists()


def test_without_options_programs_run_with_the_python_on_path(start: Callable[[], LanguageHost]) -> None:
    assert Path(start().python()).parent == Path(sys.executable).parent


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"toolchain": "conda"}, "unsupported toolchain option: conda"),
        ({"toolchain": 5}, "toolchain option must be a string"),
        ({"virtualenv": True}, "virtualenv option must be a string"),
    ],
)
def test_an_unsupported_option_is_an_error(
    start: Callable[[], LanguageHost], options: Mapping[str, Any], line: str
) -> None:
    assert line in failure(lambda: start().python(**options))


# --- toolchains --------------------------------------------------------------------------------------------

LOCK = """\
[[package]]
name = "Direct_One"
version = "1.2"
[[package]]
name = "transitive"
version = "3.4"
"""
PYPROJECT = '[project]\nname = "demo"\nversion = "1"\ndependencies = ["direct.one>=1"]\n'


def dependencies(host: LanguageHost, *, transitive: bool, **options: Any) -> list[tuple[str, str]]:
    request = lang.GetProgramDependenciesRequest(info=host.info(**options), transitiveDependencies=transitive)
    found = host.stub.GetProgramDependencies(request, timeout=60)
    return [(each.name, each.version) for each in found.dependencies]


@pytest.mark.parametrize("by", ["option", "lock-file"])
def test_poetry_decides_where_the_environment_is(
    start: Callable[[], LanguageHost], tmp_path: Path, by: str
) -> None:
    environment = tmp_path / "poetry-environment"
    make_environment(environment)
    make_tool(
        tmp_path / "tools",
        "poetry",
        f'case "$1" in --version) echo "Poetry (version 2.1.0)";; env) echo {environment};; esac',
    )
    host = start()
    (host.program / "poetry.lock").write_text(LOCK)
    (host.program / "pyproject.toml").write_text(PYPROJECT)
    options = {"toolchain": "poetry"} if by == "option" else {}
    assert host.python(**options) == str(environment / "bin/python")
    assert dependencies(host, transitive=True, **options) == [("direct-one", "1.2"), ("transitive", "3.4")]
    assert dependencies(host, transitive=False, **options) == [("direct-one", "1.2")]


@pytest.mark.parametrize("by", ["option", "lock-file"])
def test_uv_synchronises_the_environment_before_it_is_used(
    start: Callable[[], LanguageHost], tmp_path: Path, by: str
) -> None:
    make_tool(tmp_path / "tools", "uv", 'case "$1" in --version) echo "uv 0.9.0";; esac')
    host = start()
    make_environment(host.program / ".venv")
    make_environment(host.root / "chosen")
    (host.program / "uv.lock").write_text(LOCK)
    (host.program / "pyproject.toml").write_text(PYPROJECT)
    options = {"toolchain": "uv"} if by == "option" else {}
    assert host.python(**options) == str(host.program / ".venv/bin/python")
    assert "sync --inexact" in (tmp_path / "tools/uv.calls").read_text()
    assert host.python(**options, virtualenv="chosen") == str(host.root / "chosen/bin/python")
    assert dependencies(host, transitive=False, **options) == [("direct-one", "1.2")]


@pytest.mark.parametrize("tool", ["poetry", "uv"])
def test_a_missing_tool_is_an_error_that_names_it(
    start: Callable[[], LanguageHost], tool: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert f"`{tool}`" in failure(lambda: start().python(toolchain=tool))


# --- GetRequiredPackages -----------------------------------------------------------------------------------


def install(site: Path, name: str, version: str, description: Any = None) -> None:
    """Make a package look installed, with a ``pulumi-plugin.json``."""
    info = site / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (site / name).mkdir()
    (site / name / "__init__.py").touch()
    if description is not None:
        (site / name / "pulumi-plugin.json").write_text(json.dumps(description))


def test_installed_packages_report_their_plugins(start: Callable[[], LanguageHost]) -> None:
    host = start()
    site = make_environment(host.root / "environment")
    install(site, "pulumi_demo", "1.2rc3", {"resource": True})
    install(site, "pulumi_old", "4.5.6")
    install(
        site,
        "house_package",
        "1.0",
        {"resource": True, "name": "house", "version": "7.8.9", "server": "s://x"},
    )
    parameterization = {"name": "terraform", "version": "1.0.0", "value": "dmFsdWU="}
    install(
        site,
        "pulumi_bridge",
        "1.0",
        {"resource": True, "version": "v2.0.0", "parameterization": parameterization},
    )
    install(site, "pulumi_helper", "1.0", {"resource": False})
    install(site, "pulumi_unknown", "1.0+local", {"resource": True})
    install(site, "other", "1.0")
    info = host.info(virtualenv="environment")
    found = host.stub.GetRequiredPackages(lang.GetRequiredPackagesRequest(info=info), timeout=60)
    packages = {package.name: package for package in found.packages}
    assert {name: package.version for name, package in packages.items()}.items() >= {
        "demo": "v1.2.0-rc.3",
        "old": "v4.5.6",
        "house": "v7.8.9",
        "bridge": "v2.0.0",
    }.items()
    assert packages.keys().isdisjoint({"helper", "unknown", "other", "policy"})
    assert {package.kind for package in packages.values()} == {"resource"}
    assert packages["house"].server == "s://x"
    assert packages["bridge"].parameterization.value == b"value"


@pytest.mark.parametrize(
    ("package", "plugin"),
    [
        ("1.0", "v1.0.0"),
        ("1.2.3.4", "v1.2.3.4"),
        ("2.0a1", "v2.0.0-alpha.1"),
        ("2.0b1", "v2.0.0-beta.1"),
        ("1.2.3.post4", "v1.2.3+post4"),
        ("1.2.3.dev5", "v1.2.3+dev5"),
        ("1.2.3.post4.dev5", "v1.2.3+post4dev5"),
    ],
)
def test_the_version_of_a_plugin_follows_from_that_of_the_package(
    start: Callable[[], LanguageHost], package: str, plugin: str
) -> None:
    host = start()
    install(make_environment(host.root / "environment"), "pulumi_demo", package)
    info = host.info(virtualenv="environment")
    found = host.stub.GetRequiredPackages(lang.GetRequiredPackagesRequest(info=info), timeout=60)
    assert [each.version for each in found.packages if each.name == "demo"] == [plugin]
