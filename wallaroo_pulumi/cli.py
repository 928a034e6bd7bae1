"""The commands: `wallaroo-pulumi emulator | doctor | export | drift | policy-pack`.

`python -m wallaroo_pulumi` is the same.

What scripts read goes to standard output, everything else to standard error.
"""

from __future__ import annotations

import importlib.metadata
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from . import console
from .config import load
from .errors import WallarooError

if TYPE_CHECKING:
    from .api import Client
    from .estate.export import Exported
    from .estate.import_file import ImportFile

T = TypeVar("T")


class ExportFormat(StrEnum):
    """The files that ``export`` writes."""

    ESTATE = "estate"
    PULUMI_IMPORT = "pulumi-import"


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
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an unexpected error.")
    ] = False,
) -> None:
    del version, debug  # the callback, and `console`, have done it


@app.command()
def doctor() -> None:
    """Check settings, TLS and proxies, token and API, and report what is wrong. Exit code 1 if anything is."""
    from .doctor import examine

    examine()


Stack = Annotated[
    str | None, typer.Option(help="The stack, instead of the one that is selected in this folder.")
]


@app.command()
def export(
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="The file to write. It is replaced only if the export succeeds. Standard output if not given.",
        ),
    ] = None,
    workspace: Annotated[
        list[str] | None,
        typer.Option(
            help="Only this workspace (may be given several times), without accounts, connections and "
            "registries."
        ),
    ] = None,
    models: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            file_okay=False,
            help="The folder of the files of models and orchestrations: those whose files are found there are "
            "exported.",
        ),
    ] = None,
    format: Annotated[
        ExportFormat,
        typer.Option(help="An estate file, or a file for `pulumi import --file` with the native plugin."),
    ] = ExportFormat.ESTATE,
    stack: Stack = None,
) -> None:
    """Write the instance's objects as an estate file: `wallaroo-pulumi export --output estate.yaml`.

    `pulumi up` on the file adopts them and changes nothing. With `--format pulumi-import`, the output is the file
    of `pulumi import --file`, which generates a program. Everything that is skipped is listed on standard error.
    """
    from . import selected_stack
    from .estate.export import export as read
    from .estate.import_file import import_file
    from .estate.state import recorded_instances
    from .provider.identity import Identity

    if models and format is ExportFormat.PULUMI_IMPORT:
        raise typer.BadParameter("--models is for estate files: an import needs no files")

    if output:
        console.require_writable(output)
    try:
        recorded = recorded_instances(selected_stack.state(stack))
    except selected_stack.NoStack:
        recorded = set()
    except WallarooError as error:
        console.report(str(error))
        raise typer.Exit(console.FAILED) from None

    def ask(client: Client) -> Exported | ImportFile:
        Identity().require(client, recorded)
        if format is ExportFormat.PULUMI_IMPORT:
            return import_file(client, workspace or (), _progress("workspaces"))
        return read(client, workspace or (), models, _progress("workspaces"))

    found = _ask(ask, stack)
    for line in found.skipped:
        console.report(f"skipped: {line}")
    for line in found.remarks:
        console.report(line)
    if output:
        console.replace_file(output, found.to_text())
    else:
        console.output(found.to_text())


@app.command()
def drift(
    as_json: Annotated[bool, typer.Option("--json", help="Write the report as JSON.")] = False,
    as_markdown: Annotated[
        bool,
        typer.Option("--markdown", help="Write the report as Markdown, for a comment on a pull request."),
    ] = False,
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
    stack: Stack = None,
) -> None:
    """Compare the stack of this folder with the instance.

    Exit code 0: no differences. 2: objects are missing, changed, hidden or unmanaged. 1: some could not be checked.
    """
    from . import selected_stack
    from .estate.drift import compare
    from .estate.drift_report import to_json, to_markdown, to_table
    from .estate.state import managed

    if as_json and as_markdown:
        raise typer.BadParameter("--json and --markdown exclude each other")
    try:
        state = selected_stack.state(stack)
    except (selected_stack.NoStack, WallarooError) as problem:
        console.report(f"no stack to compare with: {problem}")
        raise typer.Exit(console.FAILED) from None
    found = _ask(
        lambda client: compare(
            client, managed(state), unmanaged=unmanaged, ignore=ignore or (), track=_progress("resources")
        ),
        stack,
    )
    if as_json:
        console.output(to_json(found))
    elif as_markdown:
        console.output(to_markdown(found))
    else:
        console.output(to_table(found, colours=console.colours()))
    raise typer.Exit(found.exit_code)


def _progress(what: str) -> Callable[[Iterable[T], int], Iterator[T]]:
    """A progress bar on standard error, where that is a terminal."""

    def track(items: Iterable[T], length: int) -> Iterator[T]:
        with typer.progressbar(items, length=length, label=f"{length} {what}", file=sys.stderr) as bar:
            yield from bar

    return track


def _ask(question: Callable[[Client], T], stack: str | None) -> T:
    """What the instance of this folder's configuration answers; ends the command with one line when it fails."""
    from .api import Client

    try:
        client = Client(load(_stack_config(stack).get, os.environ))
        try:
            return question(client)
        finally:
            client.close()
    except WallarooError as error:
        console.report(str(error))
        raise typer.Exit(console.FAILED) from None


def _stack_config(stack: str | None = None) -> dict[str, str]:
    """The ``wallaroo:`` keys of a stack, by default the selected one; empty where there is none. Raises ConfigError."""
    from . import selected_stack

    try:
        found = selected_stack.configuration(stack)
    except selected_stack.NoStack as absent:
        console.report(f"only the environment is read: {absent}")
        return {}
    prefix = "wallaroo:"
    return {key.removeprefix(prefix): value.text for key, value in found.items() if key.startswith(prefix)}


@app.command()
def policy_pack() -> None:
    """Print the folder of the policy pack, for `pulumi up --policy-pack "$(wallaroo-pulumi policy-pack)"`."""
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
    console.run(app)
