"""The script of stacks/fan_out without an engine: its limits, the instance of a stack, and the error of a run."""

from __future__ import annotations

import importlib.util
import json
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

FILE = Path(__file__).parents[2] / "stacks/fan_out/fan_out.py"


@pytest.fixture(scope="module")
def script() -> Any:
    spec = importlib.util.spec_from_file_location("fan_out", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["fan_out"] = module  # where dataclasses look up annotations
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("at_once", "per_instance", "peak", "peak_per_instance"), [(4, 2, 4, 2), (8, 1, 2, 1), (1, 2, 1, 1)]
)
def test_as_many_run_as_the_limits_allow(
    script: Any, at_once: int, per_instance: int, peak: int, peak_per_instance: int
) -> None:
    """Every group of runs that the limits allow meets at a barrier, so fewer at once would never end."""
    stacks = [
        script.Stack(Path(), f"{instance}-{i}", instance) for instance in ("eu", "us") for i in range(6)
    ]
    together = threading.Barrier(peak)
    lock, running, most = threading.Lock(), Counter[str](), Counter[str]()

    def run(stack: Any) -> Any:
        with lock:
            running.update([stack.instance, "all"])
            for key, count in running.items():
                most[key] = max(most[key], count)
        together.wait(20)
        with lock:
            running.subtract([stack.instance, "all"])
        return script.Result(stack, 0, None)

    ended = [result.stack for result in script.run_all(stacks, run, at_once, per_instance)]
    assert sorted(ended, key=str) == sorted(stacks, key=str)
    assert most == {"all": peak, "eu": peak_per_instance, "us": peak_per_instance}


@pytest.mark.parametrize(
    ("settings", "instance"),
    [
        ({"apiUrl": "https://API.example.com/", "domain": "other.example.com"}, "api.example.com"),
        ({"apiUrl": "http://127.0.0.1:8080"}, "127.0.0.1:8080"),
        ({"domain": "wallaroo.example.com"}, "wallaroo.example.com"),
        ({"prefix": "eu", "suffix": "example.com"}, "eu.api.example.com"),
        ({"suffix": "example.com"}, "api.example.com"),
        ({"username": "ops"}, ""),
    ],
)
def test_the_instance_is_the_address_in_the_configuration(
    script: Any, settings: dict[str, str], instance: str
) -> None:
    assert script.instance_of({f"wallaroo:{key}": value for key, value in settings.items()}) == instance


def event(message: str, urn: str = "", severity: str = "error") -> str:
    return json.dumps({"diagnosticEvent": {"message": message, "urn": urn, "severity": severity}})


DENIED = json.dumps(
    {
        "policyEvent": {
            "message": "must be protected\nsee the rule",
            "resourceUrn": "urn::w",
            "enforcementLevel": "mandatory",
        }
    }
)


@pytest.mark.parametrize(
    ("output", "error"),
    [
        (
            [event("update failed\n"), event("taken; choose another\nand more", "urn::w")],
            "w: taken; choose another",
        ),
        ([event("update failed\n"), event("first", "urn::a"), event("second", "urn::b")], "a: first"),
        ([event("a warning", "urn::w", "warning"), "", "error: no stack named 'x'\n"], "no stack named 'x'"),
        ([DENIED, event("preview failed")], "w: must be protected"),
        ([event("fine", severity="info"), "[]", "warning: old"], None),
    ],
)
def test_the_error_of_a_resource_takes_precedence(script: Any, output: list[str], error: str | None) -> None:
    assert script.error_in(output) == error
