"""What the base class of the declared resources does to ids and options."""

from __future__ import annotations

import pulumi
import pytest

import wallaroo_pulumi as wallaroo
from wallaroo_pulumi.adapters.inputs import Arguments, InputError
from wallaroo_pulumi.adapters.program import _known_id_text
from wallaroo_pulumi.core.names import INVALID

PATH, ON_THE_WIRE = "engine_config.engine.node_selector", "engineConfig.engine.nodeSelector"
CALL = Arguments("Workspace.get('x')")


@pytest.mark.parametrize(
    "option", ["ignore_changes", "replace_on_changes", "additional_secret_outputs", "hide_diffs"]
)
def test_paths_in_options_are_named_as_on_the_wire(option: str) -> None:
    opts = pulumi.ResourceOptions()
    setattr(opts, option, [PATH])
    assert getattr(wallaroo.Deployment._wire_options(opts), option) == [ON_THE_WIRE]
    assert getattr(opts, option) == [PATH]


def test_options_without_paths_stay() -> None:
    opts = pulumi.ResourceOptions()
    assert wallaroo.Deployment._wire_options(opts) is opts
    assert wallaroo.ModelRegistry._wire_options(opts).additional_secret_outputs == ["token"]


@pytest.mark.parametrize(("id", "text"), [("12", "12"), (12.0, "12"), (7, "7")])
def test_the_id_of_an_output(id: object, text: str) -> None:
    assert _known_id_text(CALL, id) == text


def test_the_wrong_id_of_an_output_is_told_without_it() -> None:
    for id in ({"hush": 1}, ["hush"]):
        with pytest.raises(
            InputError, match=r"^Workspace\.get\('x'\): id must be text or a whole number$"
        ) as caught:
            _known_id_text(CALL, id)
        assert caught.value.__context__ is None


def test_an_id_that_was_rejected_before_keeps_its_line() -> None:
    line = "Workspace.get('x'): id cannot be a value of type object"
    with pytest.raises(InputError) as caught:
        _known_id_text(CALL, {INVALID: line})
    assert str(caught.value) == line
