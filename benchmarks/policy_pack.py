"""What the policy pack adds to a preview: the same estate without it, with it, and with a pack that does nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from wallaroo_pulumi.policies import folder as pack

from .instance import Instance
from .subjects import Subject

FLOOR = Path(__file__).parent / "programs/floor_pack"


@dataclass(frozen=True)
class Policies:
    """Median seconds of a preview of ``n`` workspaces with their members."""

    n: int
    without: float
    with_pack: float
    with_floor: float
    """With the pack that has no rules: what the engine and gRPC cost by themselves."""

    @property
    def ratio(self) -> float:
        return self.with_pack / self.without

    @property
    def times_floor(self) -> float:
        return self.with_pack / self.with_floor


def measure(n: int, rounds: int, place: Path, env: Mapping[str, str]) -> Policies:
    packs = (None, pack(), FLOOR)
    seconds: dict[Path | None, list[float]] = {each: [] for each in packs}
    with Instance() as instance:
        instance.renew()
        subject = Subject("ours", n, place, dict(env), instance)
        subject.run("up")
        for _ in range(rounds):
            for each in packs:
                options = ("--policy-pack", str(each)) if each else ()
                seconds[each].append(subject.run("preview", *options).wall)
    return Policies(n, *(median(seconds[each]) for each in packs))
