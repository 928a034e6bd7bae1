"""What the policy pack adds to a preview: the same estate, with and without it in turns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from wallaroo_pulumi.policies import folder as pack

from .instance import Instance
from .subjects import Subject


@dataclass(frozen=True)
class Policies:
    """Median seconds of a preview of ``n`` workspaces with their members."""

    n: int
    without: float
    with_pack: float

    @property
    def ratio(self) -> float:
        return self.with_pack / self.without


def measure(n: int, rounds: int, place: Path, env: Mapping[str, str]) -> Policies:
    without, with_pack = [], []
    with Instance() as instance:
        instance.renew()
        subject = Subject("ours", n, place, dict(env), instance)
        subject.run("up")
        for _ in range(rounds):
            without.append(subject.run("preview").wall)
            with_pack.append(subject.run("preview", "--policy-pack", str(pack())).wall)
    return Policies(n, median(without), median(with_pack))
