"""The settings in the program's process: checked once for each run, and used for look-ups.

A program that the language host starts shares its environment with the dynamic host. An *inline* program of the
Automation API does not: it runs in its caller's process, and Pulumi runs with the ``env_vars`` that it is given. The
stack configuration is what both see.
"""

from __future__ import annotations

import functools
import itertools
import os
import sys
from collections.abc import Iterable

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env, is_config_secret
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import get_monitor

from ..config import SECRETS, Settings, names_instance
from ..errors import ConfigError
from ..unknown_settings import fallback, unknown_settings
from .session import settings_from

_SPAWNED = "PULUMI_CONFIG"
"""The variable by which a language host hands the configuration to the program that it starts."""


def under_mocks() -> bool:
    """Whether the program runs under ``pulumi.runtime.set_mocks``, without engine and instance."""
    return isinstance(get_monitor(), MockMonitor)


def require_settings() -> None:
    """Stop the program with one line when the configuration is missing or wrong, and warn of what is doubtful.

    Not under mocks. In an inline program only the stack configuration is looked at: the dynamic host checks the rest.
    """
    if get_monitor() is not None and not under_mocks():
        _require_settings(get_monitor())


def lookup_settings() -> Settings:
    """Return the settings for look-ups from the program.

    Raises ConfigError, also for an inline program whose stack configuration does not name the instance: resources
    would be written to the one that ``env_vars`` name, which may be another.
    """
    config = pulumi.Config("wallaroo").get
    if not _is_inline():
        return settings_from(config)
    if not names_instance(config):
        raise ConfigError(
            "an inline program looks up on the instance that its stack configuration names, and it names none: "
            'stack.set_config("wallaroo:apiUrl", …); env_vars and the environment may name different instances'
        )
    try:
        return settings_from(config)
    except ConfigError as error:
        raise ConfigError(
            f"{error}; an inline program does not see env_vars: give credentials in the stack configuration"
        ) from None


def _is_inline() -> bool:
    if _SPAWNED not in os.environ:
        return True
    # A spawned program may itself run inline programs, of other stacks than its own, which its host names so.
    own = [value for option, value in itertools.pairwise(sys.orig_argv) if option == "--stack"]
    return bool(own) and pulumi.get_stack() not in own


@functools.lru_cache(maxsize=1)
def _require_settings(run: object) -> None:
    """Once for each run of a program, since it takes as long as declaring a resource.

    A process may run several programs, each with a monitor of its own. An error is not kept.
    """
    del run
    config = pulumi.Config("wallaroo")
    inline = _is_inline()
    keys = CONFIG.get() if inline else CONFIG.get() | get_config_env()
    unknown = unknown_settings(keys, () if inline else os.environ, project=pulumi.get_project())
    settings: Settings | None = None
    problem: ConfigError | None = None
    try:
        settings = None if inline else settings_from(config.get)
    except ConfigError as error:
        problem = error
    _warn(str(u) for u in unknown if not (settings and u.is_superseded(settings)))
    if problem:
        raise pulumi.RunError(str(problem))
    if settings and (warning := fallback(settings, unknown)):
        _warn([warning])
    _warn(
        f"wallaroo:{key} is configured in clear, and so is it in the state: "
        f"pulumi config set --secret wallaroo:{key}"
        for key in SECRETS
        if config.get(key) and not is_config_secret(f"wallaroo:{key}")
    )


def _warn(lines: Iterable[str]) -> None:
    for line in lines:
        pulumi.log.warn(line)
