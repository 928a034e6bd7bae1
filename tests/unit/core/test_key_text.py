"""Texts that identify objects: one canonical form, and nothing in them that a reader cannot see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from wallaroo_pulumi.core.check import check
from wallaroo_pulumi.core.fields import UNKNOWN
from wallaroo_pulumi.core.names import wire_name
from wallaroo_pulumi.resources import RESOURCES

KEYS = {
    "Workspace": ["name"],
    "WorkspaceMember": ["email", "user_id"],
    "User": ["email"],
    "ModelVersion": ["name"],
    "Pipeline": ["name"],
    "Deployment": ["pipeline_name", "pipeline_version_id"],
    "PipelinePublish": ["pipeline_version_id"],
    "Edge": ["name"],
    "Assay": ["name", "pipeline_name", "model_name"],
    "Connection": ["name", "type"],
    "WorkspaceConnection": ["connection_name"],
    "ModelRegistry": ["name"],
    "ModelRegistryAttachment": ["registry_id"],
    "Orchestration": ["name"],
    "Task": ["name", "orchestration_id"],
}
PROPERTIES = [(kind, name) for kind, names in KEYS.items() for name in names]


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


def test_every_kind_is_covered() -> None:
    assert KEYS.keys() == RESOURCES.keys(), "list the inputs that identify an object of the kind in KEYS"


@pytest.mark.parametrize(("kind", "name"), PROPERTIES)
def test_characters_that_cannot_be_seen_are_rejected_in_every_key(kind: str, name: str) -> None:
    for char, described in looks_alike():
        (reason,) = reasons(kind, name, f"a{char}@b" if name == "email" else f"ab{char}c")
        if "DNS label" not in reason:
            position = 2 if name == "email" else 3
            assert f"contains {described} at position {position}" in reason


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
    for kind, names in KEYS.items():
        model = RESOURCES[kind].outputs
        required = {n: 1 for n, field in model.model_fields.items() if field.is_required()}
        try:
            found = model.model_validate({**required, **dict.fromkeys(names, strange)})
        except ValidationError as error:
            pytest.fail(f"{kind}: {error}")
        assert {getattr(found, name) for name in names} == {strange}
