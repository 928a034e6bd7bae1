"""Where the time of our code in the dynamic host goes: ``python -m benchmarks.profile``.

The calls that the host makes for an up and a refresh, on one thread and without gRPC, under cProfile.
"""

from __future__ import annotations

import argparse
import cProfile
import io
import pstats
import sys
import time
from typing import Any

from pulumi.dynamic import Config, ConfigureRequest

from wallaroo_pulumi.adapters.dynamic import DynamicProvider

from .instance import Instance
from .programs.shape import MEMBERS

State = tuple[str, dict[str, Any]]


def provider(kind: str, instance: Instance, run: int) -> DynamicProvider:
    """The provider of one run: sessions are kept by settings, so another timeout makes another session."""
    made = DynamicProvider(kind)
    settings = {**instance.emulated.settings, "timeout": str(30 + run)}
    config = {f"wallaroo:{key}": value for key, value in settings.items()}
    made.configure(ConfigureRequest(config=Config(config, "bench")))
    return made


def create(of: DynamicProvider, inputs: dict[str, Any]) -> State:
    made = of.create(of.check({}, inputs).inputs)
    return str(made.id), dict(made.outs or {})


def up(instance: Instance, n: int) -> tuple[list[State], list[State]]:
    workspace, member = provider("Workspace", instance, 1), provider("WorkspaceMember", instance, 1)
    workspaces, members = [], []
    for i in range(n):
        id, outs = create(workspace, {"name": f"bench-{i:05}", "adopt": "if_empty", "forceDestroy": False})
        workspaces.append((id, outs))
        for email, role in MEMBERS:
            # Numbers come back as floats from Pulumi.
            inputs = {"workspaceId": float(outs["workspaceId"]), "email": email, "role": role}
            members.append(create(member, inputs))
    return workspaces, members


def refresh(instance: Instance, workspaces: list[State], members: list[State]) -> None:
    for kind, states in ("Workspace", workspaces), ("WorkspaceMember", members):
        of = provider(kind, instance, 2)
        for id, outs in states:
            of.read(id, outs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0] if __doc__ else None)
    parser.add_argument("--n", type=int, default=1000, help="workspaces, each with 3 members")
    parser.add_argument("--top", type=int, default=25, help="functions to show")
    given = parser.parse_args()
    with Instance() as instance:
        instance.renew()
        states: tuple[list[State], list[State]] = ([], [])
        for name in ("up", "refresh"):
            instance.emulated.forget_requests()
            profile = cProfile.Profile()
            cpu = time.process_time()
            profile.enable()
            if name == "up":
                states = up(instance, given.n)
            else:
                refresh(instance, *states)
            profile.disable()
            cpu = time.process_time() - cpu
            requests = len(instance.emulated.requests())
            print(f"\n{name}: {cpu:.1f} s of CPU, {requests} requests")
            text = io.StringIO()
            pstats.Stats(profile, stream=text).sort_stats("tottime").print_stats(given.top)
            sys.stdout.write(text.getvalue().partition("ncalls")[2])


if __name__ == "__main__":
    main()
