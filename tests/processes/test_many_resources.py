"""A program may declare thousands of resources.

Each call of Pulumi's ``serialize_provider`` leaves a patch in Python's pickler, one frame deeper than the last: while
every resource made that call, the thousandth ended the program with a RecursionError.
"""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys

import pulumi

import wallaroo_pulumi as wallaroo


class Instance(pulumi.runtime.Mocks):
    def new_resource(self, args):
        return args.name, args.inputs

    def call(self, args):
        return {}


pulumi.runtime.set_mocks(Instance())


@pulumi.runtime.test
def declare():
    sys.setrecursionlimit(400)  # fewer than the usual 1000, so that fewer resources exceed it
    count = 500
    users = [wallaroo.User(f"u{i}", email=f"u{i}@example.com") for i in range(count)]
    return pulumi.Output.all(*(user.id for user in users)).apply(lambda ids: print(len(set(ids)) - count))


declare()
"""


def test_more_resources_than_python_has_frames() -> None:
    # In a process of its own, since mocks are for the whole of one.
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.stdout, done.returncode) == ("0\n", 0), done.stderr[-2000:]
