"""What validation has seen in a run."""

from __future__ import annotations

from wallaroo_pulumi.core.validated import Validated


def test_objects_are_found_by_kind_and_key() -> None:
    seen = Validated()
    seen.add("Workspace", "fraud")
    seen.add("Pipeline", 12, "scores")
    assert seen.has("Workspace", "fraud")
    assert seen.has("Pipeline", 12, "scores")
    assert not seen.has("Pipeline", "fraud")
    assert not seen.has("Workspace", "fraud", 12)
