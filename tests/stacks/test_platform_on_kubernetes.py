"""The platform stack on an engine with Pulumi's plugin for Kubernetes, which writes the manifests into a folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from emulated import Emulated
from pulumi_engine import engine_folder
from pulumi_project import Project, engine_environment

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))

from kubernetes.build import plugin

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.kubernetes, pytest.mark.timeout(1800)]
SETTINGS = {"team": "fraud", "lead": "mary.jane@example.com", "dns": "external-dns"}


def manifests(folder: Path) -> dict[str, Any]:
    """What the plugin wrote, by kind."""
    found = (yaml.safe_load(file.read_text()) for file in folder.rglob("*.yaml"))
    return {manifest["kind"]: manifest for manifest in found}


def test_namespace_dns_name_and_workspaces_are_one_stack(
    emulator: Emulated, python: Path, tmp_path: Path
) -> None:
    env = engine_environment(engine_folder(), tmp_path / "home")
    env["PATH"] = os.pathsep.join([str(python.parent), str(plugin()), env["PATH"]])
    stack = Project.copy(ROOT / "stacks/platform", tmp_path / "stack", {**env, "PYTHONPATH": str(ROOT)})
    stack.configure({**emulator.settings, "keycloakUrl": emulator.url, "domain": "wallaroo.example.com"})
    stack.configure(SETTINGS, namespace="wallaroo-platform")
    written = tmp_path / "manifests"
    stack.configure({"renderYamlToDirectory": str(written)}, namespace="kubernetes")

    stack.up().ok()
    ids = emulator.workspaces()
    assert {ids["fraud-staging"], ids["fraud-prod"]} == set(stack.outputs()["workspace_ids"].values())
    assert emulator.members(ids["fraud-prod"])["mary.jane@example.com"] == "OWNER"
    declared = manifests(written)
    labels = declared["Namespace"]["metadata"]["labels"]
    assert labels["wallaroo/workspace-staging"] == str(ids["fraud-staging"])
    assert labels["wallaroo/workspace-prod"] == str(ids["fraud-prod"])
    assert declared["DNSEndpoint"]["metadata"]["namespace"] == "fraud"
    [endpoint] = declared["DNSEndpoint"]["spec"]["endpoints"]
    assert (endpoint["dnsName"], endpoint["targets"]) == (
        "fraud.wallaroo.example.com",
        ["wallaroo.example.com"],
    )

    emulator.forget_requests()
    stack.pulumi("config", "set", "wallaroo-platform:lead", "john.hancock@example.com").ok()
    assert set(stack.planned().values()) == {"replace"}
    assert emulator.requests() == []
    stack.pulumi("config", "set", "wallaroo-platform:lead", "mary.jane@example.com").ok()

    stack.pulumi("state", "unprotect", "--all", "--yes").ok()
    stack.destroy().ok()
    assert stack.all_resources() == []
    assert manifests(written) == {}
    assert "mary.jane@example.com" not in emulator.members(ids["fraud-staging"])
