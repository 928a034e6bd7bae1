"""The arguments of ``get_*``: wrong ones are one line, before anything is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import wallaroo_pulumi as wallaroo
from wallaroo_pulumi.adapters.inputs import InputError


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (
            lambda: wallaroo.get_user(email="mary.jane@example.com\u200b"),
            "get_user: email contains U+200B (ZERO WIDTH SPACE) at position 22, "
            "which is not visible as such; remove it",
        ),
        (lambda: wallaroo.get_user(), "get_user: set exactly one of email and user_id"),
        (lambda: wallaroo.get_workspace(name=3), "get_workspace: name must be text, not int"),  # type: ignore[arg-type]
        (
            lambda: wallaroo.get_workspace(workspace_id=0),
            "get_workspace: workspace_id must be a positive whole number",
        ),
        (lambda: wallaroo.get_workspace(name=""), "get_workspace: name must not be empty"),
        (
            lambda: wallaroo.get_connection(b"lake"),  # type: ignore[arg-type]
            "get_connection: name cannot be a value of type bytes; decode it to text first",
        ),
        (
            lambda: wallaroo.get_pipeline("fraud", "p"),  # type: ignore[arg-type]
            "get_pipeline: workspace_id must be a positive whole number",
        ),
        (
            lambda: wallaroo.get_model_version(model_version_id=1.5),  # type: ignore[arg-type]
            "get_model_version: model_version_id must be a positive whole number",
        ),
        (
            lambda: wallaroo.get_model_version(workspace_id=1),
            "get_model_version: give either model_version_id alone, or workspace_id and name",
        ),
    ],
)
def test_wrong_arguments_are_one_line(call: Callable[[], Any], line: str) -> None:
    with pytest.raises(InputError) as error:
        call()
    assert str(error.value) == line
