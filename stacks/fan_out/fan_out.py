"""Run one Pulumi command on many existing stacks: so many at once in total, and so many per Wallaroo instance.

    python fan_out.py refresh --expect-no-changes projects/*

It needs Python and the `pulumi` command, nothing else. It calls the command itself because the Automation API starts
several more processes for each run. README.md describes the options and the output.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

COMMANDS = {
    "preview": ["preview"],
    "refresh": ["refresh", "--yes", "--skip-preview"],
    "up": ["up", "--yes", "--skip-preview"],
}
ENVIRONMENT = {
    **os.environ,
    "PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "true",  # a preview, too, prints events, one per line
    "PULUMI_SKIP_UPDATE_CHECK": "true",
}


@dataclass(frozen=True)
class Stack:
    """A stack of the Pulumi project in a folder."""

    folder: Path
    name: str
    instance: str = ""
    """The instance that its configuration names; empty if that is left to the environment."""

    def __str__(self) -> str:
        return f"{self.folder.resolve().name}/{self.name}"


@dataclass(frozen=True)
class Result:
    """How the run of a stack ended."""

    stack: Stack
    seconds: float
    error: str | None
    """One line, or None if it succeeded."""

    def __str__(self) -> str:
        end = f": {self.error}" if self.error else ""
        return f"{'failed' if self.error else 'ok':8}{self.seconds:6.1f} s  {self.stack}{end}"


def find_stacks(folder: Path, pattern: str) -> list[Stack]:
    """Return the stacks of the project in this folder whose names match the pattern."""
    listed = _json(folder, "stack", "ls")
    return [Stack(folder, stack["name"]) for stack in listed if fnmatchcase(stack["name"], pattern)]


def with_instance(stack: Stack) -> Stack:
    """Return the stack with the instance that its configuration names. Secrets are not decrypted."""
    try:
        config = _json(stack.folder, "config", "--stack", stack.name)
    except ValueError:  # its run fails with this error
        return stack
    settings = {key: setting.get("value") for key, setting in config.items()}
    return Stack(stack.folder, stack.name, instance_of(settings))


def instance_of(settings: dict[str, str | None]) -> str:
    """Return the host of the instance, in the precedence of wallaroo_pulumi: apiUrl, domain, prefix and suffix."""
    address = settings.get("wallaroo:apiUrl") or settings.get("wallaroo:domain") or ""
    if not address and (suffix := settings.get("wallaroo:suffix")):
        prefix = settings.get("wallaroo:prefix") or ""
        address = ".".join(filter(None, [prefix.rstrip("."), "api", suffix.lstrip(".")]))
    return urlsplit(address if "://" in address else f"//{address}").netloc.lower()


def _json(folder: Path, *command: str) -> Any:
    """Return what this command prints as JSON. Raises ValueError with the error that it reports."""
    run = subprocess.run(
        ["pulumi", "--non-interactive", *command, "--json"],
        cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if run.returncode:
        raise ValueError(f"{folder}: {error_in(run.stderr.splitlines())}")
    return json.loads(run.stdout)


def error_in(output: Iterable[str]) -> str | None:
    """Return the first error in the output of `pulumi --json`. One that names a resource takes precedence."""
    general = None
    named = None
    for line in output:
        urn, message = _error(line)
        if message and urn:
            named = named or f"{urn.rpartition('::')[2]}: {message}"
        general = general or message
    return named or general


def _error(line: str) -> tuple[str, str | None]:
    """Return the URN, or "", and the first line of the error that this line of the output reports, if it does."""
    try:
        event = json.loads(line)
    except ValueError:  # text on standard error
        return "", line.partition("error: ")[2].strip() or None
    if not isinstance(event, dict):
        return "", None
    if (found := event.get("diagnosticEvent", {})).get("severity") == "error":
        return found.get("urn", ""), found["message"].strip().partition("\n")[0]
    if (found := event.get("policyEvent", {})).get("enforcementLevel") == "mandatory":
        return found.get("resourceUrn", ""), found["message"].strip().partition("\n")[0]
    return "", None


class Runs:
    """Runs Pulumi on stacks, and interrupts the runs on request."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = ["pulumi", "--non-interactive", *command, "--json"]
        self._processes: set[subprocess.Popen[str]] = set()
        self._lock = threading.RLock()  # a signal handler may interrupt another
        self._stopped = False

    def run(self, stack: Stack) -> Result:
        """Run the command on this stack and return how it ended."""
        begin = time.monotonic()
        with self._lock:
            if self._stopped:
                return Result(stack, 0, "not started")
            process = subprocess.Popen(
                [*self._command, "--stack", stack.name],
                cwd=stack.folder,
                env=ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,  # Ctrl-C in a terminal reaches it through `stop` only
            )
            self._processes.add(process)
        with process:
            error = error_in(process.stdout or [])
        with self._lock:
            self._processes.remove(process)
        if process.returncode == 0:
            error = None
        elif self._stopped:
            error = "interrupted"
        else:
            error = error or f"pulumi exited with code {process.returncode}"
        return Result(stack, time.monotonic() - begin, error)

    def stop(self) -> None:
        """Start no more runs. Interrupt the running ones: first they end cleanly, the second time at once."""
        with self._lock:
            self._stopped = True
            for process in self._processes:
                process.send_signal(signal.SIGINT)


