"""The public namespace: complete, and light to import."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import wallaroo_pulumi
from wallaroo_pulumi.adapters import classes, functions
from wallaroo_pulumi.resources import RESOURCES


def test_every_resource_and_function_is_exported() -> None:
    declared = {name for name in vars(functions) if name.startswith("get_") or name.endswith("Result")}
    assert set(wallaroo_pulumi.__all__) >= declared | set(RESOURCES)
    assert list(wallaroo_pulumi.__all__) == sorted(wallaroo_pulumi.__all__)
    assert all(hasattr(wallaroo_pulumi, name) for name in wallaroo_pulumi.__all__)
    assert all(hasattr(classes, kind) for kind in RESOURCES)


def test_every_function_has_its_output_twin() -> None:
    plain = {
        name for name in wallaroo_pulumi.__all__ if name.startswith("get_") and not name.endswith("_output")
    }
    assert {f"{name}_output" for name in plain} <= set(wallaroo_pulumi.__all__)


def test_a_program_that_declares_resources_loads_neither_http_nor_models_nor_the_emulator() -> None:
    program = (
        "import sys, json, pulumi; before = set(sys.modules); from wallaroo_pulumi import *; "
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = json.loads(ran.stdout)
    heavy = (
        "httpx",
        "pydantic",
        "yaml",
        "fastapi",
        "uvicorn",
        "pulumi_policy",
        "wallaroo_pulumi.emulator",
        "typer",
    )
    assert [m for m in loaded if m.startswith(heavy) or m == "wallaroo"] == []


def test_the_classes_come_when_they_are_asked_for() -> None:
    program = (
        "import sys, wallaroo_pulumi; assert 'wallaroo_pulumi.adapters.classes' not in sys.modules; "
        "from wallaroo_pulumi import Workspace; assert 'wallaroo_pulumi.adapters.functions' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_name_that_there_is_not_is_told_as_python_does() -> None:
    with pytest.raises(AttributeError, match="module 'wallaroo_pulumi' has no attribute 'Wrokspace'"):
        _ = wallaroo_pulumi.Wrokspace
    assert set(wallaroo_pulumi.__all__) <= set(dir(wallaroo_pulumi))
