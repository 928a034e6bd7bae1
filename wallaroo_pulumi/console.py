"""What commands write to: UTF-8 on every terminal, quiet when a pipe is closed, files replaced as a whole."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import typer

from .errors import WallarooError, one_line

FAILED: Final = 1
"""The exit code of every failure, wrong options included: 2 means that `drift` has found differences."""
TERMINAL_ENCODING: Final = getattr(sys.stdout, "encoding", None) or "ascii"
"""What the terminal shows, before `run` makes the output UTF-8."""
_INTERRUPTED: Final = 130


def run(app: typer.Typer) -> None:
    """Run the command line and exit. Every error is one line on standard error."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # None if it was closed
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    if not sys.argv[1:]:
        sys.argv.append("--help")
    sys.exit(exit_code(lambda: app(standalone_mode=False)))


def exit_code(command: Callable[[], object]) -> int:
    """Run a command and return its exit code."""
    try:
        code = command()
    except (typer.Abort, KeyboardInterrupt):
        return _INTERRUPTED
    except WallarooError as error:
        report(str(error))
    except OSError as error:
        report(f"{error.filename or 'output'}: {error.strerror or error}")
    except Exception as error:
        if "--debug" in sys.argv:
            traceback.print_exc()
        report(_unexpected(error))
    else:
        return code if isinstance(code, int) else 0
    return FAILED


def _unexpected(error: Exception) -> str:
    if hasattr(error, "format_message"):  # a wrong option; the class belongs to typer or to click
        return f"{error.format_message()} (see --help)"
    return (
        f"unexpected error ({type(error).__name__}: {one_line(str(error))}): a bug in wallaroo_pulumi; please report "
        "it with the traceback of `wallaroo-pulumi --debug …`"
    )


def report(line: str) -> None:
    """Write a line for the user to standard error."""
    with suppress(OSError):
        typer.echo(line, err=True)


def output(text: str) -> None:
    """Write a result to standard output. Readers that stop early, such as `head`, are not an error."""
    if sys.stdout is None:
        raise OSError("standard output is closed")
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more at exit


def colours() -> bool:
    """Return whether standard output is a terminal on which colours are welcome (https://no-color.org)."""
    return (
        sys.stdout is not None
        and sys.stdout.isatty()
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM") != "dumb"
    )


def require_writable(file: Path) -> None:
    """Raise OSError before a long command if `replace_file` could not write the file."""
    if file.is_dir():
        raise IsADirectoryError(0, "is a folder; name a file", str(file))
    if not file.resolve().parent.is_dir():
        raise FileNotFoundError(0, "the folder does not exist", str(file.parent))
    if not os.access(file.resolve().parent if _is_replaceable(file) else file, os.W_OK):
        raise PermissionError(0, "cannot be written", str(file))


def replace_file(file: Path, text: str) -> None:
    """Write the whole file or leave it as it is. An existing file keeps its permissions. Raises OSError."""
    if not _is_replaceable(file):
        file.write_text(text, encoding="utf-8")
        return
    target = file.resolve()  # a link stays a link
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", newline="", dir=target.parent, prefix=f".{target.name}.", delete=False
    ) as new:
        try:
            new.write(text)
            new.flush()
            os.fsync(new.fileno())
            os.chmod(new.name, stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o666 & ~_umask())
            os.replace(new.name, target)
        except BaseException:
            os.unlink(new.name)
            raise


def _is_replaceable(file: Path) -> bool:
    return not file.exists() or file.is_file()  # not a device or a pipe


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
