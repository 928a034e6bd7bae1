"""Validation announces which objects an `up` would adopt, for every kind that adopts."""

from __future__ import annotations

from pathlib import Path

import pytest
from emulated import Emulated
from example_files import example_files
from lives import Life

from wallaroo_pulumi.core.fields import Adopted
from wallaroo_pulumi.resources import RESOURCES

ADOPTING = [kind for kind, resource in RESOURCES.items() if issubclass(resource.outputs, Adopted)]


def test_only_an_edge_is_never_adopted() -> None:
    assert set(RESOURCES) - set(ADOPTING) == {"Edge"}, "its join token cannot be read again"


@pytest.mark.parametrize("kind", ADOPTING)
def test_an_existing_object_is_announced_and_then_adopted(
    emulator: Emulated, tmp_path: Path, kind: str
) -> None:
    life = Life(emulator, kind, example_files(tmp_path))
    life.make_needs()
    assert (life.validate(), life.said) == ([], []), "nothing to adopt yet"
    life.create()
    made, life.said[:] = life.state[0], []

    life.new_process()
    assert life.validate() == []
    assert life.said == [f"{kind} {made!r} exists on the instance: `pulumi up` adopts it"]

    life.create()
    assert life.state[0] == made
    assert life.state[1]["adopted"] is True
    life.close()
