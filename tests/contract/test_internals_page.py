"""docs/internals/mlops-api.md lists every call that the recordings, the client and the emulator contain."""

from __future__ import annotations

import json
import re
from pathlib import Path

from test_client_reads_recordings import CALLS
from test_transcripts import table as emulator_table

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/internals/mlops-api.md").read_text(encoding="utf-8")
IN_THE_TEXT = ("/v1/api/assays/", "/v1/api/pipelines/infer/")
"""Calls that the page describes without a table."""


def rows() -> dict[str, tuple[set[str], str]]:
    """The evidence and the column "used" of each call in the tables."""
    found: dict[str, tuple[set[str], str]] = {}
    prefix = "/v1/api/"
    for line in PAGE.splitlines():
        if line.startswith("## "):
            prefix = "/v2/api/assays/" if line == "## Assays" else "/v1/api/"
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("| `") and len(cells) == 5:
            calls = re.findall(r"`(?:GET )?([\w/:]+)`", cells[0])
            found |= {prefix + call: (set(cells[3].split()), cells[4]) for call in calls}
    return found


def test_what_is_marked_as_recorded_is_recorded() -> None:
    exchanges = json.loads((ROOT / "tests/contract/data/transcripts.json").read_text(encoding="utf-8"))
    recorded = {exchange["endpoint"] for exchange in exchanges}
    marked = {call for call, (evidence, _) in rows().items() if "R" in evidence}
    assert marked == {call for call in recorded if not call.startswith(IN_THE_TEXT)}


def test_what_the_client_calls_is_marked_so() -> None:
    assert CALLS.keys() <= {call for call, (_, used) in rows().items() if used == "C"}


def test_every_call_of_the_emulator_is_described() -> None:
    served = {call for call, state in emulator_table().items() if state == "yes"}
    missing = {c for c in served if not c.startswith(IN_THE_TEXT)} - rows().keys()
    assert missing == set(), "add the calls to the tables of docs/internals/mlops-api.md"
