"""Files that a resource is made from: what tells one content from another."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

_digests: dict[tuple[str, int, int, int], str] = {}
_lock = threading.Lock()


def leads_elsewhere(path: Path) -> str | None:
    """A line for the user where a link on the way to a file leads out of the folder that Pulumi runs in; else None."""
    real = path.resolve()
    if real == Path(os.path.abspath(path)) or real.is_relative_to(Path.cwd().resolve()):
        return None
    return f"{path} is a link to {real}, outside the folder that Pulumi runs in: that is uploaded"


def sha256_of(path: str | Path) -> str:
    """The SHA-256 of a file's content, 64 hex digits. Raises OSError when it cannot be read.

    Read in pieces, so that its size does not matter, and once only while size, time and inode stay the same:
    a run checks each resource, then creates it.
    """
    with Path(path).open("rb") as file:
        stat = os.fstat(file.fileno())
        key = (str(Path(path).absolute()), stat.st_ino, stat.st_size, stat.st_mtime_ns)
        with _lock:
            if (known := _digests.get(key)) is not None:
                return known
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    with _lock:
        _digests[key] = digest
    return digest
