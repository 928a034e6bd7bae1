"""What our code reads from, and changes in, Pulumi's dynamic host process."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from dynamic_host import DynamicHost, HostError, urn_of
from urn_probe import UrnProbe

from wallaroo_pulumi.adapters.dynamic_host import current_urn

SUPPORT = Path(__file__).parents[1] / "support"
IMPORTABLE = {"PYTHONPATH": os.pathsep.join(filter(None, [str(SUPPORT), os.environ.get("PYTHONPATH")]))}
"""For a host that loads providers of the tests."""


def test_every_call_has_the_urn_of_its_resource() -> None:
    with DynamicHost(env=IMPORTABLE, provider=UrnProbe) as host:
        checked, _ = host.check("Workspace", {}, name="checked")
        assert checked == {
            "urn": urn_of("Workspace", "checked"),
            "configuredBy": urn_of("Workspace", "checked"),
        }
        assert host.diff("Workspace", "1", {}, {}, name="a").replaces == [urn_of("Workspace", "a")]
        assert host.create("Pipeline", {}, name="b")[1]["urn"] == urn_of("Pipeline", "b")
        assert host.read("User", "1", name="c")[1]["urn"] == urn_of("User", "c")
        assert host.update("User", "1", {}, {}, name="d")["urn"] == urn_of("User", "d")
        with pytest.raises(HostError, match=urn_of("User", "e")):
            host.delete("User", "1", {}, name="e")


def test_there_is_no_urn_in_other_threads_and_outside_the_host() -> None:
    with DynamicHost(env=IMPORTABLE, provider=UrnProbe) as host:
        assert "inAnotherThread" not in host.create("Pipeline", {})[1]  # Pulumi drops what is None
    assert current_urn() is None
