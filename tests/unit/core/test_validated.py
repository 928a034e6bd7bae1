"""What validation has seen in a run."""

from __future__ import annotations

from wallaroo_pulumi.core.validated import Validated


def test_objects_are_found_by_kind_and_key_and_keep_their_last_values() -> None:
    seen = Validated()
    seen.add("Workspace", "fraud")
    seen.add("WorkspaceMember", 12, "mary", desired="OWNER")
    seen.add("WorkspaceMember", 12, "mary", desired="COLLABORATOR")
    assert seen.has("Workspace", "fraud")
    assert not seen.has("Pipeline", "fraud")
    assert not seen.has("Workspace", "fraud", 12)
    assert seen.of("WorkspaceMember") == [((12, "mary"), "COLLABORATOR")]