def run_all(
    stacks: Sequence[Stack], run: Callable[[Stack], Result], at_once: int, per_instance: int
) -> Iterator[Result]:
    """Run every stack, and yield the results in the order in which the runs end."""
    waiting = list(stacks)
    per = Counter[str]()
    running: set[Future[Result]] = set()
    with ThreadPoolExecutor(at_once) as pool:
        while waiting or running:
            for stack in list(waiting):
                if len(running) < at_once and per[stack.instance] < per_instance:
                    waiting.remove(stack)
                    per[stack.instance] += 1
                    running.add(pool.submit(run, stack))
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for result in (future.result() for future in done):
                per[result.stack.instance] -= 1
                yield result


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the command line. Arguments after `--` are for pulumi."""
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    parser = argparse.ArgumentParser(
        description="Run one Pulumi command on many stacks.",
        epilog="Arguments after -- are passed to pulumi, such as: preview . -- --refresh",
    )
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument(
        "folders", nargs="*", type=Path, default=[Path()], help="Pulumi projects (default: .)"
    )
    parser.add_argument(
        "--stacks", default="*", metavar="PATTERN", help="only stacks with such names: 'prod-*'"
    )
    parser.add_argument(
        "--at-once", type=_count, default=os.cpu_count() or 1, help="runs in total (%(default)s)"
    )
    parser.add_argument("--per-instance", type=_count, default=2, help="runs per instance (%(default)s)")
    parser.add_argument("--expect-no-changes", action="store_true", help="a stack with changes has failed")
    options = parser.parse_intermixed_args(arguments[:cut])
    options.pulumi = [*COMMANDS[options.command], *arguments[cut + 1 :]]
    if options.expect_no_changes:
        options.pulumi.append("--expect-no-changes")
    return options


def _count(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def main(arguments: Sequence[str]) -> int:
    """Return the exit code: 0 if every stack succeeded, 1 if not, 2 if nothing was run."""
    options = parse(arguments)
    try:
        folders = {folder.resolve(): folder for folder in options.folders}.values()
        found = [stack for folder in folders for stack in find_stacks(folder, options.stacks)]
    except (OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if not found:
        print("error: no stack found; check the folders and --stacks", file=sys.stderr)
        return 2
    runs = Runs(options.pulumi)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: runs.stop())
    with ThreadPoolExecutor(options.at_once) as pool:
        stacks = list(pool.map(with_instance, found))
    failed = []
    for result in run_all(stacks, runs.run, options.at_once, options.per_instance):
        print(result, flush=True)
        if result.error:
            failed.append(result)
    summary = f"{options.command}: {len(stacks) - len(failed)} of {len(stacks)} stacks succeeded"
    if failed:
        summary += "; failed: " + ", ".join(str(result.stack) for result in failed)
    print(summary)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
