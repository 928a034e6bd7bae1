"""The numbers of docs/scale.md follow from the request counts that the engine tests assert."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from request_counts import destroy, first_up, one_more_workspace, refresh

PAGE = (Path(__file__).parents[2] / "docs/scale.md").read_text()
INSTANCES, WORKSPACES, STACKS = 50, 5_000, 200
W, M = WORKSPACES // STACKS, 3 * WORKSPACES // STACKS
FIRST_UP = sum(first_up(W, M).values()) + W + 1
REFRESH = sum(refresh(W).values())
DESTROY = sum(destroy(W, M).values())


def row(command: str) -> list[str]:
    """The cells after the first in the row of a command."""
    match = re.search(rf"^\| {re.escape(command)} \| (.*) \|$", PAGE, re.MULTILINE)
    assert match is not None, f"no row {command!r}"
    return match[1].split(" | ")


def test_the_example_is_the_one_of_the_page() -> None:
    assert f"{INSTANCES} instances,\n{WORKSPACES:,} workspaces and {STACKS} stacks" in PAGE
    assert (
        f"{STACKS} stacks on {INSTANCES} instances are {STACKS // INSTANCES} per instance, with {W} " in PAGE
    )
    assert f"| {W} workspaces, {M} members |" in PAGE


@pytest.mark.parametrize(
    ("command", "count"),
    [
        ("first `up`", f"at most {FIRST_UP}"),
        ("`up` with one new workspace of 3 members", str(sum(one_more_workspace(3).values()))),
        ("no-op `up`, `preview`", "0"),
        ("refresh, `preview --refresh`", str(REFRESH)),
        ("destroy", str(DESTROY)),
    ],
)
def test_the_requests_of_one_stack(command: str, count: str) -> None:
    assert row(command)[-1] == count


@pytest.mark.parametrize(
    ("command", "each", "bound"),
    [
        ("refresh of everything", REFRESH, ""),
        ("first `up` of everything", FIRST_UP, "at most "),
        ("destroy of everything", DESTROY, ""),
    ],
)
def test_the_requests_of_all_stacks(command: str, each: int, bound: str) -> None:
    total = STACKS * (each + 1)  # and a token
    per_instance = total // INSTANCES
    seconds = f"{per_instance / 50:.2g} s"
    assert row(command) == [str(STACKS), f"{bound}{total:,}", str(per_instance), seconds]
