"""Upload a file exactly once, with the content that check saw; otherwise fail with one line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from ..errors import ApiError, ObjectError
from .context import Context
from .create import create_once
from .fields import UNKNOWN
from .files import archive_digest_of, format_of, leads_elsewhere, require_content, sha256_of
from .resource import InvalidInput

T = TypeVar("T")


def file_inputs(path: Any, prior: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs that follow from the file ``path``: ``sha256``, ``size`` and ``archive_digest``.

    ``prior`` are the last checked inputs (wire names). An archive whose entries are those of the prior one keeps the
    prior digest and size: what was uploaded is still what the program declares. An imported object, whose file is not
    known, keeps its digest too. Raises InvalidInput.
    """
    if path is None:
        if not prior.get("sha256"):
            raise InvalidInput("path", "is required")
        size = prior.get("size")
        return {
            "sha256": prior["sha256"],
            "size": size if size is None else int(size),
            "archive_digest": prior.get("archiveDigest"),
        }
    if not isinstance(path, str):
        return {"sha256": UNKNOWN, "size": UNKNOWN, "archive_digest": UNKNOWN}
    file = Path(path)
    with _bad_path(file):
        require_content(file)
        sha256, size = sha256_of(file), file.stat().st_size
        digest = prior.get("archiveDigest") if prior.get("sha256") == sha256 else None
        digest = digest or archive_digest_of(file)
    if digest is not None and digest == prior.get("archiveDigest"):
        sha256, size = prior["sha256"], prior.get("size") or size
    return {"sha256": sha256, "size": int(size), "archive_digest": digest}


def format_of_input(path: Path) -> str | None:
    """Return what the file of the input ``path`` is, as `format_of` does. Raises InvalidInput."""
    require_content_of_input(path)
    with _bad_path(path):
        return format_of(path)


def require_content_of_input(path: Path) -> None:
    """Raise InvalidInput if the file of the input ``path`` is missing, empty, or a Git LFS pointer."""
    with _bad_path(path):
        require_content(path)


@contextmanager
def _bad_path(file: Path) -> Iterator[None]:
    """Raise errors about a file as InvalidInput of ``path``."""
    try:
        yield
    except OSError as error:
        where = "" if file.is_absolute() else f" (in {Path.cwd()}, where Pulumi runs)"
        raise InvalidInput("path", f"{file} cannot be read{where}: {error.strerror}") from None
    except ValueError as error:
        raise InvalidInput("path", str(error)) from None


def upload_once(
    ctx: Context[Any],
    path: str | None,
    sha256: str | None,
    send: Callable[[Path], T],
    find: Callable[[], T | None],
    makes_room: str,
) -> T:
    """Call ``send`` with the file, so that exactly one object results; ``find`` looks for it as in `create_once`.

    ``makes_room`` is what to delete when the instance's storage is full. Raises ObjectError when the file cannot be
    read or is not the one of the digest any more, else what ``send`` and `create_once` raise.
    """
    if path is None:
        raise ObjectError(
            "the object was imported without its file, which is needed to upload it again; set path"
        )
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
        if not error.answered(507):
            raise
        raise error.with_hint(f"the instance's storage is full: delete {makes_room}, or enlarge it") from None
