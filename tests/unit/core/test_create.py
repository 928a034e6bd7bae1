"""Create without twins, when replies get lost."""

from __future__ import annotations

import pytest

from wallaroo_pulumi.core.context import Context
from wallaroo_pulumi.core.create import create_once
from wallaroo_pulumi.errors import OutcomeUnknown


class Instance:
    """Objects that a create makes; ``loses`` says which replies are lost, and whether after the fact."""

    def __init__(self, *loses: str) -> None:
        self.made: list[int] = []
        self.loses = list(loses)
        self.slept: list[float] = []
        self.ctx = Context(client=None, report=print, sleep=self.slept.append)

    def create(self) -> int:
        fate = self.loses.pop(0) if self.loses else "answers"
        if fate != "lost before":
            self.made.append(len(self.made) + 1)
        if fate != "answers":
            raise OutcomeUnknown("the reply was lost", may_still_run=fate == "times out")
        return self.made[-1]

    def find(self) -> int | None:
        return self.made[-1] if self.made else None

    def run(self) -> int:
        return create_once(self.ctx, self.create, self.find)


@pytest.mark.parametrize(
    "loses", [[], ["lost after"], ["lost before"], ["lost before", "lost after"], ["times out"]]
)
def test_one_object_results(loses: list[str]) -> None:
    instance = Instance(*loses)
    assert instance.run() == 1
    assert instance.made == [1]


def test_a_create_that_may_still_be_at_work_is_not_sent_again() -> None:
    instance = Instance("times out")
    created = instance.create

    def create() -> int:
        try:
            return created()
        finally:
            instance.made.clear()  # the server is still at work: nothing to be seen yet

    with pytest.raises(OutcomeUnknown):
        create_once(instance.ctx, create, instance.find)
    assert sum(instance.slept) > 0


def test_a_server_that_always_cuts_the_line_ends_in_an_error() -> None:
    instance = Instance(*["lost before"] * 10)
    with pytest.raises(OutcomeUnknown):
        instance.run()
    assert instance.made == []
