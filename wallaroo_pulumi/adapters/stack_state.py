"""The stack's state as this package's resources, read with the Pulumi command while a run is under way.

Provider calls carry one resource each. To protect an object that another resource of the stack holds, and to compare
the stack's instance before the first write, the provider needs the others too, also those that the engine leaves out
of a run with ``--target``. ``pulumi stack export`` reads the last saved state without a lock and without decrypting it.
"""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Final

from ..core.fields import UNKNOWN
from ..core.record import StackEntry
from ..errors import one_line
from .pulumi_values import Decoder, kind_of

_NATIVE_PROVIDER: Final = "pulumi:providers:wallaroo"
_DEFAULT: Final = re.compile(r"default(_\w+)?")
"""The names that the engine gives to providers of its own."""
_TIMEOUT: Final = 60.0
"""Seconds for one export; a remote backend may be slow."""
_PAUSES: Final = (0.1, 0.3, 1.0)
"""Seconds before the next attempts: while the engine saves the state to a file, an export finds it empty or cut off."""


class StackState:
    """The entries of the stack that a run is about; read once, when first asked for or in the background."""

    def __init__(self, report: Callable[[str], None], provider: str | None = None) -> None:
        """``provider`` is the URN of the provider that asks: see `entries`."""
        self._report = report
        self._provider = provider
        self._urn: str | None = None
        self._reader: Future[Sequence[StackEntry]] | None = None
        self._lock = threading.Lock()

    def belongs_to(self, urn: str | None) -> None:
        """Note a resource of the stack: its URN names the stack."""
        self._urn = self._urn or urn

    def begin(self) -> Future[Sequence[StackEntry]]:
        """Start to read, unless that was done."""
        with self._lock:
            if self._reader is None:
                self._reader = Future()
                threading.Thread(target=self._read, args=(self._reader,), daemon=True).start()
            return self._reader

    def __call__(self) -> Sequence[StackEntry]:
        """The entries; none where the state could not be read, which is reported once."""
        return self.begin().result()

    def _read(self, reader: Future[Sequence[StackEntry]]) -> None:
        found: Sequence[StackEntry] = ()
        stack = self._urn.split(":")[2] if self._urn else None
        try:
            if stack:
                found = entries(export(stack), self._provider)
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            self._report(
                f"the state of stack {stack!r} could not be read ({one_line(str(error))}): what other resources of the "
                "stack hold is known for this run only"
            )
        finally:
            reader.set_result(found)


def export(stack: str) -> Any:
    """The state of a stack as ``pulumi stack export`` prints it. Raises OSError, ValueError or SubprocessError."""
    for pause in _PAUSES:
        try:
            return _exported(stack)
        except ValueError:
            time.sleep(pause)
    return _exported(stack)


def _exported(stack: str) -> Any:
    done = subprocess.run(  # noqa: S603 - the user's own pulumi
        [_pulumi(), "stack", "export", "--stack", stack, "--non-interactive"],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=_TIMEOUT,
        check=False,
        env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
    )
    if done.returncode:
        raise ValueError(done.stderr.decode(errors="replace").strip() or f"exit code {done.returncode}")
    return json.loads(done.stdout)


def entries(state: Any, provider: str | None = None) -> Sequence[StackEntry]:
    """This package's resources in an exported state that refer to an object which is the stack's.

    Skipped are those that a program only reads, those that were deleted and not created anew yet, and those of another
    instance: an explicit native provider (a URN) serves its own resources, and all others share the configured
    instance, whether they are dynamic or of a default provider.
    """
    own = _explicit(provider)
    resources = (state.get("deployment") or {}).get("resources") or ()
    decoder = Decoder(UNKNOWN)
    needed = {urn for resource in resources for urn in _needs(resource)}
    return [
        StackEntry(
            urn=resource["urn"],
            kind=kind,
            id=resource["id"],
            outputs=decoder.value(resource.get("outputs") or {}),
            pending_delete=bool(resource.get("delete")),
            needed=resource["urn"] in needed,
        )
        for resource in resources
        if (kind := kind_of(resource["type"]))
        and resource.get("id")
        and not (resource.get("external") or resource.get("pendingReplacement"))
        and _explicit(resource.get("provider", "").rpartition("::")[0]) == own
    ]


def _explicit(provider: str | None) -> str | None:
    """The URN of a native provider if the program declares it, else None."""
    type_token, name = (provider or "::").split("::")[-2:]
    native = type_token.rpartition("$")[2] == _NATIVE_PROVIDER
    return provider if native and not _DEFAULT.fullmatch(name) else None


def _needs(resource: Mapping[str, Any]) -> Iterator[str]:
    """The URNs of the resources that a resource depends on."""
    yield from resource.get("dependencies") or ()
    for urns in (resource.get("propertyDependencies") or {}).values():
        yield from urns or ()
    yield from filter(None, (resource.get("parent"), resource.get("deletedWith")))


@functools.cache
def _pulumi() -> str:
    """The pulumi command: on PATH, or else the process that runs this one. Raises OSError."""
    found = shutil.which("pulumi")
    if found:
        return found
    parent = Path(f"/proc/{os.getppid()}/exe").resolve(strict=True)
    if parent.stem != "pulumi":
        raise FileNotFoundError("the pulumi command is not on PATH")
    return str(parent)
