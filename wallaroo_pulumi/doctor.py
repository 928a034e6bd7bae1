"""``wallaroo-pulumi doctor``: check the settings, TLS and proxies, the token and the API, in this order."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

import typer

from . import selected_stack
from .config import SECRETS, TABLE, Settings, load
from .console import TERMINAL_ENCODING
from .errors import AuthError, WallarooError
from .proxies import proxy_for
from .selected_stack import ConfigValue, NoStack
from .unknown_settings import fallback, unknown_settings

if TYPE_CHECKING:
    from .api import Client
    from .auth.source import Account

T = TypeVar("T")


def examine() -> None:
    """Report on each check. Raises typer.Exit(1) at the first one that fails."""
    notes: list[str] = []
    settings = _step("configuration", lambda: _settings(notes), notes)
    for setting in TABLE:
        if origin := settings.origins.get(setting.key):
            _line(setting.key, str(origin))
    _line("API", f"{settings.api_url}/v1/api")
    _line("Keycloak", f"{settings.keycloak_url}/auth, realm {settings.realm}")
    _line("account", f"{settings.account}, by auth {settings.auth}")
    _list(notes)

    from .api import Client

    client = _step("TLS and proxies", lambda: Client(settings))
    try:
        for what, url in {"API": settings.api_url, "Keycloak": settings.keycloak_url}.items():
            _line(f"{what} proxy", str(proxy_for(url) or "none"))
        _line("account", str(_step("token", lambda: _account(settings, client))))
        _line("workspaces", f"{len(_step('API', client.workspaces.list))} visible")
    finally:
        client.close()


def _settings(notes: list[str]) -> Settings:
    """The settings of the next run; ``notes`` is filled with what users should know of them. Raises ConfigError."""
    stack: Mapping[str, ConfigValue] = {}
    try:
        stack = selected_stack.configuration()
    except NoStack as absent:
        notes.append(f"only the environment is read: {absent}")
    unknown = unknown_settings(stack, os.environ, project=selected_stack.project_name())
    notes += [f"unknown: {name}" for name in unknown]
    settings = load(lambda key: value.text if (value := stack.get(f"wallaroo:{key}")) else None, os.environ)
    notes += [f"ignored: {ignored}" for ignored in settings.ignored]
    if warning := fallback(settings, unknown):
        notes.append(f"account: {warning}")
    for key in SECRETS:
        if (value := stack.get(f"wallaroo:{key}")) and not value.secret:
            notes.append(f"wallaroo:{key} is configured in clear: pulumi config set --secret wallaroo:{key}")
    return settings


def _account(settings: Settings, client: Client) -> Account:
    """The account of the token. Raises AuthError, also for a given token that has expired."""
    from .auth.source import expiry

    end = expiry(f"Bearer {settings.token}") if settings.auth == "token" else None
    if end is not None and end < time.time():
        raise AuthError(
            f"the token given as wallaroo:token (WALLAROO_TOKEN) expired at "
            f"{datetime.fromtimestamp(end, UTC):%F %T} UTC; get a new one"
        )
    return client.account


def _step(what: str, check: Callable[[], T], notes: Sequence[str] = ()) -> T:
    """Run one check and report its outcome; end the command, with the notes, when it fails."""
    passed, failed = _marks()
    try:
        result = check()
    except WallarooError as error:
        typer.echo(f"{failed} {what}")
        _list(notes)
        typer.echo(f"  {error}", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{passed} {what}")
    return result


def _marks() -> tuple[str, str]:
    """The marks of a check that passed and of one that failed, which the terminal can show."""
    marks = ("✓", "✗")
    try:
        "".join(marks).encode(TERMINAL_ENCODING)
    except (UnicodeEncodeError, LookupError):
        return "ok", "FAILED"
    return marks


def _line(name: str, value: str) -> None:
    typer.echo(f"    {name:<14} {value}")


def _list(notes: Iterable[str]) -> None:
    for note in notes:
        typer.echo(f"  ! {note}")
