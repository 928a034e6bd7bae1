"""Which installed Python packages have a Pulumi plugin, and which version of it."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from packaging.version import InvalidVersion, Version
from protocol import plugin_pb2
from toolchains import METADATA, Toolchain, refuse

WITHOUT_PLUGIN = ("pulumi-policy", "pulumi-esc-sdk")
FIND_PLUGIN_FILES = f"""{METADATA}
import importlib.util, os, sys
modules = {{re.sub("[-_.]+", "-", name).lower(): name.replace("-", "_") for _, name, *_ in installed}}
found = {{}}
for name in modules.keys() & set(sys.argv[1:]):
    try:
        spec = importlib.util.find_spec(modules[name])
        for folder in spec.submodule_search_locations or []:
            file = os.path.join(folder, "pulumi-plugin.json")
            if os.path.isfile(file):
                with open(file) as opened:
                    found.setdefault(name, opened.read())
    except Exception:
        pass
print(json.dumps(found))
"""


@dataclass(frozen=True)
class PulumiPackage:
    """An installed package with a plugin: it has a ``pulumi-plugin.json``, or its name begins with ``pulumi-``."""

    name: str
    version: str
    description: dict[str, Any] | None


def installed_pulumi_packages(toolchain: Toolchain, context: Any) -> Iterator[PulumiPackage]:
    packages = toolchain.packages(direct_only=False)
    files = json.loads(toolchain.output("-c", FIND_PLUGIN_FILES, *(name for name, _ in packages)))
    for name, version in packages:
        if name in WITHOUT_PLUGIN or (name not in files and not name.startswith("pulumi-")):
            continue
        try:
            yield PulumiPackage(name, version, json.loads(files[name]) if name in files else None)
        except ValueError as error:
            refuse(context, f"failed to parse pulumi-plugin.json for {name}: {error}")


def plugin_of(package: PulumiPackage) -> Any:
    """Return the plugin that a package needs; None if it has none, or if its version cannot be determined."""
    described = package.description or {}
    if package.description is not None and not described.get("resource"):
        return None
    version = described.get("version") or plugin_version(package.version)
    if not version:
        return None
    parameters = {
        key: plugin_pb2.PackageParameterization(
            name=given.get("name", ""),
            version=given.get("version", ""),
            value=b64decode(given.get("value", "")),
        )
        for key, given in (
            ("parameterization", described.get("parameterization")),
            ("extension", described.get("extensionParameterization")),
        )
        if given
    }
    return plugin_pb2.PackageDependency(
        name=described.get("name") or package.name.removeprefix("pulumi-"),
        kind="resource",
        version=version if version.startswith("v") else f"v{version}",
        server=described.get("server", ""),
        **parameters,
    )


def plugin_version(package_version: str) -> str | None:
    """Translate a Python version to a plugin's: 1.2rc3 is 1.2.0-rc.3; None if it cannot be translated."""
    try:
        version = Version(package_version)
    except InvalidVersion:
        return None
    if version.epoch or version.local:
        return None
    release = ".".join(map(str, (*version.release, 0, 0)[: max(3, len(version.release))]))
    kinds = {"a": "alpha", "b": "beta", "rc": "rc"}
    pre = f"-{kinds[version.pre[0]]}.{version.pre[1]}" if version.pre else ""
    post = "" if version.post is None else f"post{version.post}"
    dev = "" if version.dev is None else f"dev{version.dev}"
    return release + pre + (f"+{post}{dev}" if post or dev else "")
