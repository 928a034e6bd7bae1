"""The commands: ``wallaroo-pulumi emulator | doctor | export | drift | policy-pack``.

``python -m wallaroo_pulumi`` is the same.

What scripts read goes to standard output, everything else to standard error.
"""

from __future__ import annotations

import importlib.metadata
import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from .config import load
from .errors import WallarooError

if TYPE_CHECKING:
    from .api import Client

T = TypeVar("T")

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(importlib.metadata.version("wallaroo_pulumi"))
        raise typer.Exit


@app.callback(help=__doc__)
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    del version  # its callback has done it


@app.command()
def doctor() -> None:
    """Check the settings, the network, the token and the API, and report what is wrong. Exit code 1 if anything is."""
    from .doctor import examine

    examine()


@app.command()
def export(
    workspace: Annotated[
        list[str] | None,
        typer.Option(
            help="Only this workspace (may be given several times), without accounts and connections."
        ),
    ] = None,
    models: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            file_okay=False,
            help="The folder of the models' files: those found there are written too.",
        ),
    ] = None,
) -> None:
    """Write the instance's objects as an estate file: ``wallaroo-pulumi export > estate.yaml``.

    `pulumi up` on it takes them over and changes nothing. What is left out, and why, is told on standard error.
    """
    from .estate.export import export as read

    found = _ask(lambda client: read(client, workspace or (), models, _progress("workspaces")))
    for line in found.left_out:
        typer.echo(f"left out: {line}", err=True)
    if found.secrets:
        typer.echo(f"{len(found.secrets)} secrets are named, not written: the file's head says how", err=True)
    typer.echo(found.to_yaml(), nl=False)


@app.command()
def drift(
    as_json: Annotated[bool, typer.Option("--json", help="Tell it as JSON.")] = False,
    unmanaged: Annotated[
        bool, typer.Option(help="Whether to look for objects that are not in the stack, too.")
    ] = True,
    ignore: Annotated[
        list[str] | None,
        typer.Option(
            help="An unmanaged object that is known, as the table names it; `*` and `?` are wildcards: "
            "'Task fraud/*' (may be given several times)."
        ),
    ] = None,
) -> None:
    """Tell what on the instance is no longer as the stack of this folder has it.

    Exit code 0: nothing. 2: objects are missing, changed or unmanaged. 1: it could not be found out.
    """
    from . import selected_stack
    from .estate.drift import find, managed, to_json, to_table

    try:
        state = selected_stack.state()
    except (selected_stack.NoStack, WallarooError) as problem:
        typer.echo(f"no stack to compare with: {problem}", err=True)
        raise typer.Exit(1) from None
    found = _ask(
        lambda client: find(
            client, managed(state), unmanaged=unmanaged, ignore=ignore or (), track=_progress("resources")
        )
    )
    typer.echo(to_json(found) if as_json else to_table(found))
    raise typer.Exit(2 if found else 0)


def _progress(what: str) -> Callable[[Iterable[T], int], Iterator[T]]:
    """A progress bar on standard error, where that is a terminal."""

    def track(items: Iterable[T], length: int) -> Iterator[T]:
        with typer.progressbar(items, length=length, label=f"{length} {what}", file=sys.stderr) as bar:
            yield from bar

    return track


def _ask(question: Callable[[Client], T]) -> T:
    """What the instance of this folder's configuration answers; ends the command with one line when it fails."""
    from .api import Client

    try:
        client = Client(load(_stack_config().get, os.environ))
        try:
            return question(client)
        finally:
            client.close()
    except WallarooError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


def _stack_config() -> dict[str, str]:
    """The ``wallaroo:`` keys of the selected stack; empty where there is none. Raises ConfigError."""
    from . import selected_stack

    try:
        found = selected_stack.configuration()
    except selected_stack.NoStack as absent:
        typer.echo(f"only the environment is read: {absent}", err=True)
        return {}
    prefix = "wallaroo:"
    return {key.removeprefix(prefix): value.text for key, value in found.items() if key.startswith(prefix)}


@app.command()
def policy_pack() -> None:
    """Print the folder of the policy pack, for ``pulumi up --policy-pack "$(wallaroo-pulumi policy-pack)"``."""
    try:
        import_module("pulumi_policy")
    except ImportError as error:
        typer.echo(
            f"the policy pack needs its extra: pip install 'wallaroo_pulumi[policy]' ({error})", err=True
        )
        raise typer.Exit(1) from None
    typer.echo(str(Path(__file__).parent / "policies"))


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
    help="Run a local Wallaroo; `wallaroo-pulumi emulator --help` lists its options.",
)
def emulator(context: typer.Context) -> None:
    try:
        from .emulator.__main__ import main as serve
    except ImportError as error:
        typer.echo(
            f"the emulator needs its extra: pip install 'wallaroo_pulumi[emulator]' ({error})", err=True
        )
        raise typer.Exit(1) from None
    raise typer.Exit(serve(context.args))


def main() -> None:
    """The entry point of the ``wallaroo-pulumi`` command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a character that the terminal lacks is no reason to fail
            stream.reconfigure(errors="backslashreplace")
    app()
