"""What an emulated instance holds, so that two runs can be compared: without what is new each time anyway."""

from __future__ import annotations

import json
import re
from typing import Any

from emulated import Emulated

_NEW_EACH_TIME = ("created_ms", "last_login_ms", "password_hash")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(\+00:00|Z)?")

Contents = dict[str, list[str]]
"""Table → its rows, sorted."""


def contents(emulator: Emulated) -> Contents:
    tables = emulator.http.get("/__emulator__/contents").raise_for_status().json()
    return {table: sorted(normal(row) for row in rows) for table, rows in tables.items() if rows}


def normal(row: dict[str, Any]) -> str:
    """The row as text, equal for equal objects of two runs."""
    kept = {name: value for name, value in row.items() if name not in _NEW_EACH_TIME}
    return _TIME.sub("TIME", _UUID.sub("UUID", json.dumps(kept, sort_keys=True)))


def outcome(found: Contents, wanted: Contents) -> str:
    """What a run made of the instance: ``same``, ``twin``, ``lost``, or ``changed``."""
    if found == wanted:
        return "same"
    more, less = (
        any(len(a.get(table, [])) > len(b.get(table, [])) for table in {*a, *b})
        for a, b in ((found, wanted), (wanted, found))
    )
    return "twin" if more else "lost" if less else "changed"


def difference(found: Contents, wanted: Contents) -> str:
    """The rows that only one of them has."""
    lines = [f"+ {t}: {row}" for t in found for row in found[t] if row not in wanted.get(t, [])]
    lines += [f"- {t}: {row}" for t in wanted for row in wanted[t] if row not in found.get(t, [])]
    return "\n".join(lines)
