"""What a preview cannot know yet passes through every definition unchanged, however deep it stands."""

from __future__ import annotations

from wallaroo_pulumi.core.fields import UNKNOWN, Element, Properties


class Inner(Properties):
    size: int = 1


class Outer(Properties):
    optional: Inner | None = None
    required: Inner
    many: list[Element[Inner]] = []
    named: dict[str, Element[Inner]] = {}


def test_nested_objects_that_are_unknown_stay_unknown_on_the_wire() -> None:
    given = {
        "optional": UNKNOWN,
        "required": UNKNOWN,
        "many": [UNKNOWN, {"size": UNKNOWN}],
        "named": {"x": UNKNOWN},
    }
    assert Outer.model_validate(given).to_wire() == given
