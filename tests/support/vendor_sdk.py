"""The vendor's SDK, in its own process, as the tests call it."""

from __future__ import annotations

import json
import subprocess
from typing import IO, Any


class SdkError(Exception):
    """What the SDK raised."""


class Sdk:
    """Calls the functions of `scripts/`, which run in the SDK's own environment. Every call logs in anew."""

    def __init__(self, process: subprocess.Popen[str], messages: IO[str]) -> None:
        self._process = process
        self._messages = messages
        self.asked: list[Any] = []
        """Of each call: operation → its requests."""

    def __call__(self, script: str, function: str, **arguments: Any) -> Any:
        """What the function answers, as JSON. Raises SdkError."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        call = {"script": script, "function": function, "arguments": arguments}
        print(json.dumps(call), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            self._messages.seek(0)
            raise AssertionError(f"the SDK's process ended:\n{self._messages.read()[-4000:]}")
        told = json.loads(line)
        if "error" in told:
            raise SdkError(told["error"])
        self.asked.append(told["asked"])
        return told["answer"]
