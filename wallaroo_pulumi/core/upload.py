"""Upload a file: exactly once, with the content that check saw, and one clear line when that cannot be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from ..errors import ApiError, ObjectError
from .context import Context
from .create import create_once
from .files import leads_elsewhere, sha256_of
from .resource import BadInput

T = TypeVar("T")


def digest_of_input(path: str) -> str:
    """The SHA-256 of the file that the input ``path`` names, 64 hex digits. Raises BadInput when it cannot be read."""
    file = Path(path)
    try:
        return sha256_of(file)
    except OSError as error:
        where = "" if file.is_absolute() else f" (in {Path.cwd()}, where Pulumi runs)"
        raise BadInput("path", f"cannot be read{where}: {error.strerror}") from None


def upload_once(
    ctx: Context[Any],
    path: str,
    sha256: str | None,
    send: Callable[[Path], T],
    find: Callable[[], T | None],
    makes_room: str,
) -> T:
    """Call ``send`` with the file, so that exactly one object results; ``find`` looks for it as in `create_once`.

    ``makes_room`` is what to delete when the instance's storage is full. Raises ObjectError when the file cannot be
    read or is not the one of the digest any more, else what ``send`` and `create_once` raise.
    """
    file = Path(path)
    try:
        if sha256_of(file) != sha256:
            raise ObjectError(f"{file} changed while Pulumi was running; run `pulumi up` again")
        if line := leads_elsewhere(file):
            ctx.report(line)
        return create_once(ctx, lambda: send(file), find)
    except OSError as error:
        raise ObjectError(f"{file} cannot be read: {error.strerror}; check path") from None
    except ApiError as error:
        if error.status != 507:
            raise
        raise error.with_hint(f"the instance's storage is full: delete {makes_room}, or enlarge it") from None
