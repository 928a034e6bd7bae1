"""One line for each failed call of the engine, whatever its exception."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Final

from ..errors import ApiError, LoginRejected, WallarooError

_ENTRANCES: Final = ("dynamic_host.py", "servicer.py")
"""The modules that every call passes through: a bug is not in them as long as a traceback goes on."""


def error_line(
    error: BaseException, operation: str, urn: str | None, debug: Callable[[str], None] = lambda _: None
) -> str:
    """Return the user's line for an exception of a call, such as ``create``, for a resource.

    ``debug`` is called with the traceback of a bug, which contains no values.
    """
    if isinstance(error, WallarooError):
        return " ".join(str(error).splitlines()) + _configuration_hint(error, operation)
    label = _label(operation, urn)
    if isinstance(error, ImportError):
        reason = " ".join(str(error).splitlines())
        return (
            f"{label}wallaroo_pulumi cannot be loaded by {sys.executable}: {reason}; "
            "install wallaroo_pulumi with its dependencies in this Python environment"
        )
    if isinstance(error, OSError):
        return f"{label}{' '.join(str(error).splitlines())}"
    debug(f"traceback of a bug in wallaroo_pulumi (most recent call last):\n{_frames(error)}")
    return (
        f"{label}bug in wallaroo_pulumi {package_version()} ({type(error).__name__} in {_place(error)}); "
        "re-run with --debug to log the traceback, and report it to the maintainers of wallaroo_pulumi"
    )


def package_version() -> str:
    """Return the version of this package."""
    # Imported here: it takes milliseconds, and few runs need it.
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("wallaroo_pulumi")
    except PackageNotFoundError:  # a source tree on PYTHONPATH
        return "(source tree)"


def _configuration_hint(error: WallarooError, operation: str) -> str:
    """Explain a rejected login of a refresh or destroy, whose configuration is that of the last ``pulumi up``."""
    rejected = isinstance(error, LoginRejected) or (isinstance(error, ApiError) and error.status == 401)
    if not (rejected and operation in ("read", "delete")):
        return ""
    return (
        "; if you changed the credentials since the last `pulumi up`, run it first, or add --run-program: refresh and "
        "destroy use the configuration in the state"
    )


def _label(operation: str, urn: str | None) -> str:
    """Return the start of a line that names operation and object: ``create of Workspace 'fraud': ``."""
    if not urn:
        return ""
    type_token, name = urn.rsplit("::", 2)[-2:]
    return f"{operation} of {type_token.rpartition(':')[2]} {name!r}: "


def _place(error: BaseException) -> str:
    """Return the last file and line of our package in a traceback, or of any code if ours is not in it."""
    root = Path(__file__).parents[1]
    frames = [
        f"{path.relative_to(root).as_posix()}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if (path := Path(frame.filename)).is_relative_to(root) and path.name not in _ENTRANCES
    ]
    last = traceback.extract_tb(error.__traceback__)[-1:]
    return (frames or [f"{Path(frame.filename).name}:{frame.lineno}" for frame in last] or ["unknown place"])[
        -1
    ]


def _frames(error: BaseException) -> str:
    """Return the traceback of an exception and its causes without their texts, which may contain secrets."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    earlier = _frames(cause) if cause else ""
    # The text of these names types and attributes, never values.
    text = f": {error}" if isinstance(error, AttributeError | NameError | TypeError) else ""
    return "".join([earlier, *traceback.format_tb(error.__traceback__), f"{type(error).__name__}{text}\n"])
