"""What a command takes at least: what Pulumi takes by itself, and the requests that cannot be left out."""

from __future__ import annotations

from .programs.shape import MEMBERS
from .results import Case, Results
from .subjects import NATIVE

HOST_THREADS = 4
"""Calls that the dynamic host makes at once."""
PLUGIN_CALLS = 32
"""Calls that the plugin makes at once, if the engine asks for so many."""
ENGINE_CALLS = 4
"""Calls for each core that the engine makes at once without `--parallel`."""


def at_once(case: Case, kind: str, cores: int) -> int:
    """Return how many requests are under way at once."""
    if kind in NATIVE:
        return min(PLUGIN_CALLS, case.parallel or ENGINE_CALLS * cores)
    return HOST_THREADS


def needed(case: Case, command: str) -> int:
    """Return how many requests a command needs: a write per object, and a read of the members of each workspace."""
    objects = case.n * (1 + len(MEMBERS))
    return {"up": objects, "refresh": case.n, "destroy": objects}.get(command, 0)


def physics(results: Results, case: Case, kind: str, command: str) -> float:
    """Return the seconds that the command takes at least. Raises KeyError if the floor was not measured."""
    waiting = needed(case, command) * case.latency / at_once(case, kind, results.cores)
    return results.floor(case, kind, command) + waiting
