"""A run loads what its kinds need, since every process of the host and the plugin pays for it."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from wallaroo_pulumi.api.first_use import on_first_use

CALLS = """
import sys
from wallaroo_pulumi.api import Client
from wallaroo_pulumi.config import load
from wallaroo_pulumi.resources import RESOURCES

RESOURCES["Workspace"], RESOURCES["WorkspaceMember"]
client = Client(load({"apiUrl": "http://127.0.0.1:1", "token": "t"}.get, {}))
client.workspaces, client.users
print(*sorted(sys.modules))
"""


def loaded() -> set[str]:
    done = subprocess.run([sys.executable, "-c", CALLS], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_a_client_of_workspaces_loads_no_other_domain() -> None:
    modules = loaded()
    domains = {name.rpartition(".")[2] for name in modules if name.startswith("wallaroo_pulumi.api.wire.")}
    assert domains == {"base", "workspaces"}
    assert "wallaroo_pulumi.api.workspaces" in modules
    assert not {"wallaroo_pulumi.api.models", "wallaroo_pulumi.api.pipelines"} & modules
    assert not {"wallaroo_pulumi.resources._models", "wallaroo_pulumi.resources._pipelines"} & modules


def test_httpx_is_loaded_without_its_command_line() -> None:
    modules = loaded()
    assert "httpx" in modules
    assert not {"click", "rich", "pygments"} & modules


@pytest.mark.parametrize("module", ["wallaroo_pulumi.config", "wallaroo_pulumi.errors"])
def test_configuration_and_errors_are_light_to_import(module: str) -> None:
    code = f"import sys, {module}; print(*{{'httpx', 'pydantic'}} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == ""


class Slow:
    made = 0

    @on_first_use
    def part(self) -> object:
        type(self).made += 1
        time.sleep(0.05)
        return object()


def test_threads_that_ask_at_once_get_one_object() -> None:
    slow, start = Slow(), threading.Barrier(8)

    def ask(_: int) -> object:
        start.wait()
        return slow.part

    with ThreadPoolExecutor(8) as pool:
        parts = list(pool.map(ask, range(8)))
    assert len(set(map(id, parts))) == 1
    assert Slow.made == 1
