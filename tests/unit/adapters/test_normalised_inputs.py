"""What a program may pass for JSON, and the one line for what it may not."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime
import enum
import re
from collections import OrderedDict, deque
from collections.abc import Awaitable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path, PurePosixPath
from typing import Any
from uuid import UUID

import numpy as np
import pulumi
import pydantic
import pytest

from wallaroo_pulumi.adapters import inputs
from wallaroo_pulumi.adapters.inputs import Arguments, InputError, Shape, wire_path


class Role(enum.Enum):
    OWNER = "OWNER"


Level = enum.IntEnum("Level", ["LOW"])
Kind = enum.StrEnum("Kind", ["A"])


class Text(str):
    __slots__ = ()


@dataclasses.dataclass
class Found:
    workspace_id: int


class Settings(pydantic.BaseModel):
    bucket: str = "lake"


ID = UUID("0b989008-5f1d-453e-8085-98d97be1b722")


def plain(value: Any, **more: Any) -> Any:
    return Arguments("Task('t')").plain(value, "arguments", **more)


def resolved(value: Any) -> Any:
    async def resolve() -> Any:
        made = value() if callable(value) else value
        return await pulumi.Output.from_input(made).future()

    return asyncio.run(resolve())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (3, 3),
        (0.5, 0.5),
        ("text", "text"),
        (Text("text"), "text"),
        (Role.OWNER, "OWNER"),
        (Level.LOW, 1),
        (Kind.A, "a"),
        (Path("models/a.onnx"), "models/a.onnx"),
        (PurePosixPath("a"), "a"),
        (ID, str(ID)),
        (Decimal("3"), 3),
        (Decimal("0.25"), 0.25),
        (Fraction(1, 4), 0.25),
        (np.int64(3), 3),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        (np.str_("text"), "text"),
        ((1, 2), [1, 2]),
        ({3, 1, 2}, [1, 2, 3]),
        pytest.param(frozenset({"b", "a"}), ["a", "b"], id="frozenset"),  # its order varies
        (deque([1, 2]), [1, 2]),
        (range(2), [0, 1]),
        ({"a": 1}.keys(), ["a"]),
        ({"a": 1}.values(), [1]),
        (OrderedDict(a=(Path("b"), ID)), {"a": ["b", str(ID)]}),
        ({Role.OWNER: 1}, {"OWNER": 1}),
    ],
    ids=repr,
)
def test_values_that_become_json(value: Any, expected: Any) -> None:
    found = plain(value)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"text", "arguments cannot be a value of type bytes; decode it to text first"),
        (
            datetime.date(2026, 1, 31),
            "cannot be a value of type datetime.date; give text, such as value.isoformat()",
        ),
        (float("nan"), "arguments must be a finite number"),
        (np.float64("inf"), "arguments must be a finite number"),
        (Decimal("Infinity"), "arguments must be a finite number"),
        (Decimal("-Infinity"), "arguments must be a finite number"),
        (Decimal("NaN"), "arguments must be a finite number"),
        (Decimal("sNaN"), "arguments must be a finite number"),
        (Fraction(10**400, 3), "arguments must be a finite number"),
        (Decimal("1e999999999"), "arguments is a whole number beyond 2^53"),
        (np.int64(-(2**63)), "arguments is a whole number beyond 2^53"),
        (np.dtype("float32"), "arguments cannot be a value of type numpy.dtypes.Float32DType"),
        (np.random.default_rng(), "arguments cannot be a value of type numpy.random"),
        (np.add, "arguments cannot be a value of type numpy.ufunc"),
        (1 + 2j, "cannot be a value of type complex"),
        (object(), "cannot be a value of type object"),
        (lambda: 1, "cannot be a value of type function"),
        (
            {"a": [1, {"b": {8080: "http"}}]},
            "arguments.a[1].b has the key 8080, which must be text; put it in quotes",
        ),
        ({"a": {"b": object()}}, "arguments.a.b cannot be a value of type object"),
        (Found(3), "Found; give an object, such as dataclasses.asdict(value)"),
        (Settings(), "Settings; give an object, such as value.model_dump(mode='json')"),
        (pulumi.FileAsset("a"), "cannot be a value of type pulumi.asset.FileAsset"),
        (2**53 + 1, "arguments is a whole number beyond 2^53, which Pulumi would round; give it as text"),
        pytest.param({"a": [-(10**400)]}, "arguments.a[0] is a whole number beyond 2^53", id="huge"),
        (Decimal(2**60), "is a whole number beyond 2^53"),
        (np.int64(2**60), "is a whole number beyond 2^53"),
        pytest.param({"a": "ab\ud800"}, "arguments.a contains U+D800 at position 3", id="half"),
        pytest.param({"b\udc80": 1}, "arguments contains U+DC80 at position 2", id="half in a key"),
    ],
)
def test_other_values_are_rejected_in_one_line_with_call_path_and_type(value: Any, reason: str) -> None:
    with pytest.raises(InputError) as error:
        plain(value)
    assert str(error.value).startswith("Task('t'): ")
    assert reason in str(error.value)
    assert "\n" not in str(error.value)
    assert isinstance(error.value, pulumi.RunError | ValueError)


def test_what_contains_itself_is_rejected() -> None:
    value: dict[str, Any] = {}
    value["self"] = [value]
    with pytest.raises(
        InputError, match=r"^Task\('t'\): arguments is nested too deeply, or contains itself$"
    ):
        plain(value)


def test_what_contains_itself_is_rejected_as_the_value_of_an_output() -> None:
    value: dict[str, Any] = {}
    value["self"] = [value]
    with pytest.raises(InputError, match=r"arguments\.a is nested too deeply, or contains itself"):
        resolved(lambda: plain({"a": pulumi.Output.from_input(1).apply(lambda _: value)}))


def test_a_key_in_two_spellings_is_rejected() -> None:
    shape = Shape({"node_selector": "nodeSelector"})
    with pytest.raises(InputError, match=r"arguments\.node_selector is given twice, in two spellings"):
        plain({"nodeSelector": "pool:a", "node_selector": "pool:b"}, shape=shape)


def test_an_object_in_place_of_its_id_gets_a_hint() -> None:
    with pytest.raises(InputError, match=r"workspace_id cannot be .*Found; give its `workspace_id`"):
        Arguments("Pipeline('p')").plain(Found(3), "workspace_id")


def test_outputs_and_awaitables_are_converted_at_any_depth() -> None:
    def value() -> Any:
        async def later() -> Any:
            return {"paths": (Path("a"), pulumi.Output.from_input(np.int64(2)))}

        nested: Awaitable[Any] = later()
        return plain({"x": pulumi.Output.from_input(Decimal("1")), "y": nested, "z": (1,)})

    assert resolved(value) == {"x": 1, "y": {"paths": ["a", 2]}, "z": [1]}


def test_a_value_inside_an_output_is_rejected_when_it_is_known() -> None:
    with pytest.raises(
        InputError, match=re.escape("Task('t'): arguments.a[0] cannot be a value of type object")
    ):
        resolved(lambda: plain({"a": [pulumi.Output.from_input(object())]}))


@dataclasses.dataclass(frozen=True)
class Model:
    name: str = "m"
    version: str = "v"
    sha256: str = "s"
    model_version_id: int = 7


REF = {"name": "m", "version": "v", "sha": "s"}


@pytest.mark.parametrize(
    ("given", "convert", "expected"),
    [
        ([Model()], inputs.model_ref, [REF]),
        ((Model(), 8, "9"), inputs.model_id, [7, 8, "9"]),
        ([Model()], inputs.model_step, [{"modelInference": {"models": [REF]}}]),
    ],
)
def test_a_model_stands_for_what_the_property_takes(given: Any, convert: Any, expected: Any) -> None:
    shape = Shape(from_model=convert)
    assert plain(given, shape=shape) == expected
    assert (
        resolved(lambda: plain([pulumi.Output.from_input(part) for part in given], shape=shape)) == expected
    )


NESTED = Shape(
    {"engine_config": "engineConfig"},
    {
        "engineConfig": Shape(
            {"node_selector": "nodeSelector"}, {"images": Shape(inner={"*": Shape({"a_b": "aB"})})}
        )
    },
)


def test_keys_of_typed_objects_are_named_as_on_the_wire_and_back() -> None:
    given = {"engine_config": {"node_selector": "a", "new_key": 1.0, "images": {"my_model-3": {"a_b": 1.5}}}}
    wire = {"engineConfig": {"nodeSelector": "a", "new_key": 1.0, "images": {"my_model-3": {"aB": 1.5}}}}
    assert plain(given, shape=NESTED) == wire
    assert NESTED.to_python(wire) == given
    assert type(NESTED.to_python({"n": [3.0]})["n"][0]) is int


@pytest.mark.parametrize(
    ("path", "wire"),
    [
        ("engine_config", "engineConfig"),
        ("engine_config.node_selector", "engineConfig.nodeSelector"),
        ('engine_config["node_selector"]', 'engineConfig["nodeSelector"]'),
        ("engine_config[0].node_selector", "engineConfig[0].nodeSelector"),
        ("engine_config[*].images.a_b.a_b", "engineConfig[*].images.a_b.aB"),
        ("engineConfig.nodeSelector", "engineConfig.nodeSelector"),
        ("details.user_name", "details.user_name"),
        ('details["a.b"]', 'details["a.b"]'),
        ("*", "*"),
    ],
)
def test_paths_of_options_are_named_as_on_the_wire(path: str, wire: str) -> None:
    assert wire_path(path, NESTED.names, NESTED.inner) == wire


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (["numpy", "--extra-index-url https://ada:hush@pypi.example.com"], "arguments[1]"),
        (["--index-url https://hush-token@pypi.example.com/simple"], "arguments[0]"),
        ({"auth": "Bearer abcdef123456"}, "arguments.auth"),
        ({"token": "hush"}, "arguments.token"),
        ([{"name": "API_KEY", "value": "hush"}], "arguments[0].value"),
        ({"url": "https://hush@example.com/x"}, "arguments.url"),
        ({"url": "https://example.com/x?a=b&token=hush-hush"}, "arguments.url"),
        ({"url": "https://example.com/x?X-Amz-Signature=hush-hush"}, "arguments.url"),
    ],
)
def test_what_looks_like_a_credential_is_a_secret_and_reported(
    value: Any, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    warnings: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", warnings.append)

    assert asyncio.run(_secret(lambda: plain(value)))
    assert [line.split(" looks ")[0].split(" is named")[0] for line in warnings] == [f"Task('t'): {path}"]
    assert "hush" not in str(warnings)
    # The same in an Output; nothing is reported of one that is secret already.
    assert asyncio.run(_secret(lambda: plain(pulumi.Output.from_input(value))))
    assert len(warnings) == 2
    assert asyncio.run(_secret(lambda: plain(pulumi.Output.secret(value))))
    assert plain(value, secret=True) is not None
    assert len(warnings) == 2
    # And where the text alone is an Output.
    assert asyncio.run(_secret(lambda: plain(_with_outputs(value))))
    assert len(warnings) == 3


def _with_outputs(value: Any, key: str = "") -> Any:
    """``value`` with an Output in place of every text; names stay as they are."""
    if isinstance(value, dict):
        return {key: _with_outputs(part, key) for key, part in value.items()}
    if isinstance(value, list):
        return [_with_outputs(part) for part in value]
    return value if key == "name" else pulumi.Output.from_input(value)


async def _secret(given: Any) -> bool:
    output = pulumi.Output.from_input(given())
    await output.future()
    return await output.is_secret()


@pytest.mark.parametrize(
    "value",
    [
        "https://example.com/a@b",
        "https://example.com/?page_token=1&keyword=passengers",
        "git+ssh://git@github.com/org/repo",
        {"tokenizer": "bpe"},
        {"name": "x", "value": "y"},
    ],
)
def test_what_is_no_credential_stays_as_it_is(value: Any) -> None:
    assert plain(value) == value
