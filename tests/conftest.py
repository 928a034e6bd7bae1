"""What all tests share: one emulator for the session, put back to its start for each test; what workers run; pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import pytest
import reliability
import sdk_operations
from emulated import Emulated
from leftovers import guard_this_run
from pages import Writer
from xdist.scheduler import LoadScopeScheduling

from wallaroo_pulumi.emulator import EmulatorServer

hypothesis.settings.register_profile(
    "quick", max_examples=20
)  # of `make unit`; otherwise 100 of each property

ONE_WORKER = {
    "keycloak": "one server, which takes half a minute to start",
    "conformance": "one process with the vendor's SDK, which takes as long to import",
    "release": "the files are built and installed once",
    "site": "the site is built once",
}
"""Folders whose tests stay together when the suite runs on several workers, and why."""


class FoldersTogether(LoadScopeScheduling):
    """Hands out test by test, and those of ``ONE_WORKER`` folder by folder, which come first.

    xdist's own way, `--dist loadgroup`, groups nothing with pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        folder = nodeid.split("/")[1]
        return folder if folder in ONE_WORKER else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FoldersTogether:
    return FoldersTogether(config, log)


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # not a worker of xdist
        guard_this_run()
        config.pluginmanager.register(Writer([reliability.PAGE, sdk_operations.PAGE]))


SLOW = {"conformance", "faults", "keycloak", "release", "site", "stacks"}
"""Folders that `make test` leaves out."""


@pytest.hookimpl(tryfirst=True)  # before pytest selects by marker
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        folder = item.nodeid.split("/")[1]
        # The other engine tests repeat a promise with other objects, versions or faults.
        repeats = folder == "engine" and not item.get_closest_marker("promise")
        if folder in SLOW or repeats:
            item.add_marker("slow")


@pytest.fixture
def note(record_property: Callable[[str, object], None]) -> Callable[[str, str], None]:
    """Counts the outcome of a fault in docs/reliability.md: ``note("reset", "carried on")``."""

    def note(fault: str, outcome: str) -> None:
        record_property(reliability.PAGE.key, [fault, outcome])

    return note


@pytest.fixture(scope="session")
def _emulator_url() -> Iterator[str]:
    with EmulatorServer() as server:
        yield server.url


@pytest.fixture
def emulator(_emulator_url: str) -> Iterator[Emulated]:
    """A local instance as it is when new."""
    emulated = Emulated(_emulator_url)
    with emulated.http:
        emulated.control("reset")
        yield emulated
