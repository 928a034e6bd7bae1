"""Texts that identify objects: one canonical form, and nothing in them that a reader cannot see."""

from __future__ import annotations

from collections.abc import Iterator
from types import UnionType
from typing import Any, Union, get_args, get_origin

import pytest
from pydantic import ValidationError

from wallaroo_pulumi.core.check import check
from wallaroo_pulumi.core.fields import COMPUTED_IN_CHECK, SECRET, UNKNOWN
from wallaroo_pulumi.core.names import wire_name
from wallaroo_pulumi.resources import RESOURCES

FREE_TEXT = ("first_name", "last_name", "path")
"""Inputs that may contain any visible or invisible character: they identify no object."""


def is_text(annotation: Any) -> bool:
    """Whether a text is among the values of a type."""
    if hasattr(annotation, "__metadata__"):
        return is_text(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return any(map(is_text, get_args(annotation)))
    return annotation is str


def texts_of(kind: str) -> Iterator[str]:
    """The kind's inputs that are texts, without secrets and free text."""
    for name, field in RESOURCES[kind].inputs.model_fields.items():
        given = not {SECRET, COMPUTED_IN_CHECK} & {*field.metadata}
        if is_text(field.annotation) and given and name not in FREE_TEXT:
            yield name


PROPERTIES = [(kind, name) for kind in RESOURCES for name in texts_of(kind)]


def reasons(kind: str, name: str, value: Any) -> list[str]:
    inputs = {wire_name(n): v for n, v in RESOURCES[kind].examples.inputs.items()} | {wire_name(name): value}
    return [f.reason for f in check(RESOURCES[kind], inputs, {})[1] if f.property == wire_name(name)]


def looks_alike() -> Iterator[tuple[str, str]]:
    yield "\u200b", "U+200B (ZERO WIDTH SPACE)"
    yield "\u00a0", "U+00A0 (NO-BREAK SPACE)"
    yield "\u202e", "U+202E (RIGHT-TO-LEFT OVERRIDE)"
    yield "\u00ad", "U+00AD (SOFT HYPHEN)"
    yield "\u2028", "U+2028 (LINE SEPARATOR)"
    yield "\u3164", "U+3164 (HANGUL FILLER)"
    yield "\ufe0f", "U+FE0F (VARIATION SELECTOR-16)"
    yield "\x07", "U+0007"


def value_with(name: str, char: str) -> str:
    return f"a{char}@b" if name == "email" else f"ab{char}c"


def has_a_format(kind: str, name: str) -> bool:
    """Whether a text needs a form, such as that of a schedule, which an invisible character breaks too."""
    return reasons(kind, name, value_with(name, "")) != []


@pytest.mark.parametrize(("kind", "name"), PROPERTIES)
def test_characters_that_cannot_be_seen_are_rejected_in_every_text(kind: str, name: str) -> None:
    for char, described in looks_alike():
        found = reasons(kind, name, value_with(name, char))
        assert found, "declare the input as a KeyText, or list it in FREE_TEXT if it identifies no object"
        if "DNS label" not in found[0] and not has_a_format(kind, name):
            position = 2 if name == "email" else 3
            assert f"contains {described} at position {position}" in found[0]


def test_invisible_characters_are_rejected_at_the_ends_too() -> None:
    assert (
        "U+200B (ZERO WIDTH SPACE) at position 22"
        in reasons("User", "email", "mary.jane@example.com\u200b")[0]
    )
    assert "U+FEFF" in reasons("User", "email", "\ufeffmary.jane@example.com")[0]


def test_a_space_at_either_end_of_a_name_is_rejected() -> None:
    assert reasons("Connection", "name", "lake ") == ["ends with a space, which is not visible; remove it"]
    assert reasons("Task", "name", " nightly") == ["begins with a space, which is not visible; remove it"]
    assert reasons("Connection", "name", "the lake") == []


def test_names_inside_objects_are_keys_too() -> None:
    ref = {"name": "a\u200b", "version": "v", "sha": "s"}
    steps = [
        {"modelInference": {"models": [ref]}},
        {"metaValueSplit": {"splitKey": "a\u200b", "control": UNKNOWN, "routes": {"gold\u200b": UNKNOWN}}},
        {"randomSplit": {"hashKey": "a\u200b", "weights": [UNKNOWN]}},
    ]
    found = check(RESOURCES["Pipeline"], {"workspaceId": 1, "name": "p", "steps": steps}, {})[1]
    assert [failure.property for failure in found] == [
        "steps[0].modelInference.models[0].name",
        "steps[1].metaValueSplit.splitKey",
        "steps[1].metaValueSplit.routes.gold\u200b",
        "steps[2].randomSplit.hashKey",
    ]
    edge = {"name": "e", "publishId": 1, "tags": ["north", "nor\u200bth"]}
    assert [f.property for f in check(RESOURCES["Edge"], edge, {})[1]] == ["tags[1]"]


def test_a_key_is_kept_in_nfc() -> None:
    inputs, _ = check(RESOURCES["Connection"], {"name": "cafe\u0301 ☕", "type": "s3", "details": {}}, {})
    assert inputs["name"] == "caf\u00e9 ☕"


def test_what_exists_under_another_name_can_still_be_read() -> None:
    strange = "ab\u200bc"
    for kind in RESOURCES:
        names = [name for name in texts_of(kind) if not has_a_format(kind, name)]
        model = RESOURCES[kind].outputs
        required = {n: 1 for n, field in model.model_fields.items() if field.is_required()}
        try:
            found = model.model_validate({**required, **dict.fromkeys(names, strange)})
        except ValidationError as error:
            pytest.fail(f"{kind}: {error}")
        assert {getattr(found, name) for name in names} == {strange}
