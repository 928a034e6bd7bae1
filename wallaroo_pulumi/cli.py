"""The commands: ``wallaroo-pulumi emulator | doctor | export | drift | policy-pack``.

``python -m wallaroo_pulumi`` is the same.

What scripts read goes to standard output, everything else to standard error.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from .config import SECRETS, TABLE, Settings, load
from .errors import AuthError, ConfigError, WallarooError, one_line

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
    """Check the configuration, the token and the API, and say what is wrong. Exit code 1 when something is."""
    settings = _step("configuration", lambda: load(_stack_config().get, os.environ))
    for setting in TABLE:
        if origin := settings.origins.get(setting.key):
            _tell(setting.key, str(origin))
    _tell("API", f"{settings.api_url}/v1/api")
    _tell("Keycloak", f"{settings.keycloak_url}/auth, realm {settings.realm}, by {settings.auth}")

    from .api import Client

    client = _step("certificate authorities", lambda: Client(settings))
    try:
        caller = _step("token", lambda: _caller(settings, client))
        _tell("user id", caller or "not told by the token")
        workspaces = _step("API", client.workspaces.list)
        _tell("workspaces", f"{len(workspaces)} visible")
    finally:
        client.close()


def _caller(settings: Settings, client: Client) -> str | None:
    """The user of the token, got anew or given. Raises AuthError, also for a given one whose time is over."""
    from .auth.source import expiry

    end = expiry(f"Bearer {settings.token}") if settings.auth == "token" else None
    if end is not None and end < time.time():
        raise AuthError(
            f"the token given as wallaroo:token (WALLAROO_TOKEN) expired at "
            f"{datetime.fromtimestamp(end, UTC):%F %T} UTC; get a new one"
        )
    return client.caller_id


def _tell(what: str, found: str) -> None:
    typer.echo(f"  {what:<14} {found}")


def _step(what: str, run: Callable[[], T]) -> T:
    """Run one check and report it; ends the command when it fails."""
    try:
        result = run()
    except WallarooError as error:
        typer.echo(f"{what}: FAILED")
        typer.echo(f"  {error}", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{what}: ok")
    return result


def _stack_config() -> dict[str, str]:
    """The ``wallaroo:`` keys of the stack that is selected in this folder; empty where there is none.

    Raises ConfigError when they cannot be decrypted.
    """
    found = _pulumi("config", "--json", "--show-secrets")
    if isinstance(found, str):
        if "incorrect passphrase" in found:
            # There is a stack: what the environment says is not what its next run would use.
            raise ConfigError(
                f"the stack's configuration cannot be read: {found}; set PULUMI_CONFIG_PASSPHRASE"
            )
        # No project here, no stack selected, no backend: Pulumi says which.
        typer.echo(f"(no stack's configuration, only the environment is looked at: {found})", err=True)
        return {}
    prefix = "wallaroo:"
    for key in SECRETS:
        if prefix + key in found and not found[prefix + key].get("secret"):
            typer.echo(
                f"wallaroo:{key} is configured in clear: pulumi config set --secret wallaroo:{key}", err=True
            )
    return {k.removeprefix(prefix): str(v.get("value", "")) for k, v in found.items() if k.startswith(prefix)}


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
    from .estate.drift import find, managed, to_json, to_table

    state = _pulumi("stack", "export", "--show-secrets")
    if isinstance(state, str):
        typer.echo(f"no stack to compare with: {state}", err=True)
        raise typer.Exit(1)
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


def _pulumi(*command: str) -> dict[str, Any] | str:
    """What a pulumi command tells as JSON about the stack that is selected in this folder; else why it does not."""
    pulumi = shutil.which("pulumi")
    if pulumi is None:
        return "the pulumi command is not on PATH"
    asked = subprocess.run(  # noqa: S603 - the user's own pulumi
        [pulumi, *command, "--non-interactive"],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if asked.returncode:
        return one_line(asked.stderr) or f"exit code {asked.returncode}"
    told: dict[str, Any] = json.loads(asked.stdout or "{}")
    return told


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
    app()
