"""Handlers run through the kernel and the real client, on an emulator, with a clock that waits move."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from emulated import Emulated
from workbench import Workbench


@pytest.fixture
def bench(emulator: Emulated) -> Iterator[Workbench]:
    with Workbench(emulator) as bench:
        yield bench
